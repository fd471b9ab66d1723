"""How far marks may reach: over their object, and not far beyond the nearest strong contour.

A network spreads a color where it thinks it belongs, and one strong unlikely color tints all of the photograph. So
what it says with the marks counts in full near them and ever less behind the contours of the photograph, where
what it said without them stands. Near and behind are lengths of ways over the photograph's edges
(``tintype.guidance.geodesic``); a color that the network held likely there by itself may go twice as far as one
that surprises it. A large mark goes less far than a click: a click stands for its object, but who paints a region
has said where it ends.

The numbers were settled on single true and absurd colors in 100 photographs, see ``results/marks.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import CENTERS, Decoding, probabilities
from tintype.guidance.geodesic import FAR, Steps, edge_steps, geodesic_distances
from tintype.guidance.points import Patch

EXPECTED = 2.0
"""Largest surprise of a color that belongs to what the network expected."""

_CALM, _STARTLED = 1.0, 3.0  # surprises from which on a mark goes as far, and as little far, as marks can
_HANDICAP = 0.6  # of a mark that startles: a length it has behind it when it starts
_OUTLINED = 0.3  # the same of a mark that is large
_SMALL, _LARGE = 3.0, 6.0  # sides of marks, cells of a grid of _SIDE x _SIDE, between which that grows
_REACH = 0.95  # length of a way at the end of which half is left
_SHARPNESS = 8
_EDGE, _POWER = 20.0, 3.0  # a change of L from cell to cell that makes a step of 1; weaker ones hardly count
_SIDE, _CROSSING = 56, 0.01  # the grid on which a step costs at least ...
_WIDTH = 15.0  # of what counts as one color, Lab units
_MOST_CELLS = 64  # of a mark that are looked at

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PlacedColor:
    """A mark with a color on the grid of an answer.

    Attributes:
        number: of the mark in its guidance.
        cells: the share of each cell that is seen of it.
        ab: (2,), or (rows, columns, 2) where it varies over the box of the cells.
    """

    number: int
    cells: Patch
    ab: Floats


def surprises(logits: Floats, marks: Sequence[PlacedColor]) -> list[float]:
    """Return how little a network expected each color where a mark puts it: 0 not at all surprising, 3 very.

    It is the negative logarithm of the probability of colors like it, the mean over the cells of the mark; 0 for a
    mark that is not seen.

    Args:
        logits: (h, w, Q) of the answer without marks.
        marks: with their colors.
    """
    looked_at = [_look_at(placed) for placed in marks]
    counts = [len(ab) for _, _, ab in looked_at]
    if not sum(counts):
        return [0.0] * len(marks)
    rows, columns, ab = (np.concatenate(parts) for parts in zip(*looked_at, strict=True))
    shares = probabilities(logits[rows, columns], None, Decoding(rarity=0, temperature=1))
    squares = (CENTERS[:, 0] - ab[:, :1]) ** 2 + (CENTERS[:, 1] - ab[:, 1:]) ** 2
    likely = (shares * np.exp(squares * np.float32(-0.5 / _WIDTH**2))).sum(axis=-1)
    each = np.split(-np.log(np.maximum(likely, 1e-9)), np.cumsum(counts)[:-1])
    return [float(cells.mean()) if len(cells) else 0.0 for cells in each]


def reach_map(
    lightness: Floats, groups: Sequence[Sequence[tuple[PlacedColor, float]]]
) -> NDArray[np.float32]:
    """Return how much of what a network says with marks counts in each cell.

    Args:
        lightness: (h, w) mean CIE L of the cells.
        groups: of marks, each with its surprise.

    Returns:
        (groups, h, w) float32: 1 at the marks of a group, 0 far behind contours.
    """
    starts = np.full((len(groups), *lightness.shape), FAR, np.float32)
    for plane, marks in zip(starts, groups, strict=True):
        for placed, startling in marks:
            _start(plane, placed, startling)
    distances = geodesic_distances(starts, contour_steps(lightness)) / np.float32(_REACH)
    return np.asarray(1 / (1 + np.minimum(distances, 10) ** _SHARPNESS), np.float32)


def contour_steps(lightness: Floats) -> Steps:
    """Return what it costs to go from cell to cell: about 1 over a strong contour, whatever the size of the grid.

    Args:
        lightness: (h, w) mean CIE L of the cells.
    """
    crossing = _CROSSING * _SIDE / float(np.sqrt(lightness.size))
    return edge_steps(lightness, _EDGE, crossing, _POWER)


def _look_at(placed: PlacedColor) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Return rows and columns (n,) of cells of a mark, spread evenly over it, and their colors (n, 2)."""
    rows, columns = np.nonzero(placed.cells.coverage)
    if rows.size > _MOST_CELLS:
        kept = np.linspace(0, rows.size - 1, _MOST_CELLS).astype(int)
        rows, columns = rows[kept], columns[kept]
    ab = placed.ab[rows, columns] if placed.ab.ndim == 3 else np.broadcast_to(placed.ab, (rows.size, 2))
    return rows + placed.cells.top, columns + placed.cells.left, ab


def _start(plane: NDArray[Any], placed: PlacedColor, startling: float) -> None:
    """Let a mark begin in its cells."""
    excess = np.clip((startling - _CALM) / (_STARTLED - _CALM), 0, 1)
    behind = max(_HANDICAP * excess, _OUTLINED * _largeness(placed, plane.size))
    window = plane[placed.cells.window]
    np.minimum(window, np.where(placed.cells.coverage > 0, behind, FAR), out=window)


def _largeness(placed: PlacedColor, size: int) -> float:
    """Return 0 for a click to 1 for a region, on a grid of so many cells; a field is many clicks."""
    if placed.ab.ndim == 3:
        return 0.0
    side = _SIDE * float(np.sqrt(placed.cells.coverage.sum() / size))
    return float(np.clip((side - _SMALL) / (_LARGE - _SMALL), 0, 1))
