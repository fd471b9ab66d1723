"""Looking: before and after, large and small, overlays."""

import pytest
from playwright.sync_api import expect

from studio_samples import gray_scan, jpeg, set_mark


@pytest.fixture
def red(served, photo, person, open_page):
    """A visitor who looks at a photograph that is red all over."""
    person.amend(photo, set_mark(x=200, y=20, color="#c02020", radius=240))
    found = open_page(served.place)
    found.settle()
    return found


def is_gray(visitor, x, y):
    return visitor.colorfulness(x, y) < 6


def test_slider_shows_before_on_the_left_and_after_on_the_right(red):
    red.keyboard.press("c")
    red.until(lambda: is_gray(red, 0.3, 0.5))
    assert not is_gray(red, 0.62, 0.5)
    knob = red.see(".divider-knob")
    box = knob.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    red.drag_on_page((x, y), (red.place(0.2, 0.5)[0], y))
    red.until(lambda: not is_gray(red, 0.4, 0.5))
    knob.focus()
    knob.press("End")
    red.until(lambda: is_gray(red, 0.8, 0.5))
    red.keyboard.press("c")
    red.until(lambda: not is_gray(red, 0.3, 0.5))


def test_sides_show_the_same_place_twice(red):
    red.keyboard.press("s")
    red.frames(3)
    left, right = red.page.evaluate("window.tintype.viewer.panes.map(({ layer }) => layer)")
    assert (left, right) == ("original", "color")
    red.until(lambda: not is_gray(red, 0.62, 0.5))


def test_original_is_seen_as_long_as_it_is_held(red):
    assert not is_gray(red, 0.62, 0.5)
    red.keyboard.down("o")
    red.until(lambda: is_gray(red, 0.62, 0.5))
    red.keyboard.up("o")
    red.until(lambda: not is_gray(red, 0.62, 0.5))
    hold = red.button("Hold to see the original")
    hold.hover()
    red.mouse.down()
    red.until(lambda: is_gray(red, 0.62, 0.5))
    red.mouse.up()
    red.until(lambda: not is_gray(red, 0.62, 0.5))


def test_place_under_the_pointer_stays_where_it_is_when_enlarged(red):
    at = red.place(0.7, 0.3)
    red.mouse.move(*at)
    for _ in range(5):
        zoom = red.page.evaluate("window.tintype.viewer.camera.zoom")
        red.mouse.wheel(0, -200)
        red.until(f"window.tintype.viewer.camera.zoom > {zoom}")  # it is not waited for by itself
    assert red.place(0.7, 0.3) == pytest.approx(at, abs=13)  # half a pixel of the pointer, enlarged
    said = red.see(".zoom-text").inner_text()
    red.keyboard.press("0")
    expect(red.see(".zoom-text")).not_to_have_text(said)


def test_tiles_are_fetched_for_what_is_seen_alone(served, person, open_page):
    person.add(jpeg(gray_scan(2400, 3200)))
    visitor = open_page(served.place)
    asked = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.settle()
    visitor.keyboard.press("1")
    visitor.keyboard.press("c")
    expect(visitor.page.locator(".zoom-text")).to_have_text("100%")
    visitor.settle()
    visitor.until(lambda: any("/tiles/original/0/" in url for url in asked))
    visitor.page.wait_for_timeout(600)  # for those that should not be asked for
    tiles = {url.split("?")[0].split("/tiles/")[1] for url in asked if "/tiles/" in url}
    assert all(it.split("/")[1] == "0" for it in tiles)
    assert len(tiles) <= 2 * 12  # of 35 there are


def test_part_that_is_seen_is_sharp_at_actual_pixels(served, person, open_page):
    person.add(jpeg(gray_scan(2400, 3200), quality=100))
    visitor = open_page(served.place)
    visitor.settle()
    visitor.keyboard.press("1")
    visitor.until("window.tintype.viewer.pictures.part?.view.level === 0")
    part = visitor.page.evaluate("window.tintype.viewer.pictures.part.view")
    assert part["width"] < 1300


def test_drag_moves_the_view_and_sets_no_mark(red, person, photo):
    red.keyboard.press("1")
    red.keyboard.press("+")
    red.keyboard.press("+")
    before = red.place(0.5, 0.5)
    red.drag((0.5, 0.5), (0.55, 0.58))
    after = red.place(0.5, 0.5)
    assert after[0] - before[0] > 10
    assert after[1] - before[1] > 10
    expect(red.page.locator(".popover")).to_be_hidden()
    assert len(person.state(photo)["state"]["marks"]) == 1


def test_doubt_is_laid_over_the_colors(red):
    before = red.seen(0.1, 0.9)
    corners = [(x, y) for x in (0.1, 0.9) for y in (0.1, 0.9)]
    red.keyboard.press("d")
    red.until(lambda: max(abs(red.seen(*it) - before).max() for it in corners) > 20)
    red.keyboard.press("d")
    red.until(lambda: abs(red.seen(0.1, 0.9) - before).max() < 4)


def test_refusal_of_a_change_of_another_photograph_does_not_end_the_sign_of_work(red, person):
    other = person.add(jpeg(gray_scan(200)), name="other.jpg")
    expect(red.page.locator(".strip-item")).to_have_count(2)
    is_busy = red.page.evaluate(
        """(id) => {
          const { album, live, session, store } = window.tintype;
          const sent = [];
          const send = live.send.bind(live);
          live.send = (message) => sent.push(message) && send(message);
          session.change([{ op: "set_settings", settings: { vividness: 0.6 } }], "did.vividness");
          delete live.send;
          album.open(store.now.album.find((it) => it.id === id));
          live.messages.send({ type: "error", serial: sent[0].serial, error: "GuidanceError", message: "no" });
          return store.now.busy;
        }""",
        other,
    )
    assert is_busy
    red.settle()


def test_page_is_busy_until_a_change_is_seen(red):
    red.settle()
    is_busy, shown = red.page.evaluate(
        """() => {
          const { session, store, viewer } = window.tintype;
          const { photo, position } = store.now;
          session.change([{ op: "set_settings", settings: { vividness: 0.6 } }], "did.vividness");
          session.noteShown({ photo: photo.id, serial: 0, draft: false, result: position.result }); // an older view
          return [store.now.busy, viewer.pictures.result];
        }"""
    )
    assert is_busy
    red.settle()
    assert red.page.evaluate("window.tintype.viewer.pictures.result") != shown
