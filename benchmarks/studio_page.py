"""Measure how soon the studio's page answers, in a real browser: from the release of the pointer to the new picture.

    python benchmarks/studio_page.py
    python benchmarks/studio_page.py --rounds 100

The program runs as a person starts it. Chromium opens its page, drops a photograph on it, and someone drags a color
on the wheel, or a mark over the photograph, and releases it. The page itself says how long it took from the release
to the frame in which the new picture, 1024 pixels and more on its longer side, was drawn: the browser joins
and draws it with the processor, as there is no graphics card. First contact counts from the start of the command:
one command and one drop, with an empty folder and a fresh profile of the browser.

The photograph is scikit-learn's flower, enlarged, with grain. The figures are written to results/studio_page.csv.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from studio import SMALL, as_jpeg, create_gray, program
from tintype.measure.record import Origin, Row, write_table

TABLE = Path(__file__).parents[1] / "results" / "studio_page.csv"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_MOVES, _PAUSE = 8, 1000 / 60
_IS_IDLE = ".viewer:not(.waiting)"
_TOOK = "performance.getEntriesByName('tintype-change').map((it) => it.duration)"
_PLACE = """([x, y]) => {
  const { viewer } = window.tintype;
  const { photo } = viewer.camera;
  const point = viewer.toStage({ x: x * photo.width, y: y * photo.height });
  const { left, top } = viewer.element.getBoundingClientRect();
  return [left + point.x, top + point.y];
}"""


def drop_and_wait(page: Page, path: Path) -> None:
    """Give a photograph to the page, and wait until it is in color."""
    page.locator("body > input[type=file]").set_input_files(path)
    page.locator(_IS_IDLE).wait_for()
    settle(page)


def settle(page: Page) -> None:
    """Wait until nothing is being computed."""
    page.locator(".busy").wait_for(state="hidden")


def drag(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Move the pointer from one point of the page to another as a hand does, and release it."""
    page.mouse.move(*begin)
    page.mouse.down()
    for move in range(1, _MOVES + 1):
        share = move / _MOVES
        page.mouse.move(*((1 - share) * np.array(begin) + share * np.array(end)).tolist())
        page.wait_for_timeout(_PAUSE)
    page.mouse.up()
    settle(page)


def measure_drags(
    page: Page, rounds: int, what: str, act: Callable[[np.random.Generator], None]
) -> Iterator[Row]:
    """Drag something over and over, and ask the page how long it took."""
    random = np.random.default_rng(0)
    act(random)  # the first one prepares what is computed once
    page.evaluate("performance.clearMeasures()")
    for _ in range(rounds):
        act(random)
    took = page.evaluate(_TOOK)
    count = len(took)
    yield Row(f"{what}, release to picture, 12 MP: median, ms", statistics.median(took), "< 100", count)
    yield Row("  95th percentile, ms", float(np.percentile(took, 95)), "< 200", count)
    yield Row("  fastest, ms", min(took), "", count)


def measure_page(browser: Browser, model: str, rounds: int, path: Path) -> Iterator[Row]:
    """Open the page, drop a photograph, change colors."""
    begin = time.perf_counter()
    with program(model) as server:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"http://{server.address}/")
        page.locator(".welcome").wait_for()
        opened = time.perf_counter()
        drop_and_wait(page, path)
        yield Row("command to page, s", opened - begin, "", 1)
        yield Row("drop of 12 MP to color, s", time.perf_counter() - opened, "", 1)
        page.mouse.click(*page.evaluate(_PLACE, [0.4, 0.5]))
        page.locator(".suggestion").first.wait_for()
        wheel = page.locator(".wheel").bounding_box()
        assert wheel is not None
        middle = wheel["x"] + wheel["width"] / 2, wheel["y"] + wheel["height"] / 2

        def turn_color(random: np.random.Generator) -> None:
            places = [np.array(middle) + random.uniform(-60, 60, 2) for _ in range(2)]
            drag(page, *((float(x), float(y)) for x, y in places))

        yield from measure_drags(page, rounds, "color on the wheel", turn_color)
        page.keyboard.press("Escape")

        def move_mark(random: np.random.Generator) -> None:
            box = page.locator(".handle").bounding_box()
            assert box is not None
            begin = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            drag(page, begin, tuple(page.evaluate(_PLACE, random.uniform(0.2, 0.8, 2).tolist())))

        yield from measure_drags(page, rounds, "mark on the photograph", move_mark)
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        yield Row("memory of the page's script after that, MB", heap, "", 1)


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--model", default="tintype-small", help="name or file")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--table", type=Path, default=TABLE, help="where to write the figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "scan.jpg"
        path.write_bytes(as_jpeg(create_gray(SMALL)))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        rows = [*measure_page(browser, options.model, options.rounds, path)]
        version = f"chromium {browser.version}"
        browser.close()
    for row in rows:
        sys.stdout.write(f"{row.line(64)}\n")
    made_of = "scikit-learn's flower, enlarged, with grain"
    write_table(options.table, rows, Origin.of_this_run(made_of, models=[version]))


if __name__ == "__main__":
    main()
