import numpy as np
import pytest
import scipy.ndimage
import skimage.data
import skimage.metrics

from tintype.measure.structure import compare_windows, gaussian_window, slide_window, uniform_window


@pytest.mark.parametrize("window", [uniform_window(7), gaussian_window(11, 1.5), np.array([0.2, 0.5, 0.3])])
@pytest.mark.parametrize("size", [(11, 11), (42, 100), (43, 65)])
def test_windows_slide_as_scipy_says(window, size):
    planes = np.random.default_rng(0).random((2, 3, *size))
    side, half = len(window), len(window) // 2
    expected = scipy.ndimage.correlate1d(scipy.ndimage.correlate1d(planes, window, axis=2), window, axis=3)
    whole = expected[..., half : size[0] - side + 1 + half, half : size[1] - side + 1 + half]
    np.testing.assert_allclose(slide_window(planes, window), whole, atol=1e-13)


def test_windows_have_sum_1():
    assert uniform_window(7).sum() == pytest.approx(1)
    weights = gaussian_window(11, 1.5)
    assert weights.sum() == pytest.approx(1)
    assert weights[5] / weights[8] == pytest.approx(np.exp(2))


def test_gaussian_windows_compare_as_scikit_image_says():
    true = skimage.data.coffee()[:150, :131] / 255
    result = np.clip(true * 0.8 + np.random.default_rng(1).normal(0.1, 0.04, true.shape), 0, 1)
    _, each = skimage.metrics.structural_similarity(
        true,
        result,
        channel_axis=2,
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    planes = [np.moveaxis(picture, -1, 0) for picture in (true, result)]
    found = compare_windows(*planes, gaussian_window(11, 1.5)).structure
    assert found == pytest.approx(each[5:-5, 5:-5].mean(), abs=1e-12)


def test_peak_only_scales():
    rng = np.random.default_rng(2)
    one, two = rng.random((2, 3, 40, 50))
    window = uniform_window(7)
    assert compare_windows(one, two, window).contrast == pytest.approx(
        compare_windows(255 * one, 255 * two, window, peak=255).contrast
    )


def test_strips_make_no_difference():
    rng = np.random.default_rng(3)
    one, two = rng.random((2, 1, 80, 20))
    window = uniform_window(7)
    upper, lower = (
        compare_windows(one[:, rows], two[:, rows], window) for rows in (slice(0, 43), slice(37, 80))
    )
    whole = compare_windows(one, two, window)
    assert whole.structure == pytest.approx((upper.structure + lower.structure) / 2)
