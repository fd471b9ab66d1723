"""A photograph as cells that can be compared with those of another: what a network sees there, lightness, texture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CELLS_A_FEATURE = 2
"""Cells along a side for each cell of the network's features."""

_ELSEWHERE = 3  # cells of the features: nearer ones have seen the same pixels
_USUAL_OWN = 0.75  # of a photograph that is too small to have an elsewhere
_LEAST_OWN = 0.3


@dataclass(frozen=True, eq=False)
class Cells:
    """What the n = height * width cells of a photograph look like, row by row.

    Attributes:
        size: (height, width) in cells.
        features: (n, C) float32, of unit length, what a network sees.
        lightness: (n,) float32, mean CIE L.
        texture: (n,) float32, log(1 + standard deviation of CIE L).
        own_likeness: how much the features of a cell are like the most similar ones elsewhere in the photograph,
            mean of their cosines: what counts as alike for this network and this photograph.
    """

    size: tuple[int, int]
    features: Floats
    lightness: Floats
    texture: Floats
    own_likeness: float

    @property
    def count(self) -> int:
        """Number of cells."""
        return self.size[0] * self.size[1]

    def places(self) -> Floats:
        """Return the middles of the cells as shares of the photograph's width and height: (n, 2), x and y."""
        height, width = self.size
        x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
        return np.stack(np.broadcast_arrays(x, y[:, None]), axis=-1).reshape(-1, 2).astype(np.float32)


@dataclass(frozen=True, eq=False)
class ColoredCells:
    """The color of the cells of a photograph.

    Attributes:
        ab: (n, 2) float32, mean a and b, Lab units.
        unevenness: (n,) float32, standard deviation of the color within the cell, Lab units: large across an edge.
        share: (n,) float32, 0..1, how much of the cell may be used.
    """

    ab: Floats
    unevenness: Floats
    share: Floats


def describe_cells(features: Floats, lightness: NDArray[np.floating[Any]]) -> Cells:
    """Describe a photograph.

    Args:
        features: (h, w, C), of unit length.
        lightness: (H, W), CIE L.

    Returns:
        2 h x 2 w cells: lightness and texture tell places apart that are one to the network.
    """
    size = CELLS_A_FEATURE * features.shape[0], CELLS_A_FEATURE * features.shape[1]
    seen = _to_unit_length(stretch(features, size)).reshape(size[0] * size[1], -1)
    mean, deviation = mean_and_deviation(np.asarray(lightness, np.float32)[..., None], size)
    return Cells(size, seen, mean.ravel(), np.log1p(deviation).ravel(), _own_likeness(features))


def _own_likeness(features: Floats) -> float:
    height, width = features.shape[:2]
    flat = features.reshape(height * width, -1)
    row, column = np.divmod(np.arange(height * width), width)
    is_far = np.maximum(abs(row[:, None] - row), abs(column[:, None] - column)) >= _ELSEWHERE
    likeness = np.where(is_far, flat @ flat.T, -1).max(axis=1)
    found = likeness[is_far.any(axis=1)]
    return max(float(found.mean()), _LEAST_OWN) if found.size else _USUAL_OWN


def color_cells(
    ab: NDArray[np.floating[Any]], size: tuple[int, int], region: NDArray[Any] | None = None
) -> ColoredCells:
    """Return the color of cells.

    Args:
        ab: (H, W, 2), Lab units.
        size: (height, width) in cells.
        region: (H', W') of the same photograph: only where it is not zero its colors may be used; None for all.
    """
    usable = np.ones((1, 1), np.float32) if region is None else (np.asarray(region) != 0).astype(np.float32)
    mean, deviation = mean_and_deviation(np.asarray(ab, np.float32), size)
    share = average(usable[..., None], size)
    return ColoredCells(mean.reshape(-1, 2), np.hypot(*np.moveaxis(deviation, -1, 0)).ravel(), share.ravel())


def mean_and_deviation(picture: Floats, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return the mean and the standard deviation (height, width, C) of each cell of a picture (H, W, C)."""
    mean = average(picture, size)
    variance = average(picture**2, size) - mean**2
    return mean, np.sqrt(np.maximum(variance, 0))


def average(picture: Floats, size: tuple[int, int]) -> Floats:
    """Average (H, W, C) over height x width cells of equal area; a smaller picture is repeated."""
    rows, columns = (_areas(old, new) for old, new in zip(picture.shape[:2], size, strict=True))
    return _resampled(picture, rows, columns)


def stretch(picture: Floats, size: tuple[int, int]) -> Floats:
    """Resize (h, w, C) to (height, width, C), linearly between the middles of its cells."""
    rows, columns = (_lines(old, new) for old, new in zip(picture.shape[:2], size, strict=True))
    return _resampled(picture, rows, columns)


def _resampled(picture: Floats, rows: Floats, columns: Floats) -> Floats:
    return np.asarray(np.matmul(columns, np.tensordot(rows, picture, 1)), np.float32)


def _areas(old: int, new: int) -> Floats:
    """Return (new, old): the share that each old cell has in each new one."""
    edges = np.linspace(0, old, new + 1)
    starts, ends = edges[:-1, None], edges[1:, None]
    overlap = np.clip(np.minimum(ends, np.arange(1, old + 1)) - np.maximum(starts, np.arange(old)), 0, None)
    return np.asarray(overlap / overlap.sum(axis=1, keepdims=True), np.float32)


def _lines(old: int, new: int) -> Floats:
    """Return (new, old): the weights of linear interpolation."""
    middles = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.asarray(np.maximum(0, 1 - np.abs(middles[:, None] - np.arange(old))), np.float32)


def _to_unit_length(features: Floats) -> Floats:
    lengths = np.linalg.norm(features, axis=-1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, 1e-9), np.float32)
