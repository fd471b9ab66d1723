"""Delta E and colorfulness against published values."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.color import deltaE_cie76, deltaE_ciede2000
from skimage.data import astronaut

from tintype.color.difference import colorfulness, delta_e_76, delta_e_2000

# Sharma, Wu, Dalal (2005), table 1: L, a, b of both colors and their difference.
SHARMA = np.array([
    (50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425),
    (50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615),
    (50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412),
    (50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669),
    (50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461),
    (50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065),
    (50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492),
    (50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977),
    (50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030),
    (50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
])  # fmt: skip

labs = arrays(np.float64, (6, 3), elements=st.floats(-100, 100))


def test_delta_e_2000_of_the_34_published_pairs():
    assert len(SHARMA) == 34
    np.testing.assert_allclose(delta_e_2000(SHARMA[:, :3], SHARMA[:, 3:6]), SHARMA[:, 6], atol=5.1e-5)


def test_delta_e_2000_in_torch_of_the_34_published_pairs():
    pairs = torch.tensor(SHARMA)
    np.testing.assert_allclose(delta_e_2000(pairs[:, :3], pairs[:, 3:6]).numpy(), SHARMA[:, 6], atol=5.1e-5)


def test_delta_e_2000_keeps_float32():
    first, second = SHARMA[:, :3].astype(np.float32), SHARMA[:, 3:6].astype(np.float32)
    assert delta_e_2000(first, second).dtype == np.float32


@given(first=labs, second=labs)
def test_delta_e_2000_is_symmetric_and_agrees_with_scikit_image(first, second):
    difference = delta_e_2000(first, second)
    np.testing.assert_allclose(difference, delta_e_2000(second, first), atol=1e-9)
    np.testing.assert_allclose(difference, deltaE_ciede2000(first, second), atol=1e-6)


@given(first=labs, second=labs)
def test_delta_e_76_agrees_with_scikit_image(first, second):
    np.testing.assert_allclose(delta_e_76(first, second), deltaE_cie76(first, second), atol=1e-9)


@pytest.mark.parametrize("measure", [delta_e_76, delta_e_2000])
def test_equal_colors_do_not_differ(measure):
    assert measure(SHARMA[:, :3], SHARMA[:, :3]).max() == 0


@pytest.mark.parametrize("measure", [delta_e_76, delta_e_2000])
def test_delta_e_broadcasts_one_color_over_a_picture(measure):
    picture = np.random.default_rng(0).random((4, 5, 3)) * 50
    assert measure(picture, np.array([50.0, 0.0, 0.0])).shape == (4, 5)


def test_colorfulness_of_gray_is_zero():
    gray = np.repeat(np.random.default_rng(0).random((8, 8, 1)), 3, axis=2)
    assert colorfulness(gray) == pytest.approx(0, abs=1e-9)


def test_colorfulness_follows_the_published_formula():
    codes = astronaut().astype(np.float64)
    opponents = codes[..., 0] - codes[..., 1], (codes[..., 0] + codes[..., 1]) / 2 - codes[..., 2]
    spread = np.sqrt(sum(channel.var() for channel in opponents))
    offset = np.sqrt(sum(channel.mean() ** 2 for channel in opponents))
    assert colorfulness(codes / 255) == pytest.approx(spread + 0.3 * offset)
    assert colorfulness(torch.tensor(codes / 255)) == pytest.approx(spread + 0.3 * offset)
