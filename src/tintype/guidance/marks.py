"""Marks: what is said about a place in a photograph.

Coordinates are the photograph's own: pixels of the upright, full-size photograph, x to the right and y down,
(0, 0) its top left corner and (width, height) its bottom right one, so the middle of the first pixel is
(0.5, 0.5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from tintype.errors import GuidanceError
from tintype.guidance.colors import (
    COORDINATE_LIMIT,
    Lab,
    WeightedColor,
    assign,
    check_integer,
    check_number,
    check_palette,
    parse_color,
    shown,
)
from tintype.guidance.fields import FIELD_LIMIT, SMALLEST_SIDE, Field, check_ab, check_weights, encode_field
from tintype.guidance.regions import Region

ORIGIN_RANKS = {"word": 0, "match": 1, "film": 1, "person": 2}
"""Where a mark can come from, and who lies on top: a person beats a match, a match beats a word."""

POINT_LIMIT = 100_000
"""Most points in one stroke or lasso."""

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
class Statement:
    """What all marks share: how sure it is, and who says it.

    Attributes:
        confidence: 0..1; 1 is an order, less is advice.
        origin: "person", "match", "film" or "word", with details after a colon: "match:wedding.jpg".

    Raises:
        GuidanceError: a value outside of its range.
    """

    confidence: float = 1.0
    origin: str = "person"

    def __post_init__(self) -> None:
        assign(self, confidence=check_number("confidence", self.confidence, 0, 1))
        check_origin(self.origin)


@dataclass(frozen=True, kw_only=True)
class PaintedMark(Statement):
    """What marks of one color or palette share.

    Attributes:
        color: the color of this place, CIE Lab; its lightness is only for people, the photograph's own is
            kept. ``parse_color`` makes one from "#rrggbb"; ``NEUTRAL`` says that there is no color here.
        palette: the colors that this place can have ("this is grass"), instead of one color.
        confidence: 0..1; 1 is an order, less is advice.
        origin: "person", "match", "film" or "word", with details after a colon: "match:wedding.jpg".

    Raises:
        GuidanceError: both or neither of color and palette, or a value outside of its range.
    """

    color: Lab | None = None
    palette: tuple[WeightedColor, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.color is None) == (self.palette is None):
            both = "both a color and a palette" if self.color is not None else "neither a color nor a palette"
            raise GuidanceError(f"the mark has {both}; give exactly one of the two")
        if self.color is not None:
            assign(self, color=parse_color(self.color))
        if self.palette is not None:
            assign(self, palette=check_palette(self.palette))


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
        assign(self, x=_coordinate("x", self.x), y=_coordinate("y", self.y))
        assign(self, radius=_coordinate("radius", self.radius))

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
        assign(self, points=_check_points(self.points), radius=_coordinate("radius", self.radius))

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Return the points (x, y) that must lie inside of the photograph: all of the line."""
        return self.points


@dataclass(frozen=True)
class LassoMark(PaintedMark):
    """A region inside of a closed line; where the line crosses itself, the even-odd rule holds.

    Attributes:
        points: (x, y) in pixels, three or more; the last one is joined to the first.
    """

    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        assign(self, points=_check_points(self.points, least=3))

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Return the points (x, y) that must lie inside of the photograph: all of the line."""
        return self.points


@dataclass(frozen=True)
class GrownMark(PaintedMark):
    """The thing around a click, as far as the edges of the photograph reach, see ``tintype.guidance.grow``.

    Attributes:
        x: of the click, pixels from the left edge of the photograph.
        y: pixels from its top edge.
        tolerance: how strong an edge must be to end the region, units of L; larger values grow farther.
        radius: how far it may grow, pixels; 0: two thirds of its longer side.
    """

    x: float
    y: float
    tolerance: float = 6.0
    radius: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        assign(self, x=_coordinate("x", self.x), y=_coordinate("y", self.y))
        assign(self, tolerance=check_number("tolerance", self.tolerance, 1, 100))
        assign(self, radius=_coordinate("radius", self.radius))

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Return the points (x, y) that must lie inside of the photograph: the click."""
        return ((self.x, self.y),)


@dataclass(frozen=True)
class MaskMark(Region, PaintedMark):
    """A region, pixel by pixel.

    Attributes:
        frame: (width, height) of the photograph that the mask was made for, so that one of another size is
            told; None where nobody knows.
    """

    frame: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        PaintedMark.__post_init__(self)
        Region.__post_init__(self)
        if self.frame is not None:
            assign(self, frame=_check_frame(self.frame))

    @classmethod
    def from_region(cls, region: Region, **painted: Any) -> Self:
        """Color a region.

        Args:
            region: in the photograph's pixels.
            painted: color or palette, confidence, origin, frame.
        """
        return cls(region.x, region.y, region.width, region.height, region.runs, **painted)


@dataclass(frozen=True)
class FieldMark(Statement):
    """Colors that vary over a box: what a result showed there, what another photograph has there.

    The box is divided into rows x columns cells of equal size. A cell of weight 1 says as much as a mark of this
    confidence, one of weight 0 nothing.

    Attributes:
        x: left edge of the box, pixels of the photograph.
        y: top edge.
        width: of the box, pixels.
        height: of the box.
        columns: cells in each row.
        rows: rows of cells.
        ab: colors, row by row, see `encode_field`.
        weights: of the cells, row by row.
    """

    x: float
    y: float
    width: float
    height: float
    columns: int
    rows: int
    ab: str
    weights: str

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("x", 0), ("y", 0), ("width", SMALLEST_SIDE), ("height", SMALLEST_SIDE)):
            assign(self, **{name: check_number(name, getattr(self, name), least, COORDINATE_LIMIT)})
        for name in ("columns", "rows"):
            assign(self, **{name: check_integer(name, getattr(self, name), 1, FIELD_LIMIT)})
        check_ab(self.ab, self.rows, self.columns)
        check_weights(self.weights, self.rows, self.columns)

    @classmethod
    def from_field(cls, field: Field, **said: Any) -> Self:
        """Make a mark from arrays.

        Args:
            field: colors and weights over a box.
            said: confidence, origin.

        Raises:
            GuidanceError: the box has no area, or a color is out of range.
        """
        rows, columns = field.weights.shape
        return cls(*field.box, columns, rows, *encode_field(field), **said)

    def to_field(self) -> Field:
        """Return the arrays: ab to a hundredth, weights to 1 / 255."""
        box = (self.x, self.y, self.width, self.height)
        return Field(
            box,
            check_ab(self.ab, self.rows, self.columns),
            check_weights(self.weights, self.rows, self.columns),
        )

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Return the points (x, y) that must lie inside of the photograph: two corners of the box."""
        rounding = 1e-6  # of the box's sides, which need not be whole pixels
        return ((self.x, self.y), (self.x + self.width - rounding, self.y + self.height - rounding))


Mark: TypeAlias = PointMark | StrokeMark | LassoMark | GrownMark | MaskMark | FieldMark
"""Any of the kinds."""


def _check_frame(frame: Any) -> tuple[int, int]:
    if not isinstance(frame, Sequence) or isinstance(frame, str) or len(frame) != 2:
        raise GuidanceError(f"frame is {shown(frame)}; give [width, height] of the photograph")
    width, height = (check_integer("frame", side, 1, COORDINATE_LIMIT) for side in frame)
    return width, height


def _check_points(points: Any, least: int = 1) -> tuple[tuple[float, float], ...]:
    is_list = isinstance(points, Sequence) and not isinstance(points, str)
    if not is_list or not least <= len(points) <= POINT_LIMIT:
        raise GuidanceError(f"points is {shown(points)}; give {least} to {POINT_LIMIT} points [x, y]")
    return tuple(_check_point(f"points[{i}]", point) for i, point in enumerate(points))


def _check_point(name: str, point: Any) -> tuple[float, float]:
    if not isinstance(point, Sequence) or isinstance(point, str) or len(point) != 2:
        raise GuidanceError(f"{name} is {shown(point)}; give [x, y]")
    return _coordinate(f"{name} x", point[0]), _coordinate(f"{name} y", point[1])


def _coordinate(name: str, value: Any) -> float:
    return check_number(name, value, 0, COORDINATE_LIMIT)
