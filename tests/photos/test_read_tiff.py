"""The lightness that is read from a TIFF is the one that the file says, in every layout."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from photo_samples import (
    EXACT,
    color,
    gray,
    lightness_error,
    save,
    save_tiff,
    srgb_lightness,
    srgb_linear,
    true_lightness,
)
from tintype.photos import Photo, read_photo

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
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT
    assert (photo.bit_depth, photo.hue_count, photo.pixels.dtype.itemsize) == (bits, 0, bits // 8)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("layout", TIFF_GRAY)
def test_rgb_tiff_in_every_layout(bits, layout):
    codes = color(bits)
    photo = read_photo(save_tiff(codes, photometric="rgb", **TIFF_GRAY[layout]))
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT
    assert (photo.bit_depth, photo.hue_count, photo.pixels.dtype) == (bits, 2, np.float32)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("tile", [None, (32, 32)])
def test_planar_tiff(bits, tile):
    codes = color(bits)
    planes = np.ascontiguousarray(np.moveaxis(codes, 2, 0))
    photo = read_photo(save_tiff(planes, photometric="rgb", planarconfig="separate", tile=tile))
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT
    assert photo.encoding.planar


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("compression", [None, "zstd"])
def test_min_is_white_tiff_is_not_a_negative(bits, compression):
    codes = gray(bits)
    photo = read_photo(
        save_tiff(np.iinfo(codes.dtype).max - codes, photometric="miniswhite", compression=compression)
    )
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("compression", [None, "packbits", "deflate"])
def test_bilevel_tiff_has_black_and_white(photometric, compression):
    ink = gray() > 100
    photo = read_photo(
        save_tiff(
            ink if photometric == "minisblack" else ~ink, photometric=photometric, compression=compression
        )
    )
    assert lightness_error(photo, np.where(ink, 100.0, 0.0)) < EXACT
    assert photo.bit_depth == 8
    assert any("8-bit RGB" in note for note in photo.notes)


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_fax_tiff_has_black_and_white(compression):
    ink = gray() > 100
    photo = read_photo(save(Image.fromarray(ink), "TIFF", compression=compression))
    assert lightness_error(photo, np.where(ink, 100.0, 0.0)) < EXACT


def test_twelve_bit_tiff_fills_sixteen_bits():
    codes = gray(16) >> 4
    bits = np.unpackbits(codes.astype(">u2").view(np.uint8).reshape(64, 64, 2), axis=2)[..., 4:]
    stored = np.packbits(bits.reshape(64, -1), axis=1)
    file = save_tiff(stored, photometric="minisblack")
    photo = read_photo(_patch_tag(_patch_tag(file, 258, 12), 256, 64))
    expected = true_lightness(srgb_linear(codes / 4095.0)[..., None], np.ones((3, 1)))
    assert lightness_error(photo, expected) < EXACT
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
    assert lightness_error(photo, codes[..., 0] * 100.0 / np.iinfo(codes.dtype).max) < EXACT


@pytest.mark.parametrize("make", [gray, color])
@pytest.mark.parametrize("options", [{}, {"tile": (32, 32)}, {"photometric": "ycbcr"}])
def test_jpeg_inside_tiff_equals_the_decoded_codes(make, options):
    if make is gray and "photometric" in options:
        options = {"photometric": "miniswhite"}
    file = save_tiff(make(), compression="jpeg", **options)
    decoded = tifffile.imread(io.BytesIO(file))
    decoded = 255 - decoded if options == {"photometric": "miniswhite"} else decoded
    assert lightness_error(read_photo(file), srgb_lightness(decoded)) < EXACT


@pytest.mark.parametrize("compression", [None, "lzw", "deflate"])
def test_tiff_with_a_repeated_tag_is_read(tmp_path: Path, compression: str | None) -> None:
    path = tmp_path / "described.tif"
    codes = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48) * 20
    tifffile.imwrite(path, codes, compression=compression, description="writes the tag twice")
    plain = Photo.from_array(codes).lightness()
    np.testing.assert_array_equal(read_photo(path).lightness(), plain)
