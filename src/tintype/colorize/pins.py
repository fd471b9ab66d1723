"""Pins: marks that keep the colors that a result shows."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tintype.colorize.reduction import Lightness, fit_side, reduce_lightness
from tintype.errors import GuidanceError
from tintype.guidance.colors import NEUTRAL
from tintype.guidance.compile import cover_cells
from tintype.guidance.fields import Field
from tintype.guidance.grow import GROW_SIDE, resolve_grown
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import FieldMark, Mark, MaskMark, PointMark
from tintype.guidance.points import Patch
from tintype.guidance.regions import Region

PIN_ORIGIN = "person:pin"
"""Where a pin comes from: a person saw the color and wants to keep it."""

Place: TypeAlias = tuple[float, float] | Region | Mark
"""(x, y) in pixels, a region, or a mark of any kind, of which only the place is meant."""

_CELL = 4  # pixels of the input that a cell stands for: the smallest disc covers one cell or more


def pin_colors(
    ab: NDArray[np.float32], photo: Lightness, place: Place | None, *, radius: float, confidence: float
) -> FieldMark:
    """Make a mark of the colors that stand in a place.

    Args:
        ab: (h, w, 2) the colors of the photograph, Lab units.
        photo: whose colors they are.
        place: None for all of the photograph.
        radius: of a disc around (x, y), pixels of the photograph.
        confidence: 1 keeps the colors as they are, less lets the network weigh them.

    Raises:
        GuidanceError: a place outside of the photograph.
    """
    size = photo.height, photo.width
    rows, columns = ab.shape[:2]
    cells = Patch(0, 0, np.ones((rows, columns), np.float32))
    if place is not None:
        mark = _located(place, radius, photo)
        cells = cover_cells(mark, size, (rows * _CELL, columns * _CELL), _CELL)
    down, across = size[0] / rows, size[1] / columns
    height, width = cells.coverage.shape
    box = (cells.left * across, cells.top * down, width * across, height * down)
    field = Field(box, ab[cells.window], cells.coverage)
    return FieldMark.from_field(field, confidence=confidence, origin=PIN_ORIGIN)


def _located(place: Place, radius: float, photo: Lightness) -> Mark:
    """Return a mark that covers a place; its color means nothing."""
    if isinstance(place, tuple):
        mark: Mark = PointMark(*place, radius, color=NEUTRAL)
    elif isinstance(place, Region) and not isinstance(place, MaskMark):
        mark = MaskMark.from_region(place, color=NEUTRAL)
    elif isinstance(place, Mark):
        mark = place
    else:
        raise GuidanceError(f"the place is {place!r}; give (x, y), a region, or a mark")
    guidance = Guidance((mark,), source="pin")
    size = photo.height, photo.width
    guidance.check_inside(size)
    return resolve_grown(guidance, reduce_lightness(photo, fit_side(size, GROW_SIDE)), size).marks[0]
