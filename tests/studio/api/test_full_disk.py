"""A disk that is full, or fails: one line that says so, nothing lost, and on it goes when there is room again."""

import errno
from contextlib import contextmanager

import pytest

from studio_samples import serving, set_mark
from tintype.studio.api import photos as photos_module
from tintype.studio.library import Library

MANY = [set_mark(f"m{i}", x=i % 400, y=i * i % 300, radius=1 + i % 7) for i in range(500)]
"""A change that takes several pages of the journal."""


@contextmanager
def full(studio):
    """Let the disk of a studio be full as far as its journal goes."""
    connection = studio.journal._connection
    most = connection.execute("PRAGMA max_page_count").fetchone()[0]
    connection.execute("PRAGMA max_page_count = 1")  # as many as there are
    yield
    connection.execute(f"PRAGMA max_page_count = {most}")


@contextmanager
def failing(studio):
    """Let the journal of a studio refuse whatever is to be stored."""
    studio.journal._connection.execute("PRAGMA query_only = 1")
    yield
    studio.journal._connection.execute("PRAGMA query_only = 0")


@pytest.fixture
def served(tmp_path, tiny):
    with serving(tmp_path / "data", tiny) as found:
        yield found


def test_change_on_a_full_disk_is_refused_in_one_line_and_nothing_is_lost(person, photo):
    before = person.amend(photo, set_mark())
    with full(person.studio):
        answer = person.amend(photo, *MANY, status=507)
        assert answer["error"] == "WriteFailedError"
        assert answer["message"] == (
            f"{person.studio.folder}/studio.sqlite: can't be read or written (database or disk is full); "
            "make room on the disk, or check it, and try again"
        )
        assert person.state(photo) == before
    assert person.amend(photo, *MANY)["revision"] == before["revision"] + 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"name": "Opa.jpg"}),
        ("PATCH", "/state", {"operations": [set_mark(x=5)]}),
        ("POST", "/undo", None),
        ("POST", "/copies", None),
        ("DELETE", "", None),
    ],
)
def test_whatever_can_t_be_stored_is_refused_in_one_line(person, photo, method, path, body):
    before = person.amend(photo, set_mark())
    with failing(person.studio):
        answer = person.ask(method, f"/photos/{photo}{path}", 507, json=body).json()
        assert answer["error"] == "WriteFailedError"
    assert person.state(photo) == before
    assert [it["name"] for it in person.get("/photos").json()["photos"]] == ["Oma.jpg"]


def test_upload_to_a_full_disk_is_refused_in_one_line_and_leaves_nothing(person, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(photos_module, "_finish", fail)
        answer = person.add(status=507)
    assert answer["message"] == "the disk: No space left on device; check disk and permissions"
    assert [*person.studio.library.incoming.iterdir()] == []
    person.add()


def test_live_connection_says_that_the_disk_is_full_and_goes_on(served):
    with served.person() as person:
        photo = person.add()
        with served.page(photo) as page:
            stored = page.event("state")["result"]
            with full(served.studio):
                page.send(type="change", serial=4, id="c4", operations=MANY)
                error = page.event("error", serial=4)
                assert error["error"] == "WriteFailedError"
                assert "database or disk is full" in error["message"]
                page.until(lambda it: it.frames and it.frames[-1][0]["result"] == stored)
            page.send(type="change", serial=5, id="c4", operations=MANY)
            assert page.event("state", serial=5)["step"] == 1
            with failing(served.studio):
                page.send(type="step", serial=6, by=-1)
                assert page.event("error", serial=6)["error"] == "WriteFailedError"
            assert person.state(photo)["step"] == 1


def test_journal_that_can_t_be_read_is_no_photograph_that_is_gone(served):
    with served.person() as person:
        photo = person.add()
        with served.page(photo) as page:
            page.event("state")
            served.studio.journal._connection.execute("ALTER TABLE step RENAME TO elsewhere")
            served.studio.hub.tell_change(photo)
            assert page.event("error", serial=0)["error"] == "WriteFailedError"
            assert not [it for it in page.events if it["type"] == "gone"]


def test_fault_of_ours_is_said_on_the_live_connection_and_it_goes_on(served, monkeypatch, capfd):
    def fail(*_, **__):
        raise RuntimeError("of\nmany lines")

    monkeypatch.setenv("TINTYPE_DEBUG", "1")
    with served.person() as person:
        photo = person.add()
    with served.page(photo) as page:
        with monkeypatch.context() as broken:
            broken.setattr(Library, "amend", fail)
            page.send(type="change", serial=3, operations=[set_mark()])
            error = page.event("error", serial=3)
        assert (error["error"], error["message"]) == (
            "Fault",
            "RuntimeError: of many lines; this is a fault of Tintype",
        )
        page.send(type="change", serial=4, operations=[set_mark()])
        assert page.event("state", serial=4)["step"] == 1
    assert "RuntimeError: of" in capfd.readouterr().err
