"""From a blurred map of where something is to its outline in the photograph, and to the middle of it.

An encoder knows where it sees a thing to a thirty-second of its input. Where the map is high the thing surely is,
where it is low it surely is not, unless the tones there are those of the thing; between them the outline lies where
the ways from both, which edges make long, are equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.geodesic import FAR, edge_steps, geodesic_distances

Floats = NDArray[np.float32]

_EDGE = 6.0  # units of L: what ends a thing, as in tintype.guidance.grow
_POWER = 2.0
_LENGTH = 0.4  # of the longer side: a way so long counts as much as an edge
_SWEEPS = 2
_HALF = 0.5
_TONES = 20
_SMOOTHING = (0.1, 0.2, 0.4, 0.2, 0.1)
_RARE = 5e-4
_OTHER_TONE = 0.35  # share of a tone inside, below which it speaks against the thing
_LEAST_INNER, _LEAST_OUTER = 0.02, 0.1  # of the photograph, so that something is left to go by


@dataclass(frozen=True)
class Spread:
    """How much of a photograph a thing fills, as quantiles of its map.

    Attributes:
        surely: cells above this share of all cells belong to it.
        surely_not: cells below this share do not.
    """

    surely: float = 0.9
    surely_not: float = 0.4


OF_THINGS = Spread()
"""For what an encoder sees: it is surest of a tenth of the photograph, and half is something else."""


def outline(scores: Floats, lightness: Floats, spread: Spread = OF_THINGS) -> Floats:
    """Find where a thing ends.

    Args:
        scores: (h, w), larger where the thing is; only their order counts.
        lightness: (h, w) CIE L of the whole photograph at the same size.
        spread: how much of the photograph it may fill.

    Returns:
        (h, w) float32, 0..1: more than 0.5 inside.
    """
    inner = scores >= np.quantile(scores, spread.surely)
    outer = (scores <= np.quantile(scores, spread.surely_not)) & ~inner
    tones = tone_shares(lightness, inner, outer)
    sure_inner, sure_outer = inner & (tones > _OTHER_TONE), outer & (tones < 1 - _OTHER_TONE)
    if sure_inner.mean() > _LEAST_INNER:
        inner = sure_inner
    if sure_outer.mean() > _LEAST_OUTER:
        outer = sure_outer
    return between(inner, outer, lightness)


def tone_shares(lightness: Floats, inner: NDArray[np.bool], outer: NDArray[np.bool]) -> Floats:
    """Return how much more often each cell's tone is found inside than outside: (h, w) float32, 0..1, 0.5 for equal.

    Args:
        lightness: (h, w) CIE L.
        inner: (h, w) what belongs to the thing.
        outer: (h, w) what does not.
    """
    levels = np.clip((lightness / 100 * _TONES).astype(np.int64), 0, _TONES - 1)
    inside, outside = (_count_tones(levels[mask]) for mask in (inner, outer))
    return np.asarray((inside / (inside + outside))[levels], np.float32)


def _count_tones(levels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how often each tone occurs, smoothed over its neighbors, sum 1; none never."""
    counts = np.bincount(levels, minlength=_TONES) + _RARE * max(levels.size, 1)
    smooth = np.convolve(np.pad(counts, 2, mode="edge"), _SMOOTHING, "valid")
    return np.asarray(smooth / smooth.sum(), np.float64)


def between(inner: NDArray[np.bool], outer: NDArray[np.bool], lightness: Floats) -> Floats:
    """Return how much nearer each cell is to what is surely inside: (h, w) float32, 0..1, more than 0.5 inside.

    Args:
        inner: (h, w) what surely belongs to the thing.
        outer: (h, w) what surely does not.
        lightness: (h, w) CIE L.
    """
    steps = edge_steps(lightness, _EDGE, 1 / (_LENGTH * max(lightness.shape)), _POWER)
    starts = np.where(np.stack([inner, outer]), np.float32(0), np.float32(FAR))
    to_inner, to_outer = geodesic_distances(starts, steps, _SWEEPS)
    return np.asarray(to_outer / np.maximum(to_inner + to_outer, 1e-6), np.float32)


def is_anywhere(inside: Floats) -> bool:
    """Return whether anything lies inside."""
    return bool((inside > _HALF).any())
