"""Clicks, strokes and regions as anti-aliased coverage of a pixel grid.

Coordinates are continuous: pixel (row, column) covers the square from (column, row) to (column + 1, row + 1).
Every function returns only the box of pixels that is touched, so that thirty small marks cost next to nothing
on a large grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.regions import Region

_SUBROWS = 4
"""Scan lines for each row of pixels in a polygon; along the lines coverage is exact."""


@dataclass(frozen=True, eq=False)
class Patch:
    """Coverage of a box of pixels.

    Attributes:
        top: first row of the box.
        left: first column of the box.
        coverage: (rows, columns) float32, 0..1; empty where nothing of the grid is touched.
    """

    top: int
    left: int
    coverage: NDArray[np.float32]

    @property
    def window(self) -> tuple[slice, slice]:
        """The box as slices of the grid."""
        rows, columns = self.coverage.shape
        return slice(self.top, self.top + rows), slice(self.left, self.left + columns)

    def peaked(self) -> Patch:
        """Return the patch scaled so that its largest coverage is 1: a mark is weakened by no reduction."""
        peak = float(self.coverage.max(initial=0.0))
        return self if peak in (0.0, 1.0) else Patch(self.top, self.left, self.coverage / np.float32(peak))

    def to_cells(self, factor: int) -> Patch:
        """Return the coverage of the cells of factor x factor pixels of the same grid."""
        rows, columns = self.coverage.shape
        above, before = self.top % factor, self.left % factor
        height, width = -(-(above + rows) // factor), -(-(before + columns) // factor)
        padded = np.zeros((height * factor, width * factor), dtype=np.float32)
        padded[above : above + rows, before : before + columns] = self.coverage
        blocks = padded.reshape(height, factor, width, factor)
        return Patch(self.top // factor, self.left // factor, blocks.mean(axis=(1, 3), dtype=np.float32))


def disc(center: tuple[float, float], radius: float, size: tuple[int, int]) -> Patch:
    """Cover a disc.

    Args:
        center: (x, y), pixels.
        radius: pixels.
        size: (height, width) of the grid.

    Returns:
        Coverage; its edge is one pixel wide.
    """
    return stroke([center], radius, size)


def stroke(points: Sequence[tuple[float, float]], radius: float, size: tuple[int, int]) -> Patch:
    """Cover a line through points (x, y), drawn with a round brush; one point gives a disc.

    Args:
        points: (x, y), pixels, one or more.
        radius: half the width of the line, pixels.
        size: (height, width) of the grid.

    Returns:
        Coverage; its edge is one pixel wide.
    """
    if len(points) == 1:
        return _disc(*points[0], radius, size)
    line = np.asarray(points, dtype=np.float32).reshape(-1, 2)
    box = _box(line.min(axis=0) - radius - 1, line.max(axis=0) + radius + 1, size)
    squares = np.full(box.coverage.shape, np.inf, dtype=np.float32)
    for start, end in pairwise(line):
        part = _box(np.minimum(start, end) - radius - 1, np.maximum(start, end) + radius + 1, size)
        rows, columns = part.window
        near = squares[rows.start - box.top :, columns.start - box.left :]
        near = near[: part.coverage.shape[0], : part.coverage.shape[1]]
        np.minimum(near, _squared_distances(part, start, end), out=near)
    return Patch(box.top, box.left, np.clip(radius + 0.5 - np.sqrt(squares), 0, 1, dtype=np.float32))


def polygon(points: Sequence[tuple[float, float]], size: tuple[int, int]) -> Patch:
    """Cover the inside of a closed line (a lasso); where it crosses itself, the even-odd rule holds.

    Args:
        points: (x, y), pixels; the last one is joined to the first.
        size: (height, width) of the grid.

    Returns:
        Coverage, exact along the rows and sampled at four lines a row.
    """
    line = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    box = _box(line.min(axis=0), line.max(axis=0), size)
    rows, columns = box.coverage.shape
    lines, crossings = _crossings(line - (box.left, box.top), rows * _SUBROWS)
    order = np.lexsort((crossings, lines))
    lines, crossings = lines[order], crossings[order]
    fine = span_coverage(lines[::2], crossings[::2], crossings[1::2], (rows * _SUBROWS, columns))
    return Patch(box.top, box.left, fine.reshape(rows, _SUBROWS, columns).mean(axis=1, dtype=np.float32))


def region(mask: Region, scale: tuple[float, float], size: tuple[int, int]) -> Patch:
    """Cover a region, each pixel of the grid with the share of its area.

    Args:
        mask: in the photograph's own pixels.
        scale: (vertical, horizontal): pixels of the grid for each pixel of the photograph.
        size: (height, width) of the grid.

    Returns:
        Coverage.
    """
    vertical, horizontal = scale
    low = np.array([mask.x * horizontal, mask.y * vertical])
    high = np.array([(mask.x + mask.width) * horizontal, (mask.y + mask.height) * vertical])
    box = _box(low, high, size)
    rows, starts, ends = _spans(mask)
    shift = mask.x * horizontal - box.left
    columns = box.coverage.shape[1]
    fine = span_coverage(rows, starts * horizontal + shift, ends * horizontal + shift, (mask.height, columns))
    edges = (np.arange(box.coverage.shape[0] + 1) + box.top) / vertical - mask.y
    return Patch(box.top, box.left, _average_rows(fine, edges, vertical))


def span_coverage(
    rows: NDArray[np.int64],
    starts: NDArray[np.floating[Any]],
    ends: NDArray[np.floating[Any]],
    size: tuple[int, int],
) -> NDArray[np.float32]:
    """Cover horizontal spans that do not overlap.

    Args:
        rows: (n,) row of each span.
        starts: (n,) its left end, pixels; what lies outside of the grid is cut off.
        ends: (n,) its right end.
        size: (height, width) of the grid.

    Returns:
        (height, width) float32, 0..1, exact.
    """
    height, width = size
    steps = np.zeros((height, width + 2))
    for positions, sign in ((starts, 1.0), (ends, -1.0)):
        inside = np.clip(positions, 0, width)
        whole = inside.astype(np.int64)
        rest = inside - whole
        np.add.at(steps, (rows, whole), sign * (1 - rest))
        np.add.at(steps, (rows, whole + 1), sign * rest)
    # A span that starts at x covers 1 - rest of the first pixel and all that follow: a running sum of steps.
    return np.clip(np.cumsum(steps, axis=1)[:, :width], 0, 1).astype(np.float32)


def _disc(x: float, y: float, radius: float, size: tuple[int, int]) -> Patch:
    """Cover a disc, of which there are many: without the detours that a line takes."""
    height, width = size
    top, bottom = _span(y, radius + 1, height)
    left, right = _span(x, radius + 1, width)
    across = np.arange(left, right, dtype=np.float32) + np.float32(0.5 - x)
    down = np.arange(top, bottom, dtype=np.float32) + np.float32(0.5 - y)
    distances = np.sqrt(across**2 + (down**2)[:, None])
    return Patch(top, left, np.clip(np.float32(radius + 0.5) - distances, 0, 1))


def _span(middle: float, reach: float, length: int) -> tuple[int, int]:
    """Return the first pixel of a span on an axis of so many pixels, and the one after its last."""
    first = min(max(math.floor(middle - reach), 0), length)
    return first, max(min(math.ceil(middle + reach), length), first)


def _box(low: NDArray[np.floating[Any]], high: NDArray[np.floating[Any]], size: tuple[int, int]) -> Patch:
    """Return an empty patch over the pixels between two points (x, y), cut to the grid."""
    limit = (size[1], size[0])
    left, top = (int(np.clip(np.floor(v), 0, end)) for v, end in zip(low, limit, strict=True))
    right, bottom = (int(np.clip(np.ceil(v), 0, end)) for v, end in zip(high, limit, strict=True))
    return Patch(top, left, np.zeros((max(bottom - top, 0), max(right - left, 0)), dtype=np.float32))


def _squared_distances(
    box: Patch, start: NDArray[np.float32], end: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the squared distances of the middles of the pixels from a line segment."""
    rows, columns = box.coverage.shape
    x = np.arange(columns, dtype=np.float32) + (box.left + 0.5 - start[0])
    y = (np.arange(rows, dtype=np.float32) + (box.top + 0.5 - start[1]))[:, None]
    dx, dy = end - start
    length = dx * dx + dy * dy
    along = np.clip((x * dx + y * dy) / length, 0, 1) if length > 0 else np.float32(0)
    squares: NDArray[np.float32] = (x - along * dx) ** 2 + (y - along * dy) ** 2
    return squares


def _crossings(line: NDArray[np.float64], count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return where the closed line crosses each of the scan lines: their numbers and x."""
    lines, crossings = [], []
    for (x0, y0), (x1, y1) in zip(line, np.roll(line, -1, axis=0), strict=True):
        low, high = sorted((y0 * _SUBROWS - 0.5, y1 * _SUBROWS - 0.5))
        crossed = np.arange(max(int(np.ceil(low)), 0), min(int(np.ceil(high)), count))
        along = ((crossed + 0.5) / _SUBROWS - y0) / (y1 - y0) if len(crossed) else np.empty(0)
        lines.append(crossed)
        crossings.append(x0 + along * (x1 - x0))
    return np.concatenate(lines).astype(np.int64), np.concatenate(crossings)


def _spans(mask: Region) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the marked runs cut at the ends of the rows: row, first column, end column."""
    ends = np.cumsum(np.asarray(mask.runs, dtype=np.int64))
    starts, stops = ends[:-1][::2], ends[1::2]
    first, last = starts // mask.width, (stops - 1) // mask.width
    counts = last - first + 1
    run = np.repeat(np.arange(len(starts)), counts)
    rows = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[run]
    low = np.maximum(starts[run] - rows * mask.width, 0)
    high = np.minimum(stops[run] - rows * mask.width, mask.width)
    return rows, low, high


def _average_rows(fine: NDArray[np.float32], edges: NDArray[np.float64], scale: float) -> NDArray[np.float32]:
    """Average rows between fractional edges; what lies beyond the first and last row counts as empty."""
    sums = np.concatenate([np.zeros((1, fine.shape[1])), np.cumsum(fine, axis=0, dtype=np.float64)])
    inside = np.clip(edges, 0, len(fine))
    whole = np.minimum(inside.astype(np.int64), len(fine) - 1)
    at_edges = sums[whole] + (inside - whole)[:, None] * fine[whole]
    return np.clip(np.diff(at_edges, axis=0) * scale, 0, 1).astype(np.float32)
