import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from tintype.errors import StudyError, StudyInUseError
from tintype.studio.study.answers import COLUMNS, answer_rows, judgeable_answers, summarize
from tintype.studio.study.definition import read_definition
from tintype.studio.study.material import find_material
from tintype.studio.study.store import Answer, AnswerStore
from tintype.studio.study.trials import create_design

LEFT = Answer("left", 800, 1000, "side_by_side")
RIGHT = Answer("right", 700, 900, "stacked")
HOLD = """
import sys, time, pickle
from pathlib import Path
from tintype.studio.study.store import AnswerStore
design = pickle.loads(bytes.fromhex(sys.argv[2]))
store = AnswerStore.open(Path(sys.argv[1]), "sample", design)
key = store.begin_session(design)
print(key, flush=True)
while True:
    number = next(it.number for it in store.session(key) if it.answer is None)
    from tintype.studio.study.store import Answer
    store.store_answer(key, number, Answer("left", 1, 1, "stacked"))
    print(number, flush=True)
"""


@pytest.fixture
def design(study_file):
    definition = read_definition(study_file)
    return create_design(definition, find_material(definition).names)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.sqlite"


@pytest.fixture
def store(path, design):
    store = AnswerStore.open(path, "sample", design)
    yield store
    store.close()


def answer_all(store, key, answer=LEFT):
    for stored in store.session(key):
        store.store_answer(key, stored.number, answer)


def test_answer_is_there_for_other_readers_at_once(store, path, design):
    key = store.begin_session(design)
    store.store_answer(key, 1, LEFT)
    other = AnswerStore.read(path)
    (row,) = answer_rows(other)
    other.close()
    assert [*row] == [*COLUMNS]
    assert (row["study"], row["session_trial"], row["practice"]) == ("sample", "1", "1")
    assert (row["answer"], row["response_ms"], row["exposure_ms"], row["shown"]) == (
        "left",
        "800",
        "1000",
        "1",
    )
    assert row["layout"] == "side_by_side"


def test_first_answer_holds(store, design):
    key = store.begin_session(design)
    store.store_answer(key, 1, LEFT)
    assert store.store_answer(key, 1, RIGHT).answer == LEFT


def test_answers_come_in_order(store, design):
    key = store.begin_session(design)
    assert store.store_answer(key, 2, LEFT) is None
    assert store.store_answer(key, 0, LEFT) is None
    assert store.store_answer(key, 999, LEFT) is None
    assert store.store_answer("no key", 1, LEFT) is None
    answer_all(store, key)
    assert store.store_answer(key, 999, LEFT) is None
    assert store.session(key)[-1].answer == LEFT


def test_showings_are_counted_until_the_answer(store, design):
    key = store.begin_session(design)
    for _ in range(3):
        store.note_shown(key, 1)
    store.store_answer(key, 1, LEFT)
    store.note_shown(key, 1)
    assert store.session(key)[0].shown == 3


def test_session_goes_on_after_the_server_was_stopped(path, design):
    store = AnswerStore.open(path, "sample", design)
    key = store.begin_session(design)
    store.store_answer(key, 1, LEFT)
    before = store.session(key)
    store.close()
    store = AnswerStore.open(path, "sample", design)
    assert store.session(key) == before
    store.close()


def test_second_server_is_refused_until_the_first_is_gone(path, design):
    store = AnswerStore.open(path, "sample", design)
    with pytest.raises(StudyInUseError, match="another server is using these answers; stop it first"):
        AnswerStore.open(path, "sample", design)
    store.close()
    AnswerStore.open(path, "sample", design).close()


def test_killed_server_loses_no_answer_and_frees_the_file(path, design):
    import pickle

    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, path, pickle.dumps(design).hex()], stdout=subprocess.PIPE, text=True
    )
    key = process.stdout.readline().strip()
    with pytest.raises(StudyInUseError):
        AnswerStore.open(path, "sample", design)
    told = [int(process.stdout.readline()) for _ in range(7)]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    store = AnswerStore.open(path, "sample", design)
    stored = [it.number for it in store.session(key) if it.answer is not None]
    store.close()
    assert told == [*range(1, 8)]
    assert stored[:7] == told


def test_participants_at_once_get_sessions_of_their_own(store, design):
    with ThreadPoolExecutor(8) as threads:
        keys = [*threads.map(lambda _: store.begin_session(design), range(16))]
        [*threads.map(lambda key: answer_all(store, key), keys)]
    assert len({store.session(key)[0].participant for key in keys}) == 16
    summary = summarize(store)
    assert (summary.begun, summary.finished, summary.answers) == (16, 16, 16 * 14)
    assert {it.photographs for it in summary.comparisons} == {14}
    assert max(it.most - it.fewest for it in summary.comparisons) <= 2


def test_file_holds_no_key_and_no_address(store, path, design):
    key = store.begin_session(design)
    answer_all(store, key)
    content = path.read_bytes()
    assert key.encode() not in content
    with closing(sqlite3.connect(path)) as connection:
        names = {row[0] for row in connection.execute("SELECT sql FROM sqlite_master") if row[0]}
    for word in ("address", "agent", "email", "ip "):
        assert not any(word in text.lower() for text in names)


def test_withdrawn_answers_are_gone_from_the_file(store, path, design):
    key, other = store.begin_session(design), store.begin_session(design)
    answer_all(store, key)
    code = store.session(key)[0].participant
    assert code.encode() in path.read_bytes()
    store.withdraw(key)
    assert store.session(key) == []
    assert code.encode() not in path.read_bytes()
    assert store.session(other)


def test_changed_study_is_refused_once_somebody_began(path, design):
    store = AnswerStore.open(path, "sample", design)
    store.close()
    changed = replace(design, seed=2)
    store = AnswerStore.open(path, "sample", changed)
    store.begin_session(changed)
    store.close()
    with pytest.raises(StudyError, match="holds answers to study sample as it was before it was changed"):
        AnswerStore.open(path, "sample", design)
    with pytest.raises(StudyError, match="holds answers to study sample"):
        AnswerStore.open(path, "other", changed)
    AnswerStore.open(path, "sample", changed).close()  # the refused ones hold no lock


@pytest.mark.parametrize("content", [b"this is no database" * 100, b""])
def test_other_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r"answers\.sqlite: "):
        AnswerStore.read(path)


def test_database_of_something_else_is_refused(path, design):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE letters (text)")
    connection.close()
    with pytest.raises(StudyError, match="holds no answers of a study"):
        AnswerStore.open(path, "sample", design)


def test_missing_file_of_answers_is_named(path):
    with pytest.raises(StudyError, match="there are no answers yet"):
        AnswerStore.read(path)


def test_organizer_closes_and_opens(store):
    assert store.is_open
    store.set_open(False)
    assert not store.is_open


def test_rehearsal_leaves_no_file(tmp_path, design):
    before = {*tmp_path.iterdir()}
    store = AnswerStore.open(None, "sample", design)
    answer_all(store, store.begin_session(design))
    store.close()
    assert {*tmp_path.iterdir()} == before


def test_answers_are_as_the_analysis_takes_them(store, design):
    answer_all(store, store.begin_session(design))
    answers = judgeable_answers(store)
    assert len(answers) == len(store.session("")) + 20
    assert sum(it.is_attention for it in answers) == 3
    assert all(it.is_correct is None for it in answers if it.kind == "preference" and it.is_judged)
    assert all(it.is_correct is not None for it in answers if it.kind == "real_or_colored")
