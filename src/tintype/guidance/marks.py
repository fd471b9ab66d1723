"""Marks: what is said about a place in a photograph.

Coordinates are the photograph's own: pixels of the upright, full-size photograph, x to the right and y down,
(0, 0) its top left corner and (width, height) its bottom right one, so the middle of the first pixel is
(0.5, 0.5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.errors import GuidanceError
from tintype.guidance.colors import (
    COORDINATE_LIMIT,
    Lab,
    WeightedColor,
    check_integer,
    check_number,
    check_palette,
    parse_color,
    shown,
)

ORIGIN_RANKS = {"word": 0, "match": 1, "film": 1, "person": 2}
"""Where a mark can come from, and who lies on top: a person beats a match, a match beats a word."""

STROKE_POINT_LIMIT = 100_000
"""Most points in one stroke."""

_ORIGIN = re.compile(f"({'|'.join(ORIGIN_RANKS)})(:[^\\r\\n]{{1,200}})?")


def check_origin(value: Any) -> str:
    """Return an origin, a kind of ``ORIGIN_RANKS`` with details after a colon, or raise GuidanceError."""
    if not isinstance(value, str) or not _ORIGIN.fullmatch(value):
        kinds = ", ".join(repr(kind) for kind in ORIGIN_RANKS)
        raise GuidanceError(f"origin is {shown(value)}; give one of {kinds}, details after a colon")
    return value


def origin_rank(origin: str) -> int:
    """Return the rank of an origin; the higher one lies on top."""
    return ORIGIN_RANKS[origin.partition(":")[0]]


@dataclass(frozen=True, kw_only=True)
class PaintedMark:
    """What all marks share: a color or a palette, a confidence, an origin.

    Attributes:
        color: the color of this place, CIE Lab; its lightness is only for people, the photograph's own is
            kept. ``parse_color`` makes one from "#rrggbb".
        palette: the colors that this place can have ("this is grass"), instead of one color.
        confidence: 0..1; 1 is an order, less is advice.
        origin: "person", "match", "film" or "word", with details after a colon: "match:wedding.jpg".

    Raises:
        GuidanceError: both or neither of color and palette, or a value outside of its range.
    """

    color: Lab | None = None
    palette: tuple[WeightedColor, ...] | None = None
    confidence: float = 1.0
    origin: str = "person"

    def __post_init__(self) -> None:
        if (self.color is None) == (self.palette is None):
            both = "both a color and a palette" if self.color is not None else "neither a color nor a palette"
            raise GuidanceError(f"the mark has {both}; give exactly one of the two")
        if self.color is not None:
            _assign(self, color=parse_color(self.color))
        if self.palette is not None:
            _assign(self, palette=check_palette(self.palette))
        _assign(self, confidence=check_number("confidence", self.confidence, 0, 1))
        check_origin(self.origin)


@dataclass(frozen=True)
class PointMark(PaintedMark):
    """A disc around a click.

    Attributes:
        x: pixels from the left edge of the photograph.
        y: pixels from its top edge.
        radius: pixels; 0 is the smallest disc that a model can see.
    """

    x: float
    y: float
    radius: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _assign(self, x=_coordinate("x", self.x), y=_coordinate("y", self.y))
        _assign(self, radius=_coordinate("radius", self.radius))

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Return the points (x, y) that must lie inside of the photograph: the center."""
        return ((self.x, self.y),)


@dataclass(frozen=True)
class StrokeMark(PaintedMark):
    """A line drawn with a round brush.

    Attributes:
        points: (x, y) in pixels, one or more; lines join them.
        radius: half the width of the brush, pixels; 0 is the thinnest line that a model can see.
    """

    points: tuple[tuple[float, float], ...]
    radius: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _assign(self, points=_check_points(self.points), radius=_coordinate("radius", self.radius))

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Return the points (x, y) that must lie inside of the photograph: all of the line."""
        return self.points


@dataclass(frozen=True)
class MaskMark(PaintedMark):
    """A region, pixel by pixel.

    The region is stored as the lengths of its runs, row by row from the top left: first unmarked pixels (0 if
    the first one is marked), then marked ones, then unmarked ones and so on. There is one way to write a
    region, so equal regions have equal digests, which packed pictures (PNG) would not promise.

    Attributes:
        x: left edge of the region's box, whole pixels.
        y: top edge of the box.
        width: width of the box.
        height: height of the box.
        runs: lengths of the runs, sum width * height; all but the first above 0, at least two.
    """

    x: int
    y: int
    width: int
    height: int
    runs: tuple[int, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, low in (("x", 0), ("y", 0), ("width", 1), ("height", 1)):
            _assign(self, **{name: check_integer(name, getattr(self, name), low, COORDINATE_LIMIT)})
        _assign(self, runs=_check_runs(self.runs, self.width, self.height))

    @classmethod
    def from_array(cls, mask: ArrayLike, *, x: int = 0, y: int = 0, **painted: Any) -> MaskMark:
        """Make a mark from a mask.

        Args:
            mask: (height, width), marked where it is not zero.
            x: where its left edge lies in the photograph, pixels.
            y: where its top edge lies.
            painted: color or palette, confidence, origin.

        Returns:
            The mark, its box cut to what is marked.

        Raises:
            GuidanceError: nothing is marked, or the mask is not a plane.
        """
        marked = np.asarray(mask) != 0
        if marked.ndim != 2 or not marked.any():
            raise GuidanceError(f"mask of shape {marked.shape} marks nothing; give (height, width)")
        rows, columns = (np.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
        top, left = int(rows[0]), int(columns[0])
        box = marked[top : rows[-1] + 1, left : columns[-1] + 1]
        return cls(x + left, y + top, box.shape[1], box.shape[0], _runs_of(box), **painted)

    def to_array(self) -> NDArray[np.bool]:
        """Return the region as (height, width) bool."""
        marked = np.arange(len(self.runs)) % 2 == 1
        return np.repeat(marked, self.runs).reshape(self.height, self.width)

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Return the points (x, y) that must lie inside of the photograph: middles of the corner pixels."""
        return ((self.x + 0.5, self.y + 0.5), (self.x + self.width - 0.5, self.y + self.height - 0.5))


Mark: TypeAlias = PointMark | StrokeMark | MaskMark
"""Any of the three kinds."""


def _runs_of(box: NDArray[np.bool]) -> tuple[int, ...]:
    flat = box.ravel()
    ends = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1, [flat.size]])
    runs = np.diff(ends).tolist()
    return (0, *runs) if flat[0] else tuple(runs)


def _check_runs(runs: Any, width: int, height: int) -> tuple[int, ...]:
    if not isinstance(runs, Sequence) or isinstance(runs, str) or len(runs) < 2:
        raise GuidanceError(f"runs is {shown(runs)}; give two lengths or more, unmarked pixels first")
    limit = COORDINATE_LIMIT**2
    checked = [check_integer(f"runs[{i}]", run, min(i, 1), limit) for i, run in enumerate(runs)]
    if sum(checked) != width * height:
        raise GuidanceError(f"runs sum to {sum(checked)}; they must fill the box of {width} x {height}")
    return tuple(checked)


def _check_points(points: Any) -> tuple[tuple[float, float], ...]:
    is_list = isinstance(points, Sequence) and not isinstance(points, str)
    if not is_list or not 1 <= len(points) <= STROKE_POINT_LIMIT:
        raise GuidanceError(f"points is {shown(points)}; give 1 to {STROKE_POINT_LIMIT} points [x, y]")
    return tuple(_check_point(f"points[{i}]", point) for i, point in enumerate(points))


def _check_point(name: str, point: Any) -> tuple[float, float]:
    if not isinstance(point, Sequence) or isinstance(point, str) or len(point) != 2:
        raise GuidanceError(f"{name} is {shown(point)}; give [x, y]")
    return _coordinate(f"{name} x", point[0]), _coordinate(f"{name} y", point[1])


def _coordinate(name: str, value: Any) -> float:
    return check_number(name, value, 0, COORDINATE_LIMIT)


def _assign(mark: PaintedMark, **values: Any) -> None:
    """Set attributes of a frozen mark while it is being made."""
    for name, value in values.items():
        object.__setattr__(mark, name, value)
