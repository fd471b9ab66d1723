"""Fields: colors that vary over a box of a photograph, each cell with a weight, and how they are written down.

A field is what a pin, a dense match or the last frame of a film says: not one color, but what stands where. It is
written in a few kilobytes: ab as little-endian 16-bit integers in hundredths of a Lab unit (a, b of each cell, row
by row), weights as bytes (255 is 1), both as base64 (RFC 4648). There is one way to write a field, so equal fields
have equal digests.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import GuidanceError
from tintype.guidance.colors import AB_LIMIT, shown
from tintype.guidance.points import Patch

FIELD_LIMIT = 1_000_000
"""Most cells in one field."""

SMALLEST_SIDE = 0.001
"""Least width and height of a field's box, pixels."""

_HUNDREDTHS = 100
_FULL = 255


@dataclass(frozen=True, eq=False)
class Field:
    """Colors and weights of the cells of a box.

    Attributes:
        box: (x, y, width, height), pixels of the photograph.
        ab: (rows, columns, 2) float32, Lab units.
        weights: (rows, columns) float32, 0..1.
    """

    box: tuple[float, float, float, float]
    ab: NDArray[np.float32]
    weights: NDArray[np.float32]


def encode_field(field: Field) -> tuple[str, str]:
    """Return ab and weights as base64; cells of no weight lose their color, which says nothing.

    Raises:
        GuidanceError: shapes that do not fit, or a color out of range.
    """
    weights = np.asarray(field.weights, dtype=np.float32)
    ab = np.asarray(field.ab, dtype=np.float32)
    if weights.ndim != 2 or ab.shape != (*weights.shape, 2):
        raise GuidanceError(
            f"ab of shape {ab.shape} and weights of shape {weights.shape} do not fit; give (rows, columns, 2) "
            "and (rows, columns)"
        )
    codes = np.rint(np.clip(weights, 0, 1) * _FULL).astype(np.uint8)
    said = np.where(codes[..., None] > 0, ab, 0)
    if not np.abs(said).max(initial=0) <= AB_LIMIT:
        raise GuidanceError(f"ab reaches {np.abs(said).max():g}; give {-AB_LIMIT:g} to {AB_LIMIT:g}")
    hundredths = np.rint(said * _HUNDREDTHS).astype("<i2")
    return base64.b64encode(hundredths.tobytes()).decode(), base64.b64encode(codes.tobytes()).decode()


def check_ab(text: Any, rows: int, columns: int) -> NDArray[np.float32]:
    """Return ab (rows, columns, 2) that `encode_field` wrote.

    Raises:
        GuidanceError: no base64, another length, or a color out of range.
    """
    ab = np.frombuffer(_decode("ab", text, rows * columns * 4), "<i2").reshape(rows, columns, 2)
    if np.abs(ab.astype(np.int32)).max() > AB_LIMIT * _HUNDREDTHS:
        raise GuidanceError(f"ab reaches beyond {AB_LIMIT:g}; give {-AB_LIMIT:g} to {AB_LIMIT:g}")
    return np.asarray(ab / np.float32(_HUNDREDTHS), np.float32)


def check_weights(text: Any, rows: int, columns: int) -> NDArray[np.float32]:
    """Return weights (rows, columns) that `encode_field` wrote.

    Raises:
        GuidanceError: no base64, or another length.
    """
    codes = np.frombuffer(_decode("weights", text, rows * columns), np.uint8).reshape(rows, columns)
    return np.asarray(codes / np.float32(_FULL), np.float32)


@dataclass(frozen=True, eq=False)
class DrawnField:
    """A field on a pixel grid.

    Attributes:
        patch: weights of the pixels of a box.
        ab: (rows, columns, 2) float32 of the same pixels, Lab units; 0 where the weight is 0.
    """

    patch: Patch
    ab: NDArray[np.float32]


def draw_field(field: Field, scale: tuple[float, float], size: tuple[int, int]) -> DrawnField:
    """Resample a field: linearly between the middles of cells, averaged where cells are smaller than pixels.

    A field that lies exactly on the pixels of the grid is copied as it is.

    Args:
        field: in the photograph's pixels.
        scale: (vertical, horizontal): pixels of the grid for each pixel of the photograph.
        size: (height, width) of the grid.
    """
    x, y, width, height = field.box
    top, down = _resampling(field.weights.shape[0], y * scale[0], height * scale[0], size[0])
    left, across = _resampling(field.weights.shape[1], x * scale[1], width * scale[1], size[1])
    planes = np.concatenate([field.ab * field.weights[..., None], field.weights[..., None]], axis=-1)
    drawn = np.einsum("hr,rcp,wc->hwp", down, planes, across, optimize=True).astype(np.float32)
    weights = drawn[..., 2]
    ab = drawn[..., :2] / np.where(weights > 0, weights, 1)[..., None]
    return DrawnField(Patch(top, left, np.clip(weights, 0, 1)), ab)


def _resampling(cells: int, start: float, length: float, size: int) -> tuple[int, NDArray[np.float32]]:
    """Return the first pixel that a row of cells touches, and the weights (pixels, cells).

    Args:
        cells: how many.
        start: where the first one begins, pixels of the grid.
        length: of all cells, pixels.
        size: pixels of the grid.
    """
    first = int(np.clip(np.floor(start + 1e-6), 0, size - 1))
    last = int(np.clip(np.ceil(start + length - 1e-6), first + 1, size))
    pixels = np.arange(first, last)
    middles = (pixels + 0.5 - start) * cells / length - 0.5
    reach = max(1.0, cells / length)
    distances = np.abs(np.clip(middles, 0, cells - 1)[:, None] - np.arange(cells)) / reach
    weights = np.maximum(0, 1 - distances)
    weights /= weights.sum(axis=1, keepdims=True)
    covered = np.clip(np.minimum(pixels + 1, start + length) - np.maximum(pixels, start), 0, 1)
    return first, np.asarray(weights * covered[:, None], np.float32)


def _decode(name: str, text: Any, length: int) -> bytes:
    if not isinstance(text, str):
        raise GuidanceError(f"{name} is {shown(text)}; give base64")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise GuidanceError(f"{name} is {shown(text)}; give base64") from None
    if base64.b64encode(data).decode() != text:
        raise GuidanceError(f"{name} is {shown(text)}, which is no canonical base64; write it anew")
    if len(data) != length:
        raise GuidanceError(f"{name} holds {len(data)} bytes; {length} are needed for rows x columns")
    return data
