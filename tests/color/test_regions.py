"""Soft regions of a picture that look alike."""

import numpy as np
import pytest

from tintype.color.regions import find_regions, soften


def test_memberships_sum_to_one_and_follow_the_looks():
    looks = np.zeros((8, 10, 2))
    looks[:, 5:] = 9
    looks += np.random.default_rng(0).normal(0, 0.3, looks.shape)
    regions = find_regions(looks, count=2, softness=0.5)
    assert regions.shape == (8, 10, 2)
    np.testing.assert_allclose(regions.sum(axis=-1), 1, atol=1e-6)
    owner = regions.argmax(axis=-1)
    assert (owner[:, :5] == owner[0, 0]).all()
    assert (owner[:, 5:] == 1 - owner[0, 0]).all()


def test_regions_are_the_same_every_time():
    looks = np.random.default_rng(0).random((9, 9, 5))
    np.testing.assert_array_equal(find_regions(looks, 4, 0.4), find_regions(looks, 4, 0.4))


def test_softness_widens_the_borders():
    looks = np.linspace(0, 10, 50).reshape(1, 50, 1)
    sharp, soft = (find_regions(looks, 3, softness).max(axis=-1).mean() for softness in (0.05, 1.0))
    assert sharp > 0.97
    assert soft < 0.95


@pytest.mark.parametrize("value", [0.0, 1e3])
def test_uniform_picture_is_shared_without_fuss(value):
    regions = find_regions(np.full((4, 4, 3), value), count=4, softness=0.4)
    assert np.isfinite(regions).all()
    np.testing.assert_allclose(regions.sum(axis=-1), 1, atol=1e-6)
    assert np.ptp(regions, axis=(0, 1)).max() < 1e-6


def test_soften_is_the_mean_of_nine_cells():
    picture = np.zeros((5, 6, 2))
    picture[2, 3] = (9, 18)
    expected = np.zeros((5, 6, 2))
    expected[1:4, 2:5] = (1, 2)
    np.testing.assert_allclose(soften(picture), expected)


def test_soften_keeps_a_constant_picture_to_the_edge():
    np.testing.assert_allclose(soften(np.full((3, 2, 1), 7.0)), 7)
