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
PATIENCE = 120_000
FILE_INPUT = "body > input[type=file]"
KEEP_LINES = """
window.linesSaid = [];
const isLine = (node) => node.classList?.contains("toast");
new MutationObserver((records) => {
  const added = records.flatMap(({ addedNodes }) => [...addedNodes]);
  window.linesSaid.push(...added.filter(isLine).map((line) => line.dataset.text));
}).observe(document, { childList: true, subtree: true });
"""
IS_SETTLED = """
(() => {
  const { store, viewer } = window.tintype;
  const { busy, photo, waiting } = store.now;
  const shown = viewer.pictures.part ?? viewer.pictures.whole;
  if (busy || waiting || !photo || !shown) return false;
  return ["kind", "side", "level", "left", "top"].every((it) => shown.view[it] === viewer.view[it]);
})()
"""
expect.set_options(timeout=PATIENCE)


@contextmanager
def browsing(*, allowed=()):
    """Start a browser; gives a function that opens the page, in which everything that fails is heard.

    Args:
        allowed: patterns of what the browser's console may complain of.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS, timeout=PATIENCE
        )
        faults = []

        def open_page(place, fragment="", **options):
            context = browser.new_context(
                **{**DESK, "locale": "en-US", "reduced_motion": "reduce", **options}
            )
            context.add_init_script(KEEP_LINES)
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

    @property
    def lines_said(self):
        """What the page has said in lines that all should know since it was loaded, also what is gone again."""
        return self.page.evaluate("window.linesSaid")

    def settle(self):
        """Wait until the part that is looked at is in the colors that it has now, and these are stored."""
        self.see(".viewer:not(.waiting)")
        self.until(IS_SETTLED)
        expect(self.page.locator(".busy")).to_be_hidden()
        self.frames(2)

    def see_advice(self):
        """Wait until the window says what may be chosen: until then it says so of the place before, and moves yet."""
        self.see(".popover .suggestions:not(.asking)")

    def frames(self, count):
        """Wait until the browser has drawn some times."""
        self.page.evaluate(
            "count => new Promise(done => { const next = () => count-- > 0 ? requestAnimationFrame(next) : done();"
            " next(); })",
            count,
        )

    def until(self, condition):
        """Wait until something holds: in the page's script, whose policy keeps Playwright out, or in the test."""
        holds = condition if callable(condition) else lambda: self.page.evaluate(condition)
        end = time.monotonic() + PATIENCE / 1000
        while not holds():
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
            """async ([x, y]) => {
              const viewer = window.tintype.viewer;
              const { element } = viewer;
              const canvas = element.querySelector("canvas");
              const isLaidOut = () => canvas.width === Math.round(element.clientWidth * devicePixelRatio)
                && canvas.height === Math.round(element.clientHeight * devicePixelRatio);
              while (!isLaidOut()) await new Promise(requestAnimationFrame); // a window came or went beside it
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

    def open_section(self, tab, name):
        """Unfold a part of the panel; return it."""
        self.page.get_by_role("tab", name=tab).click()
        section = self.page.locator(f"[data-section={name}]")
        if section.get_attribute("open") is None:
            section.locator("summary").click()
        return section

    def press_wheel(self, *, angle=0.0, share=0.8):
        """Press on the wheel: an angle in degrees, counterclockwise from the right, and a share of its radius."""
        wheel = self.see(".wheel")
        side = wheel.bounding_box()["width"]
        radius, turn = share * (side / 2 - 6), np.deg2rad(angle)
        # As a person does: not while the window still moves, nor through a message that lies over it.
        wheel.click(position={"x": side / 2 + radius * np.cos(turn), "y": side / 2 - radius * np.sin(turn)})

    def choose_color(self, **color):
        """Press on the wheel, and see the color."""
        self.press_wheel(**color)
        self.settle()

    def mark(self, x, y, **color):
        """Set a mark with a color of the wheel, and close its window."""
        self.press(x, y)
        self.see_advice()
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
