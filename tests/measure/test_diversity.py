from itertools import combinations

import numpy as np
import pytest
from skimage import data
from skimage.color import rgb2lab

from tintype.errors import TintypeError
from tintype.measure.diversity import (
    errors_of_best,
    expected_errors_of_best,
    judge_samples,
    mean_pairwise,
)
from tintype.measure.figures import tinted

TRUE = np.ascontiguousarray(data.coffee()[::4, ::4])


@pytest.fixture(scope="module")
def samples():
    return [tinted(TRUE, ab) for ab in ((15, 10), (0, 0), (-10, 20), (20, 25))]


def ab_distance(one, other):
    """By scikit-image; its matrices are rounded a little otherwise."""
    return np.linalg.norm(rgb2lab(one)[..., 1:] - rgb2lab(other)[..., 1:], axis=-1).mean()


def test_figures_are_those_of_scikit_image(samples):
    found = judge_samples(TRUE, samples)
    errors = [ab_distance(TRUE, sample) for sample in samples]
    assert found.errors_of_best == pytest.approx([min(errors[:k]) for k in range(1, 5)], abs=0.01)
    assert found.errors_of_best[3] < found.errors_of_best[0] - 1
    apart = [ab_distance(one, other) for one, other in combinations(samples, 2)]
    assert found.ab_distance == pytest.approx(np.mean(apart), abs=0.01)
    assert found.lpips is None


def test_perceptual_distance_is_taken_of_pictures(samples):
    def distance(one, other):
        return float(np.abs(one.astype(int) - other).mean())

    expected = np.mean([distance(one, other) for one, other in combinations(samples, 2)])
    assert judge_samples(TRUE, samples, distance).lpips == pytest.approx(expected)


def test_expected_best_is_the_mean_over_all_choices():
    errors = np.random.default_rng(0).uniform(size=6)
    for k, found in enumerate(expected_errors_of_best(errors), start=1):
        assert found == pytest.approx(np.mean([min(chosen) for chosen in combinations(errors, k)]))


def test_expected_best_does_not_depend_on_the_order():
    errors = np.random.default_rng(0).uniform(size=(3, 8))
    assert np.allclose(expected_errors_of_best(errors), expected_errors_of_best(errors[:, ::-1]))
    assert expected_errors_of_best(errors)[:, 0] == pytest.approx(errors.mean(axis=1))
    assert np.array_equal(expected_errors_of_best(errors)[:, -1], errors.min(axis=1))


def test_many_samples_are_no_trouble():
    assert expected_errors_of_best(np.arange(1000.0))[-1] == 0


def test_neighbors_alone_are_compared_where_asked():
    numbers = [0.0, 1.0, 3.0]
    assert mean_pairwise(numbers, lambda one, other: abs(one - other), "neighbors") == 1.5
    assert mean_pairwise(numbers, lambda one, other: abs(one - other)) == 2.0


def test_equal_samples_are_no_choice():
    found = judge_samples(TRUE, [TRUE, TRUE])
    assert found.ab_distance == found.errors_of_best[0] == 0


def test_single_sample_is_refused():
    with pytest.raises(TintypeError, match="give two or more"):
        judge_samples(TRUE, [TRUE])


def test_sample_of_another_size_is_refused():
    with pytest.raises(TintypeError, match="give one size"):
        judge_samples(TRUE, [TRUE, TRUE[:50]])


def test_running_minimum_keeps_photographs_apart():
    assert errors_of_best([[3, 2, 4], [1, 5, 0]]).tolist() == [[3, 2, 2], [1, 1, 0]]
