"""Clusters and nearest neighbors of points, in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

_CHUNK = 1024


def find_clusters(points: Floats, count: int, seed: int = 0, rounds: int = 20) -> NDArray[np.float32]:
    """Find centers by k-means (Lloyd 1982), begun by k-means++ (Arthur and Vassilvitskii 2007).

    Args:
        points: (n, d).
        count: of centers; no more are returned than there are different points.
        seed: the same seed gives the same centers.
        rounds: of the improvement.

    Returns:
        (count, d) float32.

    >>> find_clusters(np.array([[0.0], [1.0], [9.0], [10.0]]), 2).tolist()
    [[0.5], [9.5]]
    """
    points = np.asarray(points, np.float32)
    centers = _begin(points, count, np.random.default_rng(seed))
    for _ in range(rounds):
        owner = nearest(points, centers)
        members = np.bincount(owner, minlength=len(centers))
        sums = [np.bincount(owner, column, len(centers)) for column in points.T]
        means = np.stack(sums, axis=1) / np.maximum(members, 1)[:, None]
        centers = np.where(members[:, None] > 0, means, centers).astype(np.float32)
    return np.asarray(centers[np.lexsort(centers.T[::-1])])


def nearest(points: Floats, centers: Floats) -> NDArray[np.intp]:
    """Return the index of the center (k, d) that is nearest to each point (n, d)."""
    return np.concatenate([square.argmin(axis=1) for square in _squares(points, centers)])


def nearest_few(points: Floats, others: Floats, count: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the `count` points of `others` (m, d) nearest to each point (n, d), in no order.

    Returns:
        Indices and squared distances, both (n, count); fewer columns where there are fewer others.
    """
    if count >= len(others):
        everything = np.tile(np.arange(len(others)), (len(points), 1))
        return everything, np.concatenate([*_squares(points, others)])
    found = []
    for squares in _squares(points, others):
        indices = np.argpartition(squares, count, axis=1)[:, :count]
        found.append((indices, np.take_along_axis(squares, indices, axis=1)))
    return np.concatenate([pair[0] for pair in found]), np.concatenate([pair[1] for pair in found])


def _squares(points: Floats, others: Floats) -> list[NDArray[np.float32]]:
    return [squared_distances(points[i : i + _CHUNK], others) for i in range(0, len(points), _CHUNK)]


def squared_distances(points: Floats, others: Floats) -> NDArray[np.float32]:
    """Return the squared distances (n, m) between points (n, d) and (m, d)."""
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ others.T + (others**2).sum(axis=1)
    return np.asarray(np.maximum(squares, 0), np.float32)


def _begin(points: NDArray[np.float32], count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Choose points at random, the likelier the farther they are from those chosen before."""
    chosen = points[random.integers(len(points))][None]
    distances = squared_distances(points, chosen)[:, 0]
    while len(chosen) < count and distances.max() > 0:
        shares = distances.astype(np.float64)
        chosen = np.concatenate([chosen, points[random.choice(len(points), p=shares / shares.sum())][None]])
        distances = np.minimum(distances, squared_distances(points, chosen[-1:])[:, 0])
    return np.asarray(chosen)
