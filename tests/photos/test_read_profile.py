"""The lightness that is read is the one that the file's profile says."""

import zlib

import numpy as np
import pytest
from PIL import Image

from photo_samples import (
    ADOBE_XY,
    D50,
    D65,
    EXACT,
    PROPHOTO_XY,
    SRGB_XY,
    adapt,
    build_icc,
    color,
    curve,
    gray,
    gray_icc,
    lightness_error,
    lut_icc,
    parametric,
    primaries_matrix,
    rgb_icc,
    save,
    save_tiff,
    srgb_lightness,
    srgb_linear,
    true_lightness,
    xyz,
)
from tintype.errors import BrokenProfileError
from tintype.photos import SRGB, read_photo

GAMMAS = {
    "1.8": (curve(1.8), 461 / 256),
    "2.2": (curve(2.2), 563 / 256),
    "parametric": (parametric(2.2), 2.2),
}


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", GAMMAS)
def test_gray_profile_gives_the_true_lightness(name, bits):
    codes = gray(bits)
    photo = read_photo(save_tiff(codes, photometric="minisblack", iccprofile=gray_icc(GAMMAS[name][0])))
    gamma = GAMMAS[name][1]
    linear = (codes / np.iinfo(codes.dtype).max) ** gamma
    assert lightness_error(photo, true_lightness(linear[..., None], np.ones((3, 1)))) < EXACT
    assert photo.pixels.dtype == codes.dtype
    assert photo.rgb_space.name == "sRGB"
    assert photo.rgb_space.icc[16:20] == b"RGB "


def test_dot_gain_table_gives_the_true_lightness():
    table = np.linspace(0, 1, 256) ** 1.75
    codes = gray(16)
    photo = read_photo(save_tiff(codes, photometric="minisblack", iccprofile=gray_icc(curve(table))))
    stored = np.rint(table * 65535) / 65535
    linear = np.interp(codes / 65535.0, np.linspace(0, 1, 256), stored)
    assert lightness_error(photo, true_lightness(linear[..., None], np.ones((3, 1)))) < EXACT


def test_gray_profile_for_min_is_white_counts_after_inversion():
    codes = gray(16)
    file = save_tiff(65535 - codes, photometric="miniswhite", iccprofile=gray_icc(curve(1.8)))
    linear = (codes / 65535.0) ** (461 / 256)
    assert lightness_error(read_photo(file), true_lightness(linear[..., None], np.ones((3, 1)))) < EXACT


def test_paper_of_a_profile_is_white():
    """Lightness is relative: the media white of a scanner profile, here L 80, becomes 100."""
    icc = build_icc(b"GRAY", {b"wtpt": xyz(*D50 * 0.567), b"kTRC": parametric(1.8)})
    photo = read_photo(save_tiff(gray(16), photometric="minisblack", iccprofile=icc))
    linear = (gray(16) / 65535.0) ** 1.8
    assert lightness_error(photo, true_lightness(linear[..., None], np.ones((3, 1)))) < EXACT


MATRIX_PROFILES = {
    "adobe": (ADOBE_XY, D65, parametric(563 / 256), 563 / 256),
    "prophoto": (PROPHOTO_XY, D50, parametric(1.8), 1.8),
    "linear": (SRGB_XY, D65, curve(1.0), 1.0),
}


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", MATRIX_PROFILES)
def test_matrix_profile_gives_the_true_lightness_and_stays(name, bits):
    xy, white, shape, gamma = MATRIX_PROFILES[name]
    icc, codes = rgb_icc(xy, white, shape, name), color(bits)
    photo = read_photo(save_tiff(codes, photometric="rgb", iccprofile=icc))
    matrix = adapt(white, D65) @ primaries_matrix(xy, white)
    linear = (codes / np.iinfo(codes.dtype).max) ** gamma
    # The profile itself holds its colorants with four decimals.
    assert lightness_error(photo, true_lightness(linear, matrix)) < 3e-3
    assert photo.rgb_space.icc == icc
    assert photo.rgb_space.name == name
    assert np.abs(photo.rgb_space.matrix - matrix).max() < 1e-4
    assert np.abs(photo.rgb_space.curve - np.linspace(0, 1, 65536) ** gamma).max() < 1e-5


def test_profile_of_srgb_is_recognized_however_it_is_rounded():
    table = srgb_linear(np.linspace(0, 1, 1024))
    icc, codes = rgb_icc(SRGB_XY, D65, curve(table), "another sRGB"), color(16)
    photo = read_photo(save_tiff(codes, photometric="rgb", iccprofile=icc))
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT
    assert photo.rgb_space.icc == icc
    assert photo.rgb_space.curve is SRGB.curve
    assert photo.rgb_space.matrix is SRGB.matrix


def test_gray_picture_with_an_rgb_profile_uses_its_neutral_axis():
    codes, icc = gray(16), rgb_icc(ADOBE_XY, D65, parametric(2.2))
    photo = read_photo(save_tiff(codes, photometric="minisblack", iccprofile=icc))
    linear = (codes / 65535.0) ** 2.2
    assert lightness_error(photo, true_lightness(linear[..., None], np.ones((3, 1)))) < EXACT
    assert photo.rgb_space.icc == icc


def test_rgb_picture_with_a_gray_profile_uses_its_curve():
    codes = color(16)
    photo = read_photo(save_tiff(codes, photometric="rgb", iccprofile=gray_icc(parametric(1.8))))
    expected = true_lightness((codes / 65535.0) ** 1.8, primaries_matrix(SRGB_XY, D65))
    assert lightness_error(photo, expected) < EXACT


def test_channels_with_different_curves_are_converted_by_lcms():
    icc = rgb_icc(ADOBE_XY, D65, (parametric(1.8), parametric(2.0), parametric(2.4)))
    codes = color(16)
    photo = read_photo(save_tiff(codes, photometric="rgb", iccprofile=icc))
    linear = (codes / 65535.0) ** np.array([1.8, 2.0, 2.4])
    assert lightness_error(photo, true_lightness(linear, primaries_matrix(ADOBE_XY, D65))) < 3e-3
    assert photo.rgb_space.name == "sRGB"
    assert photo.rgb_space.icc != icc
    assert any("the result is sRGB" in note for note in photo.notes)


def scanner_lab(values):
    """A device whose a and b bend with the lightness, as no matrix can."""
    light = 100 * (0.3 * values[:, 0] + 0.6 * values[:, 1] + 0.1 * values[:, 2])
    return np.stack([light, 60 * (values[:, 0] - values[:, 1]), 20 * np.sin(3 * values[:, 2])], axis=1)


def test_table_profile_is_followed_pixel_by_pixel():
    codes = color(16)
    photo = read_photo(save_tiff(codes, photometric="rgb", iccprofile=lut_icc(b"RGB ", 3, scanner_lab)))
    values = codes.reshape(-1, 3) / 65535.0
    expected = scanner_lab(values)[:, 0].reshape(codes.shape[:2])
    # Lab is relative to D50 there; the adaptation to D65 moves the lightness of colors by a few tenths.
    assert np.abs(photo.lightness() - expected).max() < 3
    assert np.abs(photo.lightness() - expected).mean() < 0.7


def ink_lab(values):
    """Inks: the lightness falls with each of them, neutral where there is only black."""
    cyan, magenta, yellow, black = values.T
    light = 100 * (1 - 0.9 * black) * (1 - 0.3 * cyan) * (1 - 0.4 * magenta) * (1 - 0.05 * yellow)
    return np.stack([light, 40 * (magenta - cyan), 40 * yellow], axis=1)


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_cmyk_with_a_profile_gives_the_lightness_of_the_print(kind):
    codes = np.zeros((64, 64, 4), np.uint8)
    codes[..., 3] = 255 - gray()
    options = {"quality": 100} if kind == "JPEG" else {}
    icc = lut_icc(b"CMYK", 4, ink_lab, 5)
    photo = read_photo(save(Image.fromarray(codes, "CMYK"), kind, icc_profile=icc, **options))
    expected = 100 * (1 - 0.9 * codes[..., 3] / 255.0)
    assert lightness_error(photo, expected) < (1.0 if kind == "JPEG" else 0.02)
    assert (photo.encoding.color, photo.rgb_space.name) == ("cmyk", "sRGB")
    assert photo.notes


def test_cmyk_without_a_profile_is_read_and_said():
    codes = np.zeros((64, 64, 4), np.uint8)
    codes[..., 3] = 255 - gray()
    photo = read_photo(save(Image.fromarray(codes, "CMYK"), "TIFF"))
    assert lightness_error(photo, srgb_lightness(gray())) < EXACT
    assert photo.hue_count == 0
    assert any("without a profile" in note for note in photo.notes)


@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_png_gamma_is_honored_where_it_is_not_that_of_srgb(gamma):
    codes = gray()
    file = save(codes, "PNG")
    chunk = b"gAMA" + round(100_000 / gamma).to_bytes(4, "big")
    chunk = (4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    photo = read_photo(file[:33] + chunk + file[33:])
    assert (
        lightness_error(photo, true_lightness((codes / 255.0)[..., None] ** gamma, np.ones((3, 1)))) < EXACT
    )
    assert photo.rgb_space.icc


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "no curve", "other device", "link"])
def test_broken_profile_names_file_and_remedy(tmp_path, damage):
    sound = gray_icc(curve(2.2))
    icc = {
        "empty": b"\0",
        "text": b"this is not a profile at all " * 8,
        "cut": sound[:140],
        "no curve": sound.replace(b"kTRC", b"xTRC"),
        "other device": lut_icc(b"CMYK", 4, ink_lab, 3),
        "link": sound.replace(b"mntr", b"link"),
    }[damage]
    path = tmp_path / "scan.tif"
    path.write_bytes(save_tiff(gray(), photometric="minisblack", iccprofile=icc))
    with pytest.raises(BrokenProfileError, match=r"scan\.tif.*--ignore-profile"):
        read_photo(path)
    photo = read_photo(path, ignore_profile=True)
    assert lightness_error(photo, srgb_lightness(gray())) < EXACT
    assert photo.rgb_space is SRGB
