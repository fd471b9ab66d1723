"""A rough color scribble laid over a photograph, of any size -> marks."""

from __future__ import annotations

import math

import numpy as np

from tintype.errors import GuidanceError
from tintype.guidance.marks import Mark, MaskMark, PointMark
from tintype.guidance.strokes import Painting, Places, Stroke

ORIGIN = "person:scribble"

_ASPECT_TOLERANCE = 0.02
_ROUNDEST = 0.72  # share of the circle around it that a dab fills; a square fills 0.64
_DAB = 0.05  # of the longer side: what is wider is no dab, however round


def marks_of(painting: Painting, photo_size: tuple[int, int]) -> tuple[Mark, ...]:
    """Lay the strokes of a scribble over a photograph.

    Args:
        painting: what was painted, from ``find_strokes``.
        photo_size: (height, width) of the photograph.

    Returns:
        A mark for each stroke, an order of its color: a dab becomes a point, all else a mask.

    Raises:
        GuidanceError: the scribble has another aspect ratio.
    """
    (height, width), (tall, wide) = painting.size, photo_size
    if abs(math.log(width / height * tall / wide)) > _ASPECT_TOLERANCE:
        raise GuidanceError(
            f"the scribble has {width} x {height} pixels and the photograph {wide} x {tall}; paint it on a "
            "copy of the photograph, of any size but uncut"
        )
    scale = (tall * painting.cell / height, wide * painting.cell / width)
    return tuple(_as_mark(stroke, scale, photo_size) for stroke in painting.strokes)


def _as_mark(stroke: Stroke, scale: tuple[float, float], photo_size: tuple[int, int]) -> Mark:
    rows, columns = np.nonzero(stroke.mask)
    y, x = (stroke.top + rows.mean() + 0.5) * scale[0], (stroke.left + columns.mean() + 0.5) * scale[1]
    radius = math.sqrt(stroke.area * scale[0] * scale[1] / math.pi)
    farthest = np.hypot(
        (rows + stroke.top + 0.5) * scale[0] - y, (columns + stroke.left + 0.5) * scale[1] - x
    ).max()
    if radius < _DAB * max(photo_size) and (radius / (farthest + scale[0] / 2)) ** 2 > _ROUNDEST:
        return PointMark(float(x), float(y), radius, color=stroke.color, origin=ORIGIN)
    top, left, mask = _enlarged(stroke, scale, photo_size)
    return MaskMark.from_array(mask, x=left, y=top, color=stroke.color, origin=ORIGIN)


def _enlarged(
    stroke: Stroke, scale: tuple[float, float], photo_size: tuple[int, int]
) -> tuple[int, int, Places]:
    """Return top, left and mask of a stroke on the pixels of the photograph; it keeps one where it vanishes."""
    places = []
    for first, count, factor, side in zip(
        (stroke.top, stroke.left), stroke.mask.shape, scale, photo_size, strict=True
    ):
        start = min(int(first * factor), side - 1)
        stop = min(max(math.ceil((first + count) * factor), start + 1), side)
        middles = (np.arange(start, stop) + 0.5) / factor - first
        places.append((start, np.clip(middles.astype(np.intp), 0, count - 1)))
    (top, rows), (left, columns) = places
    mask = stroke.mask[np.ix_(rows, columns)]
    if not mask.any():
        mask[mask.shape[0] // 2, mask.shape[1] // 2] = True
    return top, left, mask
