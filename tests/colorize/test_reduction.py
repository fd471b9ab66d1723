import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype.color.lab import srgb_to_lab
from tintype.colorize import reduction
from tintype.colorize.reduction import reduce_lightness
from tintype.photos.photo import Photo


class Gradient:
    """A photograph of any size that takes no memory, and remembers how many rows were asked for at once."""

    def __init__(self, height, width):
        self.height, self.width, self.most = height, width, 0

    def lightness(self, rows=slice(None)):
        start, stop, _ = rows.indices(self.height)
        self.most = max(self.most, (stop - start) * self.width)
        ramp = 100 * (np.arange(start, stop, dtype=np.float32) + 0.5) / self.height
        return np.broadcast_to(ramp[:, None], (stop - start, self.width))


@pytest.mark.parametrize("shape", [(300, 400), (301, 257), (40, 1000), (20, 30), (1, 500), (1, 1)])
@pytest.mark.parametrize("size", [(96, 128), (32, 32), (256, 32)])
def test_strips_give_what_pillow_gives_for_the_whole(shape, size, monkeypatch):
    monkeypatch.setattr(reduction, "_STRIP", 2000)
    monkeypatch.setattr(reduction, "_MOST_ROWS", 10_000)
    codes = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    photo = Photo.from_array(codes)
    whole = Image.fromarray(photo.lightness()).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    reduced = reduce_lightness(photo, size, threads=2)
    assert reduced.dtype == np.float32
    np.testing.assert_allclose(reduced, np.clip(np.asarray(whole), 0, 100), atol=2e-4)


def test_reduction_is_near_what_training_sees():
    codes = data.camera()
    trained = np.asarray(Image.fromarray(codes).resize((96, 96), Image.Resampling.BICUBIC)) / 255
    expected = srgb_to_lab(np.dstack([trained] * 3))[..., 0]
    difference = np.abs(reduce_lightness(Photo.from_array(codes), (96, 96)) - expected)
    assert difference.mean() < 0.3
    assert difference.max() < 4


def test_black_and_white_stay_within_the_range():
    codes = np.zeros((64, 64), np.uint8)
    codes[:, 32:] = 255
    reduced = reduce_lightness(Photo.from_array(codes), (48, 48))
    assert (reduced.min(), reduced.max()) == (0, 100)


@pytest.mark.parametrize("shape", [(10_000, 10_000), (2_000_000, 3), (3, 2_000_000)])
def test_large_photographs_are_reduced_by_strips(shape):
    photo = Gradient(*shape)
    reduced = reduce_lightness(photo, (256, 256), threads=1)
    assert photo.most <= max(2 << 20, shape[1])
    np.testing.assert_allclose(
        reduced[:, 100], 100 * (np.arange(256) + 0.5) / 256, atol=0.5 if shape[0] > 3 else 20
    )


def test_averaging_rows_first_changes_next_to_nothing(monkeypatch):
    codes = np.random.default_rng(0).integers(0, 256, (2003, 60)).astype(np.uint8)
    photo = Photo.from_array(codes)
    monkeypatch.setattr(reduction, "_MOST_ROWS", 10_000)
    exact = reduce_lightness(photo, (32, 32))
    monkeypatch.setattr(reduction, "_MOST_ROWS", 24)
    assert reduction._rows_averaged(photo, (32, 32)) == 5
    assert np.abs(reduce_lightness(photo, (32, 32)) - exact).max() < 1.0
