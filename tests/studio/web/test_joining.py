"""The page joins color and lightness itself: it shows what the studio saves."""

import io

import numpy as np
import pytest
from PIL import Image

from studio_samples import gray_scan, jpeg, set_mark

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
    visitor.page.wait_for_timeout(300)
    visitor.settle()
    seen = shown(visitor)
    expected = computed(person, photo, max(seen.shape))
    assert seen.shape == expected.shape
    difference = np.abs(seen - expected)
    assert np.quantile(difference, 0.999) <= 3
    assert difference.max() <= 8  # of a strong dark color, where half a code of lightness is much
    assert difference.mean() < 0.3
