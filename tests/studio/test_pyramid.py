"""Zoom levels: of the right sizes, averages of the photograph, without holding much of it."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from skimage import data

from photo_samples import toned
from studio_samples import gray_scan
from tintype.photos.photo import Photo
from tintype.studio.pyramid import TILE_SIDE, Pyramid, list_levels


def averaged(lightness, step):
    """Averages over blocks, those at the edge of what is left of the picture continued."""
    pad = [(0, -length % step) for length in lightness.shape]
    padded = np.pad(lightness, pad, "edge").astype(np.float64)
    height, width = padded.shape
    return padded.reshape(height // step, step, width // step, step).mean(axis=(1, 3))


@pytest.mark.parametrize("size", [(1, 1), (512, 512), (513, 1), (1000, 3001), (7000, 5000)])
def test_levels_halve_until_one_tile_is_left(size):
    levels = list_levels(*size)
    assert (levels[0].height, levels[0].width) == size
    assert (levels[-1].rows, levels[-1].columns) == (1, 1)
    for larger, smaller in pairwise(levels):
        assert smaller.height == -(-larger.height // 2)
        assert smaller.width == -(-larger.width // 2)
        assert max(larger.height, larger.width) > TILE_SIDE


@pytest.mark.parametrize("array", [gray_scan(701, 1103), toned()[:255, :129]], ids=["gray", "toned"])
def test_levels_are_averages_of_the_photograph(array):
    photo = Photo.from_array(np.tile(array, (4, 4, 1) if array.ndim == 3 else (4, 4)))
    pyramid = Pyramid(photo, threads=2)
    for level in pyramid.levels:
        light = pyramid.light(level.level)
        whole = light.lightness(slice(None))
        assert whole.shape == (light.height, light.width) == (level.height, level.width)
        wanted = averaged(photo.lightness(), 1 << level.level)
        inner = (slice(0, level.height - 1), slice(0, level.width - 1))
        np.testing.assert_allclose(whole[inner], wanted[: level.height, : level.width][inner], atol=0.01)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_part_of_a_level_is_cut_from_the_whole(level):
    photo = Photo.from_array(gray_scan(2047, 1501))
    light = Pyramid(photo).light(level)
    rows, columns = slice(37, 201), slice(100, light.width)
    np.testing.assert_array_equal(light.lightness(rows, columns), light.lightness(slice(None))[rows, columns])


def test_memory_of_a_tile_does_not_grow_with_the_photograph():
    def peak(repeat, level):
        light = Pyramid(Photo.from_array(np.tile(data.camera(), (repeat, repeat)))).light(level)
        tracemalloc.start()
        light.lightness(slice(0, 512), slice(0, 512))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    for level in (0, 1):
        assert peak(8, level) < 1.1 * peak(4, level) < 20e6


def test_kept_levels_take_an_eleventh_of_the_pixels():
    pyramid = Pyramid(Photo.from_array(np.tile(data.camera(), (4, 4))))
    kept = sum(pyramid.light(level.level).pixels.size for level in pyramid.levels[2:])
    assert kept < 2048 * 2048 / 11
