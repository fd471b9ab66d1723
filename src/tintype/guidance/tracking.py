"""Where a place of one photograph is in another that lies on it: the map says about where, the surroundings exactly.

Between neighboring pictures things move. Around each place a window is compared with those nearby in the other
photograph, by correlation, which no change of tone affects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.alignment import Alignment, Matrix
from tintype.guidance.keypoints import Floats

_WINDOW = 10  # pixels from the place to the edge of what is compared
_SEARCH = 10  # pixels that a thing may have moved beside the map
_SHARPNESS = 5.0  # pixels: what is near counts more
_NOISE = 4.0  # square of CIE L, below which a window counts as flat: flat is like flat
_LEAST_SEEN = 0.25  # of the weights, or a window says nothing
_LAZINESS = 0.004  # likeness that each pixel of movement must gain

_LIKE_MIDDLE, _LIKE_WIDTH = 0.3, 0.1


@dataclass(frozen=True, eq=False)
class Tracks:
    """Places found again.

    Attributes:
        places: (n, 2), x and y in the second photograph.
        likeness: (n,), -1..1: correlation of the surroundings; -1 where the place lies outside.
    """

    places: Matrix
    likeness: Matrix

    @property
    def confidence(self) -> Matrix:
        """(n,), 0..1: the probability that the place shows the same."""
        return np.asarray(
            1 / (1 + np.exp(-(self.likeness - _LIKE_MIDDLE) / _LIKE_WIDTH)) * (self.likeness > -1)
        )


def track(first: Floats, second: Floats, alignment: Alignment, places: NDArray[np.floating[Any]]) -> Tracks:
    """Find places of a photograph again.

    Args:
        first: (H, W) CIE L.
        second: (H', W') CIE L.
        alignment: of the two.
        places: (n, 2), x and y in the first photograph.
    """
    warped = _warp(second, alignment, first.shape)
    one, other = _padded(first, _WINDOW), _padded(warped, _WINDOW + _SEARCH)
    found = [
        _search(_cut(one, x, y, _WINDOW), _cut(other, x, y, _WINDOW + _SEARCH)) for x, y in places.tolist()
    ]
    shifts = np.array([shift for shift, _ in found]).reshape(-1, 2)
    moved = alignment.move(places + shifts)
    likeness = np.array([likeness for _, likeness in found])
    height, width = second.shape
    is_inside = (moved >= 0).all(axis=1) & (moved[:, 0] < width) & (moved[:, 1] < height)
    return Tracks(moved, np.where(is_inside, likeness, -1.0))


def _padded(picture: Floats, reach: int) -> Floats:
    return np.pad(picture, reach, constant_values=np.nan)


def _warp(second: Floats, alignment: Alignment, size: tuple[int, ...]) -> Floats:
    """Return the second photograph laid over the first one, (height, width); nan beyond its border."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    places = alignment.move(np.stack([x.ravel(), y.ravel()], axis=-1))
    return sample(second, places).reshape(size)


def sample(picture: Floats, places: Matrix) -> Floats:
    """Return (n,) the picture (H, W) at places (n, 2), linearly between the middles of pixels; nan outside."""
    height, width = picture.shape
    x, y = np.clip(places[:, 0] - 0.5, 0, width - 1), np.clip(places[:, 1] - 0.5, 0, height - 1)
    left, top = np.minimum(x.astype(int), max(width - 2, 0)), np.minimum(y.astype(int), max(height - 2, 0))
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    u, v = x - left, y - top
    upper = picture[top, left] * (1 - u) + picture[top, right] * u
    lower = picture[bottom, left] * (1 - u) + picture[bottom, right] * u
    is_outside = (places < 0).any(axis=1) | (places[:, 0] > width) | (places[:, 1] > height)
    return np.where(is_outside, np.nan, upper * (1 - v) + lower * v).astype(np.float32)


def _search(window: Matrix, around: Matrix) -> tuple[tuple[int, int], float]:
    """Return by how much a thing has moved, (x, y) in pixels of the first photograph, and how like it is there."""
    likeness = _correlations(window, np.lib.stride_tricks.sliding_window_view(around, window.shape))
    steps = np.arange(-_SEARCH, _SEARCH + 1)
    distances = np.hypot(steps[:, None], steps)
    row, column = np.unravel_index(np.argmax(likeness - _LAZINESS * distances), likeness.shape)
    return (int(steps[column]), int(steps[row])), float(likeness[row, column])


def _cut(padded: Floats, x: float, y: float, reach: int) -> Matrix:
    """Return the square around a pixel of a photograph that was padded by so much."""
    row, column = int(y), int(x)
    return padded[row : row + 2 * reach + 1, column : column + 2 * reach + 1].astype(np.float64)


def _correlations(window: Matrix, candidates: Matrix) -> Matrix:
    """Return how like candidates (m, n, k, k) are to a window (k, k): (m, n), -1..1."""
    steps = np.arange(-_WINDOW, _WINDOW + 1)
    near = np.exp(-(steps[:, None] ** 2 + steps**2) / (2 * _SHARPNESS**2))
    weights = (near * np.isfinite(window)).ravel()
    one, other = np.nan_to_num(window).ravel(), candidates.reshape(-1, window.size)
    known = np.isfinite(other).astype(np.float64)
    other = np.nan_to_num(other)
    total = known @ weights
    scale = 1 / np.maximum(total, 1e-9)
    means = scale * (known @ (weights * one)), scale * (other @ weights)
    covariance = scale * (other @ (weights * one)) - means[0] * means[1]
    variances = (
        scale * (known @ (weights * one**2)) - means[0] ** 2,
        scale * (other**2 @ weights) - means[1] ** 2,
    )
    likeness = (covariance + _NOISE) / np.sqrt((variances[0] + _NOISE) * (variances[1] + _NOISE))
    seen = total > _LEAST_SEEN * near.sum()
    return np.where(seen, likeness, -1.0).reshape(candidates.shape[:2])
