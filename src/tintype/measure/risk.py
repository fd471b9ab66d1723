"""Whether doubt predicts error: risk-coverage curves.

Keep the share of the cells that a model doubts least, and measure their mean error: if doubt knows where the
errors are, the curve climbs from a low start to the mean error of all. Each photograph is summed up in
`RiskTerms`, histograms of 1,000 intervals, so that a set of any size is pooled and resampled fast; within an
interval the order is taken for random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.errors import TintypeError

Floats = NDArray[np.floating[Any]]

DOUBT_INTERVALS = 1000
"""Of doubt, 0..1."""

LARGEST_ERROR = 250.0
"""Lab units: what is farther away shares the last interval of errors."""

CURVE_POINTS = 100


@dataclass(frozen=True, eq=False)
class RiskTerms:
    """What one photograph, or several together, contribute to a risk-coverage curve.

    Attributes:
        counts: (1000,) float64, number of cells by their doubt.
        errors: (1000,) float64, sum of their errors.
        best_counts: (1000,) float64, number of cells by their error: the order of whoever knows all errors.
        best_errors: (1000,) float64, sum of their errors.
    """

    counts: NDArray[np.float64]
    errors: NDArray[np.float64]
    best_counts: NDArray[np.float64]
    best_errors: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RiskCurve:
    """Mean error of what is kept, by how much is kept.

    Attributes:
        coverage: (100,) share of the cells that is kept, 0.01..1.
        risk: (100,) mean error of the cells that are doubted least.
        best: (100,) mean error of the cells whose error is least: no doubt can do better.
        mean: mean error of all cells: what doubt that knows nothing has at every coverage.
    """

    coverage: NDArray[np.float64]
    risk: NDArray[np.float64]
    best: NDArray[np.float64]
    mean: float


def count_risk(doubt: Floats, errors: Floats) -> RiskTerms:
    """Sum up a photograph; or a single cell that stands for a photograph, its mean doubt and mean error.

    Args:
        doubt: (...) float, 0..1.
        errors: the same shape, 0 or more; distances of ab in Lab units.
    """
    flat, distances = np.ravel(doubt).astype(np.float64), np.ravel(errors).astype(np.float64)
    last = DOUBT_INTERVALS - 1
    by_doubt = np.clip((flat * DOUBT_INTERVALS).astype(np.int64), 0, last)
    by_error = np.clip((distances * (DOUBT_INTERVALS / LARGEST_ERROR)).astype(np.int64), 0, last)
    return RiskTerms(*_histogram(by_doubt, distances), *_histogram(by_error, distances))


def risk_curve(terms: Sequence[RiskTerms]) -> RiskCurve:
    """Draw the risk-coverage curve of a set of photographs, all cells pooled.

    Args:
        terms: of each photograph.

    Raises:
        TintypeError: there are none.

    Source: El-Yaniv, Wiener, "On the foundations of noise-free selective classification" (2010).
    """
    pooled = [each[0] for each in _pooled(terms, np.ones((1, len(terms))))]
    coverage = np.arange(1, CURVE_POINTS + 1) / CURVE_POINTS
    risk, best = (_risk_at(coverage, *pooled[i : i + 2]) for i in (0, 2))
    return RiskCurve(coverage, risk, best, float(pooled[1].sum() / pooled[0].sum()))


def area_under_risk(terms: Sequence[RiskTerms]) -> float:
    """Measure the area under the risk-coverage curve (AURC): its mean over all coverages.

    Returns:
        In the unit of the errors: from the area of the best order to, for doubt that knows nothing, the mean error
        (and above, where doubt misleads).

    Source: Geifman, El-Yaniv, "Selective classification for deep neural networks" (2017); Geifman, Uziel, El-Yaniv,
    "Bias-reduced uncertainty estimation for deep neural classifiers" (2019).
    """
    counts, errors, _, _ = _pooled(terms, np.ones((1, len(terms))))
    return float(_areas(counts, errors)[0])


def doubt_skill(terms: Sequence[RiskTerms]) -> float:
    """Measure how much of what could be known about the errors doubt does know.

    Formula: (mean error - area) / (mean error - area of the best order).

    Returns:
        1 where doubt orders cells as their errors do, 0 where it knows nothing, below where it misleads; not a
        number where all errors are equal.

    Source: the prediction rejection ratio of Malinin, Mlodozeniec, Gales, "Ensemble distribution distillation"
    (2020), over risk-coverage curves.
    """
    return float(resample_doubt_skill(terms, np.ones((1, len(terms))))[0])


def resample_doubt_skill(terms: Sequence[RiskTerms], weights: ArrayLike) -> NDArray[np.float64]:
    """Measure `doubt_skill` of many resamplings of a set, for a bootstrap.

    Args:
        terms: of each photograph.
        weights: (R, n), how often each photograph counts in each resampling.

    Returns:
        (R,), at most 1.
    """
    counts, errors, best_counts, best_errors = _pooled(terms, weights)
    mean = errors.sum(axis=1) / counts.sum(axis=1)
    possible = mean - _areas(best_counts, best_errors)
    gained = mean - _areas(counts, errors)
    unknown = np.full_like(mean, np.nan)
    # What rounding leaves of equal errors is no room for skill.
    skill: NDArray[np.float64] = np.divide(gained, possible, out=unknown, where=possible > 1e-9 * mean)
    return skill


def _histogram(intervals: NDArray[np.int64], errors: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    counts = np.bincount(intervals, minlength=DOUBT_INTERVALS).astype(np.float64)
    return counts, np.bincount(intervals, errors, DOUBT_INTERVALS).astype(np.float64)


def _pooled(terms: Sequence[RiskTerms], weights: ArrayLike) -> list[NDArray[np.float64]]:
    """Return the four histograms of each resampling: (R, 1000) each."""
    if not terms:
        raise TintypeError("no cells were counted; give at least one photograph")
    frequency = np.asarray(weights, np.float64)
    each_terms = ((each.counts, each.errors, each.best_counts, each.best_errors) for each in terms)
    return [frequency @ np.stack(column) for column in zip(*each_terms, strict=True)]


def _risk_at(coverage: Floats, counts: Floats, errors: Floats) -> NDArray[np.float64]:
    """Return the mean error of what is kept, (K,)."""
    kept = coverage * counts.sum()
    reached, summed = (np.concatenate([[0.0], np.cumsum(column)]) for column in (counts, errors))
    risk: NDArray[np.float64] = np.interp(kept, reached, summed) / kept
    return risk


def _areas(counts: Floats, errors: Floats) -> NDArray[np.float64]:
    """Integrate the mean error of what is kept over the share that is kept: (R, B) -> (R,).

    Within an interval the sum of errors grows in proportion to what is kept, from (n0, e0) at slope s: the integral
    of (e0 + s (n - n0)) / n from n0 to n1 is s (n1 - n0) + (e0 - s n0) log(n1 / n0).
    """
    n1, e1 = np.cumsum(counts, axis=1), np.cumsum(errors, axis=1)
    n0, e0 = n1 - counts, e1 - errors
    slope = np.divide(errors, counts, out=np.zeros_like(errors), where=counts > 0)
    started = (n0 > 0.5) & (counts > 0)
    logs = np.log(np.divide(n1, n0, out=np.ones_like(n0), where=started))
    area: NDArray[np.float64] = (errors + (e0 - slope * n0) * logs).sum(axis=1) / n1[:, -1]
    return area
