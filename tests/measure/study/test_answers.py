import csv

import pytest

from simulated_answers import Crowd, write_answers
from tintype.errors import StudyError
from tintype.measure.study.answers import COLUMNS, Answer, parse_answers, read_answers

GOOD = {
    "study": "s",
    "participant": "p1",
    "session_trial": "3",
    "kind": "real_or_colored",
    "photograph": "street",
    "left": "truth",
    "right": "tintype-small",
    "answer": "left",
    "correct": "0",
    "practice": "0",
    "attention": "0",
    "response_ms": "812.5",
    "exposure_ms": "1000",
    "answered_at": "2026-03-02T09:00:00+00:00",
}


def written(tmp_path, *rows):
    path = tmp_path / "answers.csv"
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    return path


def test_answers_are_read_as_they_were_written(tmp_path):
    crowd = Crowd(participants=3, trials=5)
    answers = crowd.prefer({"a": 0.0, "b": 0.0})
    assert read_answers(write_answers(tmp_path / "a.csv", answers)) == tuple(answers)


def test_sides_are_told_apart():
    (answer,) = parse_answers([("here", GOOD)])
    assert answer == Answer(
        "s",
        "p1",
        3,
        "real_or_colored",
        "street",
        "truth",
        "tintype-small",
        "left",
        is_correct=False,
        response_ms=812.5,
        answered_at="2026-03-02T09:00:00+00:00",
    )
    assert (answer.chosen, answer.refused, answer.model) == ("truth", "tintype-small", "tintype-small")


def test_values_from_a_database_are_read_like_text():
    row = GOOD | {"session_trial": 3, "correct": 0, "practice": 0, "attention": 0, "response_ms": 812.5}
    assert parse_answers([("here", row)]) == parse_answers([("here", GOOD)])
    assert parse_answers([("here", row | {"shown": 2})])[0].shown == 2
    assert parse_answers([("here", row | {"correct": None, "response_ms": None})])[0].response_ms is None


def test_mark_of_spreadsheets_at_the_beginning_is_ignored(tmp_path):
    path = written(tmp_path, GOOD)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_answers(path)) == 1


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("kind", "quiz", "kind is 'quiz'; real_or_colored or preference is needed"),
        ("answer", "middle", "answer is 'middle'; left or right is needed"),
        ("practice", "yes", "practice is 'yes'; 0 or 1 is needed"),
        ("correct", "2", "correct is '2'"),
        ("session_trial", "one", "session_trial is 'one'; a whole number is needed"),
        ("response_ms", "fast", "response_ms is 'fast'; a number is needed"),
        ("participant", "", "participant is ''; a value is needed"),
        ("left", "eccv16", "neither side is truth"),
        ("left", "tintype-small", "stands on both sides"),
    ],
)
def test_mistake_is_named_by_line_and_column(tmp_path, column, value, complaint):
    path = written(tmp_path, GOOD, GOOD | {"session_trial": "4", column: value})
    with pytest.raises(StudyError, match=complaint) as caught:
        read_answers(path)
    assert str(caught.value).startswith(f"{path}, line 3: ")


def test_answer_given_twice_is_refused(tmp_path):
    with pytest.raises(StudyError, match="line 3: participant p1 answered trial 3 before"):
        read_answers(written(tmp_path, GOOD, GOOD))


def test_table_without_a_column_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("study,participant\n")
    with pytest.raises(StudyError, match="lacks the column session_trial"):
        read_answers(path)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00"])
def test_file_that_is_no_table_is_refused(tmp_path, content):
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StudyError, match=r"a\.csv"):
        read_answers(path)
