"""DAISY: what a place of a photograph looks like, as histograms of gradients around it.

Tola, Lepetit and Fua, "DAISY: An Efficient Dense Descriptor Applied to Wide-Baseline Stereo" (PAMI 2010).
Gradients are sorted by direction into soft maps, the maps are blurred, more for the outer rings, and read at
the center and on rings around it. Directions are weighted as scikit-image does, by a von Mises curve, so that
its ``skimage.feature.daisy`` is the reference in the tests. Different: near the border of the photograph the
outer petals are read at its nearest pixels, so that every place has a descriptor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

_REACH = 4.0  # of a Gaussian, in standard deviations


@dataclass(frozen=True)
class DaisyLayout:
    """The shape of the flower.

    Attributes:
        radius: of the outermost ring, pixels.
        rings: number of rings around the center.
        petals: number of histograms on each ring.
        orientations: number of directions in each histogram.
    """

    radius: float = 15.0
    rings: int = 3
    petals: int = 8
    orientations: int = 8

    @property
    def length(self) -> int:
        """Numbers in a descriptor."""
        return (1 + self.rings * self.petals) * self.orientations


def describe_places(lightness: Floats, rows: Places, columns: Places, layout: DaisyLayout) -> Floats:
    """Describe the places where some rows and columns cross.

    Args:
        lightness: (H, W) float32, in any unit.
        rows: (h,) of the places.
        columns: (w,) of the places.
        layout: the shape of the flower.

    Returns:
        (h, w, layout.length) float32 in the unit of the lightness, not normalized: the center's histogram, then
        those of the rings, from the inside outward, each ring from the right clockwise.

    >>> lightness = np.tile(np.arange(40, dtype=np.float32), (40, 1))  # brighter to the right
    >>> layout = DaisyLayout(radius=6, rings=1, petals=4, orientations=4)
    >>> describe_places(lightness, np.array([20]), np.array([20]), layout)[0, 0, :4].astype(float).round(2)
    array([0.28, 1.  , 3.57, 1.  ])
    """
    height, width = lightness.shape
    maps = find_orientations(lightness, layout.orientations)
    parts = []
    for ring in range(layout.rings + 1):
        blurred = blur(maps, layout.radius * max(ring, 1) / (2 * layout.rings))
        for down, right in _petals(layout, ring):
            inside = np.ix_(np.clip(rows + down, 0, height - 1), np.clip(columns + right, 0, width - 1))
            parts.append(blurred[inside])
    return np.concatenate(parts, axis=-1)


def blur(maps: Floats, sigma: float) -> Floats:
    """Blur (H, W, n) by a Gaussian of `sigma` pixels; beyond its border the picture is mirrored."""
    height, width, count = maps.shape
    down = blur_matrix(height, sigma) @ maps.reshape(height, width * count)
    return np.asarray(blur_matrix(width, sigma) @ down.reshape(height, width, count), np.float32)


@lru_cache(maxsize=64)
def blur_matrix(length: int, sigma: float) -> Floats:
    """Return the (length, length) matrix that blurs a row by a Gaussian; each of its rows sums to 1."""
    reach = int(_REACH * sigma + 0.5)
    offsets = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (offsets / max(sigma, 1e-6)) ** 2)
    places = (np.arange(length)[:, None] + offsets) % (2 * length)
    mirrored = np.minimum(places, 2 * length - 1 - places)
    matrix = np.zeros((length, length))
    np.add.at(matrix, (np.arange(length)[:, None], mirrored), kernel / kernel.sum())
    return matrix.astype(np.float32)


def normalize(descriptors: Floats, least: float) -> Floats:
    """Divide descriptors (..., n) by their length plus `least`, which keeps flat places from being all noise."""
    lengths = np.linalg.norm(descriptors, axis=-1, keepdims=True)
    return np.asarray(descriptors / (lengths + least), np.float32)


def find_orientations(lightness: Floats, orientations: int) -> Floats:
    """Return (H, W, orientations): the gradient's length, in so far as it points each way."""
    right = np.diff(lightness, axis=1, append=lightness[:, -1:])
    down = np.diff(lightness, axis=0, append=lightness[-1:])
    directions = 2 * math.pi * np.arange(orientations) / orientations - math.pi
    sharpness = orientations / math.pi
    closeness = np.exp(sharpness * np.cos(np.arctan2(down, right)[..., None] - directions))
    return np.asarray(closeness * np.hypot(right, down)[..., None], np.float32)


def _petals(layout: DaisyLayout, ring: int) -> Sequence[tuple[int, int]]:
    """Return how far down and to the right each histogram of a ring lies from the center, in pixels."""
    if ring == 0:
        return [(0, 0)]
    radius = layout.radius * ring / layout.rings
    angles = [2 * math.pi * petal / layout.petals for petal in range(layout.petals)]
    return [(round(radius * math.sin(angle)), round(radius * math.cos(angle))) for angle in angles]


def cell_centers(length: int, cell: int) -> Places:
    """Return the pixel in the middle of each cell of `cell` pixels along a side."""
    return np.arange(cell // 2, length, cell)
