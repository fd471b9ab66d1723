"""Colors in planes are converted as colors in triples are."""

import numpy as np
import pytest

from tintype.color.lab import LINEAR_TO_RELATIVE_XYZ, lab_to_linear, srgb_to_lab
from tintype.color.planes import lab_planes_to_linear, srgb_codes_to_lab_planes


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 3e-6), (np.float64, 1e-14)])
def test_planes_equal_triples(dtype, tolerance):
    random = np.random.default_rng(1)
    lab = (random.random((50, 60, 3)) * (100, 250, 250) - (0, 125, 125)).astype(dtype)
    _, channels = lab_planes_to_linear(lab[..., 0], np.moveaxis(lab[..., 1:], -1, 0), LINEAR_TO_RELATIVE_XYZ)
    assert channels.dtype == dtype
    np.testing.assert_allclose(np.moveaxis(channels, 0, -1), lab_to_linear(lab), rtol=0, atol=tolerance)


def test_neutral_planes_are_equal_to_the_last_bit():
    lightness = np.linspace(0, 100, 10001, dtype=np.float32)
    luminance, channels = lab_planes_to_linear(
        lightness, np.zeros((2, 10001), np.float32), LINEAR_TO_RELATIVE_XYZ
    )
    for channel in channels:
        np.testing.assert_array_equal(channel, luminance)


def test_input_planes_are_left_alone():
    lightness, ab = np.full(5, 50.0), np.full((2, 5), 10.0)
    lightness.flags.writeable = ab.flags.writeable = False
    lab_planes_to_linear(lightness, ab, LINEAR_TO_RELATIVE_XYZ)


def test_codes_become_the_lab_of_triples():
    steps = np.append(np.arange(0, 255, 6), 255).astype(np.uint8)
    codes = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(44, -1, 3)
    planes = srgb_codes_to_lab_planes(codes)
    assert planes.dtype == np.float32
    np.testing.assert_allclose(np.moveaxis(planes, 0, -1), srgb_to_lab(codes / 255), rtol=0, atol=2e-4)


def test_gray_codes_have_no_color_to_the_last_bit():
    codes = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    np.testing.assert_array_equal(srgb_codes_to_lab_planes(codes)[1:], 0)
