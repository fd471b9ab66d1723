"""A region grown from a click along the edges of the photograph, so that a color stays inside its object.

The region is what is nearer than 1 when each step costs

- its length, over the radius,
- the edge that it crosses, over the tolerance, cubed: a strong edge ends the region, grain hardly counts,
- and a little for being lighter or darker than the click: folds and shading pass, another tone does not for long.

How far each of them counts was settled by looking at regions grown in photographs of 1860 to 1930.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.errors import GuidanceError
from tintype.guidance.geodesic import FAR, Steps, edge_steps, geodesic_distances
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import GrownMark, MaskMark
from tintype.guidance.regions import Region

GROW_SIDE = 288
"""Longer side of the lightness that regions are grown on, pixels: color is much coarser than that."""

_POWER = 3.0
_SWEEPS = 2
_HALF = 0.5
_FARTHEST = 0.7  # radius where none is given, in longer sides
_OTHER_TONE = 5.0  # tolerances that a tone may differ by: then a way of ...
_TONE_LENGTH = 0.1  # ... this many longer sides counts as much as an edge
Floats = NDArray[np.float32]


def grow_region(
    lightness: Floats,
    click: tuple[float, float],
    photo_size: tuple[int, int],
    *,
    tolerance: float = 6.0,
    radius: float = 0.0,
) -> Region:
    """Grow a region from a click.

    Args:
        lightness: (h, w) CIE L of the whole photograph, reduced to `GROW_SIDE` at most.
        click: (x, y), pixels of the photograph.
        photo_size: (height, width) of the photograph.
        tolerance: how strong an edge must be to end the region, units of L.
        radius: how far it may grow, pixels of the photograph; 0: two thirds of its longer side.

    Returns:
        The region at the photograph's size; it always holds the click.

    Raises:
        GuidanceError: the click is outside of the photograph.
    """
    height, width = photo_size
    x, y = click
    if not (0 <= x <= width and 0 <= y <= height):
        raise GuidanceError(
            f"({x:g}, {y:g}) is outside of the photograph of {width} x {height} pixels; click inside of it"
        )
    rows, columns = lightness.shape
    place = min(int(y * rows / height), rows - 1), min(int(x * columns / width), columns - 1)
    small = float(np.sqrt(rows * columns / (height * width)))
    reach = radius * small if radius else _FARTHEST * max(rows, columns)
    near = grow(lightness, place, tolerance, max(reach, 1.0))
    return enlarge(near, photo_size)


def grow(lightness: Floats, place: tuple[int, int], tolerance: float, radius: float) -> Floats:
    """Return how surely each pixel belongs to the thing at a place.

    Args:
        lightness: (h, w) CIE L.
        place: (row, column).
        tolerance: units of L.
        radius: pixels.

    Returns:
        (h, w) float32: 1 at the place, more than 0.5 inside, less outside, with a soft border.
    """
    smooth = _smoothed(lightness)
    steps = edge_steps(smooth, tolerance, 1 / radius, _POWER)
    starts = np.full((1, *lightness.shape), FAR, np.float32)
    starts[0, place[0], place[1]] = 0
    tones = _tone_lengths(smooth, place, tolerance)
    steps = Steps(steps.down + tones[1:], steps.across + tones[:, 1:])
    inside = geodesic_distances(starts, steps, _SWEEPS)[0] < 1
    softened = _smoothed(inside.astype(np.float32))
    softened[place] = 1
    return softened


def _tone_lengths(smooth: Floats, place: tuple[int, int], tolerance: float) -> Floats:
    """Return what each pixel costs for being lighter or darker than the place."""
    row, column = place
    around = smooth[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
    differences = (smooth - np.median(around)) / np.float32(_OTHER_TONE * tolerance)
    return np.asarray(differences**2 / np.float32(_TONE_LENGTH * max(smooth.shape)), np.float32)


def resolve_grown(guidance: Guidance, lightness: Floats, photo_size: tuple[int, int]) -> Guidance:
    """Return guidance with each click that is to be grown replaced by its region.

    Args:
        guidance: in the photograph's coordinates.
        lightness: as for `grow_region`.
        photo_size: (height, width) of the photograph.
    """
    if not any(isinstance(mark, GrownMark) for mark in guidance.marks):
        return guidance
    marks = tuple(
        _resolve(mark, lightness, photo_size) if isinstance(mark, GrownMark) else mark
        for mark in guidance.marks
    )
    return replace(guidance, marks=marks)


def _resolve(mark: GrownMark, lightness: Floats, photo_size: tuple[int, int]) -> MaskMark:
    found = grow_region(lightness, (mark.x, mark.y), photo_size, tolerance=mark.tolerance, radius=mark.radius)
    painted = {name: getattr(mark, name) for name in ("color", "palette", "confidence", "origin")}
    return MaskMark.from_region(found, **painted)


def _smoothed(plane: Floats) -> Floats:
    """Return the mean of 3 x 3 pixels."""
    padded = np.pad(plane, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return np.asarray((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9, np.float32)


def enlarge(inside: Floats, photo_size: tuple[int, int]) -> Region:
    """Return the region at the photograph's size, its border smoothed.

    Args:
        inside: (h, w), more than 0.5 inside; somewhere it must be.
        photo_size: (height, width) of the photograph.
    """
    rows, columns = np.nonzero(inside > _HALF)
    height, width = photo_size
    down, across = height / inside.shape[0], width / inside.shape[1]
    # Only the box is enlarged: a photograph may have a hundred megapixels.
    top, bottom = int(max(rows.min() - 1, 0) * down), min(int(np.ceil((rows.max() + 2) * down)), height)
    left, right = (
        int(max(columns.min() - 1, 0) * across),
        min(int(np.ceil((columns.max() + 2) * across)), width),
    )
    box = (left / across, top / down, right / across, bottom / down)
    large = Image.fromarray(inside).resize((right - left, bottom - top), Image.Resampling.BILINEAR, box)
    return Region.from_array(np.asarray(large) > _HALF, x=left, y=top)
