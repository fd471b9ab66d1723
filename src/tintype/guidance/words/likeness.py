"""Telling a thing from what is around it by its looks: tone, texture, and the colors that a network expects of it.

Of what surely is inside and what surely is not, the mean looks and their spread are known; between the two means lies
a plane (Fisher's linear discriminant, 1936), and each cell stands more or less far on one side of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PARTS = 8
"""Principal parts of the expected colors that are looked at."""

_TONE = 20.0  # units of L that count as much as the usual spread of an expected color
_TEXTURE = 2.0
_REACH = 3  # cells to each side, over which texture is seen
_STEPS = 6
_RIDGE = 0.5
_CLEAR = 3.0  # logarithm of the odds from which on nothing is surer


def describe(lightness: Floats, expected: Floats | None = None) -> Floats:
    """Return the looks of each cell: (h, w, K).

    Args:
        lightness: (h, w) CIE L.
        expected: (h, w, k), the `main_parts` of the colors that a network expects; None where it tells none.
    """
    tone = np.asarray(lightness, np.float32) / np.float32(_TONE)
    mean = _mean_around(tone)
    spread = np.sqrt(np.maximum(_mean_around(np.square(tone)) - np.square(mean), 0))
    looks = np.stack([tone, np.square(tone) / 3, mean, _TEXTURE * spread], axis=-1)
    return looks if expected is None else np.concatenate([looks, expected], axis=-1)


def main_parts(shares: Floats, count: int = PARTS) -> Floats:
    """Return in what the distributions of cells differ most: (h, w, count), the first of unit deviation.

    Args:
        shares: (h, w, Q) probabilities of the bins; their roots are compared, as Hellinger's distance does.
        count: of the parts, at most Q.
    """
    roots = np.sqrt(shares.reshape(-1, shares.shape[-1]), dtype=np.float64)
    roots -= roots.mean(axis=0)
    directions = np.random.default_rng(0).standard_normal((roots.shape[-1], count))
    for _ in range(_STEPS):  # subspace iteration: all directions would take seconds where cores are busy
        directions, _ = np.linalg.qr(roots.T @ (roots @ directions))
    parts = roots @ directions
    _, axes = np.linalg.eigh(parts.T @ parts)
    parts = parts @ axes[:, ::-1]
    parts /= max(float(parts.std(axis=0).max()), 1e-6)
    return np.asarray(parts.reshape(*shares.shape[:2], -1), np.float32)


def likeness(looks: Floats, inner: NDArray[np.bool], outer: NDArray[np.bool]) -> Floats:
    """Return how much each cell looks like what is inside: (h, w) float32, -1 (like what is outside) to 1.

    Args:
        looks: (h, w, K), as `describe` gives them.
        inner: (h, w) what belongs to the thing.
        outer: (h, w) what does not.
    """
    if not inner.any() or not outer.any():
        return np.zeros(looks.shape[:2], np.float32)
    groups = [looks[mask].astype(np.float64) for mask in (inner, outer)]
    inside, outside = (group.mean(axis=0) for group in groups)
    spread = sum(np.cov(group.T, bias=True) for group in groups) / 2 + _RIDGE * np.eye(looks.shape[-1])
    direction = np.linalg.solve(spread, inside - outside)
    odds = (looks - (inside + outside) / 2) @ direction
    return np.asarray(np.clip(odds / _CLEAR, -1, 1), np.float32)


def _mean_around(plane: Floats) -> Floats:
    """Return the mean over a square around each cell; beyond the border the last cells go on."""
    for axis in (0, 1):
        pad = [(0, 0), (0, 0)]
        pad[axis] = (_REACH + 1, _REACH)
        sums = np.cumsum(np.pad(plane, pad, mode="edge"), axis=axis, dtype=np.float64)
        width = 2 * _REACH + 1
        upper, lower = [slice(None)] * 2, [slice(None)] * 2
        upper[axis], lower[axis] = slice(width, None), slice(None, -width)
        plane = np.asarray((sums[tuple(upper)] - sums[tuple(lower)]) / width, np.float32)
    return plane
