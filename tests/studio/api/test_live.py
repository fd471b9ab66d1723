"""Live connections, on a real server: the newest counts, nothing that was acknowledged is lost, everybody is told."""

import json
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from photo_samples import save
from studio_samples import decoded, gray_scan, point, serving, set_mark
from tintype.studio.limits import Limits
from tintype.studio.state import State


@pytest.fixture(scope="module")
def served(tmp_path_factory, tiny):
    with serving(tmp_path_factory.mktemp("live"), tiny) as found:
        yield found


@pytest.fixture
def person(served):
    with served.person() as found:
        yield found


@pytest.fixture
def photo(person):
    return person.add(save(gray_scan(700, 1100), "PNG"), "scan.png")


@pytest.fixture
def page(served, photo):
    with served.page(photo) as found:
        found.frame(draft=False)
        yield found


def test_opening_gives_state_and_picture(served, person, photo):
    with served.page(photo) as page:
        state = page.event("state", photo=photo)
        header, picture = page.frame(draft=False)
    assert {key: value for key, value in state.items() if key not in ("type", "serial")} == person.state(
        photo
    )
    assert header["result"] == state["result"]
    assert (header["width"], header["height"], header["format"]) == (1024, 652, "jpeg")
    assert decoded(picture).shape == (652, 1024, 3)


def test_frame_of_a_change_is_the_preview(page, person, photo):
    page.send(type="change", serial=7, id="c1", operations=[set_mark()], label="red")
    header, picture = page.frame(serial=7)
    state = page.event("state", serial=7)
    assert not header["draft"]
    assert header["result"] == state["result"] == person.state(photo)["result"]
    assert picture == person.get(f"/photos/{photo}/preview").content


@pytest.fixture
def may_run(served, monkeypatch):
    """What the network waits for."""
    session, may_run = served.studio.engine.colorizer.session, threading.Event()
    run = session.run

    def wait_and_run(*arguments, **options):
        assert may_run.wait(60)
        return run(*arguments, **options)

    monkeypatch.setattr(session, "run", wait_and_run)
    return may_run


def test_trying_stores_nothing_and_comes_as_a_draft_first(page, person, photo):
    page.send(type="try", serial=3, operations=[set_mark(x=500)])
    draft, small = page.frame(serial=3, draft=True)
    final, picture = page.frame(serial=3, draft=False)
    assert (draft["width"], final["width"]) == (512, 1024)
    assert len(small) < len(picture)
    assert draft["result"] == final["result"]
    assert person.state(photo)["revision"] == 0
    page.send(type="try", serial=4, operations=[])
    assert page.frame(serial=4, draft=False)[0]["result"] == person.state(photo)["result"]


def test_only_the_newest_is_answered_while_the_pointer_moves(page, may_run):
    for serial in range(1, 201):
        page.send(type="try", serial=serial, operations=[set_mark(x=serial)])
    page.send(type="dance")
    page.event("error")  # messages are taken one after the other: all tries were
    may_run.set()
    page.frame(serial=200, draft=False)
    serials = [header["serial"] for header, _ in page.frames if header["serial"]]
    assert serials[-2:] == [200, 200]
    assert len(serials) <= 4  # the network was asked for one of them, which may have been finished


def test_release_after_many_moves_is_answered_by_its_own_picture(page):
    for serial in range(1, 50):
        page.send(type="try", serial=serial, operations=[set_mark(x=serial)])
    page.send(type="change", serial=50, operations=[set_mark(x=50)])
    header, _ = page.frame(serial=50)
    assert header["result"] == page.event("state", serial=50)["result"]
    page.rest()
    assert page.frames[-1][0]["serial"] == 50


def test_everybody_sees_a_change(served, page, person, photo):
    with served.page(photo) as other:
        other.frame(draft=False)
        page.send(type="change", serial=1, operations=[set_mark()])
        stored = page.event("state", serial=1)
        seen = other.event("state", revision=1)
        assert seen["state"] == stored["state"]
        assert other.frame(result=stored["result"])
        person.ask("POST", f"/photos/{photo}/undo")
        for each in (page, other):
            assert each.event("state", revision=2)["step"] == 0


def test_steps_go_back_and_forth(page):
    page.send(type="change", serial=1, operations=[set_mark()])
    red = page.event("state", serial=1)["result"]
    page.send(type="step", serial=2, by=-1)
    assert page.event("state", serial=2)["step"] == 0
    page.send(type="step", serial=3, by=1)
    assert page.event("state", serial=3)["result"] == red
    page.until(lambda it: it.frames[-1][0]["result"] == red)


def test_undo_after_an_abandoned_try_shows_what_is_stored(page):
    page.send(type="change", serial=1, operations=[set_mark()])
    page.frame(serial=1)
    page.send(type="try", serial=2, operations=[set_mark(x=400)])
    page.frame(serial=2, draft=False)
    page.send(type="step", serial=3, by=-1)
    state = page.event("state", serial=3)
    page.until(lambda it: it.frames[-1][0]["result"] == state["result"])


def test_hearing_late_of_its_own_change_does_not_end_a_trial(served, page, photo):
    page.send(type="change", serial=1, operations=[set_mark()])
    stored = page.event("state", serial=1)["result"]
    page.frame(serial=1)
    page.send(type="try", serial=2, operations=[set_mark(x=400)])
    page.frame(serial=2, draft=False)
    served.studio.hub.tell_change(photo)
    page.rest()
    assert page.frames[-1][0]["serial"] == 2
    page.send(type="try", serial=3, operations=[])
    assert page.frame(serial=3)[0]["result"] == stored


def test_trial_stays_while_others_change_and_the_view_turns(page, person, photo):
    page.send(type="try", serial=1, operations=[set_mark("mine", x=400)])
    page.frame(serial=1, draft=False)
    person.amend(photo, set_mark("theirs", x=9))
    both = person.studio.engine.digest(State(marks=[point("theirs", x=9), point("mine", x=400)]))
    page.frame(result=both, serial=1)
    page.send(type="view", view={"kind": "whole", "side": 300})
    assert page.frame(result=both, serial=1, width=300)


def test_change_that_is_refused_shows_again_what_holds(page, person, photo):
    person.amend(photo, set_mark("theirs", x=9))
    stored = page.event("state", revision=1)["result"]
    page.frame(result=stored)
    page.send(type="change", serial=2, base=0, operations=[set_mark("mine", x=400)])
    assert page.event("error", serial=2)["error"] == "ChangedMeanwhileError"
    page.until(lambda it: it.frames[-1][0]["result"] == stored)


def test_change_of_another_window_beside_ones_own_is_told_after_it(served, page, person, photo, monkeypatch):
    amend, stored, may_go_on = served.studio.library.amend, threading.Event(), threading.Event()

    def amend_slowly(photo, operations, **more):
        position = amend(photo, operations, **more)
        if more["change_id"] == "mine":
            stored.set()
            assert may_go_on.wait(60)
        return position

    monkeypatch.setattr(served.studio.library, "amend", amend_slowly)
    page.send(type="change", serial=1, id="mine", operations=[set_mark("mine", x=400)])
    assert stored.wait(60)
    person.amend(photo, set_mark("theirs", x=9))
    page.rest()
    may_go_on.set()
    page.event("state", serial=1, revision=1)
    both = page.event("state", serial=0, revision=2)["result"]
    assert [it["revision"] for it in page.events if it["type"] == "state"] == [0, 1, 2]
    page.send(type="view", view={"kind": "whole", "side": 300})
    assert page.frame(width=300)[0]["result"] == both


def test_change_that_is_made_while_a_photograph_is_opened_is_shown(served, person, photo, monkeypatch):
    find, found = served.studio.library.position, []

    def find_and_change(photo):
        found.append(find(photo))
        if len(found) == 1:
            person.amend(photo, set_mark())
        return found[-1]

    monkeypatch.setattr(served.studio.library, "position", find_and_change)
    with served.page(photo) as page:
        page.event("state", revision=0)
        assert page.frame(result=page.event("state", revision=1)["result"])


def test_change_of_another_photograph_is_told(page, person):
    other = person.add()
    person.amend(other, set_mark())
    assert page.event("changed")["photo"] == other


def test_part_of_the_full_size_is_shown_where_it_is_asked_for(page, person, photo):
    view = {"kind": "part", "level": 0, "left": 512, "top": 0, "width": 512, "height": 512}
    page.send(type="view", view=view)
    header, picture = page.until(lambda it: next((x for x in it.frames if x[0]["view"] == view), None))
    assert picture == person.get(f"/photos/{photo}/tiles/color/0/1/0").content
    page.send(type="view", view={**view, "left": 10**6, "level": 30, "width": 4096})
    shown = page.until(lambda it: next((x for x in it.frames if x[0]["view"].get("level") == 2), None))[0]
    assert shown["view"] == {"kind": "part", "level": 2, "left": 274, "top": 0, "width": 1, "height": 175}
    assert header["width"] == 512


def test_jobs_and_album_are_told(page, person, photo):
    job = person.save(photo, kind="doubt")
    page.until(lambda it: [x for x in it.events if x["type"] == "job" and x["job"]["status"] == "done"])
    assert {it["job"]["id"] for it in page.events if it["type"] == "job"} == {job["id"]}
    person.add()
    page.event("album")
    person.ask("DELETE", f"/photos/{photo}")
    page.send(type="change", serial=9, operations=[set_mark()])
    assert page.event("error", serial=9)["error"] == "NotHereError"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Invalid JSON"),
        ("[]", "object"),
        ('{"type": "dance"}', "dance"),
        ('{"type": "try", "operations": [{"op": "set_mark"}]}', "mark"),
        ('{"type": "open", "photo": "../.."}', "pattern"),
        ('{"type": "open", "photo": "0123456789abcdef"}', "no photograph"),
        ('{"type": "view", "view": {"kind": "whole", "side": 5}}', "greater than or equal to 64"),
    ],
)
def test_message_that_makes_no_sense_is_answered_and_the_connection_goes_on(page, text, message):
    page.socket.send(text)
    assert message in page.event("error")["message"]
    page.send(type="change", serial=5, operations=[set_mark()])
    page.frame(serial=5)


def test_change_that_makes_no_sense_is_answered_under_its_number(page):
    page.send(type="change", serial=6, operations=[])
    assert page.event("error", serial=6)["error"] == "Invalid"


def test_change_is_acknowledged_while_the_network_is_asked(page, may_run):
    page.send(type="change", serial=1, operations=[set_mark()])
    page.send(type="change", serial=2, operations=[set_mark("b")])
    page.send(type="step", serial=3, by=-1)
    for serial in (1, 2, 3):
        page.event("state", serial=serial, revision=serial)
    assert not [header for header, _ in page.frames if header["serial"]]
    may_run.set()


def test_mark_outside_is_refused_and_not_stored(page, person, photo):
    page.send(type="change", serial=2, operations=[set_mark(x=1101)])
    assert "is outside" in page.event("error", serial=2)["message"]
    assert person.state(photo)["revision"] == 0


def test_nothing_to_do_before_a_photograph_is_open(served):
    with served.page() as page:
        page.send(type="try", operations=[])
        assert "send 'open' first" in page.event("error")["message"]


def test_change_that_is_sent_again_on_a_new_connection_is_stored_once(served, person, photo):
    message = {"type": "change", "serial": 1, "id": "once", "base": 0, "operations": [set_mark()]}
    for _ in range(3):
        with served.page(photo) as page:
            page.send(**message)
            assert page.event("state", serial=1)["revision"] == 1
    assert len(person.get(f"/photos/{photo}/history").json()["items"]) == 2


def test_lost_connection_loses_nothing_and_leaves_nothing_behind(served, person, photo):
    def count():
        return sum("tintype-viewer" in thread.name for thread in threading.enumerate())

    before = count()
    for i in range(5):
        with served.page(photo) as page:
            page.frame(draft=False)
            page.send(type="change", serial=1, operations=[set_mark(name=f"m{i}", x=i)])
            page.event("state", serial=1)
            page.send(type="try", serial=2, operations=[set_mark(x=9)])
            page.socket.socket.close()  # pulled out
    assert [it["id"] for it in person.state(photo)["state"]["marks"]] == [f"m{i}" for i in range(5)]
    until = time.monotonic() + 120
    while (count() > before or len(served.studio.hub)) and time.monotonic() < until:
        time.sleep(0.05)
    assert count() <= before
    assert len(served.studio.hub) == 0


def test_message_that_is_too_large_ends_the_connection_and_harms_nobody(tmp_path, tiny):
    with serving(tmp_path, tiny, limits=Limits(document_bytes=20_000)) as served, served.person() as person:
        photo = person.add()
        with served.page(photo) as page:
            page.frame(draft=False)
            page.socket.send(json.dumps({"type": "try", "operations": [], "x": "y" * 30_000}))
            with pytest.raises(ConnectionClosed):
                page.rest(30)
        with served.page(photo) as page:
            page.frame(draft=False)


def test_binary_message_ends_the_connection(page):
    page.socket.send(b"\0\1")
    with pytest.raises(ConnectionClosed):
        page.rest(30)


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_page_of_another_origin_can_t_connect(served, origin):
    with pytest.raises(InvalidStatus) as refusal, served.page(origin=origin):
        pass
    assert refusal.value.response.status_code == 403


def test_slow_reader_gets_fewer_frames_not_later_ones(served, photo):
    with served.page(max_queue=1) as page:
        page.send(type="open", photo=photo, format="png")
        page.frame(draft=False)
        for serial in range(1, 150):
            page.send(type="try", serial=serial, operations=[set_mark(x=serial)])
        page.send(type="dance")
        page.frame(serial=149, draft=False)
        assert len(page.frames) < 100  # of 300: what was in the buffers, and the newest


def test_release_where_the_pointer_was_shows_what_is_being_painted(served, page, monkeypatch):
    run, runs = served.studio.engine.colorizer.session.run, []
    begun, may_go_on = threading.Event(), threading.Event()

    def slow(*arguments, **options):
        runs.append(arguments)
        begun.set()
        assert may_go_on.wait(60)
        return run(*arguments, **options)

    monkeypatch.setattr(served.studio.engine.colorizer.session, "run", slow)
    page.send(type="try", serial=1, operations=[set_mark(x=300)])
    assert begun.wait(60)
    page.send(type="change", serial=2, operations=[set_mark(x=300)])
    page.event("state", serial=2)
    may_go_on.set()
    page.frame(serial=2, draft=False)
    page.send(type="try", serial=3, operations=[])
    page.frame(serial=3, draft=False)
    assert len(runs) == 2  # a draft and the picture proper, for all three
    assert [it[0]["serial"] for it in page.frames if it[0]["serial"] and not it[0]["draft"]] == [2, 3]
