"""Looking: before and after, large and small, overlays."""

import pytest
from playwright.sync_api import expect

from studio_samples import gray_scan, jpeg, set_mark
from web_samples import PHONE


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
    red.frames(3)
    assert is_gray(red, 0.3, 0.5)
    assert not is_gray(red, 0.62, 0.5)
    knob = red.see(".divider-knob")
    box = knob.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    red.drag_on_page((x, y), (red.place(0.2, 0.5)[0], y))
    red.frames(3)
    assert not is_gray(red, 0.4, 0.5)
    knob.focus()
    knob.press("End")
    red.frames(3)
    assert is_gray(red, 0.8, 0.5)
    red.keyboard.press("c")
    red.frames(3)
    assert not is_gray(red, 0.3, 0.5)


def test_sides_show_the_same_place_twice(red):
    red.keyboard.press("s")
    red.frames(3)
    left, right = red.page.evaluate("window.tintype.viewer.panes.map(({ layer }) => layer)")
    assert (left, right) == ("original", "color")
    assert not is_gray(red, 0.62, 0.5)


def test_original_is_seen_as_long_as_it_is_held(red):
    assert not is_gray(red, 0.62, 0.5)
    red.keyboard.down("o")
    red.frames(3)
    assert is_gray(red, 0.62, 0.5)
    red.keyboard.up("o")
    red.frames(3)
    assert not is_gray(red, 0.62, 0.5)
    hold = red.button("Hold to see the original")
    hold.hover()
    red.mouse.down()
    red.frames(3)
    assert is_gray(red, 0.62, 0.5)
    red.mouse.up()
    red.frames(3)
    assert not is_gray(red, 0.62, 0.5)


def test_place_under_the_pointer_stays_where_it_is_when_enlarged(red):
    at = red.place(0.7, 0.3)
    red.mouse.move(*at)
    for _ in range(5):
        red.mouse.wheel(0, -200)
    red.frames(2)
    assert red.place(0.7, 0.3) == pytest.approx(at, abs=13)  # half a pixel of the pointer, enlarged
    zoom = red.see(".zoom-text").inner_text()
    red.keyboard.press("0")
    assert red.see(".zoom-text").inner_text() != zoom


def test_tiles_are_fetched_for_what_is_seen_alone(served, person, open_page):
    person.add(jpeg(gray_scan(2400, 3200)))
    visitor = open_page(served.place)
    asked = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.settle()
    visitor.keyboard.press("1")
    visitor.keyboard.press("c")
    expect(visitor.page.locator(".zoom-text")).to_have_text("100%")
    visitor.page.wait_for_timeout(600)
    visitor.settle()
    tiles = {url.split("?")[0].split("/tiles/")[1] for url in asked if "/tiles/" in url}
    assert any(it.startswith("original/0/") for it in tiles)
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


def test_two_fingers_enlarge(served, photo, open_page):
    visitor = open_page(served.place, **PHONE)
    visitor.settle()
    before = visitor.see(".zoom-text").inner_text()
    x, y = visitor.place(0.5, 0.5)
    session = visitor.page.context.new_cdp_session(visitor.page)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 80), ("touchMove", 120)):
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    visitor.frames(2)
    assert visitor.see(".zoom-text").inner_text() != before
    expect(visitor.page.locator(".popover")).to_be_hidden()
    assert visitor.place(0.5, 0.5) == pytest.approx((x, y), abs=3)


def test_finger_draws_with_the_brush(served, photo, open_page):
    visitor = open_page(served.place, **PHONE)
    visitor.settle()
    visitor.page.get_by_role("radio", name="Brush").tap()
    x, y = visitor.place(0.3, 0.5)
    session = visitor.page.context.new_cdp_session(visitor.page)
    for kind, at in (("touchStart", 0), ("touchMove", 30), ("touchMove", 70), ("touchMove", 110)):
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x + at, "y": y, "id": 0}]}
        )
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(visitor.page.locator(".popover-title")).to_have_text("Line")
    visitor.see(".suggestion").tap()
    visitor.settle()
    expect(visitor.page.locator(".handle")).to_have_count(1)


def test_doubt_is_laid_over_the_colors(red):
    before = red.seen(0.1, 0.9)
    with red.page.expect_response(lambda answer: "/doubt" in answer.url):
        red.keyboard.press("d")
    red.page.wait_for_timeout(200)
    red.frames(3)
    shown = [red.seen(x, y) for x in (0.1, 0.9) for y in (0.1, 0.9)]
    red.keyboard.press("d")
    red.frames(3)
    assert max(abs(it - before).max() for it in shown) > 20
    assert abs(red.seen(0.1, 0.9) - before).max() < 4
