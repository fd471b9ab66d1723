"""How alike two pictures are in small windows: what SSIM and MS-SSIM are made of.

Windows are moved over a picture by products with banded matrices, strip by strip: everything a strip needs stays
in the processor's cache, and the products are what numpy does fastest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

_STRIP = 32
"""Rows and columns that one product gives."""


@dataclass(frozen=True)
class Likeness:
    """How alike two pictures are, mean of all windows and channels.

    Attributes:
        structure: luminance times contrast: SSIM, -1..1.
        contrast: the second factor alone, -1..1.
    """

    structure: float
    contrast: float


def uniform_window(side: int) -> NDArray[np.float64]:
    """Return the weights (side,) of a window whose pixels all weigh the same, sum 1."""
    return np.full(side, 1 / side)


def gaussian_window(side: int, sigma: float) -> NDArray[np.float64]:
    """Return the weights (side,) of a Gaussian window, sum 1."""
    weights = np.exp(-0.5 * ((np.arange(side) - (side - 1) / 2) / sigma) ** 2)
    scaled: NDArray[np.float64] = weights / weights.sum()
    return scaled


def compare_windows(
    one: Floats, two: Floats, window: NDArray[np.float64], peak: float = 1.0, unbiased: float = 1.0
) -> Likeness:
    """Compare two pictures window by window, all whole windows.

    Formula: structure = (2 mu1 mu2 + C1) / (mu1^2 + mu2^2 + C1) * contrast, contrast = (2 cov + C2) / (var1 + var2 +
    C2), C1 = (0.01 peak)^2, C2 = (0.03 peak)^2.

    Args:
        one: planes (C, H, W) float32 or float64, 0..peak, in whose precision is computed.
        two: the same shape and type.
        window: (side,), weights of rows and columns, sum 1; at most H and W.
        peak: largest possible value.
        unbiased: factor of variances and covariance.
    """
    height = one.shape[1] - len(window) + 1
    sums = np.zeros(2)
    count = 0
    for top in range(0, height, _STRIP):
        rows = slice(top, min(top + _STRIP, height) + len(window) - 1)
        luminance, contrast = _compare_strip(one[:, rows], two[:, rows], window, peak, unbiased)
        luminance *= contrast
        sums += luminance.sum(dtype=np.float64), contrast.sum(dtype=np.float64)
        count += contrast.size
    return Likeness(*(sums / count).tolist())


def slide_window(planes: Floats, window: NDArray[np.float64]) -> Floats:
    """Average all whole windows of planes (..., H, W) with the weights of a window, in their precision.

    Returns:
        (..., H - side + 1, W - side + 1), of the same type.
    """
    return _slide_rows(_slide_columns(planes, window), window)


def _compare_strip(
    one: Floats, two: Floats, window: NDArray[np.float64], peak: float, unbiased: float
) -> tuple[Floats, Floats]:
    """Return luminance and contrast of each window."""
    kind = one.dtype.type
    # Variances don't change with the zero point, but they are rounded less around the middle.
    middle, c1, c2 = kind(peak / 2), kind((0.01 * peak) ** 2), kind((0.03 * peak) ** 2)
    planes = np.empty((4, *one.shape), one.dtype)
    first, second = np.subtract(one, middle, out=planes[0]), np.subtract(two, middle, out=planes[1])
    np.multiply(first, second, out=planes[2])
    planes[3] = first * first
    planes[3] += second * second
    mean_one, mean_two, together, spread = slide_window(planes, window)
    together -= mean_one * mean_two
    spread -= mean_one * mean_one
    spread -= mean_two * mean_two
    mean_one += middle
    mean_two += middle
    contrast = (2 * kind(unbiased)) * together + c2
    contrast /= kind(unbiased) * spread + c2
    luminance = 2 * mean_one * mean_two + c1
    luminance /= mean_one * mean_one + mean_two * mean_two + c1
    return luminance, contrast


def _slide_rows(planes: Floats, window: NDArray[np.float64]) -> Floats:
    sliding = np.empty(
        (*planes.shape[:-2], planes.shape[-2] - len(window) + 1, planes.shape[-1]), planes.dtype
    )
    for taken, given, band in _bands(sliding.shape[-2], window, planes.dtype):
        np.matmul(band.T, planes[..., taken, :], out=sliding[..., given, :])
    return sliding


def _slide_columns(planes: Floats, window: NDArray[np.float64]) -> Floats:
    rows = planes.reshape(-1, planes.shape[-1])
    sliding = np.empty((len(rows), rows.shape[1] - len(window) + 1), planes.dtype)
    for taken, given, band in _bands(sliding.shape[1], window, planes.dtype):
        np.matmul(rows[:, taken], band, out=sliding[:, given])
    return sliding.reshape(*planes.shape[:-1], sliding.shape[1])


def _bands(
    length: int, window: NDArray[np.float64], kind: np.dtype[Any]
) -> Iterator[tuple[slice, slice, Floats]]:
    """Yield what is taken from an axis, where the result of ``length`` goes, and the matrix in between."""
    band = _band(tuple(window.tolist()), kind)
    for start in range(0, length, _STRIP):
        stop = min(start + _STRIP, length)
        reach = stop - start + len(window) - 1
        yield slice(start, start + reach), slice(start, stop), band[:reach, : stop - start]


@lru_cache(maxsize=16)
def _band(window: tuple[float, ...], kind: np.dtype[Any]) -> Floats:
    """Return the matrix (strip + side - 1, strip) whose columns hold the window, each one row lower."""
    band = np.zeros((_STRIP + len(window) - 1, _STRIP), kind)
    for column in range(_STRIP):
        band[column : column + len(window), column] = window
    return band
