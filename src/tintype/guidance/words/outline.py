"""From a blurred map of where something is to its outline in the photograph, and to the middle of it.

An encoder knows where it sees a thing to a thirty-second of its input. Where its map is high the thing is, where it
is low it is not, unless the looks there speak against it: those of both places are learned, and what looks like the
one or the other is added to it, and learned from in its turn. Between them the outline lies where the ways from both,
which edges make long, are equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.geodesic import FAR, edge_steps, geodesic_distances
from tintype.guidance.words.likeness import likeness

Floats = NDArray[np.float32]

_EDGE = 6.0  # units of L: what ends a thing, as in tintype.guidance.grow
_POWER = 2.0
_LENGTH = 0.4  # of the longer side: a way so long counts as much as an edge
_SWEEPS = 2
_HALF = 0.5
_LOOKS = 1.5  # how much looks count beside the map: no more, or places where it is low are taken too
_AGAINST = 1.5  # how much more the map counts where it speaks against a thing
_HIGHEST = 1.5  # of the map, whose sure cells are at 1 and -1
_SURE = 0.8
_ROUNDS = 3
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


def outline(scores: Floats, lightness: Floats, looks: Floats, spread: Spread = OF_THINGS) -> Floats:
    """Find where a thing ends.

    Args:
        scores: (h, w), larger where the thing is.
        lightness: (h, w) CIE L of the whole photograph at the same size.
        looks: (h, w, K) of the same cells, as `tintype.guidance.words.likeness.describe` gives them.
        spread: how much of the photograph it may fill.

    Returns:
        (h, w) float32, 0..1: more than 0.5 inside.
    """
    high, low = (float(np.quantile(scores, share)) for share in (spread.surely, spread.surely_not))
    seen = np.clip(2 * (scores - low) / max(high - low, 1e-6) - 1, -_HIGHEST, _HIGHEST)
    seen = np.where(seen < 0, _AGAINST * seen, seen)
    inner = scores >= high
    outer = (scores <= low) & ~inner
    for _ in range(_ROUNDS):
        belief = seen + _LOOKS * likeness(looks, inner, outer)
        if (belief >= _SURE).mean() > _LEAST_INNER:
            inner = belief >= _SURE
        if (belief <= -_SURE).mean() > _LEAST_OUTER:
            outer = (belief <= -_SURE) & ~inner
    return between(inner, outer & ~inner, lightness)


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
