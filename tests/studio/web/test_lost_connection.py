"""A server that is killed: the page says so, keeps what is done meanwhile, and goes on when it is back."""

import signal

import pytest
from playwright.sync_api import expect

from studio_samples import gray_scan, jpeg, running, set_mark
from web_samples import browsing

LOST = ["ERR_", "WebSocket connection"]
GONE = [*LOST, "404"]


@pytest.fixture
def open_lost_page():
    with browsing(allowed=LOST) as found:
        yield found


@pytest.fixture
def open_page_of_gone():
    with browsing(allowed=GONE) as found:
        yield found


def make(visitor, name, x=0.5):
    """Make a change of the photograph that lies open."""
    visitor.page.evaluate(
        """([x, id]) => {
          const { session, store } = window.tintype;
          const { photo } = store.now;
          const mark = { kind: "point", x: x * photo.width, y: 150, radius: 9, color: "#b03020" };
          session.change([{ op: "set_mark", mark: { id, enabled: true, mark } }], "did.spot");
        }""",
        [x, name],
    )


def turn_to(visitor, photo):
    """Open another photograph."""
    visitor.page.evaluate(
        "id => { const { album, store } = window.tintype; album.open(store.now.album.find(it => it.id === id)); }",
        photo,
    )


def marks_of(person, photo):
    return [it["id"] for it in person.state(photo)["state"]["marks"]]


def test_nothing_is_lost_when_the_server_is_killed_twice(tmp_path, tiny, open_lost_page):
    with running(tmp_path / "data", tiny) as (server, _):
        port = server.place.split(":")[1]
        with server.person() as person:
            photo = person.add(jpeg())
        visitor = open_lost_page(server.place)
        visitor.settle()
        visitor.mark(0.2, 0.3)
    for x in (0.5, 0.8):
        expect(visitor.page.locator(".banner")).to_be_visible()
        make(visitor, f"m-{x}".replace(".", "-"), x)
        expect(visitor.page.locator(".banner")).to_contain_text("1 change is kept")
        with running(tmp_path / "data", tiny, port=port) as (server, _):
            expect(visitor.page.locator(".banner")).to_be_hidden()
            visitor.settle()
            with server.person() as person:
                ids = marks_of(person, photo)
            assert f"m-{x}".replace(".", "-") in ids
            assert len(set(ids)) == len(ids)
    assert len(ids) == 3


def test_change_that_no_server_heard_outlives_the_page(tmp_path, tiny, open_lost_page):
    with running(tmp_path / "data", tiny) as (server, _):
        port = server.place.split(":")[1]
        with server.person() as person:
            photo = person.add(jpeg())
        visitor = open_lost_page(server.place)
        visitor.settle()
    expect(visitor.page.locator(".banner")).to_be_visible()
    visitor.keyboard.press("x")
    visitor.page.get_by_label("Vividness").press("End")
    expect(visitor.page.locator(".banner")).to_contain_text("1 change")
    with running(tmp_path / "data", tiny, port=port) as (server, _):
        visitor.page.goto(f"http://{server.place}/")
        visitor.settle()
        with server.person() as person:
            assert person.state(photo)["state"]["settings"]["vividness"] == 1


def test_changes_of_photographs_that_were_left_are_brought_too(tmp_path, tiny, open_lost_page):
    with running(tmp_path / "data", tiny) as (server, _):
        port = server.place.split(":")[1]
        with server.person() as person:
            first, second, third = (person.add(jpeg(gray_scan(300, 400 + it))) for it in range(3))
            for photo in (first, second):
                person.amend(photo, set_mark("before"))
        visitor = open_lost_page(server.place)
        visitor.settle()
        turn_to(visitor, second)
        visitor.until("window.tintype.store.now.position?.step === 1")
        turn_to(visitor, first)
        visitor.settle()
    expect(visitor.page.locator(".banner")).to_be_visible()
    visitor.keyboard.press("Control+z")
    make(visitor, "one")
    make(visitor, "two")
    visitor.keyboard.press("Control+z")
    turn_to(visitor, third)
    expect(visitor.page.locator(".banner")).to_contain_text("4 changes are kept")
    with running(tmp_path / "data", tiny, port=port) as (server, _):
        visitor.until("window.tintype.store.now.waiting === 0")
        with server.person() as person:
            position = person.state(first)
            assert marks_of(person, first) == ["one"]
            assert (position["revision"], position["step"], position["steps"]) == (5, 1, 2)
            assert marks_of(person, second) == ["before"]
            assert person.state(third)["revision"] == 0
        assert visitor.page.evaluate("localStorage.getItem('tintype.pending')") == "{}"


def test_undo_that_no_server_heard_outlives_the_page(tmp_path, tiny, open_lost_page):
    with running(tmp_path / "data", tiny) as (server, _):
        port = server.place.split(":")[1]
        with server.person() as person:
            photo = person.add(jpeg())
            for name in ("a", "b", "c"):
                person.amend(photo, set_mark(name))
        visitor = open_lost_page(server.place)
        visitor.settle()
    expect(visitor.page.locator(".banner")).to_be_visible()
    for _ in range(2):
        visitor.keyboard.press("Control+z")
    expect(visitor.page.locator(".banner")).to_contain_text("2 changes are kept")
    visitor.page.goto("about:blank")
    with running(tmp_path / "data", tiny, port=port) as (server, _):
        with server.person() as person:
            person.ask("POST", f"/photos/{photo}/undo")  # the first one, of which the page did not hear
        visitor.page.goto(f"http://{server.place}/")
        visitor.settle()
        visitor.until("window.tintype.store.now.waiting === 0")
        with server.person() as person:
            assert marks_of(person, photo) == ["a"]


def test_undone_change_that_another_one_took_the_place_of_does_not_come_back(tmp_path, tiny, open_lost_page):
    with running(tmp_path / "data", tiny) as (server, _):
        port = server.place.split(":")[1]
        with server.person() as person:
            photo = person.add(jpeg())
            visitor = open_lost_page(server.place)
            visitor.settle()
            visitor.page.evaluate("window.tintype.live.messages.send = () => undefined")  # no answer arrives
            make(visitor, "one")
            visitor.keyboard.press("Control+z")
            make(visitor, "two")
            visitor.until(lambda: person.state(photo)["revision"] == 3)
            before = person.state(photo)
    visitor.page.evaluate("delete window.tintype.live.messages.send")
    expect(visitor.page.locator(".banner")).to_contain_text("3 changes are kept")
    with running(tmp_path / "data", tiny, port=port) as (server, _):
        visitor.until("window.tintype.store.now.waiting === 0")
        with server.person() as person:
            assert person.state(photo) == before
    assert [it["id"] for it in before["state"]["marks"]] == ["two"]


def test_trial_is_seen_again_when_the_connection_is_back(visitor):
    result = "window.tintype.viewer.pictures.result"
    before = visitor.page.evaluate(result)
    visitor.page.evaluate(
        "window.tintype.session.tryOut([{ op: 'set_settings', settings: { vividness: 0.9 } }])"
    )
    visitor.until(f"{result} !== {before!r} && !window.tintype.store.now.busy")
    tried = visitor.page.evaluate(result)
    visitor.page.evaluate(
        """() => {
          const { live, session } = window.tintype;
          window.came = [];
          session.frames.listen(({ header }) => window.came.push(header.result));
          live.renew();
        }"""
    )
    visitor.until(f"window.came.at(-1) === {tried!r} && !window.tintype.store.now.busy")
    visitor.page.evaluate("window.tintype.session.endTrial()")
    visitor.until(f"{result} === {before!r} && !window.tintype.store.now.busy")


@pytest.mark.parametrize("is_open", [False, True])
def test_changes_of_a_photograph_that_was_removed_are_dropped_and_it_is_said(
    tmp_path, tiny, open_page_of_gone, is_open
):
    with running(tmp_path / "data", tiny) as (server, _):
        port = server.place.split(":")[1]
        with server.person() as person:
            first, second = (person.add(jpeg(gray_scan(300, 400 + it))) for it in range(2))
        visitor = open_page_of_gone(server.place)
        visitor.settle()
    expect(visitor.page.locator(".banner")).to_be_visible()
    make(visitor, "one")
    make(visitor, "two")
    if not is_open:
        turn_to(visitor, second)
    expect(visitor.page.locator(".banner")).to_contain_text("2 changes are kept")
    visitor.page.evaluate("window.tintype.live.connect = () => undefined")  # until it is removed
    with running(tmp_path / "data", tiny, port=port) as (server, _):
        with server.person() as person:
            person.ask("DELETE", f"/photos/{first}")
        visitor.page.evaluate("delete window.tintype.live.connect; window.tintype.live.retry()")
        said = visitor.page.locator(
            ".toast", has_text="2 changes were made to a photograph that is no longer"
        )
        said.wait_for()
        visitor.until("window.tintype.store.now.waiting === 0")
        visitor.settle()
        assert visitor.page.evaluate("window.tintype.store.now.photo.id") == second
        assert sum("no longer" in line for line in visitor.lines_said) == 1
        make(visitor, "here")
        visitor.until("window.tintype.store.now.waiting === 0")
        with server.person() as person:
            assert marks_of(person, second) == ["here"]


def test_frozen_server_is_noticed(tmp_path, tiny, open_lost_page):
    with running(tmp_path / "data", tiny) as (server, process):
        with server.person() as person:
            photo = person.add(jpeg())
        visitor = open_lost_page(server.place)
        visitor.settle()
        visitor.page.clock.install()
        visitor.page.clock.pause_at(visitor.page.evaluate("Date.now()") + 1000)
        process.send_signal(signal.SIGSTOP)
        make(visitor, "one")
        visitor.page.clock.fast_forward(7000)
        expect(visitor.page.locator(".banner")).to_be_hidden()
        visitor.page.clock.fast_forward(2000)
        visitor.until("window.tintype.live.now === 'lost'")
        visitor.page.clock.fast_forward(1000)
        expect(visitor.page.locator(".banner")).to_contain_text("1 change is kept")
        visitor.page.clock.fast_forward(9000)  # nobody answers who would connect, either
        process.send_signal(signal.SIGCONT)
        visitor.page.clock.resume()
        expect(visitor.page.locator(".banner")).to_be_hidden()
        visitor.until("window.tintype.store.now.waiting === 0")
        with server.person() as person:
            assert marks_of(person, photo) == ["one"]


def test_page_of_another_version_is_loaded_anew_once_nothing_is_pending(visitor, person, photo):
    asked, loaded = [], []

    def answer(route):
        asked.append(1)
        found = route.fetch()
        route.fulfill(response=found, json=found.json() | {"tintype": "99.0"})

    visitor.page.route("**/api/v1/studio", answer)
    visitor.page.on("load", lambda: loaded.append(1))
    visitor.page.evaluate(
        """() => {
          const { store, live } = window.tintype;
          store.set({ uploads: [{ id: "upload-1", name: "a.jpg", progress: 0 }] });
          live.renew();
        }"""
    )
    make(visitor, "one")
    visitor.until(lambda: asked)
    visitor.until("window.tintype.live.now === 'open' && window.tintype.store.now.waiting === 0")
    visitor.frames(2)
    assert not loaded
    visitor.page.evaluate("window.tintype.store.set({ uploads: [] })")
    visitor.until(lambda: loaded)
    visitor.settle()
    assert marks_of(person, photo) == ["one"]
    visitor.page.evaluate("window.tintype.live.renew()")
    visitor.until(lambda: len(asked) >= 3)  # the page that was loaded asked as well
    visitor.until("window.tintype.live.now === 'open'")
    visitor.settle()
    assert len(loaded) == 1


def test_page_that_finds_no_server_offers_to_try_again(tmp_path, tiny, open_lost_page):
    with running(tmp_path / "data", tiny) as (server, _):
        visitor = open_lost_page(server.place)
        visitor.see(".welcome")
        visitor.page.route("**/api/v1/studio", lambda route: route.abort())
        visitor.page.reload()
        expect(visitor.see("[role=alert]")).to_contain_text("does not answer")
        visitor.page.unroute("**/api/v1/studio")
        visitor.button("Try again").click()
        visitor.see(".welcome")
