"""AuC: how large a share of the pixels has the right color, over all meanings of "right".

Zhang, Isola and Efros, "Colorful Image Colorization" (2016): the share of pixels whose ab is at most t from
the true one, averaged over t = 0..150. Rebalanced: each pixel weighs one over how often colors like its own
occur, so that gray walls don't decide. Protocols differ in what "like its own" means; in this one, ``set``,
it is counted in the judged set itself, in bins that come from rounding ab / 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import TintypeError

Floats = NDArray[np.floating[Any]]

LARGEST_THRESHOLD = 150
BIN_SIZE = 10
PIXEL_STEP = 7
"""Every seventh pixel, in reading order, is taken."""

_REACH = 15
_ROW = 2 * _REACH + 1


@dataclass(frozen=True)
class Auc:
    """Shares of pixels in percent, 0..100.

    Attributes:
        raw: every pixel weighs the same.
        rebalanced: every occurring bin of true colors weighs the same.
    """

    raw: float
    rebalanced: float


class ErrorTable:
    """How often each error occurs for each bin of true colors, over all photographs: what AuC needs."""

    def __init__(self) -> None:
        self._counts = np.zeros((_ROW * _ROW, LARGEST_THRESHOLD + 2), dtype=np.int64)

    def add(self, true_ab: Floats, result_ab: Floats) -> None:
        """Count every seventh pixel of a photograph.

        Args:
            true_ab: (..., 2), Lab units.
            result_ab: the same shape.
        """
        true, result = (ab.reshape(-1, 2)[::PIXEL_STEP].astype(np.float64) for ab in (true_ab, result_ab))
        thresholds = np.ceil(np.linalg.norm(result - true, axis=1))
        columns = np.minimum(thresholds, LARGEST_THRESHOLD + 1).astype(np.int64)
        a, b = (np.clip(np.round(true / BIN_SIZE), -_REACH, _REACH).astype(np.int64) + _REACH).T
        np.add.at(self._counts, (a * _ROW + b, columns), 1)

    def auc(self) -> Auc:
        """Return the figures of all that was counted.

        Raises:
            TintypeError: nothing was counted.
        """
        occurring = self._counts[self._counts.sum(axis=1) > 0]
        if not len(occurring):
            raise TintypeError("no pixels were counted; give at least one photograph")
        # One over the count of a bin for each of its pixels: the mean over bins of each bin's own shares.
        by_bin = 100 * _mean_cumulative_share(occurring)
        return Auc(100 * float(_mean_cumulative_share(occurring.sum(axis=0))), float(by_bin.mean()))


def auc(true_ab: Floats, result_ab: Floats) -> Auc:
    """Measure AuC of one photograph, or of several pooled in one array.

    Args:
        true_ab: (..., 2), Lab units.
        result_ab: the same shape.

    >>> import numpy as np
    >>> true, result = np.zeros((7, 2)), np.zeros((7, 2))
    >>> auc(true, result)
    Auc(raw=100.0, rebalanced=100.0)
    """
    table = ErrorTable()
    table.add(true_ab, result_ab)
    return table.auc()


def _mean_cumulative_share(counts: NDArray[np.int64]) -> Floats:
    """Average the cumulative shares of thresholds 0..150; the last column counts larger errors."""
    reached = np.cumsum(counts, axis=-1)
    shares: Floats = (reached[..., :-1] / reached[..., -1:]).mean(axis=-1)
    return shares
