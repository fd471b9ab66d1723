"""The lightness that is read is the one that the file says, in every way in which a file can say it."""

import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from photo_samples import (
    ADOBE_XY,
    D50,
    D65,
    PROPHOTO_XY,
    SRGB_XY,
    adapt,
    build_icc,
    color,
    curve,
    gray,
    gray_icc,
    lut_icc,
    parametric,
    primaries_matrix,
    rgb_icc,
    save,
    save_tiff,
    srgb_lightness,
    srgb_linear,
    toned,
    true_lightness,
    xyz,
)
from tintype.errors import BrokenProfileError
from tintype.photos import SRGB, Photo, read_photo

EXACT = 1e-3


def error(photo, expected):
    return np.abs(photo.lightness().astype(np.float64) - expected).max()


TIFF_GRAY = {
    "plain": {},
    "lzw": {"compression": "lzw", "predictor": True},
    "deflate": {"compression": "deflate", "predictor": True},
    "packbits": {"compression": "packbits"},
    "zstd": {"compression": "zstd"},
    "lzma": {"compression": "lzma"},
    "jpeg2000": {"compression": "jpeg2000"},
    "tiled": {"tile": (32, 16)},
    "tiled_lzw": {"tile": (16, 32), "compression": "lzw"},
    "strips": {"rowsperstrip": 7},
    "big": {"bigtiff": True},
    "big_endian": {"byteorder": ">"},
}


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("layout", TIFF_GRAY)
def test_gray_tiff_in_every_layout(bits, layout):
    codes = gray(bits)
    photo = read_photo(save_tiff(codes, photometric="minisblack", **TIFF_GRAY[layout]))
    assert error(photo, srgb_lightness(codes)) < EXACT
    assert (photo.bit_depth, photo.hue_count, photo.pixels.dtype.itemsize) == (bits, 0, bits // 8)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("layout", TIFF_GRAY)
def test_rgb_tiff_in_every_layout(bits, layout):
    codes = color(bits)
    photo = read_photo(save_tiff(codes, photometric="rgb", **TIFF_GRAY[layout]))
    assert error(photo, srgb_lightness(codes)) < EXACT
    assert (photo.bit_depth, photo.hue_count, photo.pixels.dtype) == (bits, 2, np.float32)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("tile", [None, (32, 32)])
def test_planar_tiff(bits, tile):
    codes = color(bits)
    planes = np.ascontiguousarray(np.moveaxis(codes, 2, 0))
    photo = read_photo(save_tiff(planes, photometric="rgb", planarconfig="separate", tile=tile))
    assert error(photo, srgb_lightness(codes)) < EXACT
    assert photo.encoding.planar


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("compression", [None, "zstd"])
def test_min_is_white_tiff_is_not_a_negative(bits, compression):
    codes = gray(bits)
    photo = read_photo(
        save_tiff(np.iinfo(codes.dtype).max - codes, photometric="miniswhite", compression=compression)
    )
    assert error(photo, srgb_lightness(codes)) < EXACT


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("compression", [None, "packbits", "deflate"])
def test_bilevel_tiff_has_black_and_white(photometric, compression):
    ink = gray() > 100
    photo = read_photo(
        save_tiff(
            ink if photometric == "minisblack" else ~ink, photometric=photometric, compression=compression
        )
    )
    assert error(photo, np.where(ink, 100.0, 0.0)) < EXACT
    assert photo.bit_depth == 8
    assert any("8-bit RGB" in note for note in photo.notes)


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_fax_tiff_has_black_and_white(compression):
    ink = gray() > 100
    photo = read_photo(save(Image.fromarray(ink), "TIFF", compression=compression))
    assert error(photo, np.where(ink, 100.0, 0.0)) < EXACT


def test_twelve_bit_tiff_fills_sixteen_bits():
    codes = gray(16) >> 4
    bits = np.unpackbits(codes.astype(">u2").view(np.uint8).reshape(64, 64, 2), axis=2)[..., 4:]
    stored = np.packbits(bits.reshape(64, -1), axis=1)
    file = save_tiff(stored, photometric="minisblack")
    photo = read_photo(_patch_tag(_patch_tag(file, 258, 12), 256, 64))
    expected = true_lightness(srgb_linear(codes / 4095.0)[..., None], np.ones((3, 1)))
    assert error(photo, expected) < EXACT
    assert (photo.bit_depth, photo.encoding.bits) == (16, 12)


def _patch_tag(file, tag, value):
    """Overwrite the value of a SHORT or LONG tag in a little-endian classic TIFF."""
    entry = min(file.find(struct.pack("<HHL", tag, kind, 1)) % (1 << 62) for kind in (3, 4))
    return file[: entry + 8] + value.to_bytes(4, "little") + file[entry + 12 :]


@pytest.mark.parametrize("bits", [8, 16])
def test_lab_tiff_gives_its_own_lightness(bits):
    codes = color(bits)
    photo = read_photo(save_tiff(codes, photometric="cielab"), keep_ab=True)
    signed = codes.view(np.int8 if bits == 8 else np.int16)[..., 1:] / (1 if bits == 8 else 256)
    assert np.abs(photo.true_ab - signed).max() < EXACT
    assert error(photo, codes[..., 0] * 100.0 / np.iinfo(codes.dtype).max) < EXACT


@pytest.mark.parametrize("make", [gray, color])
@pytest.mark.parametrize("options", [{}, {"tile": (32, 32)}, {"photometric": "ycbcr"}])
def test_jpeg_inside_tiff_equals_the_decoded_codes(make, options):
    if make is gray and "photometric" in options:
        options = {"photometric": "miniswhite"}
    file = save_tiff(make(), compression="jpeg", **options)
    decoded = tifffile.imread(io.BytesIO(file))
    decoded = 255 - decoded if options == {"photometric": "miniswhite"} else decoded
    assert error(read_photo(file), srgb_lightness(decoded)) < EXACT


@pytest.mark.parametrize("make", [gray, color])
@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP", "TIFF"])
def test_eight_bits_in_lossless_formats(make, kind):
    codes = make()
    photo = read_photo(save(codes, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert error(photo, srgb_lightness(codes)) < EXACT
    assert photo.encoding.format == kind
    assert photo.encoding.lossless


def test_sixteen_bit_gray_png():
    codes = gray(16)
    assert error(read_photo(save(codes, "PNG")), srgb_lightness(codes)) < EXACT


def test_sixteen_bit_rgb_png_is_not_read_as_eight_bits():
    codes = color(16)
    photo = read_photo(imagecodecs.png_encode(codes))
    assert error(photo, srgb_lightness(codes)) < EXACT
    assert photo.bit_depth == 16


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_png_with_few_bits(bits):
    levels = (gray() >> (8 - bits)).astype(np.uint8)
    shades = np.repeat(np.linspace(0, 255, 1 << bits).round().astype(np.uint8), 3)
    picture = Image.fromarray(levels, "P") if bits > 1 else Image.fromarray(levels > 0)
    if bits > 1:
        picture.putpalette(shades.tobytes())
    photo = read_photo(save(picture, "PNG", bits=bits))
    assert error(photo, srgb_lightness(shades[::3][levels])) < EXACT
    assert photo.notes


@pytest.mark.parametrize("make", [gray, color])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", ["JPEG2000", "JXL"])
def test_wavelets_and_jxl_without_loss(make, bits, kind):
    codes = make(bits)
    encode = {
        "JPEG2000": lambda: imagecodecs.jpeg2k_encode(codes, level=0, codecformat="jp2"),
        "JXL": lambda: imagecodecs.jpegxl_encode(codes, lossless=True),
    }
    photo = read_photo(encode[kind]())
    assert error(photo, srgb_lightness(codes)) < EXACT
    assert (photo.bit_depth, photo.encoding.format, photo.encoding.lossless) == (bits, kind, True)


def test_bare_jpeg2000_codestream_of_twelve_bits():
    codes = gray(16) >> 4
    photo = read_photo(imagecodecs.jpeg2k_encode(codes, level=0, codecformat="j2k", bitspersample=12))
    expected = true_lightness(srgb_linear(codes / 4095.0)[..., None], np.ones((3, 1)))
    assert error(photo, expected) < EXACT


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_avif_white_is_white_at_every_depth(bits):
    codes = np.full((64, 64, 3), (1 << bits) - 1, np.uint8 if bits == 8 else np.uint16)
    codes[:32] = 0
    photo = read_photo(imagecodecs.avif_encode(codes, level=100, bitspersample=bits))
    assert (photo.encoding.bits, photo.bit_depth) == (bits, 8 if bits == 8 else 16)
    assert photo.lightness().max() > 99.9
    assert photo.lightness().min() < 0.1


@pytest.mark.parametrize("bits", [8, 10])
def test_heic_is_read_with_the_extra(bits):
    pillow_heif = pytest.importorskip("pillow_heif")
    codes = gray()
    scaled = codes if bits == 8 else codes.astype(np.uint16) * 257
    file = pillow_heif.from_bytes("L" if bits == 8 else "L;16", codes.shape[::-1], scaled.tobytes())
    stream = io.BytesIO()
    file.save(stream, quality=-1)
    photo = read_photo(stream.getvalue())
    assert error(photo, srgb_lightness(codes)) < 0.5
    assert photo.bit_depth == (8 if bits == 8 else 16)


def test_gif_first_frame_is_used_and_said():
    codes = gray()
    frames = [Image.fromarray(codes), Image.fromarray(255 - codes)]
    photo = read_photo(save(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert error(photo, srgb_lightness(codes)) < EXACT
    assert any("first frame" in note for note in photo.notes)
    assert any("PNG" in note for note in photo.notes)


def test_color_gif_keeps_its_colors():
    codes = np.zeros((32, 32, 3), np.uint8)
    codes[:16, :, 0], codes[16:, :, 2] = 200, 150
    photo = read_photo(save(Image.fromarray(codes).quantize(4), "GIF"))
    assert error(photo, srgb_lightness(codes)) < EXACT


@pytest.mark.parametrize("make", [gray, color])
def test_jpeg_equals_the_decoded_codes(make):
    file = save(make(), "JPEG", quality=92)
    decoded = imagecodecs.jpeg8_decode(file)
    assert error(read_photo(file), srgb_lightness(decoded)) < EXACT


@pytest.mark.parametrize("bits", [8, 16])
def test_rgb_of_equal_channels_is_kept_as_one(bits):
    codes = gray(bits)
    photo = read_photo(save_tiff(np.repeat(codes[..., None], 3, axis=2), photometric="rgb"))
    assert photo.pixels.dtype == codes.dtype
    assert np.array_equal(photo.pixels, codes)
    assert (photo.hue_count, photo.preview) == (0, None)


def test_one_colored_pixel_at_the_end_changes_no_lightness():
    codes = np.repeat(gray(8, 1)[..., None], 3, axis=2)
    codes = np.tile(codes, (5, 1, 1))
    codes[-1, -1] = (200, 100, 50)
    assert error(read_photo(save(codes, "PNG")), srgb_lightness(codes)) < EXACT


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
    assert error(photo, true_lightness(linear[..., None], np.ones((3, 1)))) < EXACT
    assert photo.pixels.dtype == codes.dtype
    assert photo.rgb_space.name == "sRGB"
    assert photo.rgb_space.icc[16:20] == b"RGB "


def test_dot_gain_table_gives_the_true_lightness():
    table = np.linspace(0, 1, 256) ** 1.75
    codes = gray(16)
    photo = read_photo(save_tiff(codes, photometric="minisblack", iccprofile=gray_icc(curve(table))))
    stored = np.rint(table * 65535) / 65535
    linear = np.interp(codes / 65535.0, np.linspace(0, 1, 256), stored)
    assert error(photo, true_lightness(linear[..., None], np.ones((3, 1)))) < EXACT


def test_gray_profile_for_min_is_white_counts_after_inversion():
    codes = gray(16)
    file = save_tiff(65535 - codes, photometric="miniswhite", iccprofile=gray_icc(curve(1.8)))
    linear = (codes / 65535.0) ** (461 / 256)
    assert error(read_photo(file), true_lightness(linear[..., None], np.ones((3, 1)))) < EXACT


def test_paper_of_a_profile_is_white():
    """Lightness is relative: the media white of a scanner profile, here L 80, becomes 100."""
    icc = build_icc(b"GRAY", {b"wtpt": xyz(*D50 * 0.567), b"kTRC": parametric(1.8)})
    photo = read_photo(save_tiff(gray(16), photometric="minisblack", iccprofile=icc))
    linear = (gray(16) / 65535.0) ** 1.8
    assert error(photo, true_lightness(linear[..., None], np.ones((3, 1)))) < EXACT


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
    assert error(photo, true_lightness(linear, matrix)) < 3e-3
    assert photo.rgb_space.icc == icc
    assert photo.rgb_space.name == name
    assert np.abs(photo.rgb_space.matrix - matrix).max() < 1e-4
    assert np.abs(photo.rgb_space.curve - np.linspace(0, 1, 65536) ** gamma).max() < 1e-5


def test_profile_of_srgb_is_recognized_however_it_is_rounded():
    table = srgb_linear(np.linspace(0, 1, 1024))
    icc, codes = rgb_icc(SRGB_XY, D65, curve(table), "another sRGB"), color(16)
    photo = read_photo(save_tiff(codes, photometric="rgb", iccprofile=icc))
    assert error(photo, srgb_lightness(codes)) < EXACT
    assert photo.rgb_space.icc == icc
    assert photo.rgb_space.curve is SRGB.curve
    assert photo.rgb_space.matrix is SRGB.matrix


def test_gray_picture_with_an_rgb_profile_uses_its_neutral_axis():
    codes, icc = gray(16), rgb_icc(ADOBE_XY, D65, parametric(2.2))
    photo = read_photo(save_tiff(codes, photometric="minisblack", iccprofile=icc))
    linear = (codes / 65535.0) ** 2.2
    assert error(photo, true_lightness(linear[..., None], np.ones((3, 1)))) < EXACT
    assert photo.rgb_space.icc == icc


def test_rgb_picture_with_a_gray_profile_uses_its_curve():
    codes = color(16)
    photo = read_photo(save_tiff(codes, photometric="rgb", iccprofile=gray_icc(parametric(1.8))))
    expected = true_lightness((codes / 65535.0) ** 1.8, primaries_matrix(SRGB_XY, D65))
    assert error(photo, expected) < EXACT


def test_channels_with_different_curves_are_converted_by_lcms():
    icc = rgb_icc(ADOBE_XY, D65, (parametric(1.8), parametric(2.0), parametric(2.4)))
    codes = color(16)
    photo = read_photo(save_tiff(codes, photometric="rgb", iccprofile=icc))
    linear = (codes / 65535.0) ** np.array([1.8, 2.0, 2.4])
    assert error(photo, true_lightness(linear, primaries_matrix(ADOBE_XY, D65))) < 3e-3
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
    assert error(photo, expected) < (1.0 if kind == "JPEG" else 0.02)
    assert (photo.encoding.color, photo.rgb_space.name) == ("cmyk", "sRGB")
    assert photo.notes


def test_cmyk_without_a_profile_is_read_and_said():
    codes = np.zeros((64, 64, 4), np.uint8)
    codes[..., 3] = 255 - gray()
    photo = read_photo(save(Image.fromarray(codes, "CMYK"), "TIFF"))
    assert error(photo, srgb_lightness(gray())) < EXACT
    assert photo.hue_count == 0
    assert any("without a profile" in note for note in photo.notes)


@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_png_gamma_is_honored_where_it_is_not_that_of_srgb(gamma):
    codes = gray()
    file = save(codes, "PNG")
    chunk = b"gAMA" + round(100_000 / gamma).to_bytes(4, "big")
    chunk = (4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    photo = read_photo(file[:33] + chunk + file[33:])
    assert error(photo, true_lightness((codes / 255.0)[..., None] ** gamma, np.ones((3, 1)))) < EXACT
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
    assert error(photo, srgb_lightness(gray())) < EXACT
    assert photo.rgb_space is SRGB


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_orientation_is_applied_to_lightness_alpha_and_color(orientation, kind):
    codes = toned(8)[:40]
    alpha = np.arange(codes.shape[0] * codes.shape[1], dtype=np.uint8).reshape(codes.shape[:2])
    picture = Image.fromarray(codes if kind == "JPEG" else np.dstack([codes, alpha]))
    exif = Image.Exif()
    exif[274] = orientation
    options = {"JPEG": {"quality": 100}, "WEBP": {"lossless": True, "exact": True}}.get(kind, {})
    file = save(picture, kind, exif=exif, **options)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(file))))
    photo = read_photo(file, keep_ab=True)
    assert (photo.height, photo.width) == expected.shape[:2]
    assert error(photo, srgb_lightness(np.ascontiguousarray(expected[..., :3]))) < EXACT
    assert np.abs(photo.srgb_preview(4096) * 255 - expected[..., :3]).max() < 0.6
    assert np.abs(photo.preview.astype(int) - expected[..., :3]).max() <= 1
    if kind != "JPEG":
        assert np.array_equal(photo.alpha, expected[..., 3])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_avif_stands_in_its_container(orientation):
    codes, exif = toned(8)[:40], Image.Exif()
    exif[274] = orientation
    photo = read_photo(save(codes, "AVIF", exif=exif.tobytes(), quality=100, subsampling="4:4:4"))
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(save(codes, "PNG", exif=exif))))
    assert error(photo, srgb_lightness(np.asarray(expected))) < 1


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_is_kept_apart(bits, channels):
    codes = gray(bits)
    alpha = np.roll(codes, 5, axis=0)
    stacked = np.dstack([codes] * channels + [alpha])
    photo = read_photo(imagecodecs.png_encode(stacked))
    assert error(photo, srgb_lightness(codes)) < EXACT
    assert np.array_equal(photo.alpha, alpha)
    assert photo.pixels.dtype == codes.dtype


def test_premultiplied_alpha_is_undone():
    codes, alpha = np.full((32, 32, 3), 200, np.uint8), np.full((32, 32), 128, np.uint8)
    stored = np.dstack([(codes * (128 / 255)).round().astype(np.uint8), alpha])
    photo = read_photo(save_tiff(stored, photometric="rgb", extrasamples=["assocalpha"]))
    assert error(photo, srgb_lightness(codes)) < 0.5
    assert np.array_equal(photo.alpha, alpha)


def test_channels_of_unknown_meaning_are_left_out_aloud():
    stored = np.dstack([color(), gray()])
    photo = read_photo(save_tiff(stored, photometric="rgb", extrasamples=["unspecified"]))
    assert photo.alpha is None
    assert any("unknown meaning" in note for note in photo.notes)


@pytest.mark.parametrize("compression", [None, "lzw", "deflate"])
def test_tiff_with_a_repeated_tag_is_read(tmp_path: Path, compression: str | None) -> None:
    path = tmp_path / "described.tif"
    codes = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48) * 20
    tifffile.imwrite(path, codes, compression=compression, description="writes the tag twice")
    plain = Photo.from_array(codes).lightness()
    np.testing.assert_array_equal(read_photo(path).lightness(), plain)
