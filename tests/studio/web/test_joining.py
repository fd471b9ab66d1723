"""The page joins color and lightness itself: it shows what the studio saves."""

import io

import numpy as np
import pytest
from PIL import Image

from studio_samples import gray_scan, jpeg, set_mark
from web_samples import browsing

SHOWN = """
async () => {
  const { bitmap } = window.tintype.viewer.pictures.whole;
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, pixels: [...data] };
}
"""


def shown(visitor):
    """The picture that is drawn on the stage: (h, w, 3)."""
    found = visitor.page.evaluate(SHOWN)
    pixels = np.array(found["pixels"]).reshape(found["height"], found["width"], 4)
    assert (pixels[..., 3] == 255).all()
    return pixels[..., :3]


def computed(person, photo, side):
    """The same picture, as the studio computes it."""
    answer = person.get(f"/photos/{photo}/preview", params={"side": side, "format": "png"})
    return np.asarray(Image.open(io.BytesIO(answer.content))).astype(int)


@pytest.mark.parametrize("size", [(300, 400), (903, 1201), (40, 31)])
@pytest.mark.parametrize("mark", [None, [60, 70, -20], [45, -80, 90]], ids=["plain", "red", "green"])
def test_page_shows_what_the_studio_computes(served, person, open_page, size, mark):
    photo = person.add(jpeg(gray_scan(*size)))
    if mark:
        person.amend(photo, set_mark(x=15, y=20, color=mark))
    visitor = open_page(served.place)
    visitor.settle()
    seen = shown(visitor)
    expected = computed(person, photo, max(seen.shape))
    assert seen.shape == expected.shape
    difference = np.abs(seen - expected)
    assert np.quantile(difference, 0.999) <= 3
    assert difference.max() <= 8  # of a strong dark color, where half a code of lightness is much
    assert difference.mean() < 0.3


@pytest.fixture
def open_failing_page():
    with browsing(allowed=["ERR_FAILED"]) as found:
        yield found


def fail(visitor, pattern, times=None):
    """Let the network fail for all requests, or for some that are made at once, one of them late; return these."""
    failed = []

    def answer(route):
        if times is not None and len(failed) == times:
            return route.continue_()
        failed.append(route)
        if times is None:
            return route.abort()
        if len(failed) == times:
            for it in failed[:-1]:
                it.abort()
            visitor.page.wait_for_timeout(800)
            route.abort()
        return None

    visitor.page.route(pattern, answer)
    return failed


@pytest.mark.parametrize("pattern", ["**/preview?layer=gray*", "**/join_worker.js"])
def test_studio_sends_pictures_where_the_page_can_t_join(served, person, open_failing_page, pattern):
    photo = person.add(jpeg())
    visitor = open_failing_page(served.place)
    visitor.settle()
    failed = fail(visitor, pattern)
    visitor.page.reload()
    visitor.until(lambda: any("ready-made" in line for line in visitor.lines_said))
    visitor.settle()
    assert failed
    before = shown(visitor)
    visitor.mark(0.2, 0.2, angle=0)
    assert np.abs(shown(visitor) - before).max() > 15
    expected = computed(person, photo, max(shown(visitor).shape))
    assert np.abs(shown(visitor) - expected).mean() < 2


@pytest.mark.parametrize("pattern", ["**/preview?layer=gray*", "**/join_worker.js"])
def test_page_that_could_not_join_at_first_tries_again(served, person, open_failing_page, pattern):
    person.add(jpeg())
    visitor = open_failing_page(served.place)
    visitor.settle()
    workers = visitor.page.evaluate("Math.min(4, navigator.hardwareConcurrency)")
    failed = fail(visitor, pattern, workers)
    difference = visitor.page.evaluate(
        """async () => {
          const { session } = window.tintype;
          const settings = { vividness: 0.9 };
          const frame = await new Promise((done) => {
            session.frames.listen((it) => it.header.format === "field" && done(it));
            session.change([{ op: "set_settings", settings }], "did.vividness");
          });
          const { Joining } = await import("/viewer/joining.js");
          const bitmap = await new Joining().join(frame.header, frame.content);
          return bitmap?.width - frame.header.width;
        }"""
    )
    assert difference == 0
    assert len(failed) == workers
    visitor.settle()
    assert visitor.lines_said == []
