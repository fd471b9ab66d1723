"""A server that is killed: the page says so, keeps what is done meanwhile, and goes on when it is back."""

import pytest
from playwright.sync_api import expect

from studio_samples import jpeg, running
from web_samples import browsing

LOST = ["ERR_", "WebSocket connection"]


@pytest.fixture
def open_lost_page():
    with browsing(allowed=LOST) as found:
        yield found


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
        visitor.page.evaluate(
            """([x, id]) => {
              const { session, store } = window.tintype;
              const { photo } = store.now;
              const mark = { kind: "point", x: x * photo.width, y: 150, radius: 9, color: "#b03020" };
              session.change([{ op: "set_mark", mark: { id, enabled: true, mark } }], "did.spot");
            }""",
            [x, f"m-{x}".replace(".", "-")],
        )
        expect(visitor.page.locator(".banner")).to_contain_text("1 change is kept")
        with running(tmp_path / "data", tiny, port=port) as (server, _):
            expect(visitor.page.locator(".banner")).to_be_hidden(timeout=30_000)
            visitor.settle()
            with server.person() as person:
                ids = [it["id"] for it in person.state(photo)["state"]["marks"]]
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
