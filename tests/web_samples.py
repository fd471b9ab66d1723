"""The studio's page in a real browser, and a person who looks at it and presses on it."""

import io
import re
import shutil
import time
from contextlib import contextmanager

import numpy as np
from PIL import Image
from playwright.sync_api import expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
PHONE_ON_ITS_SIDE = PHONE | {"viewport": {"width": 844, "height": 390}}
LARGE = {"viewport": {"width": 2560, "height": 1440}}
PATIENCE = 60_000
FILE_INPUT = "body > input[type=file]"


@contextmanager
def browsing(*, allowed=()):
    """Start a browser; gives a function that opens the page, in which everything that fails is heard.

    Args:
        allowed: patterns of what the browser's console may complain of.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        faults = []

        def open_page(place, fragment="", **options):
            context = browser.new_context(
                **{**DESK, "locale": "en-US", "reduced_motion": "reduce", **options}
            )
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda said: said.type == "error" and faults.append(said.text))
            page.goto(f"http://{place}/{fragment}")
            return Visitor(page)

        yield open_page
        browser.close()
        unexpected = [it for it in faults if not any(re.search(pattern, it) for pattern in allowed)]
        assert not unexpected, unexpected


class Visitor:
    """Someone at the page."""

    def __init__(self, page):
        self.page = page

    def __getattr__(self, name):
        return getattr(self.page, name)

    def see(self, selector, **options):
        """Wait until something is there."""
        found = self.page.locator(selector, **options).first
        found.wait_for()
        return found

    def button(self, name, **options):
        return self.page.get_by_role("button", name=name, exact=True, **options)

    def settle(self):
        """Wait until the photograph is in color, and nothing is on its way."""
        self.see(".viewer:not(.waiting)")
        expect(self.page.locator(".busy")).to_be_hidden(timeout=PATIENCE)
        self.frames(2)

    def frames(self, count):
        """Wait until the browser has drawn some times."""
        self.page.evaluate(
            "count => new Promise(done => { const next = () => count-- > 0 ? requestAnimationFrame(next) : done();"
            " next(); })",
            count,
        )

    def until(self, condition):
        """Wait until a condition in the page's script holds; its policy lets no waiting of Playwright's in."""
        end = time.monotonic() + PATIENCE / 1000
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, condition
            self.page.wait_for_timeout(30)

    def drop(self, *files):
        """Give files to the page: (name, content)."""
        self.page.locator(FILE_INPUT).set_input_files(
            [
                {"name": name, "mimeType": "application/octet-stream", "buffer": content}
                for name, content in files
            ]
        )

    def place(self, x, y):
        """Where a place of the photograph, in shares of its sides, is on the page, in CSS pixels."""
        at = self.page.evaluate(
            """([x, y]) => {
              const viewer = window.tintype.viewer;
              const { photo } = viewer.camera;
              const point = viewer.toStage({ x: x * photo.width, y: y * photo.height });
              const { left, top } = viewer.element.getBoundingClientRect();
              return [left + point.x, top + point.y];
            }""",
            [x, y],
        )
        return at[0], at[1]

    def press(self, x, y):
        """Press on a place of the photograph."""
        self.page.mouse.click(*self.place(x, y))

    def drag(self, *places, steps=4):
        """Drag over places of the photograph."""
        points = [self.place(*place) for place in places]
        self.drag_on_page(*points, steps=steps)

    def drag_on_page(self, *points, steps=4):
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*point, steps=steps)
        self.page.mouse.up()

    def choose_color(self, *, angle=0.0, share=0.8):
        """Press on the wheel: an angle in degrees, counterclockwise from the right, and a share of its radius."""
        box = self.see(".wheel").bounding_box()
        radius = share * (box["width"] / 2 - 6)
        turn = np.deg2rad(angle)
        self.page.mouse.click(
            box["x"] + box["width"] / 2 + radius * np.cos(turn),
            box["y"] + box["height"] / 2 - radius * np.sin(turn),
        )
        self.settle()

    def mark(self, x, y, **color):
        """Set a mark with a color of the wheel, and close its window."""
        self.press(x, y)
        self.see(".wheel")
        self.choose_color(**color)
        self.page.keyboard.press("Escape")
        expect(self.page.locator(".popover")).to_be_hidden()

    def seen(self, x, y):
        """The color at a place of the photograph, as it is on the screen: red, green, blue 0..255."""
        left, top = self.place(x, y)
        picture = self.page.screenshot(clip={"x": left - 1, "y": top - 1, "width": 3, "height": 3})
        return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int).mean(axis=(0, 1))

    def colorfulness(self, x, y):
        """How far a place is from gray, 0..255."""
        return float(np.ptp(self.seen(x, y)))


def is_wider(page):
    """Return whether something is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")
