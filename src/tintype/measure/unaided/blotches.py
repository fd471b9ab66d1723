"""Color that changes slowly without cause: stains, and halves of one thing in two colors."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tintype.measure.samples import Blotches, measure_blotches
from tintype.measure.unaided.look import Floats, Look

_BANDS = 10  # of lightness, equally many pixels each
_TILES = 4  # in each direction
_HALVED_FROM = 64  # pixels on the shorter side: so many hold eight cycles twice over


def stains(look: Look) -> float:
    """Measure slow changes of color where the lightness has none: ``tintype.measure.samples.blotchiness``.

    Returns:
        Lab units for each hundredth of the shorter side, 0 or more; the truth's own value is not 0.
    """
    return _blotches(look).strength


def stain_share(look: Look) -> float:
    """Measure the same relative to all slow change: ``tintype.measure.samples.blotch_share``.

    Returns:
        0 (color changes only with lightness) to about 1 (it does not care for it).
    """
    return _blotches(look).share


def unevenness(look: Look) -> float:
    """Measure how much the color of equally light pixels of one neighborhood differs.

    Formula: the picture is divided into 4 x 4 tiles, each tile into ten bands of lightness; the root of the mean
    variance of ab within them, over the root of the variance of ab in the picture.

    Returns:
        0 (color is decided by place and lightness) to 1 (by neither); 0 for one color everywhere.
    """
    whole = float(look.ab.var(axis=(0, 1)).sum())
    if whole <= 0:
        return 0.0
    group = _tiles_and_bands(look).ravel()
    ab = look.ab.reshape(-1, 2).astype(np.float64)
    sizes = np.maximum(np.bincount(group), 1)
    sums = np.stack([np.bincount(group, channel) for channel in ab.T])
    within = (np.square(ab).sum() - (np.square(sums) / sizes).sum()) / len(ab)
    return math.sqrt(min(1.0, max(0.0, within / whole)))


@lru_cache(maxsize=1)
def _blotches(look: Look) -> Blotches:
    return measure_blotches(*_halved(look))


def _halved(look: Look) -> tuple[Floats, Floats]:
    """Return ab and lightness at half the size: what is slow is in it all the same, for a quarter of the time."""
    if look.side < _HALVED_FROM:
        return look.ab, look.lightness
    height, width = (length // 2 * 2 for length in look.lightness.shape)
    lab = np.concatenate([look.ab, look.lightness[..., None]], axis=2)[:height, :width]
    half = lab.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
    return half[..., :2], half[..., 2]


def _tiles_and_bands(look: Look) -> NDArray[np.intp]:
    """Return (h, w): which tile and which of its bands of lightness each pixel belongs to."""
    height, width = look.lightness.shape
    group = np.empty((height, width), np.intp)
    for i, rows in enumerate(np.array_split(np.arange(height), _TILES)):
        for j, columns in enumerate(np.array_split(np.arange(width), _TILES)):
            tile = np.ix_(rows, columns)
            light = look.lightness[tile]
            rank = np.empty(light.size, np.intp)
            rank[np.argsort(light, axis=None, kind="stable")] = np.arange(light.size)
            group[tile] = (rank * _BANDS // light.size).reshape(light.shape) + _BANDS * (i * _TILES + j)
    return group
