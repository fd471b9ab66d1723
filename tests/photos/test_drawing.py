import numpy as np
import pytest
import skimage.data
from PIL import Image
from skimage.color import rgb2gray

from drawing_samples import draw_house, trace
from tintype.photos.drawing import SIDE, looks_drawn

PHOTOGRAPHS = ["astronaut", "camera", "chelsea", "coffee", "rocket", "coins", "moon", "brick", "grass"]


def lightness_of(gray: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(np.float32(gray) / 2.55)
    picture.thumbnail((SIDE, SIDE))
    return np.asarray(picture)


def gray_of(name: str) -> np.ndarray:
    picture = getattr(skimage.data, name)()
    return 255 * rgb2gray(picture) if picture.ndim == 3 else picture


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_are_none(name):
    assert not looks_drawn(lightness_of(gray_of(name)))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "camera"])
def test_bright_and_faded_photographs_are_none(name):
    gray = gray_of(name)
    for gamma, low in ((0.3, 0), (0.5, 120), (1.0, 180)):
        assert not looks_drawn(lightness_of(low + (255 - low) * (gray / 255) ** gamma))


@pytest.mark.parametrize(
    "drawing", [draw_house(), draw_house(width=4), draw_house((1200, 900), 3), draw_house(paper=225)]
)
def test_line_drawings_are(drawing):
    assert looks_drawn(lightness_of(drawing))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_traced_edges_are(name):
    assert looks_drawn(lightness_of(trace(name)))


def test_scanned_drawing_is_one():
    noise = np.random.default_rng(2).normal(0, 3, (240, 320))
    shade = np.linspace(-6, 6, 320)
    assert looks_drawn(lightness_of(np.clip(draw_house(paper=235) + noise + shade, 0, 255)))


@pytest.mark.parametrize("sheet", [np.full((90, 120), 255), np.full((90, 120), 20), np.zeros((1, 1))])
def test_empty_sheet_is_none(sheet):
    assert not looks_drawn(lightness_of(sheet))


def test_chalk_on_a_blackboard_is_none():
    assert not looks_drawn(lightness_of(255 - draw_house()))
