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
_GRID_FIRST = int(CENTERS.min()) // BIN_SIZE
_GRID_SIDE = int(CENTERS.max()) // BIN_SIZE - _GRID_FIRST + 1


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


@dataclass(frozen=True)
class _Protocol:
    step: int
    bin_count: int
    number_bins: Callable[[Floats], NDArray[np.int64]]
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
    rules = _find(protocol)
    true, result = (ab.reshape(-1, 2)[:: rules.step] for ab in (true_ab, result_ab))
    difference = np.subtract(result, true)
    distances = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    return _count(rules.number_bins(true), distances, protocol)


def pooled_auc(
    terms: Sequence[AucTerms], weights: ArrayLike | None = None, priors: ArrayLike | None = None
) -> Auc:
    """Measure AuC over all pixels of several photographs.

    Args:
        terms: of each photograph, all by one protocol.
        weights: (n,), how often each photograph counts; once if not given.
        priors: (313,) of protocol ``zhang16``, see ``tintype.measure.priors``; those of the bundled model if not
            given. A bin whose prior is 0 weighs nothing.

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


def round_bins(ab: Floats) -> NDArray[np.int64]:
    """Number colors (n, 2) by rounding ab / 10: the bins of protocol ``set``."""
    cells = np.clip(np.round(ab / BIN_SIZE), -_REACH, _REACH).astype(np.int64) + _REACH
    numbers: NDArray[np.int64] = cells[:, 0] * _ROW + cells[:, 1]
    return numbers


def nearest_bins(ab: Floats) -> NDArray[np.int64]:
    """Number colors (n, 2) by the nearest of the 313 bin centers."""
    cells = np.round(ab / BIN_SIZE).astype(np.int64) - _GRID_FIRST
    inside = ((cells >= 0) & (cells < _GRID_SIDE)).all(axis=1)
    numbers = np.full(len(ab), -1)
    numbers[inside] = _BIN_OF_CELL[cells[inside, 0], cells[inside, 1]]
    # A color that rounds to no bin lies outside of all of them: there are few, so they may be compared with each.
    beyond = np.flatnonzero(numbers < 0)
    for piece in np.array_split(beyond, len(beyond) // 4096 + 1):
        distances = np.square(ab[piece, None].astype(np.float64) - CENTERS).sum(axis=2)
        numbers[piece] = distances.argmin(axis=1)
    return numbers


def _count(bins: NDArray[np.int64], distances: Floats, protocol: str) -> AucTerms:
    passed = np.maximum(THRESHOLDS - np.ceil(distances), 0)
    size = _find(protocol).bin_count
    sums = np.bincount(bins, weights=passed, minlength=size)
    return AucTerms(sums, np.bincount(bins, minlength=size).astype(np.float64), protocol)


def _mean_of_bins(sums: Floats, counts: Floats) -> Floats:
    """Average the bins that occur: one over the count of a bin for each of its pixels."""
    occur = counts > 0
    shares = np.divide(sums, counts, out=np.zeros_like(sums), where=occur)
    mean: Floats = shares.sum(axis=1) / occur.sum(axis=1)
    return mean


def _weigh_by_priors(sums: Floats, counts: Floats, rarities: NDArray[np.float64]) -> Floats:
    return (sums @ rarities) / (counts @ rarities)


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


def _number_grid() -> NDArray[np.int64]:
    grid = np.full((_GRID_SIDE, _GRID_SIDE), -1)
    a, b = (CENTERS / BIN_SIZE).astype(np.int64).T - _GRID_FIRST
    grid[a, b] = np.arange(BIN_COUNT)
    return grid


_BIN_OF_CELL = _number_grid()

_PROTOCOLS = {
    "set": _Protocol(PIXEL_STEP, _ROW * _ROW, round_bins, has_priors=False),
    "zhang16": _Protocol(1, BIN_COUNT, nearest_bins, has_priors=True),
}

AUC_PROTOCOLS = tuple(_PROTOCOLS)
"""Names of the protocols."""
