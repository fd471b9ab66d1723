"""How sure a figure is, and whether a difference is more than chance: intervals, a paired test, Holm's correction.

Pure functions of numbers; equal seeds give equal answers. All of it treats what is given as independent: give
one value for each photograph (or each participant), never one for each pixel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.errors import TintypeError

Floats = NDArray[np.float64]
Method = Literal["bca", "percentile"]

LEVEL = 0.95
RESAMPLES = 10_000
SEED = 1

_CHUNK = 1 << 22
"""How many weights are held at once: 32 MB."""


@dataclass(frozen=True)
class Interval:
    """A figure and the bounds that it lies between with the asked confidence.

    Both bounds are nan where the data can't give any: a single photograph, an infinite mean.

    >>> f"{Interval(21.954, 21.5, 22.404):.2f}"
    '21.95 [21.50, 22.40]'
    >>> f"{Interval(21.954, math.nan, math.nan):.1f}"
    '22.0'
    """

    value: float
    low: float
    high: float

    @property
    def has_bounds(self) -> bool:
        """Whether the bounds are known."""
        return not (math.isnan(self.low) or math.isnan(self.high))

    def __format__(self, specification: str) -> str:
        """Write value and bounds with the specification of a float: ``f"{interval:.2f}"``."""
        value, low, high = (format(x, specification) for x in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]" if self.has_bounds else value


@dataclass(frozen=True)
class PairedDifference:
    """How much two systems differ on the same photographs.

    Attributes:
        mean: one minus other, with its bootstrap interval.
        p: two-sided; 0..1, or nan where a difference is not finite.
        count: number of pairs.
    """

    mean: Interval
    p: float
    count: int


def bootstrap_mean(
    values: ArrayLike,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    *,
    method: Method = "bca",
) -> Interval:
    """Measure a mean and its bootstrap interval.

    Args:
        values: (n,), one for each independent thing, such as a photograph.
        level: confidence, between 0 and 1.
        resamples: how many times n values are drawn with replacement.
        seed: of the drawing.
        method: see ``bootstrap``.

    Returns:
        The mean; no bounds for one value or an infinite mean.

    Raises:
        TintypeError: there are no values.

    >>> bootstrap_mean([3.0, 3.0, 3.0])
    Interval(value=3.0, low=3.0, high=3.0)
    """
    numbers = _numbers(values)
    mean = float(numbers.mean())
    if len(numbers) < 2 or not math.isfinite(mean):
        return Interval(mean, math.nan, math.nan)
    _check(len(numbers), level, resamples)
    # About one of them the sums round least, so that equal values have an interval of no width.
    middle = float(numbers[0])
    spread = numbers - middle
    pieces = resampled_weights(len(spread), resamples, seed)
    drawn = np.concatenate([weights @ spread / len(spread) for weights in pieces])
    without = (spread.sum() - spread) / (len(spread) - 1)
    away = float(spread.mean())
    low, high = _bounds(away, drawn, level, without if method == "bca" else None)
    return Interval(middle + away, middle + low, middle + high)


def bootstrap(
    statistic: Callable[[Floats], Floats],
    n: int,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    *,
    method: Method = "bca",
) -> Interval:
    """Measure a pooled figure and its bootstrap interval.

    ``percentile``: the quantiles (1 - level) / 2 and (1 + level) / 2 of the figure over the resamples. ``bca``:
    quantiles moved for bias and for acceleration (from the jackknife), better for few photographs and for figures
    that are no plain mean; it asks for n more values of the figure.

    Args:
        statistic: from weights (R, n) to the figure under each of the R weightings, (R,). A weight says how often
            the thing was drawn; each row sums to n, up to rounding.
        n: how many independent things there are.
        level: confidence, between 0 and 1.
        resamples: how many weightings are drawn.
        seed: equal seeds draw equal weightings, so that figures of one set vary together.
        method: ``bca`` or ``percentile``.

    Returns:
        The figure at equal weights; no bounds where n is 1 or the figure is not finite.

    Raises:
        TintypeError: n is 0, or level or resamples make no sense.

    Source: Efron, "Better bootstrap confidence intervals" (1987); equal to ``scipy.stats.bootstrap`` but for the
    draws.
    """
    _check(n, level, resamples)
    value = float(statistic(np.ones((1, n)))[0])
    if n < 2 or not math.isfinite(value):
        return Interval(value, math.nan, math.nan)
    drawn = np.concatenate([statistic(weights) for weights in resampled_weights(n, resamples, seed)])
    without = _jackknife(statistic, n) if method == "bca" else None
    return Interval(value, *_bounds(value, drawn, level, without))


def jackknife(statistic: Callable[[Floats], Floats], n: int, level: float = LEVEL) -> Interval:
    """Measure a figure that depends on what occurs at all, and its jackknife interval.

    For figures that count each kind of thing once, however rare it is. In a bootstrap resample a third of the
    things is missing and with them all that they alone have, so that resampled figures are those of smaller sets:
    they lie to one side, and too close together. Leaving out one thing at a time hardly changes the size of the set.

    Formula: value -+ z s, with z the normal quantile of (1 + level) / 2 and s^2 = (n - 1) / n sum (v_i - mean v)^2,
    where v_i is the figure without thing i.

    Args:
        statistic: see ``bootstrap``.
        n: how many independent things there are.
        level: confidence, between 0 and 1.

    Returns:
        The figure at equal weights; no bounds where n is 1 or the figure is not finite.

    Raises:
        TintypeError: n is 0, or the level makes no sense.

    Source: Tukey (1958); Efron and Stein, "The jackknife estimate of variance" (1981).

    >>> jackknife(lambda weights: weights @ np.array([3.0, 3.0, 3.0]) / 3, 3)
    Interval(value=3.0, low=3.0, high=3.0)
    """
    _check(n, level, 1)
    value = float(statistic(np.ones((1, n)))[0])
    if n < 2 or not math.isfinite(value):
        return Interval(value, math.nan, math.nan)
    without = _jackknife(statistic, n)
    deviation = math.sqrt((n - 1) / n * float(np.square(without - without.mean()).sum()))
    reach = NormalDist().inv_cdf((1 + level) / 2) * deviation
    return Interval(value, value - reach, value + reach)


def resampled_weights(n: int, resamples: int = RESAMPLES, seed: int = SEED) -> Iterator[Floats]:
    """Draw n things with replacement, many times, and count how often each came.

    Yields:
        (R, n) float64, rows summing to n; in pieces, so that few are held at once.
    """
    random = np.random.default_rng(seed)
    for rows in _pieces(resamples, n):
        drawn = random.integers(0, n, size=(rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def wilson(successes: float, trials: float, level: float = LEVEL) -> Interval:
    """Measure a share and its score interval.

    Formula: with z the normal quantile of (1 + level) / 2 and p = successes / trials, the bounds are
    (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n). They never leave 0..1 and hold for few
    trials and for shares near 0 and 1.

    Raises:
        TintypeError: no trials, or successes outside 0..trials.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927).

    >>> f"{wilson(15, 50):.3f}"
    '0.300 [0.191, 0.438]'
    """
    if not 0 <= successes <= trials or trials == 0:
        raise TintypeError(f"{successes} of {trials} is no share; give 1 trial or more and no more successes")
    _check_level(level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / trials
    shrunk = 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / shrunk
    reach = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2) / shrunk
    # At no success and at nothing but successes the bound is exact; rounding must not say otherwise.
    low = 0.0 if successes == 0 else max(0.0, middle - reach)
    high = 1.0 if successes == trials else min(1.0, middle + reach)
    return Interval(share, low, high)


def paired_difference(
    one: ArrayLike,
    other: ArrayLike,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> PairedDifference:
    """Measure how two systems differ on the same photographs, and how likely chance gives as much.

    The test flips the sign of each difference at random: if the two systems were alike, either could have given
    either value. p is the share of sign patterns whose mean is at least as far from 0; all 2^n patterns where they
    are no more than ``resamples``, else (found + 1) / (resamples + 1).

    A pooled figure that is a sum over photographs (as AuC is, where truth alone says what counts) is tested
    by giving each photograph's share in it.

    Args:
        one: (n,), a figure of each photograph by one system.
        other: (n,), of the same photographs by the other.
        level: confidence of the interval, between 0 and 1.
        resamples: for interval and test.
        seed: of both.

    Raises:
        TintypeError: none, or not equally many.

    Source: Fisher's randomization test; Phipson and Smyth, "Permutation p-values should never be zero" (2010).

    >>> paired_difference([2.0, 3.0, 4.0], [1.0, 2.0, 2.0]).p
    0.25
    """
    first, second = _numbers(one), _numbers(other)
    if len(first) != len(second):
        raise TintypeError(
            f"{len(first)} values can't be paired with {len(second)}; give one for each photograph"
        )
    with np.errstate(invalid="ignore"):  # two infinite figures have no difference
        differences = first - second
    mean = bootstrap_mean(differences, level, resamples, seed)
    return PairedDifference(mean, _sign_flip_p(differences, resamples, seed), len(differences))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for how many were looked at, so that one false alarm among all stays as rare as promised.

    Formula: the k-th smallest of m (from 0) times m - k, made monotone, at most 1. nan stays nan and is not
    counted.

    Returns:
        Adjusted p-values in the order given.

    Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    raw = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(raw))
    order = tested[np.argsort(raw[tested], kind="stable")]
    stepped = raw[order] * np.arange(len(order), 0, -1)
    adjusted = raw.copy()
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1)
    return [float(p) for p in adjusted]


def _sign_flip_p(differences: Floats, resamples: int, seed: int) -> float:
    if not np.isfinite(differences).all():
        return math.nan
    n, total = len(differences), float(differences.sum())
    exact = 2**n <= resamples
    patterns = _all_patterns(n) if exact else _random_patterns(n, resamples, seed)
    # A sum that rounding alone tells from the observed one counts as equally far.
    limit = abs(total) - 1e-12 * float(np.abs(differences).sum())
    found = sum(int(np.count_nonzero(np.abs(2 * (p @ differences) - total) >= limit)) for p in patterns)
    return found / 2**n if exact else (found + 1) / (resamples + 1)


def _all_patterns(n: int) -> Iterator[Floats]:
    yield ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(np.float64)


def _random_patterns(n: int, resamples: int, seed: int) -> Iterator[Floats]:
    random = np.random.default_rng(seed)
    for rows in _pieces(resamples, n):
        yield random.integers(0, 2, size=(rows, n), dtype=np.int8).astype(np.float64)


def _pieces(rows: int, columns: int) -> Iterator[int]:
    step = max(1, _CHUNK // columns)
    yield from (min(step, rows - start) for start in range(0, rows, step))


def _bounds(value: float, drawn: Floats, level: float, without: Floats | None) -> tuple[float, float]:
    """Return the bounds; corrected (BCa) where the figures without each thing are given."""
    shares = np.array([(1 - level) / 2, (1 + level) / 2])
    if without is not None:
        shares = _corrected_shares(shares, value, drawn, without)
    low, high = np.quantile(drawn, shares).tolist()
    return low, high


def _jackknife(statistic: Callable[[Floats], Floats], n: int) -> Floats:
    """Measure the figure without each thing: (n,)."""
    found, start = [], 0
    for rows in _pieces(n, n):
        weights = np.full((rows, n), n / (n - 1))
        weights[np.arange(rows), np.arange(start, start + rows)] = 0
        found.append(statistic(weights))
        start += rows
    return np.concatenate(found)


def _corrected_shares(shares: Floats, value: float, drawn: Floats, without: Floats) -> Floats:
    """Move the quantiles for bias and acceleration; where either can't be told they stay."""
    normal = NormalDist()
    below = float(np.mean(drawn < value) + np.mean(drawn <= value)) / 2
    influence = without.mean() - without
    spread = float(np.sum(influence**2))
    if not 0 < below < 1 or spread == 0 or not math.isfinite(spread):
        return shares
    bias = normal.inv_cdf(below)
    acceleration = float(np.sum(influence**3)) / (6 * spread**1.5)
    moved = [bias + normal.inv_cdf(share) for share in shares.tolist()]
    return np.array([normal.cdf(bias + z / (1 - acceleration * z)) for z in moved])


def _numbers(values: ArrayLike) -> Floats:
    numbers: NDArray[Any] = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not len(numbers):
        raise TintypeError(f"a list of one number or more is needed, not an array of shape {numbers.shape}")
    return numbers


def _check(n: int, level: float, resamples: int) -> None:
    if n < 1 or resamples < 1:
        raise TintypeError(f"{n} values resampled {resamples} times say nothing; give at least one of each")
    _check_level(level)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise TintypeError(f"a confidence of {level} makes no sense; give one between 0 and 1, such as 0.95")
