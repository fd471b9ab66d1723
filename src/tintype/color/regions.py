"""Parts of a picture that look alike, as soft memberships: what shares one draw when colors are sampled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

_ROUNDS = 8
_LEAST_WIDTH = 1e-6  # where all cells are alike, their distances are rounding errors


def find_regions(looks: Floats, count: int, softness: float) -> Floats:
    """Divide a picture into regions that look alike, wherever they lie.

    Args:
        looks: (h, w, K) float, what each cell looks like; only distances between cells matter.
        count: number of regions; fewer are used where there are fewer different cells.
        softness: width of the borders, as a share of the typical distance to a region's center, above 0.

    Returns:
        Memberships (h, w, count) float32, which sum to 1. The same looks give the same regions.

    >>> import numpy as np
    >>> find_regions(np.array([[[0.0], [0.1], [5.0]]]), count=2, softness=0.5).round(2)[0].tolist()
    [[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
    """
    cells = looks.reshape(-1, looks.shape[-1]).astype(np.float32)
    squares = _squared_distances(cells, _cluster(cells, count))
    nearest = squares.min(axis=1, keepdims=True)
    width = 2 * softness * float(nearest.mean()) + _LEAST_WIDTH
    memberships = np.exp((nearest - squares) / width)
    memberships /= memberships.sum(axis=1, keepdims=True)
    return np.asarray(memberships.reshape(*looks.shape[:2], count))


def soften(picture: Floats) -> Floats:
    """Average each cell of (h, w, K) with its eight neighbors, so that single cells don't make regions."""
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    softened: Floats = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9
    return softened


def _cluster(cells: Floats, count: int) -> Floats:
    """Find centers (count, K) by k-means, begun with the cells that are farthest from each other."""
    centers = _spread_out(cells, count)
    for _ in range(_ROUNDS):
        owner = _squared_distances(cells, centers).argmin(axis=1)
        members = (owner[:, None] == np.arange(count)).astype(cells.dtype)
        sizes = members.sum(axis=0)[:, None]
        centers = np.where(sizes > 0, members.T @ cells / np.maximum(sizes, 1), centers)
    return centers


def _spread_out(cells: Floats, count: int) -> Floats:
    """Choose cells by k-means++: at random, the likelier the farther they are from those chosen before."""
    random = np.random.default_rng(0)  # not the user's seed: regions belong to the picture, not to a draw
    chosen = cells[random.integers(len(cells))][None]
    for _ in range(count - 1):
        nearest = _squared_distances(cells, chosen).min(axis=1).astype(np.float64) + 1e-12
        chosen = np.concatenate([chosen, cells[random.choice(len(cells), p=nearest / nearest.sum())][None]])
    return np.asarray(chosen)


def _squared_distances(cells: Floats, centers: Floats) -> Floats:
    products = -2 * cells @ centers.T + (cells**2).sum(axis=1)[:, None] + (centers**2).sum(axis=1)
    return np.asarray(np.maximum(products, 0))
