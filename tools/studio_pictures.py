"""Take the pictures of the studio for the documentation: at the width of a phone, a desk and a large screen.

    python tools/studio_pictures.py [FOLDER]

The photographs are those of ``tools/demo_photographs.py``. Chromium must be installed. Look at the pictures before
they are committed: what is ugly or cut off there is so for everyone.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo_photographs import photographs, to_gray
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tintype import Colorizer, Photo
from tintype.photos.mark import Mark
from tintype.photos.metadata import ResultFacts, xmp_with_mark

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
NAMES = ("astronaut", "china", "coffee", "rocket")
LOOKS: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "has_touch": True,
        "is_mobile": True,
        "color_scheme": "light",
    },
    "desk": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "large": {"viewport": {"width": 2560, "height": 1440}, "color_scheme": "light"},
}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
LARGEST = 150_000
_PLACE = """([x, y]) => {
  const { viewer } = window.tintype;
  const { photo } = viewer.camera;
  const point = viewer.toStage({ x: x * photo.width, y: y * photo.height });
  const { left, top } = viewer.element.getBoundingClientRect();
  return [left + point.x, top + point.y];
}"""


@contextmanager
def running() -> Iterator[str]:
    """Run the studio on a folder of its own; give its address."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--data", folder, "--port", "0", "--no-browser"]
        command = [sys.executable, "-m", "tintype", "studio", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found
            try:
                yield found[0]
            finally:
                process.terminate()


def files() -> list[Any]:
    """Return gray photographs as a browser takes them."""
    known = dict(photographs())
    made = []
    for name in NAMES:
        stream = io.BytesIO()
        Image.fromarray(to_gray(known[name])).save(stream, "JPEG", quality=95)
        made.append({"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": stream.getvalue()})
    return made


def settle(page: Page) -> None:
    """Wait until everything is there."""
    page.locator(".viewer:not(.waiting)").wait_for()
    page.locator(".busy").wait_for(state="hidden")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    page.locator(".asking").first.wait_for(state="detached")
    page.wait_for_load_state("networkidle")


def create_mark() -> Mark:
    """Say that the colors in the pictures are a machine's, as every result does."""
    gray = to_gray(dict(photographs())[NAMES[0]])
    return Colorizer().colorize(Photo.from_array(gray)).mark("docs")


def shot(page: Page, path: Path, mark: Mark) -> None:
    """Take a picture, as small as it must be."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    facts = ResultFacts(picture.height, picture.width, media_type="image/webp")
    packet = xmp_with_mark(None, mark, facts)
    for quality in (90, 84, 78, 70, 60):
        picture.save(path, "WEBP", quality=quality, method=6, xmp=packet)
        if path.stat().st_size < LARGEST:
            return


def press(page: Page, x: float, y: float) -> None:
    """Press on a place of the photograph, in shares of its sides."""
    page.mouse.click(*page.evaluate(_PLACE, [x, y]))


def take(browser: Browser, address: str, name: str, path: Path, mark: Mark) -> None:
    """Visit the page at one size."""
    page = browser.new_page(**LOOKS[name], reduced_motion="reduce", locale="en")
    page.goto(address)
    page.locator(".welcome:not([hidden]), .viewer:not([hidden])").first.wait_for()
    if page.locator(".welcome").is_visible():
        page.locator("body > input[type=file]").set_input_files(files())
        page.locator(".strip-item:not(.loading)").nth(len(NAMES) - 1).wait_for()
    settle(page)
    if name == "large":
        page.keyboard.press("c")
        settle(page)
    else:
        press(page, 0.42, 0.66)
        page.locator(".suggestion").nth(1).wait_for()
        page.locator(".suggestion").nth(0 if name == "desk" else 4).click()
        settle(page)
    shot(page, path, mark)
    page.keyboard.press("Escape")
    page.close()


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    mark = create_mark()
    with running() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for name in ("desk", "phone", "large"):
            take(browser, address, name, folder / f"studio-{name}.webp", mark)
        browser.close()


if __name__ == "__main__":
    main()
