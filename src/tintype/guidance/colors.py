"""The colors of marks and palettes, and the checks that all guidance shares.

A color is kept as CIE Lab rounded to a thousandth: far below what an eye sees, and enough for the same color
to have the same digest on every machine, however it was written.
"""

from __future__ import annotations

import numbers
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tintype.color.lab import srgb_to_lab
from tintype.errors import GuidanceError

Lab: TypeAlias = tuple[float, float, float]
"""CIE Lab (D65): L 0..100, a and b in Lab units."""

ColorLike: TypeAlias = str | Sequence[float]
"""What ``parse_color`` accepts: "#rrggbb", [L, a, b] or "neutral"."""

NEUTRAL: Lab = (50.0, 0.0, 0.0)
"""No color: whatever lightness a place has, it stays gray."""

AB_LIMIT = 150.0
"""Largest |a| and |b| that is accepted; sRGB stays below 108."""

COORDINATE_LIMIT = 1e6
"""Largest coordinate, radius and weight that is accepted, in pixels."""

COLOR_LIMIT = 1000
"""Most colors in one palette."""

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_DECIMALS = 3


def parse_color(value: ColorLike) -> Lab:
    """Turn "#rrggbb" (sRGB), [L, a, b] or "neutral" (no color) into a color.

    Returns:
        (L, a, b), each rounded to a thousandth.

    Raises:
        GuidanceError: none of the three, or a value outside of its range.

    >>> parse_color("#556b2f")
    (42.234, -18.828, 30.598)
    >>> parse_color([50, 0, -20])
    (50.0, 0.0, -20.0)
    """
    if isinstance(value, str):
        return NEUTRAL if value == "neutral" else _hex_to_lab(value)
    if not isinstance(value, Sequence | np.ndarray) or len(value) != 3:
        raise GuidanceError(f'color is {shown(value)}; give "#rrggbb", [L, a, b] or "neutral"')
    lightness, a, b = list(value)
    return (
        _rounded(check_number("color L", lightness, 0, 100)),
        _rounded(check_number("color a", a, -AB_LIMIT, AB_LIMIT)),
        _rounded(check_number("color b", b, -AB_LIMIT, AB_LIMIT)),
    )


@dataclass(frozen=True)
class WeightedColor:
    """One color of a palette and its share.

    Attributes:
        color: CIE Lab.
        weight: share relative to the other colors, above 0; it need not sum to 1.

    Raises:
        GuidanceError: a value outside of its range.
    """

    color: Lab
    weight: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "color", parse_color(self.color))
        weight = check_number("weight", self.weight, 0, COORDINATE_LIMIT)
        if weight == 0:
            raise GuidanceError("weight is 0; give a number above 0 or leave the color out")
        object.__setattr__(self, "weight", weight)


def check_palette(value: Any) -> tuple[WeightedColor, ...]:
    """Return weighted colors as a tuple; GuidanceError if there is none, too many, or something else."""
    colors = tuple(value) if isinstance(value, Sequence) else ()
    if not all(isinstance(color, WeightedColor) for color in colors):
        raise GuidanceError(f"palette is {shown(value)}; give WeightedColor(color, weight), one or more")
    if not 1 <= len(colors) <= COLOR_LIMIT:
        raise GuidanceError(f"palette has {len(colors)} colors; give 1 to {COLOR_LIMIT}")
    return colors


def check_number(name: str, value: Any, low: float, high: float) -> float:
    """Return the value as a float; GuidanceError if it is no number or not within low..high."""
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool)
    if not is_number or not low <= value <= high:
        raise GuidanceError(f"{name} is {shown(value)}; give a number from {low:g} to {high:g}")
    return float(value) + 0.0  # -0.0 becomes 0.0: one value, one digest


def check_integer(name: str, value: Any, low: int, high: float) -> int:
    """Return the value as an int; 3.0 counts as 3, as in JSON Schema. GuidanceError as ``check_number``."""
    number = check_number(name, value, low, high)
    if not number.is_integer():
        raise GuidanceError(f"{name} is {shown(value)}; give a whole number")
    return int(number)


def assign(instance: Any, **values: Any) -> None:
    """Set attributes of a frozen dataclass while it is being made."""
    for name, value in values.items():
        object.__setattr__(instance, name, value)


def shown(value: Any) -> str:
    """Return the value as it can stand in a one-line message."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _hex_to_lab(text: str) -> Lab:
    if not _HEX.fullmatch(text):
        raise GuidanceError(f'color is {shown(text)}; give six hexadecimal digits, "#rrggbb", or "neutral"')
    srgb = np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64) / 255
    lightness, a, b = (_rounded(float(v)) for v in srgb_to_lab(srgb))
    return min(lightness, 100.0), a, b


def _rounded(value: float) -> float:
    return round(value, _DECIMALS) + 0.0
