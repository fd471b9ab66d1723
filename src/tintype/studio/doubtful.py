"""Where to look first: the places of a photograph about which the model knows least."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.marks import Mark

Floats = NDArray[np.floating]

_APART = 0.09
"""Least distance of places, and of places from marks, as a share of the photograph's diagonal."""

_LEAST = 0.05
"""Doubt below which there is nothing to look at."""


@dataclass(frozen=True)
class Doubtful:
    """A place.

    Attributes:
        x: pixels from the left edge of the photograph.
        y: pixels from its top edge.
        doubt: 0 certain, 1 any color; the mean around it.
        radius: pixels, how far places are kept apart.
    """

    x: float
    y: float
    doubt: float
    radius: float


def find_doubtful(doubt: Floats, size: tuple[int, int], marks: Iterable[Mark], count: int) -> list[Doubtful]:
    """Find the most doubtful places, far from each other and from all marks.

    Args:
        doubt: (h, w), 0 certain, 1 any color.
        size: (height, width) of the photograph.
        marks: that are there already, in the photograph's coordinates.
        count: how many at most.

    Returns:
        The most doubtful place first; fewer where nothing else is doubtful.
    """
    height, width = size
    reach = _APART * float(np.hypot(height, width))
    left = _peaks(_smooth(np.asarray(doubt, np.float64)))
    rows = (np.arange(left.shape[0]) + 0.5) * (height / left.shape[0])
    columns = (np.arange(left.shape[1]) + 0.5) * (width / left.shape[1])
    for mark in marks:
        for x, y in mark.corners():
            _strike(left, rows, columns, (x, y), reach)
    found: list[Doubtful] = []
    while len(found) < count:
        row, column = np.unravel_index(int(np.argmax(left)), left.shape)
        if left[row, column] < _LEAST:
            break
        place = float(columns[column]), float(rows[row])
        found.append(Doubtful(*place, float(left[row, column]), reach / 2))
        _strike(left, rows, columns, place, reach)
    return found


def _strike(left: Floats, rows: Floats, columns: Floats, place: tuple[float, float], reach: float) -> None:
    """Take out what lies near a place."""
    x, y = place
    left[(rows[:, None] - y) ** 2 + (columns - x) ** 2 < reach**2] = 0


def _smooth(doubt: Floats) -> Floats:
    """Average each cell with those around it: a single doubtful cell is no place to look at."""
    for axis in (0, 1):
        padded = np.pad(doubt, [(2, 2) if i == axis else (0, 0) for i in (0, 1)], "edge")
        doubt = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=axis).mean(axis=-1)
    return np.array(doubt)


def _peaks(doubt: Floats) -> Floats:
    """Return the doubt where no neighbor has more, and 0 elsewhere: the flank of a peak is no place of its own."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(doubt, 1, "edge"), (3, 3))
    return np.where(doubt >= windows.max(axis=(2, 3)), doubt, 0.0)
