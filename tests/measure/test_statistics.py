import math

import numpy as np
import pytest
import scipy.stats

from tintype.errors import TintypeError
from tintype.measure.statistics import (
    Interval,
    bootstrap,
    bootstrap_mean,
    holm,
    jackknife,
    paired_difference,
    resampled_weights,
    wilson,
)


def skewed(n=24, seed=5):
    return np.random.default_rng(seed).gamma(1.5, 4, n)


def bounds(interval):
    return interval.low, interval.high


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_bootstrap_mean_agrees_with_scipy(method, level):
    values = skewed()
    expected = scipy.stats.bootstrap(
        (values,),
        np.mean,
        confidence_level=level,
        n_resamples=100_000,
        method=method,
        rng=np.random.default_rng(8),
    ).confidence_interval
    found = bootstrap_mean(values, level, 100_000, method=method)
    # The bounds come from other draws: they differ by the noise of 100,000 of them.
    assert found.value == pytest.approx(values.mean())
    assert bounds(found) == pytest.approx((expected.low, expected.high), abs=0.03)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_mean_and_pooled_figure_agree(method):
    values = skewed()
    pooled = bootstrap(lambda weights: weights @ values / len(values), len(values), method=method)
    assert bounds(bootstrap_mean(values, method=method)) == pytest.approx(bounds(pooled), abs=1e-9)


def test_bca_moves_the_bounds_of_skewed_values_up():
    values = skewed()
    plain, corrected = (bootstrap_mean(values, method=method) for method in ("percentile", "bca"))
    assert corrected.low > plain.low + 0.1
    assert corrected.high > plain.high + 0.1


def test_bootstrap_of_a_ratio_agrees_with_scipy():
    random = np.random.default_rng(3)
    parts = random.uniform(1, 9, 40)
    wholes = parts + random.gamma(2, 3, 40)

    def ratio(one, two, axis=-1):
        return one.sum(axis) / two.sum(axis)

    expected = scipy.stats.bootstrap(
        (parts, wholes), ratio, paired=True, n_resamples=50_000, rng=np.random.default_rng(8)
    ).confidence_interval
    found = bootstrap(lambda weights: (weights @ parts) / (weights @ wholes), 40, resamples=50_000)
    assert found.value == pytest.approx(parts.sum() / wholes.sum())
    assert bounds(found) == pytest.approx((expected.low, expected.high), abs=2e-3)


def test_bootstrap_in_pieces_is_seeded_and_complete(monkeypatch):
    monkeypatch.setattr("tintype.measure.statistics._CHUNK", 50)
    pieces = list(resampled_weights(20, 7, seed=4))
    assert [len(piece) for piece in pieces] == [2, 2, 2, 1]
    assert all((piece.sum(axis=1) == 20).all() for piece in pieces)
    again = np.concatenate(list(resampled_weights(20, 7, seed=4)))
    np.testing.assert_array_equal(np.concatenate(pieces), again)
    assert not np.array_equal(again, np.concatenate(list(resampled_weights(20, 7, seed=5))))
    values = skewed(20)
    monkeypatch.undo()
    whole = bootstrap_mean(values, resamples=300, method="bca")
    monkeypatch.setattr("tintype.measure.statistics._CHUNK", 300 * 20)
    assert bounds(bootstrap_mean(values, resamples=300)) == pytest.approx(bounds(whole))


def test_weights_are_those_of_drawing_with_replacement():
    weights = np.concatenate(list(resampled_weights(10, 20_000)))
    expected = scipy.stats.binom(10, 0.1).pmf(np.arange(4))
    found = [np.mean(weights == count) for count in range(4)]
    np.testing.assert_allclose(found, expected, atol=0.005)


def test_interval_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(0)
    intervals = [bootstrap_mean(random.gamma(2, 1, 50), resamples=400, seed=k) for k in range(400)]
    covered = np.mean([interval.low <= 2 <= interval.high for interval in intervals])
    assert 0.90 < covered < 0.97


@pytest.mark.parametrize("value", [0.1, 22.9, 1e9 / 7])
def test_equal_values_have_an_interval_without_width(value):
    assert bootstrap_mean(np.full(9, value)) == Interval(value, value, value)


@pytest.mark.parametrize("values", [[4.0], [4.0, math.inf], [4.0, math.nan]])
def test_bounds_that_cannot_be_known_are_not_made_up(values):
    found = bootstrap_mean(values)
    assert found.value == pytest.approx(np.mean(values), nan_ok=True)
    assert not found.has_bounds


@pytest.mark.parametrize("values", [[], [[1.0, 2.0]]])
def test_values_that_are_no_list_are_refused(values):
    with pytest.raises(TintypeError, match="a list of one number or more"):
        bootstrap_mean(values)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_impossible_confidence_is_refused(level):
    with pytest.raises(TintypeError, match="between 0 and 1"):
        bootstrap_mean([1, 2], level)
    with pytest.raises(TintypeError, match="between 0 and 1"):
        wilson(1, 2, level)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (1, 10), (15, 50), (323, 1000), (10, 10), (1, 1)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_wilson_agrees_with_scipy(successes, trials, level):
    expected = scipy.stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
    found = wilson(successes, trials, level)
    assert found.value == successes / trials
    assert bounds(found) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(successes, trials, low, high):
    assert bounds(wilson(successes, trials)) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 4)])
def test_wilson_of_no_share_is_refused(successes, trials):
    with pytest.raises(TintypeError, match=f"{successes} of {trials}"):
        wilson(successes, trials)


def test_paired_difference_of_few_pairs_is_exact():
    random = np.random.default_rng(2)
    one, other = random.normal(0.5, 1, 11), random.normal(0, 1, 11)
    expected = scipy.stats.permutation_test((one - other,), np.mean, permutation_type="samples")
    found = paired_difference(one, other)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.count, found.mean.value) == (11, pytest.approx(np.mean(one - other)))


def test_paired_difference_of_darwins_maize_is_fishers():
    # Fisher, "The Design of Experiments" (1935), section 21: 1,726 of 2^15 patterns reach the sum of 314 eighths.
    inches = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]) / 8
    found = paired_difference(inches, np.zeros(15), resamples=2**15)
    assert found.p == pytest.approx(1726 / 2**15)


def test_paired_difference_of_many_pairs_agrees_with_scipy():
    random = np.random.default_rng(6)
    one = random.normal(0, 1, 120)
    other = one + random.normal(0.05, 1, 120)
    expected = scipy.stats.permutation_test(
        (one - other,), np.mean, permutation_type="samples", n_resamples=40_000, rng=np.random.default_rng(1)
    )
    assert 0.02 < expected.pvalue < 0.9
    assert paired_difference(one, other, resamples=40_000).p == pytest.approx(expected.pvalue, abs=0.01)


def test_p_of_chance_is_never_zero():
    found = paired_difference(np.arange(40) + 100.0, np.arange(40.0), resamples=999)
    assert found.p == 1 / 1000


def test_p_of_equal_systems_is_one():
    assert paired_difference(np.ones(30), np.ones(30)).p == 1


def test_infinite_figures_have_no_p():
    found = paired_difference([math.inf, 3.0], [math.inf, 2.0])
    assert math.isnan(found.p)
    assert not found.mean.has_bounds


def test_values_that_cannot_be_paired_are_refused():
    with pytest.raises(TintypeError, match="2 values can't be paired with 3"):
        paired_difference([1, 2], [1, 2, 3])


def test_holm_gives_the_published_example():
    # R's p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm"); and ties, unsorted.
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.04, 0.001, 0.04, 0.5]) == pytest.approx([0.12, 0.004, 0.12, 0.5])
    assert holm([0.9, 0.8]) == [1, 1]


def test_holm_leaves_out_what_was_not_tested():
    assert holm([0.02, math.nan, 0.04]) == pytest.approx([0.04, math.nan, 0.04], nan_ok=True)
    assert holm([]) == []


def test_jackknife_of_a_mean_is_its_standard_error():
    values = skewed()
    found = jackknife(lambda weights: weights @ values / len(values), len(values), 0.9)
    reach = scipy.stats.norm.ppf(0.95) * scipy.stats.sem(values)
    assert found.value == pytest.approx(values.mean())
    assert bounds(found) == pytest.approx((values.mean() - reach, values.mean() + reach))


def test_jackknife_of_one_value_has_no_bounds():
    assert not jackknife(lambda weights: weights @ np.ones(1), 1).has_bounds
    with pytest.raises(TintypeError, match="confidence of 2"):
        jackknife(lambda weights: weights @ np.ones(3), 3, 2)


def test_jackknife_holds_where_rare_kinds_vanish_from_resamples():
    # Each thing is of a kind, rare kinds being bad; the figure is the mean over the kinds that occur.
    random = np.random.default_rng(0)
    shares = 1 / np.arange(1, 61) ** 1.3
    goodness = np.linspace(1, 0, 60)

    def statistic(kinds):
        of_kind = kinds[:, None] == np.arange(60)
        return lambda weights: (weights @ of_kind > 0) @ goodness / (weights @ of_kind > 0).sum(axis=1)

    sets = [random.choice(60, 80, p=shares / shares.sum()) for _ in range(400)]
    target = np.mean([statistic(kinds)(np.ones((1, 80)))[0] for kinds in sets])

    def coverage(intervals):
        return np.mean([it.low <= target <= it.high for it in intervals])

    held = coverage(jackknife(statistic(kinds), 80) for kinds in sets[:100])
    resampled = coverage(bootstrap(statistic(kinds), 80, resamples=200) for kinds in sets[:100])
    assert held > 0.85
    assert resampled < 0.6
