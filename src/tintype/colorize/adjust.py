"""The sliders: warmth, skin and sky, which act on the distribution when it is decoded, not on the finished picture.

Each of them makes some colors likelier, or less likely, in every cell. A cell that is certain keeps its color, one
that wavers gives way: warmth turns a wall that may be white or cream to cream, but no grass to orange. What a slider
means by skin and by sky is a place in the ab plane and a range of lightness; it acts where the distribution itself
already holds such colors.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import CENTERS
from tintype.errors import GuidanceError

Floats = NDArray[np.float32]

_WARM = np.array([0.3, 0.95], dtype=np.float32)
"""Direction of warm colors in the ab plane: that of daylight getting yellower, a little to the red."""

_TILT = 0.02
"""How much the log of the odds changes for each unit of ab in that direction, at warmth 1, ..."""

_STRONGEST = 30.0
"""... up to about so many units: no color becomes likely for being as yellow as can be."""


_UNEVEN = 4.0
"""Standard deviation of L between neighboring cells that halves the evenness of a sky."""


@dataclass(frozen=True)
class _Kind:
    """Colors that a slider means.

    Attributes:
        center: of the colors, ab.
        width: of their Gaussian, Lab units.
        lightness: CIE L from which on, and up to which, a cell can be such a thing; half of it at each.
        shares: of the distribution of a cell that such colors must have for the slider to begin to act, and to act
            in full.
        strength: change of the log of the odds of the central color, at slider 1.
        is_sky: whether such a thing is even and above.
    """

    center: tuple[float, float]
    width: float
    lightness: tuple[float, float]
    shares: tuple[float, float]
    strength: float
    is_sky: bool = False

    def likeness(self) -> Floats:
        """Return how much each bin is meant: (Q,), 0..1."""
        squares = ((CENTERS - np.array(self.center, dtype=np.float32)) ** 2).sum(axis=1)
        return np.asarray(np.exp(-squares / (2 * self.width**2)), np.float32)

    def presence(self, shares: Floats, lightness: Floats) -> Floats:
        """Return how surely each cell is such a thing: (h, w), 0..1."""
        low, high = self.shares
        held = np.clip((shares @ self.likeness() - low) / (high - low), 0, 1)
        darkest, lightest = self.lightness
        softness = 5.0
        is_light = 1 / (1 + np.exp((darkest - lightness) / softness))
        is_dark = 1 / (1 + np.exp((lightness - lightest) / softness))
        even = _evenness(lightness) * _height(len(lightness)) if self.is_sky else 1
        return np.asarray(held * is_light * is_dark * even, np.float32)


def _evenness(lightness: Floats) -> Floats:
    """Return 1 where the lightness around a cell is even, less where it is not: (h, w)."""
    height, width = lightness.shape
    padded = np.pad(lightness, 1, mode="edge")
    around = [padded[i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return np.asarray(1 / (1 + np.var(around, axis=0) / _UNEVEN**2), np.float32)


def _height(rows: int) -> Floats:
    """Return 1 for rows in the upper half of a photograph, falling to 0 at its lower edge: (h, 1)."""
    middles = (np.arange(rows, dtype=np.float32) + 0.5) / rows
    return np.asarray(np.clip(2 - 2 * middles, 0, 1)[:, None], np.float32)


_SKIN = _Kind(center=(20.0, 22.0), width=11.0, lightness=(25.0, 95.0), shares=(0.06, 0.2), strength=4.0)
_SKY = _Kind(
    center=(-5.0, -25.0), width=11.0, lightness=(50.0, 105.0), shares=(0.02, 0.08), strength=4.5, is_sky=True
)


@dataclass(frozen=True)
class Adjustment:
    """Where the sliders stand.

    Attributes:
        warmth: -1 cooler (bluish) to 1 warmer (yellowish).
        skin: -1 to 1: less, or more, of the colors of skin where the distribution holds them.
        sky: -1 to 1: the same for the blue of the sky.

    Raises:
        GuidanceError: a value outside of -1 to 1.
    """

    warmth: float = 0.0
    skin: float = 0.0
    sky: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("warmth", self.warmth), ("skin", self.skin), ("sky", self.sky)):
            if not -1 <= value <= 1:
                raise GuidanceError(f"{name} is {value}; give a number from -1 to 1")

    def __bool__(self) -> bool:
        """Return whether any slider is off its middle."""
        return any(astuple(self))

    def applied(self, logits: Floats, lightness: Floats) -> Floats:
        """Return logits with the sliders applied.

        Args:
            logits: (h, w, Q) float32.
            lightness: (h, w) CIE L of the cells.
        """
        if not self:
            return logits
        warm = np.tanh(CENTERS @ _WARM / _STRONGEST) * _STRONGEST
        adjusted = logits + np.float32(self.warmth * _TILT) * warm
        if self.skin or self.sky:
            shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
            shares /= shares.sum(axis=-1, keepdims=True)
            for slider, kind in ((self.skin, _SKIN), (self.sky, _SKY)):
                here = kind.presence(shares, lightness) * np.float32(slider * kind.strength)
                adjusted += here[..., None] * kind.likeness()
        return np.asarray(adjusted, np.float32)


NO_ADJUSTMENT = Adjustment()
"""All sliders in their middle."""
