"""How far people agree with each other, beyond what chance gives: Krippendorff's alpha and Fleiss' kappa.

Both start from counts (units, categories): how many raters put the unit into the category. Raters need no names,
and not every rater need have seen every unit. Categories have no order (nominal).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.errors import StudyError
from tintype.measure.statistics import LEVEL, RESAMPLES, SEED, Interval, bootstrap

Floats = NDArray[np.float64]


def krippendorff_alpha(counts: ArrayLike) -> float:
    """Measure Krippendorff's alpha for nominal data.

    Formula: 1 - observed / expected disagreement. With n_uc raters of unit u in category c, m_u raters of it
    (units with fewer than two are left out), n = sum m_u and n_c = sum over u of n_uc: observed is
    sum over u of sum over c != k of n_uc n_uk / (m_u - 1), divided by n; expected is
    sum over c != k of n_c n_k / (n (n - 1)).

    Args:
        counts: (units, categories), how many raters put the unit into the category.

    Returns:
        1 for perfect agreement, 0 for what chance gives, below 0 for less; nan where no unit has two raters or
        where all ratings are the same, since chance then explains everything.

    Source: Krippendorff, "Computing Krippendorff's alpha-reliability" (2011).

    >>> krippendorff_alpha([[2, 0], [0, 2], [2, 0]])
    1.0
    """
    table = _counts(counts)
    return float(pooled_alpha([table])(np.ones((1, len(table))))[0])


def pooled_alpha(tables: list[Floats]) -> Callable[[Floats], Floats]:
    """Prepare Krippendorff's alpha over several kinds of units that have their own categories.

    Disagreements, observed and expected, are added up over the kinds, weighted by their ratings; what chance gives is
    counted within each kind. With one kind this is plain alpha.

    Args:
        tables: counts (units, categories) of each kind.

    Returns:
        A function from weights (R, all units of all kinds in order) to alpha (R,), as ``bootstrap`` takes it.
    """
    ends = np.cumsum([len(table) for table in tables])[:-1]
    terms = [_alpha_terms(table) for table in tables]

    def alpha(weights: Floats) -> Floats:
        parts = np.split(weights, ends, axis=1)
        sums = [_disagreements(part, *term) for part, term in zip(parts, terms, strict=True)]
        observed, expected = np.sum(sums, axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(expected > 0, 1 - observed / expected, math.nan)

    return alpha


def fleiss_kappa(counts: ArrayLike) -> float:
    """Measure Fleiss' kappa.

    Formula: (P - Pe) / (1 - Pe). P is the mean over units of the share of pairs of raters that agree,
    sum over c of n_c (n_c - 1) / (m (m - 1)); Pe is the sum over categories of their squared mean shares.
    Units with fewer than two raters are left out; where units have unequally many raters each unit weighs the same.

    Args:
        counts: (units, categories), how many raters put the unit into the category.

    Returns:
        1 for perfect agreement, 0 for what chance gives; nan as in ``krippendorff_alpha``.

    Source: Fleiss, "Measuring nominal scale agreement among many raters" (1971); unequal numbers as in Gwet,
    "Handbook of inter-rater reliability" (2014).

    >>> round(fleiss_kappa([[3, 0], [0, 3], [2, 1], [3, 0]]), 4)
    0.625
    """
    table = _counts(counts)
    table = table[table.sum(axis=1) >= 2]
    if not len(table):
        return math.nan
    raters = table.sum(axis=1)
    agreeing = np.mean(np.sum(table * (table - 1), axis=1) / (raters * (raters - 1)))
    by_chance = float(np.sum(np.mean(table / raters[:, None], axis=0) ** 2))
    return float((agreeing - by_chance) / (1 - by_chance)) if by_chance < 1 else math.nan


def alpha_interval(
    tables: list[Floats], level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """Measure alpha with its interval over units: with other photographs, how would it have come out?

    Args:
        tables: as in ``pooled_alpha``.
        level: confidence, between 0 and 1.
        resamples: of the units.
        seed: of the drawing.

    Returns:
        No bounds where alpha is unknown for the units or for some resample of them.
    """
    usable = [table[table.sum(axis=1) >= 2] for table in tables]
    usable = [table for table in usable if len(table)]
    if not usable:
        return Interval(math.nan, math.nan, math.nan)
    units = sum(len(table) for table in usable)
    return bootstrap(pooled_alpha(usable), units, level, resamples, seed, method="percentile")


def _alpha_terms(table: Floats) -> tuple[Floats, Floats]:
    """Return the disagreements of each unit (U,) and its counts (U, C), both 0 where it has fewer than 2 raters."""
    raters = table.sum(axis=1)
    counted = np.where(raters[:, None] >= 2, table, 0.0)
    pairs = raters**2 - np.sum(table**2, axis=1)
    return np.where(raters >= 2, pairs / np.maximum(raters - 1, 1), 0.0), counted


def _disagreements(weights: Floats, by_unit: Floats, counted: Floats) -> Floats:
    """Return observed and expected disagreements, each times the number of ratings: (2, R)."""
    by_category = weights @ counted
    total = by_category.sum(axis=1)
    different = total**2 - np.sum(by_category**2, axis=1)
    return np.stack([weights @ by_unit, different / np.maximum(total - 1, 1)])


def _counts(counts: ArrayLike) -> Floats:
    table: NDArray[Any] = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or (table < 0).any():
        raise StudyError(f"counts of shape {table.shape} are no ratings; give (units, categories), 0 or more")
    return table
