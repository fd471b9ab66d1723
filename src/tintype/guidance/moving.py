"""Marks of every kind laid onto another photograph by an affine map."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.alignment import Alignment, Matrix
from tintype.guidance.fields import Field
from tintype.guidance.marks import (
    FieldMark,
    GrownMark,
    LassoMark,
    Mark,
    MaskMark,
    PaintedMark,
    PointMark,
    StrokeMark,
)

_ANCHORS = 9
_STRIP = 256  # rows of a mask that are moved at once


def said_by(mark: Mark) -> dict[str, Any]:
    """Return what a mark says, apart from where, how surely and who says it."""
    return {"color": mark.color, "palette": mark.palette} if isinstance(mark, PaintedMark) else {}


def anchors_of(mark: Mark) -> Matrix:
    """Return places (n, 2), x and y, that lie in a mark and stand for it: up to nine."""
    if isinstance(mark, PointMark | GrownMark):
        return np.array([[mark.x, mark.y]])
    if isinstance(mark, StrokeMark | LassoMark):
        return _some(np.array(mark.points))
    if isinstance(mark, MaskMark):
        rows, columns = np.nonzero(mark.to_array())
        return _some(np.stack([mark.x + columns + 0.5, mark.y + rows + 0.5], axis=-1))
    field = mark.to_field()
    rows, columns = np.nonzero(field.weights > 0)
    x, y, width, height = field.box
    steps = np.array([width, height]) / (mark.columns, mark.rows)
    return _some((x, y) + (np.stack([columns, rows], axis=-1) + 0.5) * steps)


@singledispatch
def move_mark(mark: Mark, alignment: Alignment, size: tuple[int, int], **said: Any) -> Mark | None:
    """Lay a mark onto another photograph.

    Args:
        mark: in pixels of the first photograph.
        alignment: in pixels of both.
        size: (height, width) of the second photograph.
        said: color or palette, confidence, origin of the moved mark.

    Returns:
        The mark, cut off at the photograph's border; None where nothing of it is inside.
    """
    raise TypeError(f"{type(mark).__name__} is no mark that can be moved")


@move_mark.register
def _(mark: PointMark, alignment: Alignment, size: tuple[int, int], **said: Any) -> Mark | None:
    place = alignment.move(anchors_of(mark))
    if not _is_inside(place, size)[0]:
        return None
    x, y = _rounded(place)[0]
    return PointMark(x, y, radius=_rounded(mark.radius * alignment.scale), **said)


@move_mark.register
def _(mark: GrownMark, alignment: Alignment, size: tuple[int, int], **said: Any) -> Mark | None:
    place = alignment.move(anchors_of(mark))
    if not _is_inside(place, size)[0]:
        return None
    x, y = _rounded(place)[0]
    radius = _rounded(mark.radius * alignment.scale)
    return GrownMark(x, y, tolerance=mark.tolerance, radius=radius, **said)


@move_mark.register
def _(mark: StrokeMark, alignment: Alignment, size: tuple[int, int], **said: Any) -> Mark | None:
    places = alignment.move(np.array(mark.points))
    inside = places[_is_inside(places, size)]
    if not len(inside):
        return None
    radius = _rounded(mark.radius * alignment.scale)
    return StrokeMark(tuple(map(tuple, _rounded(inside))), radius=radius, **said)


@move_mark.register
def _(mark: LassoMark, alignment: Alignment, size: tuple[int, int], **said: Any) -> Mark | None:
    height, width = size
    places = np.clip(alignment.move(np.array(mark.points)), 0, (width, height))
    if min(np.ptp(places, axis=0)) < 1:
        return None
    return LassoMark(tuple(map(tuple, _rounded(places))), **said)


@move_mark.register
def _(mark: MaskMark, alignment: Alignment, size: tuple[int, int], **said: Any) -> Mark | None:
    box = (float(mark.x), float(mark.y), float(mark.width), float(mark.height))
    left, top, right, bottom = _moved_box(box, alignment, size)
    if right <= left or bottom <= top:
        return None
    marked, back = mark.to_array(), alignment.inverse()
    strips = [
        _looked_up(
            marked, box, back, np.arange(left, right) + 0.5, np.arange(row, min(row + _STRIP, bottom)) + 0.5
        )
        for row in range(top, bottom, _STRIP)
    ]
    moved = np.concatenate(strips)
    if not moved.any():
        return None
    return MaskMark.from_array(moved, x=left, y=top, frame=(size[1], size[0]), **said)


@move_mark.register
def _(mark: FieldMark, alignment: Alignment, size: tuple[int, int], **said: Any) -> Mark | None:
    field = mark.to_field()
    left, top, right, bottom = _moved_box(field.box, alignment, size)
    if right <= left or bottom <= top:
        return None
    columns, rows = (
        max(1, round(length / (old / count * alignment.scale)))
        for length, old, count in zip(
            (right - left, bottom - top), field.box[2:], (mark.columns, mark.rows), strict=True
        )
    )
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    y = top + (np.arange(rows) + 0.5) * (bottom - top) / rows
    planes = np.concatenate([field.ab, field.weights[..., None]], axis=-1)
    moved = _looked_up(planes, field.box, alignment.inverse(), x, y)
    if not moved[..., 2].any():
        return None
    box = (float(left), float(top), float(right - left), float(bottom - top))
    return FieldMark.from_field(Field(box, moved[..., :2], moved[..., 2]), **said)


def _looked_up(
    cells: NDArray[Any], box: tuple[float, ...], back: Alignment, x: NDArray[Any], y: NDArray[Any]
) -> NDArray[Any]:
    """Return what cells of a box say at places of the other photograph: (len(y), len(x), ...), 0 outside of it."""
    places = back.move(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
    left, top, width, height = box
    columns = np.floor((places[:, 0] - left) * cells.shape[1] / width).astype(int)
    rows = np.floor((places[:, 1] - top) * cells.shape[0] / height).astype(int)
    inside = (columns >= 0) & (columns < cells.shape[1]) & (rows >= 0) & (rows < cells.shape[0])
    found = cells[np.where(inside, rows, 0), np.where(inside, columns, 0)]
    found[~inside] = 0
    return found.reshape(len(y), len(x), *cells.shape[2:])


def _moved_box(
    box: tuple[float, ...], alignment: Alignment, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the whole pixels (left, top, right, bottom) that a moved box can touch inside of a photograph."""
    x, y, width, height = box
    corners = np.array([(x, y), (x + width, y), (x, y + height), (x + width, y + height)])
    moved = alignment.move(corners)
    left, top = np.clip(np.floor(moved.min(axis=0)), 0, size[::-1]).astype(int).tolist()
    right, bottom = np.clip(np.ceil(moved.max(axis=0)), 0, size[::-1]).astype(int).tolist()
    return left, top, right, bottom


def _is_inside(places: Matrix, size: tuple[int, int]) -> NDArray[np.bool]:
    height, width = size
    return np.asarray((places >= 0).all(axis=1) & (places[:, 0] < width) & (places[:, 1] < height))


def _some(places: Matrix) -> Matrix:
    """Return at most nine of the places, evenly chosen."""
    chosen = np.linspace(0, len(places) - 1, min(len(places), _ANCHORS)).round().astype(int)
    return np.asarray(places[chosen], np.float64)


def _rounded(value: Any) -> Any:
    """Return pixels to a hundredth, as plain numbers."""
    return np.round(value, 2).tolist()
