import numpy as np
import pytest

from tintype.errors import TintypeError
from tintype.measure.perceptual.distances import (
    frechet_distance,
    kernel_distance,
    precision_and_recall,
)


def draw(count, width, seed, shift=0.0):
    """Features that hang together, as those of networks do."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(8, width))
    features = rng.normal(size=(count, 8)) @ mixing + 0.3 * rng.normal(size=(count, width)) + shift
    return np.maximum(features, 0).astype(np.float32)


@pytest.fixture(scope="module")
def fidelity():
    from tintype.measure.perceptual.torchvision_operators import import_torchvision

    import_torchvision()
    import torch_fidelity

    return torch_fidelity


def exact_frechet(true, result):
    """The formula with scipy's matrix root, in the wider of the two forms."""
    from scipy.linalg import sqrtm

    true, result = true.astype(np.float64), result.astype(np.float64)
    one, other = np.cov(true, rowvar=False), np.cov(result, rowvar=False)
    root = sqrtm(one @ other)
    return np.square(true.mean(0) - result.mean(0)).sum() + np.trace(one + other - 2 * root.real)


def test_frechet_distance_is_that_of_scipy():
    true, result = draw(300, 24, 1), draw(250, 24, 2, shift=0.2)
    assert frechet_distance(true, result) == pytest.approx(exact_frechet(true, result), rel=1e-6)


def test_frechet_distance_is_that_of_torch_fidelity(fidelity):
    import torch

    true, result = draw(300, 24, 1), draw(250, 24, 2, shift=0.2)
    module = fidelity.metric_fid
    statistics = [module.fid_features_to_statistics(torch.from_numpy(set_)) for set_ in (true, result)]
    expected = module.fid_statistics_to_metric(*statistics, verbose=False)
    assert frechet_distance(true, result) == pytest.approx(expected["frechet_inception_distance"], rel=1e-5)


def test_frechet_distance_of_few_photographs_is_that_of_torch_fidelity(fidelity):
    import torch

    true, result = draw(40, 64, 1), draw(50, 64, 2, shift=0.2)
    module = fidelity.metric_fid
    statistics = [
        module.fid_features_to_statistics(torch.from_numpy(set_.astype(np.float64)))
        for set_ in (true, result)
    ]
    expected = module.fid_statistics_to_metric(*statistics, verbose=False)
    assert frechet_distance(true, result) == pytest.approx(expected["frechet_inception_distance"], rel=1e-4)


def test_frechet_distance_is_the_same_on_both_sides_of_the_number_of_features():
    true, result = draw(65, 64, 1), draw(65, 64, 2, shift=0.2)
    few = frechet_distance(np.pad(true, ((0, 0), (0, 1))), np.pad(result, ((0, 0), (0, 1))))
    assert frechet_distance(true, result) == pytest.approx(few, rel=1e-6)


@pytest.mark.parametrize("width", [16, 96])
def test_equal_sets_have_no_frechet_distance(width):
    features = draw(60, width, 1)
    assert frechet_distance(features, features[::-1]) == pytest.approx(0, abs=1e-4)


def test_kernel_distance_is_that_of_torch_fidelity(fidelity):
    import torch

    true, result = draw(1200, 24, 1), draw(1100, 24, 2, shift=0.2)
    expected = fidelity.metric_kid.kid_features_to_metric(
        torch.from_numpy(result).double(), torch.from_numpy(true).double(), verbose=False
    )
    actual = kernel_distance(true, result)
    assert actual.subset_size == 1000
    assert actual.mean == pytest.approx(expected["kernel_inception_distance_mean"], rel=1e-9)
    assert actual.deviation == pytest.approx(expected["kernel_inception_distance_std"], rel=1e-9)


def test_kernel_distance_of_few_photographs_takes_half_of_them():
    true, result = draw(60, 24, 1), draw(41, 24, 2, shift=1.0)
    actual = kernel_distance(true, result)
    assert actual.subset_size == 20
    assert actual.deviation > 0
    assert actual.mean > 3 * abs(kernel_distance(true[:41], draw(41, 24, 3)).mean)


def test_paired_kernel_distance_of_a_small_set_is_not_pulled_below_zero():
    true = draw(60, 24, 1)
    result = 0.8 * true
    independent = kernel_distance(draw(2000, 24, 5), 0.8 * draw(2000, 24, 6)).mean
    assert kernel_distance(true, true, paired=True).mean == pytest.approx(0, abs=1e-9)
    assert kernel_distance(true, true).mean < -0.1 * independent
    assert kernel_distance(true, result, paired=True).mean == pytest.approx(independent, rel=0.5)


def test_paired_kernel_distance_of_many_photographs_is_that_of_torch_fidelity():
    true, other = draw(3000, 24, 1), draw(3000, 24, 2, shift=0.3)
    result = 0.5 * true + 0.5 * other
    paired, independent = kernel_distance(true, result, paired=True), kernel_distance(true, result)
    assert paired.mean == pytest.approx(independent.mean, rel=0.05)


def test_paired_kernel_distance_is_its_definition():
    true, result = draw(4, 8, 1).astype(float), draw(4, 8, 2).astype(float)
    pairs = [(i, j) for i in range(4) for j in range(4) if i != j]

    def kernel(x, y):
        return (x @ y / 8 + 1) ** 3

    terms = [
        kernel(true[i], true[j]) + kernel(result[i], result[j]) - 2 * kernel(true[i], result[j])
        for i, j in pairs
    ]
    # The mean over all subsets of two is the mean over all pairs; 100 random ones come near.
    found = kernel_distance(true, result, paired=True)
    assert found.subset_size == 2
    assert found.mean == pytest.approx(np.mean(terms), abs=3 * found.deviation / 10)


def test_other_numbers_are_no_pairs():
    with pytest.raises(TintypeError, match="5 truths and 6 results are no pairs"):
        kernel_distance(draw(5, 8, 1), draw(6, 8, 2), paired=True)


def test_precision_and_recall_are_those_of_torch_fidelity(fidelity):
    import torch

    true, result = draw(120, 24, 1), 0.5 * draw(90, 24, 2)
    expected = fidelity.metric_prc.prc_features_to_metric(
        torch.from_numpy(result), torch.from_numpy(true), verbose=False
    )
    precision, recall = precision_and_recall(true, result)
    assert precision == pytest.approx(expected["precision"])
    assert recall == pytest.approx(expected["recall"])
    assert precision != recall


def test_few_safe_results_have_precision_but_no_recall():
    true = draw(200, 8, 1)
    rng = np.random.default_rng(3)
    center = true.mean(0)
    safe = (center + 0.01 * rng.normal(size=(100, 8))).astype(np.float32)
    precision, recall = precision_and_recall(true, safe)
    assert precision == 1
    assert recall < 0.1


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance, precision_and_recall])
def test_set_that_is_too_small_is_refused(measure):
    with pytest.raises(TintypeError, match="a set of 3 photographs is too small"):
        measure(draw(60, 8, 1), draw(3, 8, 2))


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance, precision_and_recall])
def test_features_of_two_networks_are_refused(measure):
    with pytest.raises(TintypeError, match="use one network"):
        measure(draw(60, 8, 1), draw(60, 9, 2))
