"""Joined pictures: lightness kept at full size, the same on any number of threads, strips in order, little memory."""

import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from tintype.color.lab import linear_to_lab, srgb_to_lab, srgb_to_linear
from tintype.photos.join import join, layer, tint, tint_layer
from tintype.photos.photo import Photo
from tintype.photos.raise_ab import raise_ab
from tintype.photos.rgb_codes import LIGHTNESS_TOLERANCE


def astronaut_ab(cells=(64, 64)):
    lab = srgb_to_lab(data.astronaut().astype(np.float32) / 255)
    step = 512 // cells[0], 512 // cells[1]
    return np.ascontiguousarray(lab[:: step[0], :: step[1], 1:])


def gray_photo(depth=8, repeat=1):
    gray = np.tile(data.camera(), (repeat, repeat))
    if depth == 16:
        gray = gray.astype(np.uint16) * 257 + np.arange(gray.shape[1], dtype=np.uint16) % 101
    return Photo.from_array(gray)


def random_ab(scale, seed=0):
    return (np.random.default_rng(seed).normal(size=(48, 64, 2)) * scale).astype(np.float32)


def lightness_of(photo, codes):
    return linear_to_lab(photo.rgb_space.decode(codes), photo.rgb_space.relative_matrix)[..., 0]


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("scale", [5, 40, 200])
def test_lightness_is_kept_in_the_worst_pixel(depth, scale):
    photo = gray_photo(depth)
    found = lightness_of(photo, join(photo, random_ab(scale)).to_array())
    assert np.abs(found - photo.lightness()).max() <= LIGHTNESS_TOLERANCE[depth]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lightness_of_a_toned_photograph_is_kept(dtype):
    highest = np.iinfo(dtype).max
    sepia = np.clip(data.camera()[..., None] / 255 * (1.05, 0.9, 0.7), 0, 1)
    photo = Photo.from_array(np.rint(sepia * highest).astype(dtype))
    found = lightness_of(photo, join(photo, random_ab(40)).to_array())
    assert np.abs(found - photo.lightness()).max() <= LIGHTNESS_TOLERANCE[photo.bit_depth]


@pytest.mark.parametrize("depth", [8, 16])
def test_no_color_returns_the_source_exactly(depth):
    photo = gray_photo(depth)
    codes = join(photo, np.zeros((5, 7, 2), np.float32)).to_array()
    np.testing.assert_array_equal(codes, np.repeat(photo.pixels[..., None], 3, axis=2))


@pytest.mark.parametrize("depth", [8, 16])
def test_clipped_black_and_white_stay(depth):
    highest = 2**depth - 1
    gray = (np.random.default_rng(1).random((200, 300)) > 0.5).astype(f"u{depth // 8}") * highest
    codes = join(Photo.from_array(gray), random_ab(60)).to_array()
    np.testing.assert_array_equal(codes, np.repeat(gray[..., None], 3, axis=2))


def test_color_is_the_raised_map():
    photo = gray_photo(16)
    ab = astronaut_ab() * np.float32(0.2)
    found = linear_to_lab(photo.rgb_space.decode(join(photo, ab).to_array()))
    inside = (photo.lightness() > 35) & (photo.lightness() < 75)
    wanted = raise_ab(ab, photo.lightness())
    assert np.abs(found[..., 1:] - wanted)[inside].max() < 0.05


def test_result_does_not_depend_on_the_threads():
    photo, ab = gray_photo(8, repeat=2), random_ab(60)
    one = join(photo, ab, threads=1).to_array()
    for threads in (2, 3, 8):
        np.testing.assert_array_equal(join(photo, ab, threads=threads).to_array(), one)


def test_strips_are_the_rows_in_order_however_often():
    photo = gray_photo(8, repeat=3)
    picture = join(photo, astronaut_ab(), threads=2)
    strips = list(picture.strips())
    assert len(strips) > 3
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate(list(picture.strips())), picture.to_array())
    assert {strip.shape[1:] for strip in strips} == {(photo.width, 3)}


@pytest.mark.parametrize(
    "photo",
    [gray_photo(8, repeat=2), gray_photo(16), Photo.from_array(data.astronaut())],
    ids=["8", "16", "toned"],
)
@pytest.mark.parametrize("corner", [(0, 0), (250, 100), (3, 401)])
@pytest.mark.parametrize("size", [(1, 1), (64, 64), (111, 73)])
def test_region_is_a_part_of_the_whole(photo, corner, size):
    picture = join(photo, random_ab(60))
    part = tuple(slice(start, start + length) for start, length in zip(corner, size, strict=True))
    np.testing.assert_array_equal(picture.region(*part), picture.to_array()[part])


def test_memory_of_a_region_does_not_grow_with_the_photograph():
    def peak(repeat):
        picture = join(gray_photo(16, repeat), astronaut_ab(), threads=1)
        tracemalloc.start()
        picture.region(slice(100, 356), slice(200, 456))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(6) < 1.1 * peak(2) < 10e6


def test_strips_that_nobody_asks_for_leave_no_thread_behind():
    before = threading.active_count()
    strips = join(gray_photo(8, repeat=3), astronaut_ab(), threads=2).strips()
    next(strips)
    strips.close()
    assert threading.active_count() == before


def test_memory_beside_the_photograph_does_not_grow_with_it():
    def peak(repeat):
        photo = gray_photo(16, repeat)
        tracemalloc.start()
        for strip in join(photo, astronaut_ab(), threads=2).strips():
            assert strip.dtype == np.uint16
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(1)  # tables are made once
    small, large = peak(3), peak(6)  # 2 and 9 megapixels, 5 and 19 MB
    assert large < 1.35 * small
    assert large < 40e6


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (2, 3), (5, 400_000)])
def test_any_size_and_aspect_is_joined(size):
    photo = Photo.from_array(np.full(size, 130, np.uint8))
    picture = join(photo, np.full((3, 5, 2), (20, 10), np.float32))
    codes = picture.to_array()
    assert codes.shape == (picture.height, picture.width, 3) == (*size, 3)
    assert (codes == codes[0, 0]).all()
    assert codes[0, 0, 0] > codes[0, 0, 1]


def test_picture_says_what_it_is():
    photo = gray_photo(16)
    picture = join(photo, astronaut_ab())
    assert (picture.height, picture.width, picture.dtype) == (512, 512, np.uint16)
    assert picture.rgb_space is photo.rgb_space


def test_error_while_computing_reaches_the_caller():
    photo = gray_photo()
    picture = join(photo, astronaut_ab())
    broken = replace(picture, photo=replace(photo, table=photo.table[:3]))
    with pytest.raises(IndexError):
        broken.to_array()


def blend_color(backdrop, source):
    """The blend mode Color (W3C Compositing and Blending Level 1, 10.2.4), values 0..1."""
    weights = np.array([0.3, 0.59, 0.11])
    luma = backdrop @ weights
    color = source + (luma - source @ weights)[..., None]
    lowest, highest, level = color.min(-1), color.max(-1), luma[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        down = level + (color - level) * (level / (level - lowest[..., None]))
        color = np.where(lowest[..., None] < 0, down, color)
        up = level + (color - level) * ((1 - level) / (highest[..., None] - level))
        return np.where(highest[..., None] > 1, up, color)


def test_layer_over_the_original_gives_the_picture():
    photo, ab = gray_photo(), astronaut_ab() * np.float32(0.6)
    gray = np.repeat(photo.pixels[..., None], 3, axis=2) / 255
    blended = blend_color(gray, layer(photo, ab).to_array() / 255)
    difference = 255 * np.abs(blended - join(photo, ab).to_array() / 255)
    assert difference.mean() < 3
    assert np.quantile(difference, 0.99) < 16  # the mode keeps luma, which for colors is not quite lightness


def test_layer_holds_color_and_no_detail():
    photo = gray_photo()
    codes = layer(photo, np.zeros((4, 4, 2), np.float32)).to_array()
    assert (np.abs(codes.astype(int) - 128) <= 1).all()
    colored = layer(photo, np.full((4, 4, 2), (8, 8), np.float32)).to_array().astype(int)
    usual = (photo.lightness() > 20) & (photo.lightness() < 85)
    assert np.ptp(colored[usual], axis=0).max() < 12
    assert (colored[usual][:, 0] > colored[usual][:, 2]).all()


def test_tinted_drawing_has_color_on_its_paper_and_dark_lines():
    drawing = np.full((40, 60), 255, np.uint8)
    drawing[:, 30] = 0
    drawing[:, :10] = 128
    paint = np.zeros((10, 15, 2), np.float32)
    paint[:5] = (20, 30)
    lab = srgb_to_lab(tint(Photo.from_array(drawing), paint).to_array() / 255.0)
    np.testing.assert_allclose(lab[30, 45], (100, 0, 0), atol=0.1)  # bare paper
    np.testing.assert_allclose(lab[30, 5, 1:], 0, atol=0.5)
    assert lab[30, 5, 0] == pytest.approx(53.6, abs=0.2)
    np.testing.assert_allclose(lab[8, 45, 1:], (20, 30), atol=1)
    assert 75 < lab[8, 45, 0] < 90
    assert lab[8, 30, 0] < 3
    assert lab[8, 5, 0] < 50


def test_layer_of_a_tint_multiplied_with_the_drawing_is_the_tinted_drawing():
    rng = np.random.default_rng(4)
    drawing = np.where(rng.random((48, 64)) < 0.1, 90, 250).astype(np.uint8)
    paint = rng.normal(0, 20, (12, 16, 2)).astype(np.float32)
    photo = Photo.from_array(drawing)
    alone = srgb_to_linear(tint_layer(photo, paint).to_array() / 255.0)
    expected = alone * srgb_to_linear(drawing / 255.0)[..., None]
    actual = srgb_to_linear(tint(photo, paint).to_array() / 255.0)
    assert abs(actual - expected).mean() < 0.003
    assert np.quantile(abs(actual - expected), 0.99) < 0.02
