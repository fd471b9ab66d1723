"""Color that does not keep to the edges of what is seen: changes without an edge, edges without a change."""

from __future__ import annotations

import numpy as np

from tintype.measure.unaided.look import Floats, Look
from tintype.measure.unaided.smooth import window_mean

EDGE = 2.0
"""Gradient of the lightness, in units of L a pixel, at which an edge is about to be seen."""

_BLUR = 2  # pixels: what is left of the color below this scale is its fine part
_LEAST_STEEPNESS = 1e-3


def bleeding(look: Look) -> float:
    """Measure the share of the color's change that happens where the lightness has no edge.

    Formula: sum(|grad ab| exp(-|grad L| / 2)) / sum(|grad ab|), where |grad L| is the largest of the nine pixels
    around, so that an edge may lie a pixel beside.

    Returns:
        0 (color changes on edges alone) to 1 (on none); 0 for one color everywhere.

    Source: the observation behind color transfer by edges, Levin, Lischinski, Weiss, "Colorization using
    optimization" (2004): neighbors of similar lightness should have similar colors.
    """
    total = float(look.color_steepness.sum())
    if total < _LEAST_STEEPNESS * look.lightness.size:
        return 0.0
    calm = np.exp(-_dilated(look.light_steepness) / EDGE)
    return float((look.color_steepness * calm).sum() / total)


def edge_agreement(look: Look) -> float:
    """Correlate where color changes with where lightness changes.

    Formula: Pearson's correlation of log(1 + |grad ab|) and log(1 + |grad L|) over all pixels.

    Returns:
        -1..1, higher is better; 0 where one of both does not change at all.
    """
    color, light = np.log1p(look.color_steepness).ravel(), np.log1p(look.light_steepness).ravel()
    if color.std() < _LEAST_STEEPNESS or light.std() < _LEAST_STEEPNESS:
        return 0.0
    return float(np.corrcoef(color, light)[0, 1])


def color_sharpness(look: Look) -> float:
    """Measure how sharp the edges of color are, for its size: color that was blurred or enlarged has few.

    Formula: variance of ab minus its mean over 5 x 5 pixels, over the variance of ab, both summed over a and b.

    Returns:
        0 (smooth) to about 1 (noise); 0 for one color everywhere. Photographs lie around 0.1.
    """
    fine = float(np.square(look.ab - window_mean(look.ab, _BLUR)).sum(axis=2).mean())
    whole = float(look.ab.var(axis=(0, 1)).sum())
    return fine / whole if whole > _LEAST_STEEPNESS else 0.0


def speckle(look: Look) -> float:
    """Measure color that changes from pixel to pixel where the lightness is calm: noise, and blocks of JPEG.

    Formula: mean of |ab minus its mean over 3 x 3 pixels| over the half of the pixels with the smallest gradient
    of lightness.

    Returns:
        Lab units, 0 or more.
    """
    fine = np.linalg.norm(look.ab - window_mean(look.ab, 1), axis=2)
    return float(fine[look.light_steepness <= np.median(look.light_steepness)].mean())


def _dilated(plane: Floats) -> Floats:
    """Return the largest of the nine pixels around each."""
    wide = np.pad(plane, 1, mode="edge")
    rows = np.maximum(np.maximum(wide[:-2], wide[1:-1]), wide[2:])
    return np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
