"""The lightness that is read is the one that the file says, in every format."""

import io

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageOps

from photo_samples import (
    EXACT,
    color,
    gray,
    lightness_error,
    save,
    save_tiff,
    srgb_lightness,
    srgb_linear,
    toned,
    true_lightness,
)
from tintype.photos import read_photo


@pytest.mark.parametrize("make", [gray, color])
@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP", "TIFF"])
def test_eight_bits_in_lossless_formats(make, kind):
    codes = make()
    photo = read_photo(save(codes, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT
    assert photo.encoding.format == kind
    assert photo.encoding.lossless


def test_sixteen_bit_gray_png():
    codes = gray(16)
    assert lightness_error(read_photo(save(codes, "PNG")), srgb_lightness(codes)) < EXACT


def test_sixteen_bit_rgb_png_is_not_read_as_eight_bits():
    codes = color(16)
    photo = read_photo(imagecodecs.png_encode(codes))
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT
    assert photo.bit_depth == 16


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_png_with_few_bits(bits):
    levels = (gray() >> (8 - bits)).astype(np.uint8)
    shades = np.repeat(np.linspace(0, 255, 1 << bits).round().astype(np.uint8), 3)
    picture = Image.fromarray(levels, "P") if bits > 1 else Image.fromarray(levels > 0)
    if bits > 1:
        picture.putpalette(shades.tobytes())
    photo = read_photo(save(picture, "PNG", bits=bits))
    assert lightness_error(photo, srgb_lightness(shades[::3][levels])) < EXACT
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
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT
    assert (photo.bit_depth, photo.encoding.format, photo.encoding.lossless) == (bits, kind, True)


def test_bare_jpeg2000_codestream_of_twelve_bits():
    codes = gray(16) >> 4
    photo = read_photo(imagecodecs.jpeg2k_encode(codes, level=0, codecformat="j2k", bitspersample=12))
    expected = true_lightness(srgb_linear(codes / 4095.0)[..., None], np.ones((3, 1)))
    assert lightness_error(photo, expected) < EXACT


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
    assert lightness_error(photo, srgb_lightness(codes)) < 0.5
    assert photo.bit_depth == (8 if bits == 8 else 16)


def test_gif_first_frame_is_used_and_said():
    codes = gray()
    frames = [Image.fromarray(codes), Image.fromarray(255 - codes)]
    photo = read_photo(save(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT
    assert any("first frame" in note for note in photo.notes)
    assert any("PNG" in note for note in photo.notes)


def test_color_gif_keeps_its_colors():
    codes = np.zeros((32, 32, 3), np.uint8)
    codes[:16, :, 0], codes[16:, :, 2] = 200, 150
    photo = read_photo(save(Image.fromarray(codes).quantize(4), "GIF"))
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT


@pytest.mark.parametrize("make", [gray, color])
def test_jpeg_equals_the_decoded_codes(make):
    file = save(make(), "JPEG", quality=92)
    decoded = imagecodecs.jpeg8_decode(file)
    assert lightness_error(read_photo(file), srgb_lightness(decoded)) < EXACT


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
    assert lightness_error(read_photo(save(codes, "PNG")), srgb_lightness(codes)) < EXACT


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
    assert lightness_error(photo, srgb_lightness(np.ascontiguousarray(expected[..., :3]))) < EXACT
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
    assert lightness_error(photo, srgb_lightness(np.asarray(expected))) < 1


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_is_kept_apart(bits, channels):
    codes = gray(bits)
    alpha = np.roll(codes, 5, axis=0)
    stacked = np.dstack([codes] * channels + [alpha])
    photo = read_photo(imagecodecs.png_encode(stacked))
    assert lightness_error(photo, srgb_lightness(codes)) < EXACT
    assert np.array_equal(photo.alpha, alpha)
    assert photo.pixels.dtype == codes.dtype


def test_premultiplied_alpha_is_undone():
    codes, alpha = np.full((32, 32, 3), 200, np.uint8), np.full((32, 32), 128, np.uint8)
    stored = np.dstack([(codes * (128 / 255)).round().astype(np.uint8), alpha])
    photo = read_photo(save_tiff(stored, photometric="rgb", extrasamples=["assocalpha"]))
    assert lightness_error(photo, srgb_lightness(codes)) < 0.5
    assert np.array_equal(photo.alpha, alpha)


def test_channels_of_unknown_meaning_are_left_out_aloud():
    stored = np.dstack([color(), gray()])
    photo = read_photo(save_tiff(stored, photometric="rgb", extrasamples=["unspecified"]))
    assert photo.alpha is None
    assert any("unknown meaning" in note for note in photo.notes)
