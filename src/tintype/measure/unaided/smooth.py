"""Means over windows, and a filter that keeps to the edges of the lightness."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def window_mean(plane: Floats, radius: int) -> Floats:
    """Average each pixel's square window, cut off at the edges of the picture.

    Args:
        plane: (h, w) or (h, w, C) float.
        radius: the window is 2 radius + 1 wide; 0 changes nothing.

    Returns:
        The same shape, float64.

    >>> import numpy as np
    >>> window_mean(np.array([[0.0, 3.0, 6.0, 9.0]]), 1).tolist()
    [[1.5, 3.0, 6.0, 7.5]]
    """
    means = plane.astype(np.float64)
    for axis in (0, 1):
        length = means.shape[axis]
        sums = np.concatenate([np.zeros_like(means.take([0], axis)), means.cumsum(axis)], axis=axis)
        first = np.maximum(np.arange(length) - radius, 0)
        last = np.minimum(np.arange(length) + radius + 1, length)
        counts = (last - first).reshape((-1, *(1,) * (means.ndim - axis - 1)))
        means = (sums.take(last, axis) - sums.take(first, axis)) / counts
    return means


def local_deviation(plane: Floats, radius: int) -> Floats:
    """Measure the standard deviation within each pixel's square window: (h, w), as ``window_mean``."""
    wide = plane.astype(np.float64)
    return np.sqrt(np.maximum(window_mean(wide * wide, radius) - window_mean(wide, radius) ** 2, 0))


def follow_lightness(plane: Floats, lightness: Floats, radius: int, tolerance: float) -> Floats:
    """Spread a plane over what has the same lightness nearby: the guided filter.

    Args:
        plane: (h, w) float.
        lightness: (h, w), CIE L.
        radius: of the windows, pixels.
        tolerance: differences of lightness that are no edge, units of L.

    Returns:
        (h, w) float64.

    Source: He, Sun, Tang, "Guided image filtering" (2013).
    """
    guide = lightness.astype(np.float64)
    mean, guide_mean = window_mean(plane, radius), window_mean(guide, radius)
    together = window_mean(guide * plane, radius) - guide_mean * mean
    variance = window_mean(guide * guide, radius) - guide_mean**2
    slope = together / (variance + tolerance**2)
    offset = mean - slope * guide_mean
    return window_mean(slope, radius) * guide + window_mean(offset, radius)
