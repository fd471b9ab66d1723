"""A color photograph as guidance: what matches takes its colors as marks.

A match says a color for each cell. What a person is shown, and can move and delete, are discs of one color, as large
as they can be.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.cells import Floats
from tintype.guidance.colors import AB_LIMIT
from tintype.guidance.marks import PointMark
from tintype.guidance.matching import ColorMatch

LEAST_AGREEMENT = 0.5
"""Photographs that agree less show different things: nothing matches."""

LEAST_CONFIDENCE = 0.35
"""Of a mark; less is not worth a person's attention."""

MOST_CONFIDENCE = 0.95
"""A match is advice and no order, however good it is."""

MARK_COUNT = 120
"""Most marks of all references together."""

_WIDEST = 4  # cells
_ONE_COLOR = 8.0  # Lab units of ab
_MIDDLE_GRAY = 50.0  # a mark's lightness is only for people


@dataclass(frozen=True, eq=False)
class NamedMatch:
    """The colors that a photograph takes from one reference.

    Attributes:
        origin: of its marks: "match:wedding.jpg".
        match: colors and confidence of each cell.
    """

    origin: str
    match: ColorMatch


@dataclass(frozen=True, eq=False)
class _Cells:
    """What is surest of each cell, (height, width[, 2]): whose match it is, its color and confidence."""

    owner: NDArray[np.intp]
    ab: Floats
    confidence: Floats


@dataclass(frozen=True)
class _Disc:
    row: int
    column: int
    reach: float


def match_origin(name: str) -> str:
    """Return the origin of marks that were matched with a file: "match:wedding.jpg"."""
    plain = " ".join(name.split())[:200]
    return f"match:{plain}" if plain else "match"


def place_marks(
    matches: Sequence[NamedMatch], photo_size: tuple[int, int], count: int = MARK_COUNT
) -> tuple[PointMark, ...]:
    """Place marks where a photograph takes the color of a reference.

    Args:
        matches: with each reference, on one grid of cells; each cell takes the color that is surest.
        photo_size: (height, width) of the photograph, pixels.
        count: of marks, at most; the largest ones are kept.

    Returns:
        The marks, from the largest to the smallest; none where nothing matches.
    """
    usable = [match for match in matches if match.match.agreement >= LEAST_AGREEMENT]
    if not usable:
        return ()
    cells = _surest([match.match for match in usable])
    discs = [disc for _, disc in zip(range(count), _find_discs(cells), strict=False)]
    return tuple(
        _to_mark(cells, disc, photo_size, usable[cells.owner[disc.row, disc.column]].origin) for disc in discs
    )


def _surest(matches: Sequence[ColorMatch]) -> _Cells:
    size = matches[0].size
    confidence = np.stack([match.confidence.reshape(size) for match in matches])
    owner = confidence.argmax(axis=0)
    ab = np.stack([match.ab.reshape(*size, 2) for match in matches])
    chosen = np.take_along_axis(ab, owner[None, ..., None], axis=0)[0]
    return _Cells(owner, chosen, confidence.max(axis=0))


def _find_discs(cells: _Cells) -> Iterator[_Disc]:
    """Yield discs of one color, the largest first, the surer one of equals; no center lies in an earlier disc."""
    reach = _reach(cells)
    is_open = cells.confidence >= LEAST_CONFIDENCE
    for cell in np.lexsort((-cells.confidence.ravel(), -reach.ravel())):
        row, column = divmod(int(cell), is_open.shape[1])
        if is_open[row, column]:
            disc = _Disc(row, column, float(reach[row, column]))
            is_open &= ~_covered(is_open.shape, disc)
            yield disc


def _reach(cells: _Cells) -> Floats:
    """Return how far each cell's own color reaches all around, in cells: the radius of its disc, (height, width)."""
    nearest = np.full(cells.owner.shape, _WIDEST + 0.5, np.float32)
    for down, right in _offsets():
        other = _shifted(cells, down, right)
        differs = np.hypot(*np.moveaxis(other.ab - cells.ab, -1, 0)) > _ONE_COLOR
        differs |= (other.owner != cells.owner) | (other.confidence < LEAST_CONFIDENCE)
        np.minimum(nearest, np.where(differs, math.hypot(down, right), np.inf), out=nearest)
    return nearest - np.float32(0.5)


def _offsets() -> Iterator[tuple[int, int]]:
    steps = range(-_WIDEST, _WIDEST + 1)
    return ((y, x) for y in steps for x in steps if 0 < math.hypot(y, x) < _WIDEST + 0.5)


def _shifted(cells: _Cells, down: int, right: int) -> _Cells:
    """Return for each cell the one so far away; beyond the border there is the border."""
    height, width = cells.owner.shape
    rows = np.clip(np.arange(height) + down, 0, height - 1)[:, None]
    columns = np.clip(np.arange(width) + right, 0, width - 1)
    return _Cells(cells.owner[rows, columns], cells.ab[rows, columns], cells.confidence[rows, columns])


def _covered(size: tuple[int, ...], disc: _Disc) -> NDArray[np.bool]:
    rows, columns = np.ogrid[: size[0], : size[1]]
    covered: NDArray[np.bool] = np.hypot(rows - disc.row, columns - disc.column) <= disc.reach
    return covered


def _to_mark(cells: _Cells, disc: _Disc, photo_size: tuple[int, int], origin: str) -> PointMark:
    height, width = cells.owner.shape
    vertical, horizontal = photo_size[0] / height, photo_size[1] / width
    inside = _covered((height, width), disc)
    sure = cells.confidence[inside]
    a, b = np.clip(np.average(cells.ab[inside], axis=0, weights=sure), -AB_LIMIT, AB_LIMIT).tolist()
    return PointMark(
        round((disc.column + 0.5) * horizontal, 2),
        round((disc.row + 0.5) * vertical, 2),
        radius=round(disc.reach * math.sqrt(vertical * horizontal), 2),
        color=(_MIDDLE_GRAY, a, b),
        confidence=round(min(float(np.average(sure, weights=sure)), MOST_CONFIDENCE), 3),
        origin=origin,
    )
