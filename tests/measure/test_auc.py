import math

import numpy as np
import pytest

from tintype.color.bins import CENTERS
from tintype.errors import TintypeError
from tintype.measure.auc import (
    AUC_PROTOCOLS,
    Auc,
    AucTerms,
    ErrorTable,
    auc,
    count_terms,
    nearest_bins,
    pooled_auc,
    resample_auc,
)
from tintype.measure.priors import bundled_priors


def slow_auc(true, result):
    """The definition of protocol set, pixel by pixel."""
    pixels = list(zip(true.reshape(-1, 2).tolist(), result.reshape(-1, 2).tolist(), strict=True))[::7]
    bins = [(round(a / 10), round(b / 10)) for (a, b), _ in pixels]
    errors = [math.dist(one, two) for one, two in pixels]
    return [
        slow_share(errors, weights) for weights in ([1.0] * len(pixels), [1 / bins.count(i) for i in bins])
    ]


def slow_zhang16(true, result, priors):
    """The definition of protocol zhang16, pixel by pixel."""
    pixels = list(zip(true.reshape(-1, 2).tolist(), result.reshape(-1, 2).tolist(), strict=True))
    centers = CENTERS.tolist()
    bins = [min(range(313), key=lambda i: math.dist(centers[i], one)) for one, _ in pixels]
    errors = [math.dist(one, two) for one, two in pixels]
    return [slow_share(errors, weights) for weights in ([1.0] * len(pixels), [1 / priors[i] for i in bins])]


def slow_share(errors, weights):
    shares = [
        sum(w for w, e in zip(weights, errors, strict=True) if e <= t) / sum(weights) for t in range(151)
    ]
    return 100 * sum(shares) / 151


def random_photographs(count=4, spread=40):
    rng = np.random.default_rng(count)
    true = rng.normal(0, spread, (count, 20, 23, 2))
    return true, true + rng.normal(0, 1, true.shape) * rng.uniform(0, 90, (*true.shape[:-1], 1))


def test_auc_agrees_with_the_slow_definition():
    rng = np.random.default_rng(1)
    true = rng.normal(0, 25, (40, 45, 2))
    result = true + rng.normal(0, 1, (40, 45, 2)) * rng.uniform(0, 120, (40, 45, 1))
    found = auc(true, result)
    assert [found.raw, found.rebalanced] == pytest.approx(slow_auc(true, result), abs=1e-9)


def test_rebalanced_auc_weighs_rare_colors_like_frequent_ones():
    true = np.zeros((70, 2))
    true[63:] = [60, 0]  # one pixel of ten that are taken
    found = auc(true, np.zeros((70, 2)))
    # Right at every threshold, or from 60 on: 91 of 151.
    assert found.raw == pytest.approx(100 * (0.9 + 0.1 * 91 / 151))
    assert found.rebalanced == pytest.approx(100 * (0.5 + 0.5 * 91 / 151))


@pytest.mark.parametrize(
    ("error", "reached"), [(0, 151), (0.2, 150), (1, 150), (1.001, 149), (150, 1), (150.5, 0)]
)
def test_errors_are_rounded_up_into_thresholds(error, reached):
    found = auc(np.zeros((1, 2)), np.array([[error, 0.0]]))
    assert found.raw == pytest.approx(100 * reached / 151)


def test_table_pools_photographs_with_the_bins_of_all():
    rng = np.random.default_rng(2)
    true, result = rng.normal(0, 20, (2, 7 * 50, 2))
    table = ErrorTable()
    table.add(true[: 7 * 20], result[: 7 * 20])
    table.add(true[7 * 20 :], result[7 * 20 :])
    assert table.auc() == auc(true, result)


def test_colors_beyond_all_bins_are_counted():
    assert auc(np.array([[400.0, -400.0]]), np.array([[400.0, -400.0]])) == Auc(100, 100)


def test_table_of_nothing_is_refused():
    with pytest.raises(TintypeError, match="at least one photograph"):
        ErrorTable().auc()


def test_zhang16_agrees_with_the_slow_definition():
    (true,), (result,) = random_photographs(1)
    priors = np.random.default_rng(3).uniform(0.1, 1, 313)
    found = auc(true, result, "zhang16", priors)
    assert [found.raw, found.rebalanced] == pytest.approx(slow_zhang16(true, result, priors), abs=1e-9)


def test_zhang16_takes_the_priors_of_the_bundled_model():
    true, result = random_photographs()
    assert auc(true, result, "zhang16") == auc(true, result, "zhang16", bundled_priors())
    assert auc(true, result, "zhang16") != auc(true, result, "zhang16", np.ones(313))


def test_scale_of_priors_does_not_matter():
    true, result = random_photographs()
    priors = np.random.default_rng(3).uniform(0.1, 1, 313)
    found, scaled = (auc(true, result, "zhang16", scale * priors).rebalanced for scale in (1, 77))
    assert found == pytest.approx(scaled)


def test_bins_without_prior_weigh_nothing():
    true, result = random_photographs()
    bins = nearest_bins(true.reshape(-1, 2)).reshape(true.shape[:-1])
    priors = np.where(np.arange(313) % 2, 1.0, 0.0)
    odd = bins % 2 == 1
    expected = auc(true[odd], result[odd], "zhang16", np.ones(313)).raw
    assert auc(true, result, "zhang16", priors).rebalanced == pytest.approx(expected)
    nowhere = auc(np.zeros((9, 2)), np.zeros((9, 2)), "zhang16", np.arange(313) == 0)
    assert nowhere.raw == 100
    assert math.isnan(nowhere.rebalanced)


def test_nearest_bins_are_the_nearest():
    ab = np.random.default_rng(0).uniform(-150, 150, (20000, 2))
    distances = np.linalg.norm(ab[:, None] - CENTERS, axis=2)
    found = distances[np.arange(len(ab)), nearest_bins(ab)]
    np.testing.assert_allclose(found, distances.min(axis=1), atol=1e-9)
    assert nearest_bins(CENTERS.astype(np.float64)).tolist() == list(range(313))


@pytest.mark.parametrize("protocol", AUC_PROTOCOLS)
def test_resampling_is_measuring_the_chosen_photographs(protocol):
    true, result = random_photographs()
    terms = [count_terms(*pair, protocol) for pair in zip(true, result, strict=True)]
    weights = np.array([[1, 1, 1, 1], [2, 0, 1, 1], [0, 0, 0, 4]])
    found = resample_auc(terms, weights)
    for row, times in zip(found, weights, strict=True):
        chosen = [each for each, count in zip(terms, times, strict=True) for _ in range(count)]
        assert row == pytest.approx([pooled_auc(chosen).raw, pooled_auc(chosen).rebalanced])
    assert pooled_auc(terms, weights[1]).raw == pytest.approx(found[1, 0])


@pytest.mark.parametrize("protocol", AUC_PROTOCOLS)
def test_gray_pixels_of_gray_results_are_right_at_every_threshold(protocol):
    assert auc(np.zeros((70, 2), np.float32), np.zeros((70, 2), np.float32), protocol) == Auc(100, 100)


def test_unknown_protocol_is_named():
    with pytest.raises(TintypeError, match="no AuC protocol 'zhang17'; give one of set, zhang16"):
        ErrorTable("zhang17")


def test_terms_of_two_protocols_are_not_pooled():
    terms = [AucTerms(np.ones(313), np.ones(313), name) for name in AUC_PROTOCOLS]
    with pytest.raises(TintypeError, match="protocols set, zhang16 can't be pooled"):
        pooled_auc(terms)


def test_priors_of_another_length_are_refused():
    with pytest.raises(TintypeError, match=r"shape .529,.; give 313"):
        auc(np.zeros((7, 2)), np.zeros((7, 2)), "zhang16", np.ones(529))
