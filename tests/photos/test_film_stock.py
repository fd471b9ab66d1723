import subprocess
import sys
from dataclasses import fields, replace
from io import BytesIO

import numpy as np
import pytest
import skimage.data
from PIL import Image

from tintype.color.lab import lightness_to_luminance, srgb_to_lab
from tintype.photos import film_stock
from tintype.photos.film_stock import LUMINANCE, Film, develop, develop_linear, draw_film


@pytest.fixture(scope="module")
def photos():
    pictures = [
        skimage.data.astronaut(),
        skimage.data.coffee(),
        skimage.data.chelsea(),
        skimage.data.rocket(),
    ]
    small = [np.asarray(Image.fromarray(picture).resize((120, 96))) for picture in pictures]
    return np.stack(small).astype(np.float32) / 255


def noise_for(photos, seed=5):
    return np.random.default_rng(seed).standard_normal(photos.shape[:3], dtype=np.float32)


def clean_film(count, **happened):
    film = draw_film(np.random.default_rng(0), count, strength=0)
    return replace(film, **{k: np.full(count, v, np.float32) for k, v in happened.items()})


def gray(value, height=64, width=64, count=1):
    return np.full((count, height, width, 3), value, np.float32)


def test_strength_zero_gives_the_clean_lightness(photos):
    film = draw_film(np.random.default_rng(1), len(photos), strength=0, clean_share=0)
    lightness = develop(photos, film, noise_for(photos))
    assert film.is_clean.all()
    assert lightness.dtype == np.float32
    np.testing.assert_allclose(lightness, srgb_to_lab(photos)[..., 0], atol=1e-4)


def test_a_share_of_the_photographs_is_left_clean(photos):
    film = draw_film(np.random.default_rng(2), 2000, clean_share=0.4)
    assert film.is_clean.mean() == pytest.approx(0.4, abs=0.04)
    mixed = draw_film(np.random.default_rng(3), 4, clean_share=0.5)
    assert 0 < mixed.is_clean.sum() < 4
    lightness = develop(photos, mixed, noise_for(photos))
    clean = srgb_to_lab(photos)[..., 0]
    np.testing.assert_allclose(lightness[mixed.is_clean], clean[mixed.is_clean], atol=1e-4)
    assert (abs(lightness - clean).mean(axis=(1, 2))[~mixed.is_clean] > 0.3).all()


@pytest.mark.parametrize(("strength", "lowest", "highest"), [(0.5, 26, 33), (1.0, 22, 26), (2.0, 16, 22)])
def test_strength_sets_how_far_the_lightness_is_from_the_clean_one(photos, strength, lowest, highest):
    many = np.concatenate([photos] * 50)
    film = draw_film(np.random.default_rng(4), len(many), strength, clean_share=0)
    error = (develop(many, film, noise_for(many)) - srgb_to_lab(many)[..., 0]) / 100
    psnr = -10 * np.log10((error**2).mean(axis=(1, 2)) + 1e-9)
    assert lowest < psnr.mean() < highest


def test_same_seed_and_noise_give_the_same_lightness(photos):
    first, second = (
        develop(photos, draw_film(np.random.default_rng(7), 4), noise_for(photos)) for _ in range(2)
    )
    other = develop(photos, draw_film(np.random.default_rng(8), 4), noise_for(photos))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_the_input_is_not_changed(photos):
    before, noise = photos.copy(), noise_for(photos)
    noise_before = noise.copy()
    develop(photos, draw_film(np.random.default_rng(9), 4, 2, clean_share=0), noise)
    np.testing.assert_array_equal(photos, before)
    np.testing.assert_array_equal(noise, noise_before)


def test_linear_light_gives_the_same_as_srgb(photos):
    film = draw_film(np.random.default_rng(6), 4, clean_share=0)
    linear = film_stock.srgb_to_linear(photos)
    expected = develop(photos, film, noise_for(photos))
    np.testing.assert_array_equal(develop_linear(linear, film, noise_for(photos)), expected)


def test_torch_gives_the_same_as_numpy(photos):
    torch = pytest.importorskip("torch")
    film = draw_film(np.random.default_rng(11), 64, 1.5, clean_share=0.2)
    many, noise = np.concatenate([photos] * 16).astype(np.float64), noise_for(np.concatenate([photos] * 16))
    noise = noise.astype(np.float64)
    result = develop(torch.from_numpy(many), film, torch.from_numpy(noise))
    assert result.dtype == torch.float64
    # A coefficient half way between two steps of the JPEG may fall to either side.
    difference = abs(result.numpy() - develop(many, film, noise))
    assert np.quantile(difference, 0.999) < 1e-3


def test_nothing_leaves_the_device_of_the_photographs():
    torch = pytest.importorskip("torch")
    film = draw_film(np.random.default_rng(11), 64, clean_share=0.2)
    photos, noise = torch.rand((64, 20, 30, 3), device="meta"), torch.rand((64, 20, 30), device="meta")
    result = develop(photos, film, noise)
    assert result.device.type == "meta"
    assert result.shape == (64, 20, 30)


def test_orthochromatic_film_shows_red_darker_and_blue_lighter_than_they_are():
    srgb = np.array([[0.8, 0.1, 0.1], [0.1, 0.2, 0.9]], np.float32)[None, :, None, :].repeat(8, axis=2)
    film = replace(clean_film(1), weights=np.array([[0.02, 0.55, 0.43]], np.float32))
    red, blue = develop(srgb, film, np.zeros((1, 2, 8), np.float32))[0, :, 0]
    true_red, true_blue = srgb_to_lab(srgb)[0, :, 0, 0]
    assert red < true_red - 15
    assert blue > true_blue + 15


def test_every_film_sees_gray_as_gray():
    film = draw_film(np.random.default_rng(12), 500, clean_share=0)
    np.testing.assert_allclose(film.weights.sum(axis=1), 1, atol=1e-5)
    assert (film.weights >= 0).all()
    assert film.weights[:, 0].min() < 0.05
    assert film.weights[:, 0].max() > 0.6
    np.testing.assert_allclose(LUMINANCE, [0.2126, 0.7152, 0.0722], atol=1e-4)


def test_fading_lifts_black_and_lowers_white():
    ramp = np.linspace(0, 1, 32, dtype=np.float32)[None, None, :, None] * np.ones((1, 4, 1, 3), np.float32)
    lightness = develop(ramp, clean_film(1, black=0.1, white=0.8), np.zeros((1, 4, 32), np.float32))
    assert lightness.min() == pytest.approx(10, abs=1e-3)
    assert lightness.max() == pytest.approx(80, abs=1e-3)
    assert (np.diff(lightness[0, 0]) > 0).all()


@pytest.mark.parametrize(("contrast", "gamma"), [(-0.9, 0.6), (0.9, 1.6), (0.5, 1.0)])
def test_the_tone_curve_rises_from_black_to_white(contrast, gamma):
    ramp = np.linspace(0, 1, 64, dtype=np.float32)[None, None, :, None] * np.ones((1, 2, 1, 3), np.float32)
    lightness = develop(ramp, clean_film(1, contrast=contrast, gamma=gamma), np.zeros((1, 2, 64), np.float32))
    assert (np.diff(lightness[0, 0]) >= 0).all()
    np.testing.assert_allclose(lightness[0, 0, [0, -1]], [0, 100], atol=1e-3)


def test_grain_is_strongest_in_mid_tones_and_as_strong_as_asked():
    levels = np.concatenate([gray(0.05, 96, 96), gray(0.47, 96, 96), gray(0.98, 96, 96)])
    film = clean_film(3, grain=0.02, grain_size=0.6)
    spread = develop(levels, film, noise_for(levels)).std(axis=(1, 2))
    assert spread[1] == pytest.approx(2, rel=0.15)
    assert spread[0] < 0.6 * spread[1] > spread[2]


def test_scanner_noise_does_not_repeat_the_grain():
    flat = gray(0.5, 96, 96)
    grain = develop(flat, clean_film(1, grain=0.02, grain_size=0.3), noise_for(flat))
    scan = develop(flat, clean_film(1, scan_noise=0.02), noise_for(flat))
    assert scan.std() == pytest.approx(2, rel=0.05)
    assert abs(np.corrcoef(grain.ravel(), scan.ravel())[0, 1]) < 0.05


def test_blur_spreads_a_point_and_keeps_its_light():
    point = gray(0.0, 17, 15)
    point[0, 8, 7] = 1.0
    lightness = develop(point, clean_film(1, blur=0.8), np.zeros((1, 17, 15), np.float32))[0]
    light = lightness_to_luminance(lightness)
    assert light.sum() == pytest.approx(1, rel=1e-3)
    assert light[8, 8] / light[8, 7] == pytest.approx(np.exp(-0.5 / 0.8**2), rel=1e-3)
    assert light[8, 9] / light[8, 7] == pytest.approx(np.exp(-2 / 0.8**2), rel=1e-3)
    np.testing.assert_allclose(light[4:13, 3:12], light[4:13, 3:12].T, atol=1e-6)


def test_vignette_darkens_the_corners_only():
    lightness = develop(gray(0.5, 33, 33), clean_film(1, vignette=0.4), np.zeros((1, 33, 33), np.float32))[0]
    assert lightness[16, 16] == pytest.approx(float(srgb_to_lab(gray(0.5, 1, 1))[0, 0, 0, 0]), abs=1e-3)
    np.testing.assert_allclose(lightness[0, 0], lightness[-1, -1], atol=1e-4)
    assert lightness[0, 0] < lightness[0, 16] < lightness[16, 16]


def test_a_scratch_is_a_thin_line_through_the_photograph():
    film = clean_film(1)
    scratches = film.scratches.copy()
    scratches[0, 0] = [0.0, 0.25, 0.7, 0.3]
    lightness = develop(
        gray(0.4, 40, 60), replace(film, scratches=scratches), np.zeros((1, 40, 60), np.float32)
    )[0]
    changed = abs(lightness - lightness[0, 0]) > 1
    assert changed.sum(axis=1).tolist() == [2] * 40
    assert set(np.flatnonzero(changed.any(axis=0))) == {39, 40}


def test_dust_is_a_small_spot_no_brighter_than_asked():
    film = clean_film(1)
    dust = film.dust.copy()
    dust[0, 0] = [0.25, 0.5, 0.02, 0.3]
    lightness = develop(gray(0.4, 100, 100), replace(film, dust=dust), np.zeros((1, 100, 100), np.float32))[0]
    change = lightness - lightness[0, 0]
    assert change[50, 25] == pytest.approx(30, abs=1e-2)
    assert change.max() <= 30.01
    assert 8 < (change > 3).sum() < 60


@pytest.mark.parametrize("size", [(64, 64), (61, 67), (5, 3)])
@pytest.mark.parametrize("quality", [20, 50, 85])
def test_compression_is_that_of_a_real_jpeg(quality, size):
    picture = skimage.data.camera()[100 : 100 + size[0], 200 : 200 + size[1]]
    stream = BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=quality)
    expected = np.asarray(Image.open(stream)).astype(np.float32)
    lightness = (picture / 255).astype(np.float32)[None]
    film = clean_film(1, quality=quality)
    result = film_stock._compress(lightness, film, lightness)[0] * 255
    assert result.shape == size
    assert abs(result - expected).mean() < 1.0
    assert np.quantile(abs(result - expected), 0.95) <= 4


def test_lightness_stays_within_its_range(photos):
    many = np.concatenate([photos] * 20)
    film = draw_film(np.random.default_rng(13), len(many), 4, clean_share=0)
    lightness = develop(many, film, noise_for(many))
    assert np.isfinite(lightness).all()
    assert lightness.min() >= 0
    assert lightness.max() <= 100


def test_film_of_some_photographs_has_their_rows():
    film = draw_film(np.random.default_rng(14), 6)
    part = film[2:4]
    assert isinstance(part, Film)
    assert len(part) == 2
    for field in fields(Film):
        np.testing.assert_array_equal(getattr(part, field.name), getattr(film, field.name)[2:4])
        assert getattr(film, field.name).dtype == np.float32


@pytest.mark.parametrize(("strength", "share"), [(-0.1, 0.4), (1, 1.5)])
def test_impossible_strength_or_share_is_refused(strength, share):
    with pytest.raises(ValueError, match="strength"):
        draw_film(np.random.default_rng(0), 2, strength, clean_share=share)


def test_importing_loads_no_torch():
    code = "import sys, tintype.photos.film_stock; sys.exit('torch' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
