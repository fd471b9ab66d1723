"""Corners of a photograph and what they look like: places that can be found again in another photograph of the scene.

Corners are those of Shi and Tomasi, "Good Features to Track" (1994). A corner is described as by SIFT (Lowe 2004),
histograms of gradients on a 4 x 4 grid around it, but upright: photographs of an album are. They are looked for at
several scales, so that a crop is found in the photograph that it was taken from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.models.examples.daisy import blur, find_orientations

Floats = NDArray[np.float32]

CORNERS = 400
"""Most corners at one scale."""

_SCALE_STEP = 2**0.5
_SCALES = 4
_LEAST_SIDE = 48  # pixels of a reduced photograph
_BORDER = 8  # pixels: half of what a descriptor sees
_APART = 4  # pixels between corners
_LEAST_STRENGTH = 1e-5  # square of CIE L a pixel: less is rounding
_SMOOTHING = 1.5
_GRID = (-6, -2, 2, 6)
_DIRECTIONS = 8
_LENGTH = _DIRECTIONS * len(_GRID) ** 2
_SPREAD = 2.0  # of each histogram, pixels
_CLIP = 0.2  # Lowe: no single strong edge may be all of a descriptor


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Corners of a photograph at all scales.

    Attributes:
        places: (n, 2) float32, x and y in pixels of the photograph at scale 1.
        scales: (n,) float32, pixels of the photograph for each pixel of the scale at which it was found.
        looks: (n, 128) float32, of unit length.
    """

    places: Floats
    scales: Floats
    looks: Floats


def find_keypoints(lightness: Floats) -> Keypoints:
    """Find corners and describe them.

    Args:
        lightness: (H, W), CIE L.
    """
    nothing = np.empty((0, 2), np.float32), np.empty(0, np.float32), np.empty((0, _LENGTH), np.float32)
    found = [nothing, *(_find_at_scale(picture, scale) for picture, scale in _pyramid(lightness))]
    places, scales, looks = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Keypoints(places, scales, looks)


def _pyramid(lightness: Floats) -> Iterator[tuple[Floats, tuple[float, float]]]:
    """Yield the photograph ever smaller, with the horizontal and vertical size of its pixels."""
    height, width = lightness.shape
    picture = Image.fromarray(np.ascontiguousarray(lightness, dtype=np.float32))
    for step in range(_SCALES):
        size = round(width / _SCALE_STEP**step), round(height / _SCALE_STEP**step)
        if min(size) < (_LEAST_SIDE if step else 2 * _BORDER):
            return
        small = picture.resize(size, Image.Resampling.BICUBIC) if step else picture
        yield np.asarray(small, np.float32), (width / size[0], height / size[1])


def _find_at_scale(picture: Floats, scale: tuple[float, float]) -> tuple[Floats, Floats, Floats]:
    rows, columns = _corners(picture)
    places = np.stack([(columns + 0.5) * scale[0], (rows + 0.5) * scale[1]], axis=-1).astype(np.float32)
    return places, np.full(len(rows), scale[0], np.float32), _describe(picture, rows, columns)


def _corners(picture: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the strongest corners, each the strongest around."""
    strength = _corner_strength(picture)
    height, width = strength.shape
    is_inside = np.zeros(strength.shape, np.bool)
    is_inside[_BORDER : height - _BORDER, _BORDER : width - _BORDER] = True
    rows, columns = np.nonzero(
        is_inside & (strength >= _highest_around(strength, _APART)) & (strength > _LEAST_STRENGTH)
    )
    order = np.argsort(-strength[rows, columns], kind="stable")[:CORNERS]
    return rows[order], columns[order]


def _corner_strength(picture: Floats) -> Floats:
    """Return the smaller eigenvalue of the gradients' covariance around each pixel."""
    down, right = np.gradient(blur(picture[..., None], 1.0)[..., 0])
    products = blur(np.stack([down**2, right**2, down * right], axis=-1), _SMOOTHING)
    yy, xx, xy = np.moveaxis(products, -1, 0)
    return np.asarray((yy + xx) / 2 - np.hypot((yy - xx) / 2, xy), np.float32)


def _highest_around(values: Floats, reach: int) -> Floats:
    for axis in (0, 1):
        padded = np.pad(values, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=axis)
        values = windows.max(axis=-1)
    return values


def _describe(picture: Floats, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Floats:
    histograms = blur(find_orientations(picture, _DIRECTIONS), _SPREAD)
    parts = [histograms[rows + down, columns + right] for down in _GRID for right in _GRID]
    looks = _unit_length(np.concatenate(parts, axis=-1))
    return _unit_length(np.minimum(looks, _CLIP))


def _unit_length(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6), np.float32)
