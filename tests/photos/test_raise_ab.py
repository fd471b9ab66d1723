"""Small maps of color are raised along edges: nothing bleeds, nothing steps, nothing is invented."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype.color.lab import srgb_to_lab
from tintype.photos.raise_ab import average_cells, fit_field, raise_ab


def interpolate(ab_small, size, how=Image.Resampling.BICUBIC):
    planes = [Image.fromarray(np.ascontiguousarray(ab_small[..., i])) for i in (0, 1)]
    return np.stack([plane.resize(size[::-1], how) for plane in planes], axis=-1)


def reduce_color(ab, cells):
    return np.stack([average_cells(ab[..., i], cells) for i in (0, 1)], axis=-1)


def two_fields(height=240, width=320, edge=161):
    """A dark red field and a bright green one; the contour runs through the middle of a cell."""
    right = np.arange(width) >= edge
    lightness = np.broadcast_to(np.where(right, 75, 35), (height, width)).astype(np.float32)
    ab = np.where(right[:, None], (-40, 30), (45, 30)).astype(np.float32)
    return lightness, np.broadcast_to(ab, (height, width, 2))


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_photographs_come_closer_to_the_truth_than_by_interpolation(name):
    lab = srgb_to_lab(getattr(data, name)()[..., :3].astype(np.float32) / 255)
    lightness, ab = lab[..., 0], lab[..., 1:]
    cells = tuple(round(64 * n / max(lightness.shape)) for n in lightness.shape)
    small = reduce_color(ab, cells)
    raised = np.hypot(*np.moveaxis(raise_ab(small, lightness) - ab, -1, 0)).mean()
    for how in (Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC):
        other = np.hypot(*np.moveaxis(interpolate(small, lightness.shape, how) - ab, -1, 0)).mean()
        assert raised < 0.985 * other


def test_color_does_not_bleed_over_a_contour():
    lightness, ab = two_fields()
    small = reduce_color(ab, (48, 64))
    bled = np.abs(interpolate(small, lightness.shape) - ab)[120].sum()
    assert np.abs(raise_ab(small, lightness) - ab)[120].sum() < bled / 2


def test_contour_of_color_is_where_that_of_lightness_is():
    lightness, ab = two_fields(edge=163)
    raised = raise_ab(reduce_color(ab, (48, 64)), lightness)[120, :, 0]
    assert np.argmax(np.abs(np.diff(raised))) == 162


def test_smooth_color_on_an_even_ground_stays_smooth():
    cells = np.random.default_rng(1).normal(0, 20, (6, 8, 2)).astype(np.float32)
    raised = raise_ab(cells, np.full((300, 400), 50, np.float32))
    for axis in (0, 1):
        steps = np.diff(raised, axis=axis)
        assert np.abs(steps).max() < 5
        assert np.abs(np.diff(steps, axis=axis)).max() < 1.5  # blocks and stair steps would break the slope


def test_one_color_stays_one_color_whatever_the_lightness():
    lightness = np.random.default_rng(2).uniform(0, 100, (90, 130)).astype(np.float32)
    raised = raise_ab(np.full((7, 9, 2), (12, -34), np.float32), lightness)
    np.testing.assert_allclose(raised, np.broadcast_to((12, -34), raised.shape), atol=1e-3)


def test_scratch_takes_no_new_color():
    lightness, ab = two_fields()
    lightness = lightness.copy()
    small = reduce_color(ab, (48, 64))
    before = raise_ab(small, lightness)
    lightness[:, 154:156] = 100
    change = np.abs(raise_ab(small, lightness) - before)[:, 154:156]
    assert change.max() < 31  # slope times detail at their limits; the two fields differ by 85


def test_grain_makes_little_noise_in_color():
    grainy = 50 + np.random.default_rng(3).normal(0, 6, (480, 640)).astype(np.float32)
    small = np.random.default_rng(4).normal(0, 3, (48, 64, 2)).astype(np.float32)
    smooth = raise_ab(small, np.full_like(grainy, 50))
    assert np.abs(raise_ab(small, grainy) - smooth).mean() < 1


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (3, 4), (37, 53), (200, 11)])
@pytest.mark.parametrize("cells", [(1, 1), (1, 3), (5, 2), (48, 64)])
def test_any_grid_is_raised_to_any_size(cells, size):
    ab = np.full((*cells, 2), (5, -7), np.float32)
    raised = raise_ab(ab, np.linspace(0, 100, size[0] * size[1], dtype=np.float32).reshape(size))
    assert raised.dtype == np.float32
    np.testing.assert_allclose(raised, np.broadcast_to((5, -7), (*size, 2)), atol=1e-3)


def test_rows_are_the_same_however_they_are_cut():
    random = np.random.default_rng(5)
    lightness = random.uniform(0, 100, (61, 47)).astype(np.float32)
    ab = random.normal(0, 30, (6, 5, 2)).astype(np.float32)
    field = fit_field(ab, average_cells(lightness, (6, 5)), lightness.shape)
    whole = field.stretch(slice(0, 61)).raise_rows(lightness, 0)
    part = field.stretch(slice(20, 50))
    for top, bottom in ((20, 21), (33, 50), (25, 40)):
        np.testing.assert_array_equal(part.raise_rows(lightness[top:bottom], top), whole[:, top:bottom])


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 3), (0, 4, 2)])
def test_map_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="a map of color has the shape"):
        raise_ab(np.zeros(shape, np.float32), np.zeros((8, 8), np.float32))


def test_map_with_nan_is_refused():
    with pytest.raises(ValueError, match="finite"):
        raise_ab(np.full((4, 4, 2), np.nan, np.float32), np.zeros((8, 8), np.float32))


@pytest.mark.parametrize("size", [(60, 90), (1, 1), (7, 31), (100, 3)])
@pytest.mark.parametrize("cells", [(6, 9), (1, 1), (5, 11), (64, 48)])
def test_averages_of_cells_are_those_of_their_area(size, cells):
    picture = np.random.default_rng(6).uniform(0, 100, size).astype(np.float32)
    # Each pixel as so many smaller ones that every cell holds whole ones.
    fine = picture.repeat(cells[0], axis=0).repeat(cells[1], axis=1)
    expected = fine.reshape(cells[0], size[0], cells[1], size[1]).mean(axis=(1, 3), dtype=np.float64)
    np.testing.assert_allclose(average_cells(picture, cells), expected, atol=1e-4)
