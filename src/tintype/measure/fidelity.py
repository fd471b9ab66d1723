"""How far a colored photograph is from the true one: PSNR, SSIM, MS-SSIM, Delta E, the distance of ab.

Small pure functions; which pixels and photographs are taken, ``tintype.measure.figures`` says.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.difference import delta_e_2000
from tintype.color.lab import srgb_to_lab
from tintype.errors import TintypeError
from tintype.measure.structure import Likeness, compare_windows, gaussian_window, uniform_window

Floats = NDArray[np.floating[Any]]

AB_PEAK = 220.0
"""Range of a and of b, which the field takes as -110..110 (ab / 110 in Zhang et al. 2017)."""

SSIM_WINDOW = 7

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, from fine to coarse (Wang 2003, table 1)."""

MS_SSIM_WINDOW = 11
MS_SSIM_SIGMA = 1.5
MS_SSIM_SMALLEST = MS_SSIM_WINDOW * 2 ** (len(MS_SSIM_WEIGHTS) - 1)
"""Sides below 176 pixels have no fifth scale that is as large as the window."""


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
    return to_decibels(float(np.mean(np.square(np.subtract(result, true, dtype=np.float64)))), peak)


def to_decibels(error: float, peak: float = 1.0) -> float:
    """Turn a mean squared error into a peak signal-to-noise ratio; infinite for 0."""
    return 10 * math.log10(peak**2 / error) if error > 0 else math.inf


def psnr_ab(true_ab: Floats, result_ab: Floats) -> float:
    """Measure the peak signal-to-noise ratio of color alone, 10 log10(220^2 / mean squared error of a and b).

    Args:
        true_ab: (..., 2) float, Lab units.
        result_ab: the same shape.

    Returns:
        Decibels, higher is better; infinite where all colors are right.

    Source: the range -110..110 is the one by which Zhang et al., "Real-Time User-Guided Image Colorization with
    Learned Deep Priors" (2017), scale ab.
    """
    return psnr(true_ab, result_ab, AB_PEAK)


def ssim(true: Floats, result: Floats) -> float:
    """Measure the structural similarity with a uniform 7 x 7 window.

    Formula: mean over channels and all whole windows of (2 mu1 mu2 + C1) (2 cov + C2) / ((mu1^2 + mu2^2 + C1)
    (var1 + var2 + C2)), C1 = 0.01^2, C2 = 0.03^2, unbiased variances.

    Args:
        true: (H, W, C) float32 or float64, 0..1, at least 7 x 7; it is computed in this precision.
        result: the same shape.

    Returns:
        -1..1, 1 for equal pictures.

    Raises:
        TintypeError: the pictures are smaller.

    Source: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural
    similarity" (2004), in the variant of scikit-image's default.
    """
    return planes_ssim(_planes(true), _planes(result))


def planes_ssim(true: Floats, result: Floats, peak: float = 1.0) -> float:
    """Measure `ssim` of planes (C, H, W), 0..peak."""
    _check_side(true, SSIM_WINDOW, "SSIM")
    unbiased = SSIM_WINDOW**2 / (SSIM_WINDOW**2 - 1)
    return compare_windows(true, result, uniform_window(SSIM_WINDOW), peak, unbiased).structure


def ms_ssim(true: Floats, result: Floats) -> float:
    """Measure the structural similarity at five scales.

    Formula: the product over scales of contrast ^ weight, at the coarsest (luminance times contrast) ^ weight, see
    `tintype.measure.structure.compare_windows`; Gaussian window of 11 x 11, sigma 1.5; each scale averages 2 x 2
    pixels of the one before; means over channels and windows; negative means count as 0. Windows are whole, but at
    the coarsest scale the picture goes on mirrored, as in torchmetrics, whose value this is.

    Args:
        true: (H, W, C) float32 or float64, 0..1, at least 176 x 176; it is computed in this precision.
        result: the same shape.

    Returns:
        0..1, 1 for equal pictures.

    Raises:
        TintypeError: the pictures are smaller.

    Source: Wang, Simoncelli, Bovik, "Multiscale structural similarity for image quality assessment" (2003).
    """
    return planes_ms_ssim(_planes(true), _planes(result))


def planes_ms_ssim(true: Floats, result: Floats, peak: float = 1.0) -> float:
    """Measure `ms_ssim` of planes (C, H, W), 0..peak."""
    _check_side(true, MS_SSIM_SMALLEST, "MS-SSIM")
    *finer, coarsest = MS_SSIM_WEIGHTS
    product = 1.0
    for weight in finer:
        product *= max(_compare_scale(true, result, peak).contrast, 0.0) ** weight
        true, result = _halve(true), _halve(result)
    structure = _compare_scale(_mirror(true), _mirror(result), peak).structure
    return float(product * max(structure, 0.0) ** coarsest)


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


def _planes(picture: Floats) -> Floats:
    return np.ascontiguousarray(np.moveaxis(picture, -1, 0))


def _compare_scale(true: Floats, result: Floats, peak: float) -> Likeness:
    return compare_windows(true, result, gaussian_window(MS_SSIM_WINDOW, MS_SSIM_SIGMA), peak)


def _halve(planes: Floats) -> Floats:
    """Average 2 x 2 pixels; an odd last row or column is left out."""
    height, width = planes.shape[1] // 2 * 2, planes.shape[2] // 2 * 2
    rows = planes[:, 0:height:2] + planes[:, 1:height:2]
    halved: Floats = (rows[..., 0:width:2] + rows[..., 1:width:2]) * planes.dtype.type(0.25)
    return halved


def _mirror(planes: Floats) -> Floats:
    reach = MS_SSIM_WINDOW // 2
    return np.pad(planes, ((0, 0), (reach, reach), (reach, reach)), mode="reflect")


def _check_side(planes: Floats, smallest: int, name: str) -> None:
    height, width = planes.shape[1:]
    if min(height, width) < smallest:
        raise TintypeError(
            f"{name} needs {smallest} x {smallest} pixels or more, this has {width} x {height}"
        )
