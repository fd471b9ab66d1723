"""What charpiat08 compares: descriptors of the cells of a photograph, and their color and its variation.

The paper describes each pixel by SURF at three scales, reduced by PCA, and a few numbers of its lightness.
Here it is DAISY at three radii, reduced by PCA, and the lightness with its deviation at two scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.models.examples.daisy import DaisyLayout, blur, cell_centers, describe_places, normalize

Floats = NDArray[np.float32]

GRID = 4
"""Pixels of the input along the side of a cell."""

_LAYOUTS = tuple(DaisyLayout(radius, rings=2, petals=6, orientations=8) for radius in (6.0, 12.0, 24.0))
_FLAT = 4.0  # gradients, in CIE L a pixel, below which a place counts as flat
_LIGHTNESS_UNIT = 20.0
_DEVIATION_UNIT = 10.0
_DEVIATIONS = (2.0, 6.0)  # pixels


@dataclass(frozen=True, eq=False)
class Projection:
    """The principal components of raw descriptors.

    Attributes:
        mean: (D,).
        components: (D, k), scaled so that all k numbers together have the mean square 1.
    """

    mean: Floats
    components: Floats

    def describe(self, lightness: Floats) -> Floats:
        """Return the descriptors of the cells of a photograph.

        Args:
            lightness: (H, W) float32, CIE L 0..100; sides are multiples of `GRID`.

        Returns:
            (H / GRID, W / GRID, k + 3) float32.
        """
        shape = (describe_gradients(lightness) - self.mean) @ self.components
        return np.concatenate([shape, describe_lightness(lightness)], axis=-1)


def fit_projection(raw: Sequence[Floats], count: int) -> Projection:
    """Find the principal components of the examples' gradients (photographs of (h, w, D))."""
    points = np.concatenate([cells.reshape(-1, cells.shape[-1]) for cells in raw])
    mean = points.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((points - mean).T, bias=True))
    components = vectors[:, ::-1][:, :count]
    total = max(float(values[::-1][:count].sum()), 1e-12)
    return Projection(mean.astype(np.float32), (components / np.sqrt(total)).astype(np.float32))


def describe_gradients(lightness: Floats) -> Floats:
    """Return the raw descriptors (h, w, D) of all cells: DAISY at three radii, each nearly of unit length."""
    rows, columns = (cell_centers(side, GRID) for side in lightness.shape)
    scales = [normalize(describe_places(lightness, rows, columns, layout), _FLAT) for layout in _LAYOUTS]
    return np.concatenate(scales, axis=-1)


def describe_lightness(lightness: Floats) -> Floats:
    """Return the lightness of all cells and its deviation at two scales, (h, w, 3), in units near 1."""
    picture = lightness[..., None]
    deviations = [np.sqrt(np.maximum(blur(picture**2, s) - blur(picture, s) ** 2, 0)) for s in _DEVIATIONS]
    found = [average(picture) / _LIGHTNESS_UNIT, *(average(each) / _DEVIATION_UNIT for each in deviations)]
    return np.concatenate(found, axis=-1).astype(np.float32)


def average(picture: NDArray[Any]) -> Floats:
    """Average (H, W, n) over cells: (H / GRID, W / GRID, n)."""
    height, width, count = picture.shape
    blocks = picture.reshape(height // GRID, GRID, width // GRID, GRID, count)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def find_variation(ab: Floats) -> Floats:
    """Return how much the color of each cell (h, w, 2) differs from its neighbors': (h, w), Lab units.

    It is the length of the gradient of a and b together.
    """
    down, right = (np.gradient(ab, axis=axis) if ab.shape[axis] > 1 else np.zeros_like(ab) for axis in (0, 1))
    return np.asarray(np.sqrt((down**2 + right**2).sum(axis=-1)), np.float32)
