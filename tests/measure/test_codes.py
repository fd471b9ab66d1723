import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage import data

from photo_samples import ADOBE_XY, D65, color, curve, gray, rgb_icc, save, save_tiff, toned
from tintype.errors import PhotoError, UnreadablePhotoError
from tintype.measure.codes import Terms, read_codes, read_comparable, resize_codes


@pytest.fixture
def write(tmp_path):
    """Write the bytes of a file; return its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def coffee(write):
    return write("coffee.png", save(data.coffee(), "PNG"))


@pytest.mark.parametrize("picture", [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()])
def test_codes_of_an_srgb_file_are_its_own(write, picture):
    found = read_codes(write("photo.png", save(picture, "PNG")))
    assert np.array_equal(found.codes, picture)
    assert found.notes == ()


def test_all_codes_come_back(write):
    """Every 8-bit color on a grid of steps of 5, its corners included."""
    axis = np.arange(0, 256, 5, dtype=np.uint8)
    cube = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(52, -1, 3)
    assert np.array_equal(read_codes(write("cube.png", save(cube, "PNG"))).codes, cube)


def test_gray_file_has_three_equal_channels(write):
    found = read_codes(write("gray.png", save(gray(), "PNG")))
    assert np.array_equal(found.codes, np.dstack([gray()] * 3))
    assert found.hue_count == 0


def test_profile_is_applied(write):
    adobe = rgb_icc(ADOBE_XY, D65, curve(563 / 256))
    found = read_codes(write("adobe.png", save(color(), "PNG", icc_profile=adobe))).codes
    plain = ImageCms.profileToProfile(
        Image.fromarray(color()), ImageCms.ImageCmsProfile(io.BytesIO(adobe)), ImageCms.createProfile("sRGB")
    )
    difference = np.abs(found.astype(int) - np.asarray(plain))
    assert np.abs(found.astype(int) - color()).max() > 20
    assert difference.mean() < 0.5


def test_profile_can_be_ignored(write):
    adobe = rgb_icc(ADOBE_XY, D65, curve(563 / 256))
    path = write("adobe.png", save(color(), "PNG", icc_profile=adobe))
    assert np.array_equal(read_codes(path, ignore_profile=True).codes, color())


def test_colors_outside_of_srgb_are_said(write):
    green = np.zeros((32, 32, 3), np.uint8)
    green[..., 1] = 255
    wide = save(green, "PNG", icc_profile=rgb_icc(ADOBE_XY, D65, curve(563 / 256)))
    (note,) = read_codes(write("wide.png", wide)).notes
    assert note == "100.0% of its colors lie outside of sRGB and were clipped"


def test_sixteen_bits_are_rounded(write):
    codes = color(16)
    found = read_codes(write("deep.tif", save_tiff(codes, photometric="rgb"))).codes
    assert np.abs(found - codes / 257.0).max() < 0.51


def test_later_pages_and_transparency_are_said(write):
    pages = save_tiff(color(), color(), photometric="rgb")
    assert read_codes(write("pages.tif", pages)).notes == ("the first of 2 pages was taken",)
    clear = np.dstack([color(), np.full((64, 64), 128, np.uint8)])
    assert read_codes(write("clear.png", save(clear, "PNG"))).notes == ("its transparency was ignored",)


def test_pictures_of_one_size_are_compared_as_they_are(write, coffee):
    paler = (data.coffee() * 0.9).astype(np.uint8)
    true, result, notes = read_comparable(coffee, write("paler.tif", save_tiff(paler, photometric="rgb")))
    assert np.array_equal(true, data.coffee())
    assert np.array_equal(result, paler)
    assert notes == ()


def test_gray_truth_is_refused_unless_accepted(write, coffee):
    path = write("gray.png", save(gray(), "PNG"))
    with pytest.raises(PhotoError, match=r"gray.png: the truth is gray.*--gray-truth"):
        read_comparable(path, path)
    true, _, _ = read_comparable(path, path, Terms(accepts_gray=True))
    assert true.shape == (64, 64, 3)


def test_toned_truth_and_gray_result_are_accepted(write):
    print_ = write("toned.png", save(toned(), "PNG"))
    plain = write("plain.png", save(gray(step=2), "PNG"))
    true, result, _ = read_comparable(print_, plain)
    assert true.shape == result.shape


def test_other_size_is_refused_unless_resized(write, coffee):
    small = write("small.png", save(data.coffee()[::2, ::2], "PNG"))
    with pytest.raises(PhotoError, match=r"small.png: the result has 300 x 200, the truth 600 x 400 pixels"):
        read_comparable(coffee, small)
    true, result, notes = read_comparable(coffee, small, Terms(resizes=True))
    assert result.shape == true.shape == (400, 600, 3)
    assert notes == ("the result was resized: it had 300 x 200, the truth 600 x 400",)


def test_resizing_is_pillows():
    expected = Image.fromarray(data.coffee()).resize((100, 50), Image.Resampling.BICUBIC)
    assert np.array_equal(resize_codes(data.coffee(), (50, 100)), np.asarray(expected))


def test_broken_result_is_named(write, coffee):
    broken = write("broken.png", coffee.read_bytes()[:5000])
    with pytest.raises(UnreadablePhotoError, match=r"broken.png"):
        read_comparable(coffee, broken)


def test_limit_of_pixels_holds(write, coffee):
    with pytest.raises(PhotoError, match="limit"):
        read_comparable(coffee, coffee, Terms(max_pixels=1000))


def test_large_strips_join(write):
    """More than one strip: 600 x 600 pixels are two."""
    large = np.tile(data.astronaut(), (2, 1, 1))
    path: Path = write("large.png", save(large, "PNG"))
    assert np.array_equal(read_codes(path).codes, large)
