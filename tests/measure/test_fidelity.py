import math

import numpy as np
import pytest
import skimage.color
import skimage.data
import skimage.metrics

from tintype.errors import TintypeError
from tintype.measure.fidelity import mean_ab_distance, mean_delta_e, ms_ssim, psnr, psnr_ab, ssim


def pictures(name="astronaut"):
    true = getattr(skimage.data, name)()[40:137, 60:191] / 255.0
    noise = np.random.default_rng(0).normal(0, 0.05, true.shape)
    return true, np.clip(0.9 * true + noise, 0, 1)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_psnr_and_ssim_agree_with_scikit_image(name):
    true, result = pictures(name)
    assert psnr(true, result) == pytest.approx(
        skimage.metrics.peak_signal_noise_ratio(true, result, data_range=1), abs=1e-9
    )
    expected = skimage.metrics.structural_similarity(true, result, channel_axis=2, data_range=1)
    assert ssim(true, result) == pytest.approx(expected, abs=1e-9)


def test_psnr_of_equal_pictures_is_infinite():
    true, _ = pictures()
    assert psnr(true, true) == math.inf


def test_psnr_knows_its_peak():
    zeros = np.zeros((5, 5, 2))
    assert psnr(zeros, zeros + 11, peak=110) == pytest.approx(20)


def test_psnr_of_codes_does_not_wrap():
    assert psnr(np.zeros((2, 2)), np.full((2, 2), 255, np.uint8), peak=255) == 0


def test_ssim_of_equal_pictures_is_one():
    true, _ = pictures()
    assert ssim(true.astype(np.float32), true.astype(np.float32)) == pytest.approx(1)


def test_mean_delta_e_takes_every_second_pixel():
    true, result = pictures()
    expected = skimage.color.deltaE_ciede2000(
        skimage.color.rgb2lab(true)[::2, ::2], skimage.color.rgb2lab(result)[::2, ::2]
    ).mean()
    assert mean_delta_e(true, result) == pytest.approx(expected, abs=2e-3)
    every = skimage.color.deltaE_ciede2000(skimage.color.rgb2lab(true), skimage.color.rgb2lab(result)).mean()
    assert mean_delta_e(true, result, step=1) == pytest.approx(every, abs=2e-3)


def test_mean_ab_distance_is_euclidean():
    assert mean_ab_distance(np.zeros((2, 3, 2)), np.tile([3.0, 4.0], (2, 3, 1))) == 5


def reference_ms_ssim(true, result):
    """What torchmetrics says, in double precision."""
    from tintype.measure.perceptual.torchvision_operators import import_torchvision

    import_torchvision()
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    one, two = (torch.from_numpy(np.moveaxis(picture, -1, 0).copy())[None] for picture in (true, result))
    return float(multiscale_structural_similarity_index_measure(two, one, data_range=1.0))


@pytest.mark.parametrize(
    ("name", "height", "width"), [("astronaut", 256, 256), ("coffee", 399, 500), ("chelsea", 176, 201)]
)
def test_ms_ssim_agrees_with_torchmetrics(name, height, width):
    true = getattr(skimage.data, name)()[:height, :width] / 255
    result = np.clip(0.9 * true + np.random.default_rng(0).normal(0, 0.05, true.shape), 0, 1)
    expected = reference_ms_ssim(true, result)
    assert ms_ssim(true, result) == pytest.approx(expected, abs=1e-8)
    single = ms_ssim(true.astype(np.float32), result.astype(np.float32))
    assert single == pytest.approx(expected, abs=1e-6)


def test_ms_ssim_counts_negative_likeness_as_none():
    true = skimage.data.astronaut()[:256, :256] / 255
    assert ms_ssim(true, 1 - true) == 0
    assert ms_ssim(true, true) == pytest.approx(1)


def test_ssim_of_single_precision_is_close():
    true, result = pictures()
    assert ssim(true.astype(np.float32), result.astype(np.float32)) == pytest.approx(
        ssim(true, result), abs=3e-6
    )


@pytest.mark.parametrize(("measure", "size"), [(ssim, (6, 200)), (ms_ssim, (300, 175))])
def test_too_small_pictures_are_refused(measure, size):
    with pytest.raises(TintypeError, match="pixels or more, this has"):
        measure(np.zeros((*size, 3)), np.zeros((*size, 3)))


def test_psnr_ab_takes_a_range_of_220():
    true = np.zeros((5, 6, 2))
    assert psnr_ab(true, np.tile([22.0, 0.0], (5, 6, 1))) == pytest.approx(
        10 * math.log10(220**2 / (22**2 / 2))
    )
    assert psnr_ab(true, true) == math.inf
