"""Swatches: colors with names, as palette files hold them, and what they say of a photograph as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tintype.color.bins import CENTERS
from tintype.color.lab import lab_to_srgb
from tintype.errors import GuidanceError
from tintype.guidance.colors import COLOR_LIMIT, Lab, WeightedColor, shown
from tintype.guidance.guidance import GlobalPalette

SWATCH_STRENGTH = 0.5
"""Strength of a palette made of swatches, which say which colors there are and not how much of each."""

_TINTS = ((1.0, 0.3), (2 / 3, 0.25), (1 / 3, 0.25), (0.0, 0.2))
"""Part of a swatch's chroma, and the share of a picture's surface that has it: paint is seldom seen pure. Even a
picture that was painted with five strong colors is mostly shadow, haze and white."""

_LEAST_CHROMA = 3.0


@dataclass(frozen=True)
class Swatch:
    """One color of a palette file.

    Attributes:
        color: CIE Lab.
        name: what the file calls it; may be empty.
    """

    color: Lab
    name: str = ""

    @property
    def hex(self) -> str:
        """The color as ``#rrggbb``, the nearest that exists in sRGB."""
        codes = np.rint(np.clip(lab_to_srgb(np.array(self.color)), 0, 1) * 255).astype(int).tolist()
        return "#{:02x}{:02x}{:02x}".format(*codes)


@dataclass(frozen=True)
class Swatches:
    """What a palette file holds.

    Attributes:
        swatches: its colors, in their order.
        name: of the palette; may be empty.
        notes: what a person should be told about the reading, one sentence each.

    Raises:
        GuidanceError: no colors.
    """

    swatches: tuple[Swatch, ...]
    name: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.swatches:
            raise GuidanceError("this palette has no colors; give one that has some")

    def as_palette(self, origin: str = "person") -> GlobalPalette:
        """Return the palette of a photograph that is to be colored with these swatches.

        Every swatch counts alike, and with it its paler tints down to gray.

        Raises:
            GuidanceError: all of them are gray, which would take all color away.
        """
        if all(np.hypot(*swatch.color[1:]) < _LEAST_CHROMA for swatch in self.swatches):
            raise GuidanceError("all colors of this palette are gray; give one that has other colors")
        tints = [(_tint(s.color, part), share) for s in self.swatches for part, share in _TINTS]
        return GlobalPalette(merge_colors(tints), SWATCH_STRENGTH, origin)


def merge_colors(colors: Iterable[tuple[Lab, float]]) -> tuple[WeightedColor, ...]:
    """Return weighted colors, equal ones as one; if there are too many, each moved to the bin that it lies in."""
    merged: dict[Lab, float] = {}
    for color, weight in colors:
        merged[color] = merged.get(color, 0.0) + weight
    if len(merged) > COLOR_LIMIT:
        return _merge_bins(merged)
    return tuple(WeightedColor(color, weight) for color, weight in merged.items())


def check_length(data: bytes, start: int, length: int) -> bytes:
    """Return a part of a file's bytes.

    Raises:
        GuidanceError: the file ends before.
    """
    part = data[start : start + length]
    if len(part) < length:
        raise GuidanceError(f"the file ends at byte {len(data)}, within a color; get a sound copy of it")
    return part


def clean_name(name: str) -> str:
    """Return a name as it can be printed on one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


def check_share(name: str, value: float) -> float:
    """Return a channel of 0..1; GuidanceError if it is none."""
    if not -1e-4 <= value <= 1 + 1e-4:
        raise GuidanceError(f"{name} is {shown(value)}, which is not within 0 to 1; mend the file")
    return min(max(value, 0.0), 1.0)


def _tint(color: Lab, part: float) -> Lab:
    lightness, a, b = color
    return lightness, a * part, b * part


def _merge_bins(colors: dict[Lab, float]) -> tuple[WeightedColor, ...]:
    lab, weights = np.array([*colors]), np.array([*colors.values()])
    nearest = np.square(lab[:, None, 1:] - CENTERS).sum(2).argmin(1)
    found: Sequence[int] = np.unique(nearest).tolist()
    means = ((lab[nearest == i, 0].mean(), weights[nearest == i].sum(), CENTERS[i]) for i in found)
    return tuple(
        WeightedColor((float(lightness), float(a), float(b)), float(weight))
        for lightness, weight, (a, b) in means
    )
