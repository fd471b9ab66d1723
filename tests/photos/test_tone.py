"""Toned prints are told from gray pictures and from color photographs."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_images

from photo_samples import gray, save, toned
from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.photos import read_photo

COLOR = {
    "astronaut": data.astronaut,
    "coffee": data.coffee,
    "rocket": data.rocket,
    "chelsea": data.chelsea,
    "retina": data.retina,
    "china": lambda: load_sample_images().images[0],
    "flower": lambda: load_sample_images().images[1],
    "immunohistochemistry": data.immunohistochemistry,
}

TONES = {
    "sepia": lambda light: _polar(22 * 4 * light * (1 - light) + 4 * light, 75),
    "cyanotype": lambda light: _polar(38 * 4 * light * (1 - light), 265),
    "selenium, lights warm": lambda light: (
        _polar(9 * (1 - light), 320) + _polar(18 * light * (1.1 - light), 85)
    ),
    "yellowed": lambda light: _polar(12 + 0 * light, 90),
}


def _polar(chroma, hue):
    angle = np.radians(hue)
    return np.stack([chroma * np.cos(angle), chroma * np.sin(angle)], axis=-1)


def tone_print(picture, tone):
    lightness = srgb_to_lab(picture / 255.0)[..., :1]
    lab = np.concatenate([lightness, TONES[tone](lightness[..., 0] / 100)], axis=-1)
    noise = np.random.default_rng(0).normal(0, 0.012, lab.shape)
    return np.rint((lab_to_srgb(lab) + noise).clip(0, 1) * 255).astype(np.uint8)


def shrink(picture):
    """Take every n-th pixel so that the longer side has about 200: enough to judge, and quick."""
    step = -(-max(picture.shape) // 200)
    return np.ascontiguousarray(picture[::step, ::step])


@pytest.mark.parametrize("name", sorted(set(COLOR) - {"retina"}))
def test_color_photographs_are_in_color(name):
    assert read_photo(save(COLOR[name](), "PNG")).hue_count == 2


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("name", COLOR)
@pytest.mark.parametrize("quality", [50, 90])
def test_toned_prints_have_one_hue(name, tone, quality):
    assert read_photo(save(tone_print(shrink(COLOR[name]()), tone), "JPEG", quality=quality)).hue_count == 1


@pytest.mark.parametrize("quality", [30, 95])
def test_gray_in_a_color_jpeg_is_gray(quality):
    picture = np.repeat(gray(step=1)[..., None], 3, axis=2).astype(np.int16)
    picture += np.random.default_rng(0).integers(-2, 3, picture.shape)
    photo = read_photo(save(picture.clip(0, 255).astype(np.uint8), "JPEG", quality=quality))
    assert photo.hue_count == 0


def test_stained_print_keeps_one_hue():
    picture = tone_print(np.repeat(data.camera()[..., None], 3, axis=2), "sepia").astype(np.float64)
    stain = np.linspace(0.75, 1, 512)[None, :, None] ** np.array([0.4, 0.8, 1.6])
    assert read_photo(save((picture * stain).astype(np.uint8), "PNG")).hue_count == 1


def test_hand_colored_rose_is_a_second_hue():
    picture = tone_print(np.repeat(data.camera()[..., None], 3, axis=2), "sepia")
    picture[50:120, 50:120] = picture[50:120, 50:120] * np.array([0.4, 0.5, 1.0])
    assert read_photo(save(picture, "PNG")).hue_count == 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (2, 2), (7, 1500)])
def test_odd_shapes_are_judged_too(shape):
    codes = np.full((*shape, 3), (200, 100, 50), np.uint8)
    photo = read_photo(save(codes, "PNG"))
    assert photo.hue_count == 1
    assert (photo.height, photo.width) == shape


def test_large_toned_print_is_judged_from_its_preview():
    codes = np.tile(toned(1), (5, 5, 1))
    photo = read_photo(save(Image.fromarray(codes), "JPEG", quality=85))
    assert photo.hue_count == 1
    assert max(photo.preview.shape) <= 1024
    small = np.asarray(Image.open(io.BytesIO(save(codes, "JPEG", quality=85))).reduce(3))[
        : photo.preview.shape[0]
    ]
    assert np.abs(photo.preview.mean(axis=(0, 1)) - small.mean(axis=(0, 1))).max() < 2
