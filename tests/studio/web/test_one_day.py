"""One day's work: 200 actions in one page, two photographs, the server killed twice. Nothing is lost."""

import json

import numpy as np
import pytest
from playwright.sync_api import expect

from studio_samples import gray_scan, jpeg, running
from web_samples import browsing

ACTIONS = 200
KILLED_BEFORE = (70, 140)
MOST_GROWTH = 12e6  # bytes of the page's script


class Worker:
    """Someone who does this and that, always the same."""

    def __init__(self, visitor):
        self.visitor, self.page = visitor, visitor.page
        self.random = np.random.default_rng(6)
        self.does = [
            *[self.set_mark] * 4,
            *[self.move_mark] * 3,
            *[self.recolor] * 2,
            self.delete_mark,
            self.switch_mark,
            *[self.undo] * 3,
            *[self.redo] * 2,
            *[self.slide] * 2,
            self.draw,
            self.compare,
            self.enlarge,
            self.take_alternative,
            self.turn_page,
        ]

    def act(self):
        self.does[self.random.integers(len(self.does))]()
        self.visitor.settle()

    def place(self):
        return self.random.uniform(0.08, 0.92), self.random.uniform(0.08, 0.85)

    def handle(self):
        """One of the marks that are seen; None where there is none."""
        handles = self.page.locator(".handle:not([hidden])")
        count = handles.count()
        return handles.nth(int(self.random.integers(count))) if count else None

    def set_mark(self):
        self.page.keyboard.press("m")
        self.visitor.press(*self.place())
        self.visitor.see(".popover")
        self.visitor.choose_color(angle=float(self.random.uniform(0, 360)))
        self.leave()

    def leave(self):
        self.page.keyboard.press("Escape")
        expect(self.page.locator(".popover")).to_be_hidden()

    def move_mark(self):
        if handle := self.handle():
            handle.focus()
            for _ in range(3):
                self.page.keyboard.press("ArrowRight")
            self.page.wait_for_timeout(500)

    def recolor(self):
        if handle := self.handle():
            handle.focus()
            self.page.keyboard.press("Enter")
            self.visitor.see(".popover")
            self.page.get_by_label("Color as a number").fill(f"#{self.random.integers(1 << 24):06x}")
            self.page.get_by_label("Color as a number").press("Enter")
            self.visitor.settle()
            self.leave()

    def delete_mark(self):
        if handle := self.handle():
            handle.press("Delete")

    def switch_mark(self):
        if handle := self.handle():
            handle.press(" ")

    def undo(self):
        self.page.keyboard.press("Control+z")

    def redo(self):
        self.page.keyboard.press("Control+Shift+z")

    def slide(self):
        slider = self.page.get_by_label(["Warmth", "Sky", "Skin", "Vividness"][self.random.integers(4)])
        slider.press(["ArrowLeft", "ArrowRight"][self.random.integers(2)])

    def draw(self):
        self.page.keyboard.press("b")
        self.visitor.drag(self.place(), self.place())
        self.visitor.see(".popover")
        self.visitor.choose_color(angle=90)
        self.leave()

    def compare(self):
        self.page.keyboard.press("c")
        self.visitor.frames(1)
        self.page.keyboard.press("c")

    def enlarge(self):
        self.page.keyboard.press("1")
        self.page.wait_for_timeout(200)
        self.visitor.settle()
        self.page.keyboard.press("0")

    def take_alternative(self):
        card = self.page.locator(".alternative").nth(1)
        card.wait_for()
        card.click()

    def turn_page(self):
        self.page.keyboard.press([",", "."][self.random.integers(2)])


def heap_of(page):
    """Bytes that the page's script holds, after what is not needed was let go."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    size = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return size


def state_on_page(page):
    return page.evaluate("JSON.stringify(window.tintype.store.now.state)")


@pytest.mark.slow
def test_a_days_work_survives_two_kills_and_the_memory_stays(tmp_path, tiny):
    with browsing(allowed=["ERR_", "WebSocket connection"]) as open_page:
        port, done, worker, sizes = 0, 0, None, []
        for end in (*KILLED_BEFORE, ACTIONS):
            with running(tmp_path / "data", tiny, port=port) as (server, _):
                port = server.place.split(":")[1]
                with server.person() as person:
                    if worker is None:
                        person.add(jpeg(gray_scan(900, 1200)), name="a.jpg")
                        person.add(jpeg(), name="b.jpg")
                        worker = Worker(open_page(server.place))
                    expect(worker.page.locator(".banner")).to_be_hidden(timeout=30_000)
                    worker.visitor.settle()
                    while done < end:
                        worker.act()
                        done += 1
                        if done % 50 == 0:
                            sizes.append(heap_of(worker.page))
                    photo = worker.page.evaluate("window.tintype.store.now.photo.id")
                    assert json.loads(state_on_page(worker.page)) == person.state(photo)["state"]
                    before = state_on_page(worker.page)
            expect(worker.page.locator(".banner")).to_be_visible()
            assert state_on_page(worker.page) == before
        assert max(sizes) - sizes[0] < MOST_GROWTH, sizes
        assert json.loads(before)["marks"]
