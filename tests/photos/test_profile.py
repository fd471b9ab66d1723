"""RGB spaces: codes to linear light and back, and what is measured of a profile."""

import io

import numpy as np
import pytest
from PIL import ImageCms

from photo_samples import (
    ADOBE_XY,
    D50,
    D65,
    PROPHOTO_XY,
    SRGB_XY,
    adapt,
    curve,
    gray_icc,
    parametric,
    primaries_matrix,
    rgb_icc,
    srgb_linear,
)
from tintype.color.lab import WHITE
from tintype.photos.icc import create_tagged_srgb, measure_curve, measure_rgb_space
from tintype.photos.profile import SRGB


@pytest.mark.parametrize("depth", [8, 16])
def test_every_code_survives(depth):
    codes = np.arange(1 << depth, dtype=np.uint8 if depth == 8 else np.uint16)
    linear = SRGB.decode(codes)
    assert np.abs(linear - srgb_linear(codes / (len(codes) - 1))).max() < 1e-12
    again = SRGB.encode(linear, depth)
    assert again.dtype == codes.dtype
    assert np.array_equal(again, codes)


def test_encoding_rounds_and_clips():
    assert SRGB.encode(np.array([-1.0, 0.0, 2.0, 0.2158605]), 8).tolist() == [0, 0, 255, 128]


def test_neutral_is_neutral_in_every_space():
    for xy, white in ((SRGB_XY, D65), (ADOBE_XY, D65), (PROPHOTO_XY, D50)):
        space = measure_rgb_space(rgb_icc(xy, white, parametric(1.8)))
        assert np.abs(space.matrix.sum(axis=1) - WHITE).max() < 1e-12
        assert np.abs(space.relative_matrix.sum(axis=1) - 1).max() < 1e-12
        assert np.abs(space.matrix - adapt(white, D65) @ primaries_matrix(xy, white)).max() < 1e-4


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_curve_is_measured(gamma):
    measured = measure_curve(gray_icc(parametric(gamma)), "gray")
    assert np.abs(measured - np.linspace(0, 1, 65536) ** gamma).max() < 2e-5


def test_table_is_followed_between_its_points_without_plateaus():
    table = np.linspace(0, 1, 100) ** 2
    measured = measure_curve(gray_icc(curve(table)), "gray")
    stored = np.interp(np.linspace(0, 1, 65536), np.linspace(0, 1, 100), np.rint(table * 65535) / 65535)
    assert np.abs(measured - stored).max() < 1e-12
    assert (np.diff(measured[1:]) > 0).all()


def test_tagged_srgb_is_srgb_and_always_the_same():
    space = create_tagged_srgb()
    assert space.curve is SRGB.curve
    assert space.matrix is SRGB.matrix
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(space.icc)))
    create_tagged_srgb.cache_clear()
    assert create_tagged_srgb().icc == space.icc
    measured = measure_rgb_space(space.icc)
    assert measured.curve is SRGB.curve
    assert measured.matrix is SRGB.matrix
