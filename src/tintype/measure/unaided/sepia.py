"""One hue for everything: what colorizers fall back to when they know nothing."""

from __future__ import annotations

import math

import numpy as np

from tintype.measure.unaided.look import Look

_LEAST_CHROMA = 0.5  # Lab units: less is gray, whose hue is rounding


def hue_concentration(look: Look) -> float:
    """Measure how much all colors share one hue.

    Formula: |mean of ab| over the mean of |ab|: the mean resultant length of the hues, weighed by chroma.

    Returns:
        0 (hues of all sides) to 1 (one hue, as in a sepia print); 1 for gray, which has no hue to lose.

    Source: Mardia, Jupp, "Directional statistics" (2000), section 2.3, with weights.
    """
    chroma = float(look.chroma.mean())
    if chroma < _LEAST_CHROMA:
        return 1.0
    return float(np.hypot(*look.ab.mean(axis=(0, 1)))) / chroma


def tone_width(look: Look) -> float:
    """Measure how far colors leave the line that one tone would have.

    Formula: root of the smaller eigenvalue of the covariance of ab: a sepia print, and two hues that lie opposite
    each other, have all their colors on one line.

    Returns:
        Lab units, 0 or more.
    """
    values = np.linalg.eigvalsh(np.cov(look.ab.reshape(-1, 2).astype(np.float64).T))
    return math.sqrt(max(0.0, float(values[0])))


def colors(look: Look) -> float:
    """Count the hues: the exponential of the entropy of 24 sectors of hue, each weighed by its chroma.

    Returns:
        1 (one hue) to 24 (all alike); 1 for gray.
    """
    weights = look.chroma.ravel()
    if float(weights.mean()) < _LEAST_CHROMA:
        return 1.0
    hue = np.arctan2(look.ab[..., 1], look.ab[..., 0]).ravel()
    sectors = np.minimum(((hue + math.pi) * (24 / (2 * math.pi))).astype(int), 23)
    shares = np.bincount(sectors, weights, 24) / weights.sum()
    return float(np.exp(-(shares[shares > 0] * np.log(shares[shares > 0])).sum()))
