"""Marks of one photograph carried to another: a crop of it, the next picture on the film, the same people elsewhere.

Where the photographs lie on each other (``tintype.guidance.alignment``), a mark keeps its shape and is moved to
within a few pixels. Where they do not, it goes to the place that looks most like its own, as a point. Either way its
confidence is multiplied by the probability that it is in the right place, and it is advice from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.alignment import Alignment, Matrix, align
from tintype.guidance.cells import Cells
from tintype.guidance.keypoints import Floats
from tintype.guidance.marks import GrownMark, Mark, PaintedMark, PointMark, StrokeMark
from tintype.guidance.matching import compare, place_confidence
from tintype.guidance.moving import anchors_of, move_mark, said_by
from tintype.guidance.reference import LEAST_AGREEMENT, LEAST_CONFIDENCE, MOST_CONFIDENCE
from tintype.guidance.tracking import track

VIEW_SIDE = 320
"""Longer side of the lightness by which photographs are laid on each other, pixels."""


@dataclass(frozen=True, eq=False)
class View:
    """A photograph as it is compared with another.

    Attributes:
        size: (height, width), pixels.
        lightness: (h, w) CIE L of all of it, at about `VIEW_SIDE`.
        cells: what a network sees.
    """

    size: tuple[int, int]
    lightness: Floats
    cells: Cells

    @property
    def scale(self) -> Matrix:
        """(2,): x and y pixels of the lightness for each pixel of the photograph."""
        (height, width), (h, w) = self.size, self.lightness.shape
        return np.array([w / width, h / height])


@dataclass(frozen=True)
class Carried:
    """Marks that were carried.

    Attributes:
        marks: in the second photograph.
        numbers: which mark of the first one each is, from 0.
        outside: numbers of those that lie outside of the second photograph.
        is_aligned: whether the photographs lie on each other.
        is_mirrored: whether they do so with left and right exchanged.
    """

    marks: tuple[Mark, ...] = ()
    numbers: tuple[int, ...] = ()
    outside: tuple[int, ...] = ()
    is_aligned: bool = False
    is_mirrored: bool = False


def carry_marks(marks: Sequence[Mark], first: View, second: View, origin: str) -> Carried:
    """Carry marks from one photograph to another.

    Args:
        marks: of the first photograph.
        first: where they were made.
        second: where they go.
        origin: of the carried marks: "match:first.jpg".

    Returns:
        The marks that were found again with a probability of `LEAST_CONFIDENCE` or more.
    """
    alignment = align(first.lightness, second.lightness)
    if alignment is None:
        found = _carry_by_likeness(marks, first, second, origin)
        return Carried(tuple(found.values()), tuple(found))
    return _carry_by_place(marks, first, second, alignment, origin)


def _carry_by_place(
    marks: Sequence[Mark], first: View, second: View, alignment: Alignment, origin: str
) -> Carried:
    """Carry marks between photographs that lie on each other."""
    anchors = [anchors_of(mark) for mark in marks]
    owners = np.repeat(np.arange(len(marks)), [len(places) for places in anchors])
    places = np.concatenate([*anchors, np.empty((0, 2))]) * first.scale
    tracks = track(first.lightness, second.lightness, alignment, places)
    shifts = tracks.places - alignment.move(places)
    found: dict[int, Mark] = {}
    outside = []
    for number, mark in enumerate(marks):
        own = (owners == number) & (tracks.likeness > -1)
        sure = float(np.median(tracks.confidence[own])) if own.any() else 0.0
        shift = np.median(shifts[own], axis=0) if own.any() else np.zeros(2)
        moved = alignment.shifted(shift).in_pixels(first.scale, second.scale)
        carried = move_mark(mark, moved, second.size, **_said(mark, sure, origin))
        if carried is None or not own.any():
            outside.append(number)
        elif sure >= LEAST_CONFIDENCE:
            found[number] = carried
    return Carried(
        tuple(found.values()),
        tuple(found),
        tuple(outside),
        is_aligned=True,
        is_mirrored=alignment.mirrored,
    )


def _carry_by_likeness(marks: Sequence[Mark], first: View, second: View, origin: str) -> dict[int, Mark]:
    """Return number -> point in the second photograph, for photographs of the same things."""
    comparison = compare(second.cells, first.cells)
    agreement = comparison.agreement(np.ones(second.cells.count, np.float32))
    if agreement < LEAST_AGREEMENT:
        return {}
    found: dict[int, Mark] = {}
    taken: dict[int, int] = {}
    for number, mark in enumerate(marks):
        sources = _cells_of(mark, first)
        if not isinstance(mark, PaintedMark) or not len(sources):
            continue
        scores = comparison.scores[:, sources].mean(axis=1)
        cell = int(scores.argmax())
        likeness = float(comparison.likeness[cell, sources].mean()) / second.cells.own_likeness
        sure = agreement * place_confidence(likeness)
        carried = _point(mark, cell, second, **_said(mark, sure, origin))
        rival = taken.get(cell)
        if sure < LEAST_CONFIDENCE or (rival is not None and found[rival].confidence >= carried.confidence):
            continue
        found.pop(taken.get(cell, -1), None)
        found[number], taken[cell] = carried, number
    return dict(sorted(found.items()))


def _said(mark: Mark, sure: float, origin: str) -> dict[str, Any]:
    """Return what a carried mark says: the same, but less surely."""
    confidence = round(mark.confidence * min(sure, MOST_CONFIDENCE), 3)
    return {**said_by(mark), "confidence": confidence, "origin": origin}


def _cells_of(mark: Mark, view: View) -> NDArray[np.intp]:
    """Return the cells of a photograph that the anchors of a mark lie in."""
    rows, columns = view.cells.size
    places = anchors_of(mark) * (columns / view.size[1], rows / view.size[0])
    inside = np.clip(places.astype(int), 0, (columns - 1, rows - 1))
    return np.unique(inside[:, 1] * columns + inside[:, 0])


def _point(mark: Mark, cell: int, view: View, **said: Any) -> Mark:
    """Return a mark in the middle of a cell: as a click that grows, or as wide as the mark was, at most a cell."""
    rows, columns = view.cells.size
    wide, high = view.size[1] / columns, view.size[0] / rows
    x, y = (cell % columns + 0.5) * wide, (cell // columns + 0.5) * high
    if isinstance(mark, GrownMark):
        return GrownMark(x, y, tolerance=mark.tolerance, **said)
    radius = mark.radius if isinstance(mark, PointMark | StrokeMark) else np.inf
    return PointMark(x, y, radius=float(min(radius, wide / 2, high / 2)), **said)
