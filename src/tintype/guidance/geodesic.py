"""How far it is from one place of a photograph to another, when crossing its edges is a long way.

The distances are those of Toivanen, "New geodesic distance transforms for gray-scale images" (1996), between
neighbors above, below, left and right: sweeps down and up, in each row the whole way to both sides at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FAR = 1e6
"""The distance of what has not been reached."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Steps:
    """What one step from cell to cell costs.

    Attributes:
        down: (h - 1, w) float32, between each row and the next, above or equal to 0.
        across: (h, w - 1), between each column and the next.
    """

    down: Floats
    across: Floats


def edge_steps(lightness: Floats, edge: float, length: float, power: float) -> Steps:
    """Return steps that are long where the lightness changes.

    Args:
        lightness: (h, w), CIE L.
        edge: a change of so much from cell to cell is a step of 1.
        length: that a step has where nothing changes.
        power: how much shorter the steps over weaker edges are.
    """
    down, across = (
        np.float32(length) + (np.abs(np.diff(lightness, axis=axis)) / np.float32(edge)) ** np.float32(power)
        for axis in (0, 1)
    )
    return Steps(down.astype(np.float32), across.astype(np.float32))


def geodesic_distances(starts: Floats, steps: Steps, sweeps: int = 2) -> Floats:
    """Return the length of the shortest way to each cell.

    Args:
        starts: (n, h, w) float32: n times the distances to begin with, 0 in a mark, ``FAR`` where there is none.
        steps: of a grid (h, w).
        sweeps: down and up again; ways that turn back more often are found too long, never too short. Fewer are
            done where nothing changes any more.

    Returns:
        (n, h, w) float32.
    """
    distances = np.array(starts, np.float32)
    height = distances.shape[1]
    along = np.zeros(distances.shape[1:], np.float32)
    np.cumsum(steps.across, axis=1, out=along[:, 1:])
    for _ in range(sweeps):
        before = distances.copy()
        _sweep(distances, along, ((i, i - 1, i - 1) for i in range(height)), steps.down)
        _sweep(distances, along, ((i, i + 1, i) for i in range(height - 2, -1, -1)), steps.down)
        if np.array_equal(before, distances):
            break
    return distances


def _sweep(distances: Floats, along: Floats, rows: Iterable[tuple[int, int, int]], down: Floats) -> None:
    """Pass distances on from row to row, in each row to both sides; rows: (row, its neighbor, step between)."""
    room = np.empty((distances.shape[0], distances.shape[2]), np.float32)
    for row, neighbor, step in rows:
        here = distances[:, row]
        if neighbor >= 0:
            np.add(distances[:, neighbor], down[step], out=room)
            np.minimum(here, room, out=here)
        way = along[row]
        # The distance by way of a cell on the left is its own plus the difference of the ways: a running minimum.
        np.subtract(here, way, out=room)
        np.minimum.accumulate(room, axis=1, out=room)
        room += way
        here += way
        np.minimum.accumulate(here[:, ::-1], axis=1, out=here[:, ::-1])
        here -= way
        np.minimum(here, room, out=here)
