import numpy as np
import pytest

from tintype.guidance.contradictions import MARK_LIMIT, find_contradictions, note_contradictions
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import MaskMark, PointMark

SIZE = (224, 224)
RED, BLUE, DARK_BLUE = (50.0, 60.0, 40.0), (40.0, 10.0, -50.0), (30.0, 15.0, -40.0)
HALVES = np.where(np.arange(56) < 28, 30, 70)[None].repeat(56, axis=0).astype(np.float32)


def point(x, y, color, **said):
    return PointMark(x, y, 4, color=color, **said)


def found(*marks):
    return find_contradictions(Guidance(marks), SIZE, HALVES)


def test_mark_between_two_of_another_color_is_found():
    assert found(point(20, 50, BLUE), point(40, 60, RED), point(60, 50, DARK_BLUE)) == [(1, (0, 2))]


def test_mark_that_two_cover_is_found():
    cover = MaskMark(30, 50, 30, 30, (0, 900), color=BLUE)
    assert found(point(40, 60, RED, origin="word:coat"), cover, point(42, 60, BLUE)) == [(0, (1, 2))]


def test_edge_between_marks_parts_them():
    assert not found(point(20, 50, BLUE), point(150, 60, RED), point(60, 50, BLUE))


def test_one_against_one_is_no_contradiction():
    assert not found(point(20, 50, BLUE), point(40, 60, RED))


def test_two_that_agree_about_nothing_contradict_nobody():
    green = (50.0, -50.0, 40.0)
    assert not found(point(20, 50, BLUE), point(40, 60, RED), point(60, 50, green))


def test_what_a_person_says_is_not_contradicted_by_matches():
    said, first, second = (
        point(40, 60, RED),
        point(20, 50, BLUE, origin="match:a"),
        point(60, 50, BLUE, origin="match:a"),
    )
    assert not found(first, said, second)
    assert found(said, *(point(x, 50, BLUE) for x in (20, 60))) == [(0, (1, 2))]


def test_note_tells_where_marks_of_no_person_come_from():
    marks = (
        point(40, 60, RED, origin="word:coat"),
        point(20, 50, BLUE, origin="match:a"),
        point(60, 50, BLUE),
    )
    (note,) = note_contradictions(Guidance(marks), SIZE, HALVES)
    assert "marks[0] (word:coat) is contradicted by marks[1] (match:a) and marks[2] in the same place" in note


def test_mark_that_is_confirmed_is_not_contradicted():
    assert not found(*(point(x, 50, color) for x, color in ((20, BLUE), (35, RED), (50, BLUE), (65, RED))))


def test_mark_without_confidence_is_not_compared():
    assert not found(point(20, 50, BLUE), point(40, 60, RED, confidence=0), point(60, 50, BLUE))


def test_of_very_many_marks_those_of_persons_are_compared():
    matches = [point(100 + i % 10, 200, RED, origin="match") for i in range(MARK_LIMIT)]
    assert found(*matches, point(20, 50, BLUE), point(40, 60, RED), point(60, 50, BLUE)) == [
        (MARK_LIMIT + 1, (MARK_LIMIT, MARK_LIMIT + 2))
    ]


def test_note_is_one_line_and_names_file_and_marks():
    marks = (point(20, 50, BLUE), point(40, 60, RED), point(60, 50, BLUE))
    (note,) = note_contradictions(Guidance(marks, source="hints.json"), SIZE, HALVES)
    assert note.startswith("hints.json: marks[1] is contradicted by marks[0] and marks[2]")
    assert "\n" not in note


def test_many_notes_are_cut_off():
    marks = [point(40, 55 + 15 * i, (50.0, 80 * np.cos(i), 80 * np.sin(i))) for i in range(7)]
    marks += [point(20, 100, (50.0, -1.0, 0.0)), point(80, 100, (50.0, 1.0, 0.0))]
    notes = note_contradictions(Guidance(tuple(marks)), SIZE, HALVES)
    assert len(notes) == 6
    assert notes[-1] == "guidance: 2 more marks are contradicted by two others"


@pytest.mark.parametrize("marks", [(), (point(1, 1, RED),)])
def test_few_marks_need_no_looking(marks):
    assert find_contradictions(Guidance(marks), SIZE, np.zeros((1, 1), np.float32)) == []
