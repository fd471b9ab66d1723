"""Marks that contradict each other: one says red where two others, which agree, say blue.

All of them are kept and the topmost is obeyed; but a slip of the hand, or a match that went wrong, should be told.
Only what a person said contradicts what a person said: it lies on top of matches, which may be wrong, and of words.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.compile import cover_cells, has_color
from tintype.guidance.geodesic import FAR, geodesic_distances
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import FieldMark, GrownMark, Mark, PaintedMark, origin_rank
from tintype.guidance.reach import contour_steps

OTHER_COLOR = 25.0
"""Distance, in Lab units, from which on two colors are different ones."""

MARK_LIMIT = 300
"""Most marks that are compared; of more, the first that a person made."""

_NEAR = 0.2  # length of a way between marks on one thing
_NOTE_LIMIT = 5
_GRID = 4  # pixels of a cell, for marks that are smaller than one

Floats = NDArray[np.float32]


def find_contradictions(
    guidance: Guidance, photo_size: tuple[int, int], lightness: Floats
) -> list[tuple[int, tuple[int, int]]]:
    """Find marks that two others contradict.

    Two marks are on one thing where they overlap, or where no edge lies between them. A mark is contradicted where
    two others on its thing, of no lower rank, agree with each other but not with it, and none agrees with it.

    Args:
        guidance: all marks.
        photo_size: (height, width) of the photograph.
        lightness: (h, w) CIE L of the cells of a grid.

    Returns:
        Numbers of the mark and of two that contradict it.
    """
    numbers = _compared(guidance)
    if len(numbers) < 3:
        return []
    marks = [guidance.marks[number] for number in numbers]
    together = _are_together(marks, photo_size, lightness)
    colors = np.array([mark.color[1:] for mark in marks if isinstance(mark, PaintedMark) and mark.color])
    distances = np.linalg.norm(colors[:, None] - colors, axis=-1)
    is_like = distances < OTHER_COLOR
    ranks = np.array([origin_rank(mark.origin) for mark in marks])
    against = together & ~is_like & (ranks >= ranks[:, None])
    alone = (together & is_like).sum(axis=1) == 1  # it agrees with itself
    pairs = ((i, _find_pair(np.flatnonzero(against[i]), is_like)) for i in np.flatnonzero(alone))
    return [(numbers[i], (numbers[pair[0]], numbers[pair[1]])) for i, pair in pairs if pair]


def note_contradictions(
    guidance: Guidance, photo_size: tuple[int, int], lightness: Floats
) -> tuple[str, ...]:
    """Return what a person should be told, one sentence each; arguments as of `find_contradictions`."""
    where = guidance.source or "guidance"
    found = find_contradictions(guidance, photo_size, lightness)
    notes = [
        f"{where}: {_named(guidance, i)} is contradicted by {_named(guidance, j)} and {_named(guidance, k)} "
        "in the same place, which agree on another color; all are kept and the topmost is obeyed, take one out if "
        "it is a slip"
        for i, (j, k) in found[:_NOTE_LIMIT]
    ]
    if len(found) > _NOTE_LIMIT:
        notes.append(f"{where}: {len(found) - _NOTE_LIMIT} more marks are contradicted by two others")
    return tuple(notes)


def _named(guidance: Guidance, number: int) -> str:
    """Return what notes call a mark; where it comes from is told of those that no person made."""
    origin = guidance.marks[number].origin
    return f"marks[{number}]" if origin.startswith("person") else f"marks[{number}] ({origin})"


def _compared(guidance: Guidance) -> list[int]:
    """Return the numbers of the marks that are compared: those of one color that say anything."""
    numbers = [
        i
        for i, mark in enumerate(guidance.marks)
        if has_color(mark) and not isinstance(mark, FieldMark | GrownMark) and mark.confidence > 0
    ]
    if len(numbers) > MARK_LIMIT:
        numbers = [i for i in numbers if guidance.marks[i].origin.startswith("person")]
    return numbers[:MARK_LIMIT]


def _are_together(marks: Sequence[Mark], photo_size: tuple[int, int], lightness: Floats) -> NDArray[np.bool]:
    """Return which marks are on one thing: (n, n)."""
    covered = np.zeros((len(marks), *lightness.shape), dtype=bool)
    for plane, mark in zip(covered, marks, strict=True):
        patch = cover_cells(mark, photo_size, (lightness.shape[0] * _GRID, lightness.shape[1] * _GRID), _GRID)
        plane[patch.window] = patch.coverage >= 0.5
    starts = np.where(covered, 0, FAR).astype(np.float32)
    distances = geodesic_distances(starts, contour_steps(lightness))
    flat = covered.reshape(len(marks), -1)
    nearest = np.stack(
        [distances.reshape(len(marks), -1)[:, cells].min(axis=1, initial=FAR) for cells in flat]
    )
    return nearest < _NEAR


def _find_pair(candidates: NDArray[np.intp], is_like: NDArray[np.bool]) -> tuple[int, int] | None:
    """Return the first two candidates that agree with each other."""
    pairs = combinations(candidates.tolist(), 2)
    return next(((i, j) for i, j in pairs if is_like[i, j]), None)
