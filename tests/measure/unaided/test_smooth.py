import numpy as np
import pytest
from scipy.ndimage import generic_filter

from tintype.measure.unaided.smooth import follow_lightness, local_deviation, window_mean

PLANE = np.random.default_rng(0).normal(50, 20, (23, 31))


@pytest.mark.parametrize("radius", [0, 1, 4, 40])
def test_window_mean_is_the_mean_of_what_lies_in_the_window(radius):
    expected = generic_filter(PLANE, np.nanmean, 2 * radius + 1, mode="constant", cval=np.nan)
    np.testing.assert_allclose(window_mean(PLANE, radius), expected)
    both = window_mean(np.stack([PLANE, -PLANE], axis=2), radius)
    np.testing.assert_allclose(both[..., 1], -expected)


def test_local_deviation_is_that_of_numpy():
    expected = generic_filter(PLANE, np.nanstd, 5, mode="constant", cval=np.nan)
    np.testing.assert_allclose(local_deviation(PLANE, 2), expected)


def test_follow_lightness_stops_at_edges():
    lightness = np.where(np.arange(40) < 20, 20.0, 80.0) * np.ones((30, 1))
    plane = np.zeros_like(lightness)
    plane[10:20, :20] = 1.0
    spread = follow_lightness(plane, lightness, 4, 5.0)
    assert spread[15, 19] > 0.7
    assert spread[8, 10] > 0.2
    assert spread[:, 20:].max() < 0.05


def test_follow_lightness_is_the_identity_on_its_guide():
    np.testing.assert_allclose(follow_lightness(PLANE, PLANE, 3, 1e-6), PLANE, atol=1e-6)
