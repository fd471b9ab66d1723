"""How far a colored photograph is from the true one: PSNR, SSIM, Delta E, the distance of ab.

Small pure functions; which pixels and photographs are taken, ``tintype.measure.figures`` says.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.difference import delta_e_2000
from tintype.color.lab import srgb_to_lab

Floats = NDArray[np.floating[Any]]

SSIM_WINDOW = 7


def psnr(true: Floats, result: Floats, peak: float = 1.0) -> float:
    """Measure the peak signal-to-noise ratio, 10 log10(peak^2 / mean squared error).

    Args:
        true: any shape, float.
        result: the same shape.
        peak: largest possible value; 1 for sRGB 0..1.

    Returns:
        Decibels, higher is better; infinite for equal pictures.

    >>> import numpy as np
    >>> round(psnr(np.zeros((4, 4, 3)), np.full((4, 4, 3), 0.1)), 6)
    20.0
    """
    error = float(np.mean(np.square(np.subtract(result, true, dtype=np.float64))))
    return 10 * math.log10(peak**2 / error) if error > 0 else math.inf


def ssim(true: Floats, result: Floats) -> float:
    """Measure the structural similarity with a uniform 7 x 7 window.

    Formula: mean over channels and all whole windows of (2 mu1 mu2 + C1) (2 cov + C2) / ((mu1^2 + mu2^2 + C1)
    (var1 + var2 + C2)), C1 = 0.01^2, C2 = 0.03^2, unbiased variances.

    Args:
        true: (H, W, C) float, 0..1, at least 7 x 7.
        result: the same shape.

    Returns:
        -1..1, 1 for equal pictures.

    Source: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural
    similarity" (2004), in the variant of scikit-image's default.
    """
    one, two = true.astype(np.float64), result.astype(np.float64)
    mean_one, mean_two = _window_mean(one), _window_mean(two)
    unbiased = SSIM_WINDOW**2 / (SSIM_WINDOW**2 - 1)
    spread = unbiased * (_window_mean(one * one + two * two) - mean_one**2 - mean_two**2)
    together = unbiased * (_window_mean(one * two) - mean_one * mean_two)
    c1, c2 = 0.01**2, 0.03**2
    likeness = (2 * mean_one * mean_two + c1) * (2 * together + c2)
    return float(np.mean(likeness / ((mean_one**2 + mean_two**2 + c1) * (spread + c2))))


def mean_delta_e(true: Floats, result: Floats, step: int = 2) -> float:
    """Measure the mean CIEDE2000 of every second pixel in both directions.

    Args:
        true: (H, W, 3) sRGB float, 0..1.
        result: the same shape.
        step: 1 takes every pixel.

    Returns:
        0 or more; 1 is about what can just be seen.
    """
    first, second = (srgb_to_lab(srgb[::step, ::step].astype(np.float64)) for srgb in (true, result))
    return float(np.mean(delta_e_2000(first, second)))


def mean_ab_distance(true_ab: Floats, result_ab: Floats) -> float:
    """Measure the mean distance of ab (..., 2), Lab units."""
    return float(np.mean(np.linalg.norm(np.subtract(result_ab, true_ab, dtype=np.float64), axis=-1)))


def _window_mean(plane: Floats) -> Floats:
    """Average all whole windows: (H, W, C) -> (H - 6, W - 6, C)."""
    height, width = (length - SSIM_WINDOW + 1 for length in plane.shape[:2])
    # Seven shifted sums a direction: faster than running sums here, and without their rounding.
    columns: Floats = reduce(np.add, (plane[:, i : i + width] for i in range(SSIM_WINDOW)))
    rows: Floats = reduce(np.add, (columns[i : i + height] for i in range(SSIM_WINDOW)))
    return rows / SSIM_WINDOW**2
