"""A photograph in memory: arrays, lightness by rows, previews, the color that is kept on request."""

import hashlib

import numpy as np
import pytest
from skimage.color import rgb2lab

from photo_samples import ADOBE_XY, D65, color, curve, gray, rgb_icc, save, save_tiff, srgb_lightness, toned
from tintype.errors import UnreadablePhotoError
from tintype.photos import SRGB, Photo, read_photo


@pytest.mark.parametrize("codes", [gray(), gray(16), color(), color(16)], ids=["L8", "L16", "RGB8", "RGB16"])
def test_array_gives_the_same_as_its_file(codes):
    photo = Photo.from_array(codes)
    assert np.abs(photo.lightness() - srgb_lightness(codes)).max() < 1e-3
    assert (photo.height, photo.width) == codes.shape[:2]
    assert photo.bit_depth == 8 * codes.itemsize
    assert photo.hue_count == (2 if codes.ndim == 3 else 0)
    assert photo.rgb_space is SRGB
    assert (photo.path, photo.page, photo.page_count, photo.notes) == (None, 0, 1, ())
    if codes.ndim == 2 or codes.itemsize == 1:
        assert np.array_equal(photo.pixels, read_photo(save(codes, "PNG")).pixels)


def test_floats_are_srgb_rounded_to_sixteen_bits():
    values = np.linspace(-0.1, 1.1, 600, dtype=np.float32).reshape(20, 30)
    photo = Photo.from_array(values)
    assert photo.bit_depth == 16
    assert np.array_equal(photo.pixels, np.rint(values.clip(0, 1) * 65535))


def test_alpha_of_an_array_is_kept():
    photo = Photo.from_array(np.dstack([color(), gray()]))
    assert np.array_equal(photo.alpha, gray())
    assert np.abs(photo.lightness() - srgb_lightness(color())).max() < 1e-3


def test_array_in_another_space_has_its_lightness():
    icc = rgb_icc(ADOBE_XY, D65, curve(2.2))
    read = read_photo(save_tiff(color(16), iccprofile=icc))
    photo = Photo.from_array(color(16), rgb_space=read.rgb_space)
    assert np.array_equal(photo.lightness(), read.lightness())


def test_digest_depends_on_samples_shape_and_type():
    codes = gray()
    digests = {
        Photo.from_array(it).sha256
        for it in (codes, codes.T, codes.reshape(32, 128), codes.astype(np.uint16))
    }
    assert len(digests) == 4
    assert Photo.from_array(codes).sha256 == Photo.from_array(codes.copy(order="F")).sha256


def test_digest_of_a_file_is_that_of_its_bytes():
    file = save(gray(), "PNG")
    assert read_photo(file).sha256 == hashlib.sha256(file).hexdigest()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.int32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros(4, np.uint8),
        np.full((4, 4), np.nan),
    ],
    ids=["int32", "two channels", "empty", "one axis", "nan"],
)
def test_array_that_is_no_photograph_is_named(array):
    with pytest.raises(UnreadablePhotoError, match=r"frame 3.*uint8, uint16 or float"):
        Photo.from_array(array, name="frame 3")


@pytest.mark.parametrize("codes", [gray(), color()], ids=["table", "values"])
def test_rows_of_lightness_are_those_of_the_whole(codes):
    photo = Photo.from_array(codes)
    whole = photo.lightness()
    assert whole.dtype == np.float32
    assert np.array_equal(photo.lightness(slice(10, 20)), whole[10:20])
    assert np.array_equal(photo.lightness(slice(60, 99)), whole[60:])


@pytest.mark.parametrize("codes", [gray(step=2), toned(2), color(step=2)], ids=["gray", "toned", "color"])
@pytest.mark.parametrize("side", [1024, 100, 1])
def test_preview_looks_like_the_source(codes, side):
    preview = Photo.from_array(codes).srgb_preview(side)
    assert max(preview.shape[:2]) <= side
    assert preview.shape[2] == 3
    assert (preview.dtype, preview.min() >= 0, preview.max() <= 1) == (np.float32, True, True)
    mean = codes.reshape(codes.shape[0] * codes.shape[1], -1).mean(axis=0) / 255
    assert np.abs(preview.mean(axis=(0, 1)) - mean).max() < 0.03
    if side == 1024:
        expected = codes[..., None] if codes.ndim == 2 else codes
        assert np.abs(preview * 255 - expected).max() < 1.01


def test_color_is_kept_where_it_is_asked_for():
    codes = color()
    assert Photo.from_array(codes).true_ab is None
    photo = Photo.from_array(codes, keep_ab=True)
    assert (photo.true_ab.shape, photo.true_ab.dtype) == ((64, 64, 2), np.float32)
    assert np.abs(photo.true_ab - rgb2lab(codes)[..., 1:]).max() < 0.02
    assert np.abs(photo.lightness() - rgb2lab(codes)[..., 0]).max() < 0.02
    assert np.abs(photo.srgb_preview(4096) * 255 - codes).max() < 0.01


def test_gray_has_no_color_to_keep_but_zeros():
    photo = Photo.from_array(gray(), keep_ab=True)
    assert photo.true_ab.shape == (64, 64, 2)
    assert not photo.true_ab.any()
    assert photo.table is not None


def test_lightness_stays_within_its_range():
    codes = np.zeros((2, 2, 3), np.uint8)
    codes[0] = 255
    codes[1, 1, 2] = 1
    assert Photo.from_array(codes).lightness().max() <= 100
    assert Photo.from_array(codes).lightness().min() >= 0


def test_photograph_says_little_of_itself_when_printed():
    assert len(repr(Photo.from_array(gray(step=1)))) < 1000
