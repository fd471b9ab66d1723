import numpy as np
import pytest

from tintype.models.examples.edge_filters import guided_filter, joint_bilateral

RANDOM = np.random.default_rng(0)
STEP = np.repeat(np.float32([20, 80]), 8)[None].repeat(12, axis=0)


def slow_joint_bilateral(maps, guide, sigma, guide_sigma):
    """The definition, pixel by pixel, within two standard deviations."""
    reach = int(np.ceil(2 * sigma))
    result = np.zeros_like(maps)
    for y, x in np.ndindex(guide.shape):
        rows, columns = (slice(max(0, at - reach), at + reach + 1) for at in (y, x))
        near_y, near_x = np.mgrid[rows, columns][
            :, : guide.shape[0] - rows.start, : guide.shape[1] - columns.start
        ]
        squares = ((near_y - y) ** 2 + (near_x - x) ** 2) / sigma**2
        squares = squares + ((guide[near_y, near_x] - guide[y, x]) / guide_sigma) ** 2
        weights = np.exp(-squares / 2)[..., None]
        result[y, x] = (weights * maps[near_y, near_x]).sum(axis=(0, 1)) / weights.sum()
    return result


@pytest.mark.parametrize("shape", [(9, 11), (3, 20), (1, 1)])
def test_joint_bilateral_is_its_definition(shape):
    maps = RANDOM.normal(size=(*shape, 2)).astype(np.float32)
    guide = RANDOM.uniform(0, 100, shape).astype(np.float32)
    expected = slow_joint_bilateral(maps, guide, 1.5, 30.0)
    np.testing.assert_allclose(joint_bilateral(maps, guide, 1.5, 30.0), expected, atol=1e-5)


@pytest.mark.parametrize("smooth", [joint_bilateral, guided_filter])
def test_noise_goes_and_edges_of_the_guide_stay(smooth):
    clean = np.stack([STEP, -STEP], axis=-1)
    noisy = clean + RANDOM.normal(0, 10, clean.shape).astype(np.float32)
    found = smooth(noisy, STEP, 4.0, 5.0)
    assert np.abs(found - clean).mean() < 0.4 * np.abs(noisy - clean).mean()
    assert (found[:, 8, 0] - found[:, 7, 0]).min() > 45  # the edge is 60 high


@pytest.mark.parametrize("smooth", [joint_bilateral, guided_filter])
def test_even_maps_stay_even(smooth):
    guide = RANDOM.uniform(0, 100, (12, 16)).astype(np.float32)
    np.testing.assert_allclose(smooth(np.full((12, 16, 3), 7, np.float32), guide, 3.0, 5.0), 7, rtol=1e-3)
