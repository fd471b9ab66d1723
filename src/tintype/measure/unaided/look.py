"""A colored photograph as it is judged without the truth: lightness and ab at one small size for all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import srgb_to_lab
from tintype.colorize.companions import view_at
from tintype.colorize.result import Colorization
from tintype.errors import TintypeError

Codes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]

SIDE = 160
"""Photographs are reduced to the area of a square of this side; small ones are left as they are."""

LEAST_SIDE = 8
"""Shorter photographs, in pixels after reduction, can't be judged."""


@dataclass(frozen=True, eq=False)
class Look:
    """Lightness and color of a photograph, reduced.

    Attributes:
        lightness: (h, w) float, CIE L, 0..100.
        ab: (h, w, 2) float, Lab units.

    Raises:
        TintypeError: shapes that do not fit, or a side of less than 8 pixels.
    """

    lightness: Floats
    ab: Floats

    def __post_init__(self) -> None:
        if self.ab.shape != (*self.lightness.shape, 2) or self.lightness.ndim != 2:
            raise TintypeError(
                f"lightness of shape {self.lightness.shape} does not go with ab of {self.ab.shape}; "
                "give (h, w) and (h, w, 2)"
            )
        if min(self.lightness.shape) < LEAST_SIDE:
            raise TintypeError(
                f"a picture of {self.side} pixels on its shorter side can't be judged; give {LEAST_SIDE} or more"
            )

    @property
    def side(self) -> int:
        """The shorter side, pixels."""
        return int(min(self.lightness.shape))

    @cached_property
    def chroma(self) -> Floats:
        """(h, w), Lab units."""
        return np.hypot(self.ab[..., 0], self.ab[..., 1])

    @cached_property
    def light_steepness(self) -> Floats:
        """Gradient of the lightness (h, w), units of L a pixel."""
        steepness: Floats = np.hypot(*np.gradient(self.lightness))
        return steepness

    @cached_property
    def color_steepness(self) -> Floats:
        """Gradient of the color (h, w): the root of the sum of squares of both channels, Lab units a pixel."""
        down, right = np.gradient(self.ab, axis=(0, 1))
        steepness: Floats = np.sqrt(np.square(down).sum(axis=2) + np.square(right).sum(axis=2))
        return steepness


def look_at(codes: Codes) -> Look:
    """Reduce a photograph of any program.

    Args:
        codes: (H, W, 3) uint8 sRGB.

    Raises:
        TintypeError: it has another shape or type, or less than 8 pixels on a side.
    """
    from PIL import Image  # noqa: PLC0415 - the rest of this room needs numpy alone

    if codes.dtype != np.uint8 or codes.ndim != 3 or codes.shape[2] != 3:
        raise TintypeError(f"a picture of shape {codes.shape} and {codes.dtype} is no 8-bit color photograph")
    height, width = reduced_size(codes.shape[0], codes.shape[1])
    if (height, width) != codes.shape[:2]:
        picture = Image.fromarray(np.ascontiguousarray(codes))
        codes = np.asarray(picture.resize((width, height), Image.Resampling.BOX))
    return _as_look(codes)


def look_of(result: Colorization) -> Look:
    """Reduce a photograph that was colored here: what a person would see of it, small.

    Raises:
        TintypeError: it has less than 8 pixels on a side.
    """
    return _as_look(view_at(result, reduced_size(result.photo.height, result.photo.width)))


def reduced_size(height: int, width: int) -> tuple[int, int]:
    """Return (height, width) of the same shape with the area of 160 x 160, or the same where that is larger.

    >>> reduced_size(1600, 1600), reduced_size(320, 80), reduced_size(90, 90)
    ((160, 160), (320, 80), (90, 90))
    """
    factor = min(1.0, SIDE / math.sqrt(height * width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def _as_look(codes: Codes) -> Look:
    lab = srgb_to_lab(codes.astype(np.float32) / np.float32(255))
    return Look(lab[..., 0], lab[..., 1:])
