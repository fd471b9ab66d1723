"""The badge: small, in its corner, in any depth and color space, and the rest of the picture untouched."""

import numpy as np
import pytest

from studio_samples import gray_scan
from tintype.colorize.companions import ArrayPicture
from tintype.photos.profile import SRGB, RgbSpace
from tintype.studio.badge import BadgedPicture, draw_badge


def picture(height=600, width=900, dtype=np.uint8, space=SRGB):
    gray = gray_scan(height, width).astype(dtype) * dtype(257 if dtype == np.uint16 else 1)
    return ArrayPicture(np.repeat(gray[..., None], 3, axis=2), space)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_badge_covers_a_small_corner_and_nothing_else(dtype):
    plain = picture(dtype=dtype)
    badged = BadgedPicture(plain)
    changed = (badged.to_array() != plain.to_array()).any(axis=-1)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert 600 - 60 < rows[0] <= rows[-1] < 600
    assert 0 <= columns[0] <= columns[-1] < 300
    assert changed.mean() < 0.02
    assert badged.to_array().dtype == dtype


def test_strips_are_the_picture():
    badged = BadgedPicture(picture())
    np.testing.assert_array_equal(np.concatenate([*badged.strips()]), badged.to_array())


def test_badge_looks_alike_in_another_space():
    linear = RgbSpace("linear", None, SRGB.matrix, np.linspace(0, 1, 65536))
    plain = BadgedPicture(picture(dtype=np.uint16)).to_array()
    other = BadgedPicture(picture(dtype=np.uint16, space=linear)).to_array()
    height = len(draw_badge(900))
    inside = (slice(600 - height - height // 3 + 2, 600 - height // 3 - 2), slice(height, 2 * height))
    seen, wanted = linear.decode(other)[inside], SRGB.decode(plain)[inside]
    assert np.abs(seen - wanted).mean() < 0.1
    assert wanted.std() > 0.05


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (400, 3), (10, 10)])
def test_tiny_pictures_take_what_fits(size):
    assert BadgedPicture(picture(*size)).to_array().shape == (*size, 3)
