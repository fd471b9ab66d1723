"""Whether a model means what it says: calibration of its distribution over the ab bins.

Of all cells to whose likeliest color the model gives 30 percent, 30 percent should have that color. Each
photograph is summed up in `ReliabilityTerms`; figures of a set are ratios of their sums, so that a bootstrap over
photographs costs one matrix product.

What "have that color" means is named: ``soft``, the truth as the networks are taught it, each color spread over
its five nearest bins (Zhang 2016), so that a network that knows the color gives 65 percent to its bin and is right
to; ``nearest``, the truth is its nearest bin alone, as calibration is commonly published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.color.bins import soft_encode_table
from tintype.errors import TintypeError
from tintype.measure.auc import nearest_bins

Floats = NDArray[np.floating[Any]]
Truth: TypeAlias = Literal["soft", "nearest"]
"""See the head of this file."""

CONFIDENCE_BINS = 15
"""Of equal width, as in Guo et al. (2017)."""


@dataclass(frozen=True, eq=False)
class ReliabilityTerms:
    """What one photograph, or several together, contribute to a reliability curve.

    Attributes:
        counts: (B,) float64, cells by the confidence of their likeliest color.
        confidences: (B,) float64, sum of those confidences, each 0..1.
        hits: (B,) float64, sum of what of the truth lies in the likeliest bin, each 0..1.
    """

    counts: NDArray[np.float64]
    confidences: NDArray[np.float64]
    hits: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReliabilityCurve:
    """How often a model is right by how sure it is.

    Attributes:
        confidence: (B,) mean confidence of the cells of each interval, 0..1; not a number where there are none.
        accuracy: (B,) how large a share of their truth lies in their likeliest bin, 0..1; the same.
        share: (B,) of all cells, sum 1.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    share: NDArray[np.float64]


def count_reliability(
    shares: Floats, true_ab: Floats, *, truth: Truth = "soft", bins: int = CONFIDENCE_BINS
) -> ReliabilityTerms:
    """Sum up a photograph.

    Args:
        shares: (..., 313) float, the model's distribution for each cell, sum 1: undecoded, rarity 0 and
            temperature 1.
        true_ab: (..., 2) float, the true color of each cell, Lab units.
        truth: what counts as right, see the head of this file.
        bins: number of intervals of equal width that confidences are sorted into.
    """
    cells, colors = shares.reshape(-1, shares.shape[-1]), true_ab.reshape(-1, 2)
    likeliest = cells.argmax(axis=1)
    confidence = np.take_along_axis(cells, likeliest[:, None], axis=1)[:, 0].astype(np.float64)
    hits = _hits(likeliest, colors, truth)
    interval = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    counts, confidences, sums = (
        np.bincount(interval, weights, bins).astype(np.float64) for weights in (None, confidence, hits)
    )
    return ReliabilityTerms(counts, confidences, sums)


def reliability_curve(terms: Sequence[ReliabilityTerms]) -> ReliabilityCurve:
    """Draw the reliability curve of a set of photographs; a calibrated model has accuracy = confidence.

    Args:
        terms: of each photograph.

    Raises:
        TintypeError: there are none.

    Source: DeGroot, Fienberg, "The comparison and evaluation of forecasters" (1983).
    """
    counts, confidences, hits = (each[0] for each in _pooled(terms, np.ones((1, len(terms)))))
    with np.errstate(invalid="ignore"):  # an interval without cells has no mean
        return ReliabilityCurve(confidences / counts, hits / counts, counts / counts.sum())


def calibration_error(terms: Sequence[ReliabilityTerms]) -> float:
    """Measure the expected calibration error of a set of photographs.

    Formula: sum over the intervals of (share of the cells) |accuracy - confidence|.

    Returns:
        0 (calibrated) to 1.

    Raises:
        TintypeError: there are no terms.

    Source: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning" (2015);
    Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks" (2017).
    """
    return float(resample_calibration_error(terms, np.ones((1, len(terms))))[0])


def resample_calibration_error(terms: Sequence[ReliabilityTerms], weights: ArrayLike) -> NDArray[np.float64]:
    """Measure `calibration_error` of many resamplings of a set, for a bootstrap.

    Args:
        terms: of each photograph.
        weights: (R, n), how often each photograph counts in each resampling.

    Returns:
        (R,), 0..1.
    """
    counts, confidences, hits = _pooled(terms, weights)
    errors: NDArray[np.float64] = np.abs(hits - confidences).sum(axis=1) / counts.sum(axis=1)
    return errors


def _hits(likeliest: NDArray[np.int64], true_ab: Floats, truth: Truth) -> NDArray[np.float64]:
    """Return what of the truth lies in the likeliest bin of each cell: (n,), 0..1."""
    if truth == "nearest":
        return np.asarray(nearest_bins(true_ab) == likeliest, np.float64)
    indices, weights = soft_encode_table()  # of whole ab, as in training
    a, b = np.clip(np.rint(true_ab), -128, 127).astype(np.int64).T + 128
    found: NDArray[np.float64] = (weights[a, b] * (indices[a, b] == likeliest[:, None])).sum(axis=1)
    return found


def _pooled(terms: Sequence[ReliabilityTerms], weights: ArrayLike) -> list[NDArray[np.float64]]:
    """Return counts, confidences and hits of each resampling: (R, B) each."""
    if not terms:
        raise TintypeError("no cells were counted; give at least one photograph")
    frequency = np.asarray(weights, np.float64)
    columns = zip(*((each.counts, each.confidences, each.hits) for each in terms), strict=True)
    return [frequency @ np.stack(column) for column in columns]
