"""Fingers and pens on the photograph."""

import time

import pytest
from playwright.sync_api import expect

from studio_samples import set_mark
from web_samples import PHONE


class Hand:
    """Fingers and a pen on a page, as the system tells of them."""

    def __init__(self, page):
        self._page = page
        self._session = page.context.new_cdp_session(page)

    def touch(self, *steps):
        """Lay fingers on places of the page and move them, step by step, and lift them."""
        for at, places in enumerate(steps):
            came = at == 0 or len(places) > len(steps[at - 1])
            self._tell("touchStart" if came else "touchMove", places)
        self._tell("touchEnd", [])

    def rest(self, place):
        """Lay a finger down and leave it there."""
        self._tell("touchStart", [place])

    def tap_twice(self, place):
        """Tap twice without a pause, however slow the machine is."""
        now = time.time()
        for kind, places in [("touchStart", [place]), ("touchEnd", [])] * 2:
            self._tell(kind, places, timestamp=now)

    def pen(self, kind, place):
        """Press, move or lift the pen."""
        self._session.send(
            "Input.dispatchMouseEvent",
            {
                "type": kind,
                "x": place[0],
                "y": place[1],
                "button": "left",
                "pointerType": "pen",
                "clickCount": 1,
            },
        )

    def _tell(self, kind, places, **more):
        points = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(places)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points, **more})


@pytest.fixture
def marked(served, photo, person, open_page):
    """A visitor on a phone who looks at a photograph with a mark in its middle."""
    person.amend(photo, set_mark("one", x=200, y=150))
    found = open_page(served.place, **PHONE)
    found.settle()
    return found


@pytest.fixture
def hand(marked):
    return Hand(marked.page)


def place_of(person, photo):
    (placed,) = person.state(photo)["state"]["marks"]
    return placed["mark"]["x"], placed["mark"]["y"]


def shifted(place, dx, dy=0):
    return place[0] + dx, place[1] + dy


def zoom_of(visitor):
    return visitor.page.evaluate("window.tintype.viewer.camera.zoom")


def test_two_fingers_enlarge(marked, hand):
    before = zoom_of(marked)
    place = marked.place(0.2, 0.2)
    hand.touch(*([shifted(place, -apart), shifted(place, apart)] for apart in (20, 40, 80, 120)))
    marked.until(lambda: zoom_of(marked) > 4 * before)
    expect(marked.page.locator(".popover")).to_be_hidden()
    assert marked.place(0.2, 0.2) == pytest.approx(place, abs=3)


def test_finger_draws_with_the_brush(marked, hand):
    marked.page.get_by_role("radio", name="Brush").tap()
    place = marked.place(0.3, 0.8)
    hand.touch(*([shifted(place, dx)] for dx in (0, 30, 70, 110)))
    expect(marked.page.locator(".popover-title")).to_have_text("Line")
    marked.see(".suggestion").tap()
    marked.settle()
    expect(marked.page.locator(".handle")).to_have_count(2)


def test_finger_drags_a_mark(marked, hand, person, photo):
    place = marked.place(0.5, 0.5)
    end = marked.place(0.7, 0.3)
    hand.touch([place], [shifted(place, 20, -10)], [end])
    marked.settle()
    assert place_of(person, photo) == pytest.approx((280, 90), abs=2)


def test_finger_that_is_not_steady_opens_the_mark_and_does_not_move_it(marked, hand, person, photo):
    place = marked.place(0.5, 0.5)
    hand.touch([place], [shifted(place, 6, 4)])
    expect(marked.page.locator(".popover")).to_be_visible()
    assert place_of(person, photo) == (200, 150)


def test_finger_presses_nothing_in_the_window_that_it_opens(marked):
    marked.page.touchscreen.tap(*marked.place(0.9, 0.1))
    marked.see_advice()
    window = marked.page.get_by_role("dialog")
    box = window.get_by_role("button", name="Close").bounding_box()
    window.get_by_role("button", name="Close").tap()
    expect(window).to_be_hidden()
    below = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert marked.place(0, 0)[1] < below[1] < marked.place(1, 1)[1]
    marked.page.touchscreen.tap(*below)
    marked.see_advice()
    marked.frames(4)
    expect(window).to_be_visible()


def test_two_taps_with_the_hand_show_actual_pixels_where_they_are(marked, hand):
    marked.page.get_by_role("radio", name="Move the view").tap()
    place = marked.place(0.2, 0.3)
    before = zoom_of(marked)
    hand.tap_twice(place)
    marked.until("window.tintype.viewer.zoomText === '100%'")
    assert zoom_of(marked) != before
    assert marked.place(0.2, 0.3) == pytest.approx(place, abs=2)


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "second"])
def test_two_fingers_enlarge_also_where_one_of_them_is_on_a_mark(marked, hand, person, photo, is_first):
    before = zoom_of(marked)
    on_mark, beside = marked.place(0.5, 0.5), marked.place(0.2, 0.5)
    far = [shifted(on_mark, 60), shifted(beside, -20)]
    if is_first:
        hand.touch([on_mark], [shifted(on_mark, 15)], [shifted(on_mark, 15), beside], far)
    else:
        hand.touch([beside], [beside, on_mark], far[::-1])
    marked.until(lambda: zoom_of(marked) > 1.3 * before)
    marked.settle()
    assert place_of(person, photo) == (200, 150)
    expect(marked.page.locator(".popover")).to_be_hidden()
    assert not marked.page.evaluate("window.tintype.store.now.isTrying")


@pytest.mark.parametrize("rests", ["before", "after"])
def test_hand_that_rests_does_not_disturb_the_pen(marked, hand, rests):
    marked.page.get_by_role("radio", name="Brush").tap()
    before = zoom_of(marked)
    start, palm = marked.place(0.2, 0.8), marked.place(0.8, 0.9)
    if rests == "before":
        hand.rest(palm)
    hand.pen("mousePressed", start)
    if rests == "after":
        hand.rest(palm)
    for dx in (20, 60, 100):
        hand.pen("mouseMoved", shifted(start, dx))
    hand.pen("mouseReleased", shifted(start, 100))
    expect(marked.page.locator(".popover-title")).to_have_text("Line")
    points = marked.page.evaluate("window.tintype.store.now.draft.mark.points")
    assert points[-1][0] - points[0][0] > 60
    assert zoom_of(marked) == before
