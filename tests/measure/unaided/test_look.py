import numpy as np
import pytest
from skimage import data
from skimage.color import rgb2lab
from skimage.transform import downscale_local_mean

from tintype.colorize.colorizer import Colorizer
from tintype.errors import TintypeError
from tintype.measure.unaided.look import Look, look_at, look_of
from tiny_model import write_tiny_model

ASTRONAUT = data.astronaut()


def test_look_is_lab_of_the_reduced_photograph():
    reduced = downscale_local_mean(ASTRONAUT[:480, :480], (3, 3, 1))
    expected = rgb2lab(np.rint(reduced) / 255)
    look = look_at(ASTRONAUT[:480, :480])
    assert look.lightness.shape == (160, 160)
    difference = np.abs(np.dstack([look.lightness, look.ab]) - expected)
    assert difference.max() < 2.0  # halves are rounded up or to the even code, which in dark blue is much
    assert difference.mean() < 0.1
    assert look.chroma == pytest.approx(np.hypot(look.ab[..., 0], look.ab[..., 1]))


def test_small_photograph_is_left_as_it_is():
    look = look_at(ASTRONAUT[:50, :70])
    np.testing.assert_allclose(look.ab, rgb2lab(ASTRONAUT[:50, :70])[..., 1:], atol=0.05)


def test_steepness_is_that_of_a_ramp():
    rows, columns = np.mgrid[:20, :30].astype(float)
    look = Look(3 * rows + 4 * columns, np.stack([2 * rows, columns], axis=2))
    assert look.light_steepness == pytest.approx(5)
    assert look.color_steepness == pytest.approx(np.sqrt(5))


def test_look_of_a_result_is_what_its_picture_looks_like(tmp_path):
    gray = np.ascontiguousarray(data.camera()[::2, ::3])
    result = Colorizer(write_tiny_model(tmp_path / "tiny.onnx"), threads=1).colorize(gray)
    seen, written = look_of(result), look_at(np.asarray(result.picture().to_array()))
    assert seen.ab.shape == written.ab.shape
    assert np.abs(seen.ab - written.ab).mean() < 0.5


@pytest.mark.parametrize("size", [(300, 329), (301, 330), (513, 565)])
def test_result_and_photograph_are_reduced_to_the_same_size(tmp_path, size):
    gray = np.resize(data.camera(), size)
    result = Colorizer(write_tiny_model(tmp_path / "tiny.onnx"), threads=1).colorize(gray)
    assert look_of(result).lightness.shape == look_at(np.stack([gray] * 3, axis=2)).lightness.shape


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.zeros((20, 20, 3), np.uint16), "no 8-bit color photograph"),
        (np.zeros((20, 20), np.uint8), "no 8-bit color photograph"),
        (np.zeros((5, 20, 3), np.uint8), "5 pixels on its shorter side"),
    ],
)
def test_what_is_no_photograph_is_refused(codes, message):
    with pytest.raises(TintypeError, match=message):
        look_at(codes)


def test_planes_that_do_not_fit_are_refused():
    with pytest.raises(TintypeError, match="does not go with"):
        Look(np.zeros((20, 20)), np.zeros((20, 21, 2)))
