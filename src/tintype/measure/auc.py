"""AuC: how large a share of the pixels has the right color, over all meanings of "right".

Zhang, Isola and Efros, "Colorful Image Colorization" (2016): the share of pixels whose ab is at most t from
the true one, averaged over t = 0, 1, ... 150. Rebalanced: a pixel weighs one over how often colors like its own
occur, so that gray walls don't decide. What is "like its own", where that is counted and which pixels are taken
differs between publications, so a protocol has a name and a figure names its protocol:

- ``set``: every seventh pixel in reading order; bins by rounding ab / 10; counted in the judged set itself.
- ``zhang16``: every pixel; the nearest of the 313 bins; given priors (lambda = 0 of the paper's equation 4).

A photograph is summed up in `AucTerms`. Pooled figures are ratios of sums of terms, so that thousands of
resamplings of a set cost one matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.errors import TintypeError
from tintype.measure.priors import bundled_priors

Floats = NDArray[np.floating[Any]]

LARGEST_THRESHOLD = 150
THRESHOLDS = LARGEST_THRESHOLD + 1
BIN_SIZE = 10
PIXEL_STEP = 7
"""Protocol ``set`` takes every seventh pixel, in reading order."""

_REACH = 15  # rounded ab / 10 lies within +-15; colors beyond share the last bins
_ROW = 2 * _REACH + 1


@dataclass(frozen=True)
class Auc:
    """Shares of pixels in percent, 0..100.

    Attributes:
        raw: every pixel weighs the same.
        rebalanced: a pixel weighs one over how frequent its true color is.
    """

    raw: float
    rebalanced: float


@dataclass(frozen=True, eq=False)
class AucTerms:
    """What one photograph, or several together, contribute to AuC.

    Attributes:
        sums: (B,) float64, for each bin of true colors how many of the 151 thresholds its pixels pass, summed.
        counts: (B,) float64, number of its pixels.
        protocol: one of `AUC_PROTOCOLS`, which decided on bins and pixels.
    """

    sums: NDArray[np.float64]
    counts: NDArray[np.float64]
    protocol: str = "set"

    @property
    def raw(self) -> float:
        """Raw AuC in percent."""
        return float(100 * (self.sums.sum() / self.counts.sum() / THRESHOLDS))


@dataclass(frozen=True)
class _Protocol:
    step: int
    bin_count: int
    number_bins: Callable[[Floats], NDArray[np.intp]]
    has_priors: bool


def count_terms(true_ab: Floats, result_ab: Floats, protocol: str = "set") -> AucTerms:
    """Sum up a photograph.

    Args:
        true_ab: (..., 2) float, Lab units.
        result_ab: the same shape.
        protocol: one of `AUC_PROTOCOLS`.

    Raises:
        TintypeError: there is no such protocol.
    """
    difference = np.subtract(result_ab, true_ab).reshape(-1, 2)
    distances = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    return count_distances(true_ab.reshape(-1, 2), distances, protocol)


def count_distances(true_ab: Floats, distances: Floats, protocol: str = "set") -> AucTerms:
    """Sum up a photograph whose errors are known.

    Args:
        true_ab: (n, 2) float, Lab units, in reading order.
        distances: (n,) float, of the result's ab from it, Lab units.
        protocol: one of `AUC_PROTOCOLS`.

    Raises:
        TintypeError: there is no such protocol.
    """
    rules = _find(protocol)
    bins = rules.number_bins(true_ab[:: rules.step])
    passed = np.maximum(THRESHOLDS - np.ceil(distances[:: rules.step]), 0)
    sums = np.bincount(bins, weights=passed, minlength=rules.bin_count).astype(np.float64)
    counts = np.bincount(bins, minlength=rules.bin_count).astype(np.float64)
    return AucTerms(sums, counts, protocol)


def pooled_auc(
    terms: Sequence[AucTerms], weights: ArrayLike | None = None, priors: ArrayLike | None = None
) -> Auc:
    """Measure AuC over all pixels of several photographs.

    Args:
        terms: of each photograph, all by one protocol.
        weights: (n,), how often each photograph counts; once if not given.
        priors: (313,) of protocol ``zhang16``, see ``tintype.measure.priors``; those of the bundled model if not
            given. A bin whose prior is 0 weighs nothing; rebalanced is not a number where all weigh nothing.

    Raises:
        TintypeError: there are no terms, or of several protocols.
    """
    each = np.ones((1, len(terms))) if weights is None else np.atleast_2d(np.asarray(weights, np.float64))
    raw, rebalanced = resample_auc(terms, each, priors).T.tolist()
    return Auc(raw[0], rebalanced[0])


def resample_auc(
    terms: Sequence[AucTerms], weights: ArrayLike, priors: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Measure AuC of many resamplings of a set of photographs, for a bootstrap.

    Rebalanced by protocol ``set``, a bin that does not occur in a resampling does not count in it, as it would not
    in a set of these photographs alone. So bins that few photographs fill vanish from many resamplings, and a
    bootstrap of that figure is lopsided: ``tintype.measure.verdicts.measure_intervals`` takes the jackknife for it.

    Args:
        terms: of each photograph, all by one protocol.
        weights: (R, n), how often each photograph counts in each resampling.
        priors: see `pooled_auc`.

    Returns:
        (R, 2), raw and rebalanced AuC in percent.

    Raises:
        TintypeError: there are no terms, or of several protocols.
    """
    rules = _find(_only_protocol(terms))
    frequency = np.asarray(weights, np.float64)
    occurring = np.flatnonzero(np.sum([each.counts for each in terms], axis=0))
    sums = frequency @ np.stack([each.sums[occurring] for each in terms])
    counts = frequency @ np.stack([each.counts[occurring] for each in terms])
    raw = sums.sum(axis=1) / counts.sum(axis=1)
    rebalanced = (
        _weigh_by_priors(sums, counts, _rarities(priors)[occurring])
        if rules.has_priors
        else _mean_of_bins(sums, counts)
    )
    return 100 * (np.stack([raw, rebalanced], axis=1) / THRESHOLDS)


class ErrorTable:
    """Adds up photographs, one by one: AuC of all of them together.

    Args:
        protocol: one of `AUC_PROTOCOLS`.
        priors: see `pooled_auc`.
    """

    def __init__(self, protocol: str = "set", priors: ArrayLike | None = None) -> None:
        bins = _find(protocol).bin_count
        self._terms = AucTerms(np.zeros(bins), np.zeros(bins), protocol)
        self._priors = priors

    def add(self, true_ab: Floats, result_ab: Floats) -> None:
        """Count a photograph.

        Args:
            true_ab: (..., 2), Lab units.
            result_ab: the same shape.
        """
        terms = count_terms(true_ab, result_ab, self._terms.protocol)
        self._terms = AucTerms(
            self._terms.sums + terms.sums, self._terms.counts + terms.counts, terms.protocol
        )

    def auc(self) -> Auc:
        """Return the figures of all that was counted.

        Raises:
            TintypeError: nothing was counted.
        """
        return pooled_auc([self._terms] if self._terms.counts.any() else [], priors=self._priors)


def auc(true_ab: Floats, result_ab: Floats, protocol: str = "set", priors: ArrayLike | None = None) -> Auc:
    """Measure AuC of one photograph, or of several pooled in one array.

    Args:
        true_ab: (..., 2), Lab units.
        result_ab: the same shape.
        protocol: one of `AUC_PROTOCOLS`.
        priors: see `pooled_auc`.

    >>> import numpy as np
    >>> true, result = np.zeros((7, 2)), np.zeros((7, 2))
    >>> auc(true, result)
    Auc(raw=100.0, rebalanced=100.0)
    """
    return pooled_auc([count_terms(true_ab, result_ab, protocol)], priors=priors)


def round_bins(ab: Floats) -> NDArray[np.intp]:
    """Number colors (n, 2) by rounding ab / 10: the bins of protocol ``set``."""
    cells = np.clip(np.rint(ab / BIN_SIZE), -_REACH, _REACH).astype(np.intp) + _REACH
    numbers: NDArray[np.intp] = cells[:, 0] * _ROW + cells[:, 1]
    return numbers


def nearest_bins(ab: Floats) -> NDArray[np.intp]:
    """Number colors (n, 2) by the nearest of the 313 bin centers; of colors beyond +-150 the edge is taken."""
    cells = round_bins(ab)
    numbers = _BIN_OF_CELL[cells]
    # What rounds to no bin lies outside of all of them and is compared with those that may be the nearest.
    outside = np.flatnonzero(numbers < 0)
    likely = _LIKELY_BINS[cells[outside]]
    color = np.clip(ab[outside].astype(np.float64), -_REACH * BIN_SIZE, _REACH * BIN_SIZE)
    distances = np.square(CENTERS[likely] - color[:, None]).sum(axis=2)
    numbers[outside] = likely[np.arange(len(outside)), distances.argmin(axis=1)]
    return numbers


def _mean_of_bins(sums: Floats, counts: Floats) -> Floats:
    """Average the bins that occur: one over the count of a bin for each of its pixels."""
    occur = counts > 0
    shares = np.divide(sums, counts, out=np.zeros_like(sums), where=occur)
    mean: Floats = shares.sum(axis=1) / occur.sum(axis=1)
    return mean


def _weigh_by_priors(sums: Floats, counts: Floats, rarities: NDArray[np.float64]) -> Floats:
    passed, weight = sums @ rarities, counts @ rarities
    return np.divide(passed, weight, out=np.full_like(passed, np.nan), where=weight > 0)


def _rarities(priors: ArrayLike | None) -> NDArray[np.float64]:
    shares = np.asarray(bundled_priors() if priors is None else priors, np.float64)
    if shares.shape != (BIN_COUNT,):
        raise TintypeError(f"priors have shape {shares.shape}; give {BIN_COUNT} numbers, one for each bin")
    return np.divide(1, shares, out=np.zeros_like(shares), where=shares > 0)


def _only_protocol(terms: Sequence[AucTerms]) -> str:
    if not terms:
        raise TintypeError("no pixels were counted; give at least one photograph")
    names = {each.protocol for each in terms}
    if len(names) > 1:
        raise TintypeError(
            f"terms of protocols {', '.join(sorted(names))} can't be pooled; give one protocol"
        )
    return names.pop()


def _find(protocol: str) -> _Protocol:
    if protocol not in _PROTOCOLS:
        raise TintypeError(f"there is no AuC protocol '{protocol}'; give one of {', '.join(_PROTOCOLS)}")
    return _PROTOCOLS[protocol]


def _number_cells() -> NDArray[np.intp]:
    """Return the bin whose center a cell of the rounded plane has, (961,); -1 where there is none."""
    bins = np.full(_ROW * _ROW, -1)
    bins[round_bins(CENTERS)] = np.arange(BIN_COUNT)
    return bins


def _find_likely_bins() -> NDArray[np.intp]:
    """Return all bins that may be the nearest of some color of a cell, (961, k); the last are repeated."""
    axis = np.arange(-_REACH, _REACH + 1) * float(BIN_SIZE)
    centers = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 1, 2)
    distances = np.hypot(*np.moveaxis(CENTERS - centers, -1, 0))
    order = distances.argsort(axis=1)
    # No color is farther from its cell's center than half a diagonal.
    reach = distances.min(axis=1, keepdims=True) + math.sqrt(2) * BIN_SIZE
    counts = (distances <= reach).sum(axis=1)
    columns = np.minimum(np.arange(counts.max()), counts[:, None] - 1)
    return np.take_along_axis(order, columns, axis=1)


_BIN_OF_CELL = _number_cells()
_LIKELY_BINS = _find_likely_bins()

_PROTOCOLS = {
    "set": _Protocol(PIXEL_STEP, _ROW * _ROW, round_bins, has_priors=False),
    "zhang16": _Protocol(1, BIN_COUNT, nearest_bins, has_priors=True),
}

AUC_PROTOCOLS = tuple(_PROTOCOLS)
"""Names of the protocols."""
