"""What was done is kept: across restarts and kills, each change once, undo and redo without end."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.errors import ChangedMeanwhileError, NotHereError, StudioError, StudioInUseError
from tintype.studio.address_file import find_address, note_address
from tintype.studio.journal import NAME, Change, Entry, Journal


def entry(identity="p1", **changes):
    values = {
        "name": "Oma.tif",
        "sha256": "0" * 64,
        "path": None,
        "page": 0,
        "facts": {"height": 3},
        "added_at": "now",
    }
    return Entry(**{"id": identity, **values, **changes})


@pytest.fixture
def journal(tmp_path):
    with closing(Journal.open(tmp_path)) as found:
        found.add(entry(), "begin")
        yield found


def test_photograph_comes_back_as_it_was_added(journal):
    other = entry("p2", path=Path("/scans/b.tif"), page=3, name="Größe ✓")
    journal.add(other, "")
    assert journal.entries() == [entry(), other]
    assert journal.entry("p2") == other


def test_album_is_brought_into_order(journal):
    journal.add(entry("p2"), "")
    journal.add(entry("p3"), "")
    journal.arrange(["p3", "p1", "p2"])
    assert [it.id for it in journal.entries()] == ["p3", "p1", "p2"]
    for wrong in (["p3", "p1"], ["p3", "p1", "p1"], ["p3", "p1", "p4"], []):
        with pytest.raises(ChangedMeanwhileError, match="the album has 3 photographs"):
            journal.arrange(wrong)


def test_photograph_that_is_not_there_is_named(journal):
    for ask in (journal.entry, journal.position, journal.remove, lambda it: journal.step_by(it, 1)):
        with pytest.raises(NotHereError, match="'p9'"):
            ask("p9")


def test_removing_takes_the_history_along(journal, tmp_path):
    journal.change("p1", Change("a"))
    journal.remove("p1")
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM step").fetchone() == (0,)


def test_change_undo_and_redo_move_along_the_steps(journal):
    journal.change("p1", Change("a", "first"))
    now = journal.change("p1", Change("b", "second"))
    assert (now.revision, now.step, now.steps, now.state) == (2, 2, 2, "b")
    now = journal.step_by("p1", -1)
    assert (now.revision, now.step, now.steps, now.state) == (3, 1, 2, "a")
    assert journal.step_by("p1", 1).state == "b"
    assert journal.step_by("p1", 1) == journal.position("p1")
    assert journal.move("p1", 0).state == "begin"
    assert [(it.number, it.label) for it in journal.steps("p1", 0, 10)] == [
        (0, ""),
        (1, "first"),
        (2, "second"),
    ]
    assert [it.number for it in journal.steps("p1", 1, 1)] == [1]
    with pytest.raises(NotHereError, match="no step 3; the history goes from 0 to 2"):
        journal.move("p1", 3)


def test_change_after_undo_takes_the_place_of_what_was_undone(journal):
    for state in "abc":
        journal.change("p1", Change(state))
    journal.move("p1", 1)
    now = journal.change("p1", Change("d"))
    assert (now.step, now.steps, now.state) == (2, 2, "d")


def test_change_that_is_sent_again_is_stored_once(journal):
    first = journal.change("p1", Change("a", id="x1", base=0))
    assert journal.change("p1", Change("a", id="x1", base=0)) == first
    journal.change("p1", Change("b", id="x2"))
    assert journal.change("p1", Change("a", id="x1")).state == "b"


def test_change_that_was_undone_and_given_up_is_known_when_it_is_sent_again(journal):
    journal.change("p1", Change("a", id="x1"))
    journal.step_by("p1", -1)
    now = journal.change("p1", Change("b", id="x2"))
    assert journal.change("p1", Change("a", id="x1")) == now
    journal.remove("p1")
    journal.add(entry(), "begin")
    assert journal.change("p1", Change("a", id="x1")).state == "a"


def test_change_to_the_same_makes_no_step(journal):
    assert journal.change("p1", Change("begin")).step == 0


def test_change_made_from_an_older_revision_is_refused(journal):
    journal.change("p1", Change("a", base=0))
    with pytest.raises(ChangedMeanwhileError, match="from revision 0, but it is 1 by now"):
        journal.change("p1", Change("b", base=0))
    assert journal.position("p1").state == "a"


@given(st.lists(st.sampled_from(["change", "undo", "redo"]), max_size=30))
def test_history_is_that_of_a_list_with_a_place_in_it(tmp_path_factory, actions):
    states, place = ["begin"], 0
    with closing(Journal.open(tmp_path_factory.mktemp("journal"))) as journal:
        journal.add(entry(), "begin")
        for number, action in enumerate(actions):
            if action == "change":
                states, place = [*states[: place + 1], str(number)], place + 1
                journal.change("p1", Change(str(number)))
            else:
                step = -1 if action == "undo" else 1
                place = min(max(place + step, 0), len(states) - 1)
                journal.step_by("p1", step)
            now = journal.position("p1")
            assert (now.step, now.steps, now.state) == (place, len(states) - 1, states[place])


def test_everything_is_there_after_a_restart(tmp_path):
    with closing(Journal.open(tmp_path)) as journal:
        journal.add(entry(), "begin")
        journal.change("p1", Change("a" * 100_000, "large"))
        journal.step_by("p1", -1)
        token, before = journal.token, journal.position("p1")
    with closing(Journal.open(tmp_path)) as again:
        assert (again.token, again.position("p1")) == (token, before)
        assert again.step_by("p1", 1).state == "a" * 100_000


def test_second_server_is_refused_in_one_line_until_the_first_is_gone(tmp_path, journal):
    with pytest.raises(StudioInUseError) as refusal:
        Journal.open(tmp_path)
    assert str(refusal.value) == (
        f"{tmp_path}: another studio has it open; use that one, stop it, or name another folder by --data"
    )
    journal.close()
    Journal.open(tmp_path).close()


def test_address_that_a_killed_server_left_is_forgotten(tmp_path, journal):
    note_address(tmp_path, "http://127.0.0.1:8736/")
    with pytest.raises(StudioInUseError):
        Journal.open(tmp_path)
    assert find_address(tmp_path) == "http://127.0.0.1:8736/"
    journal.close()
    Journal.open(tmp_path).close()
    assert find_address(tmp_path) is None


def test_folder_that_can_t_be_used_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudioError, match="can't be written"):
        Journal.open(tmp_path / "file" / "below")
    (tmp_path / NAME).write_bytes(
        b"this is no database, but a text that is long enough to be taken for one" * 20
    )
    with pytest.raises(StudioError, match=r"studio\.sqlite: "):
        Journal.open(tmp_path)


def test_journal_of_another_version_is_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StudioError, match="no journal of this Tintype"):
        Journal.open(tmp_path)
    with pytest.raises(StudioError, match="no journal of this Tintype"):  # and the lock was given back
        Journal.open(tmp_path)


WRITER = """
import sys
from pathlib import Path
from tintype.studio.journal import Change, Journal
journal = Journal.open(Path(sys.argv[1]))
for i in range(100_000):
    position = journal.change("p1", Change(f"{sys.argv[2]} {i}", id=f"{sys.argv[2]} {i}"))
    print(position.step, flush=True)
"""


def test_killed_server_loses_no_change_that_it_acknowledged(tmp_path):
    with closing(Journal.open(tmp_path)) as journal:
        journal.add(entry(), "begin")
    acknowledged = 0
    for turn in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(turn)], stdout=subprocess.PIPE, text=True
        ) as writer:
            for _ in range(20):
                acknowledged = max(acknowledged, int(writer.stdout.readline()))
            os.kill(writer.pid, signal.SIGKILL)
            acknowledged = max([acknowledged, *map(int, writer.stdout.read().split("\n")[:-1])])
        with closing(Journal.open(tmp_path)) as journal:
            assert journal.position("p1").step >= acknowledged
            assert len(journal.steps("p1", 0, 100_000)) == journal.position("p1").step + 1
