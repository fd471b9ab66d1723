"""All that is measured of a photograph without the truth, in one row of numbers: what the score is made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tintype.measure.unaided.bleeding import bleeding, color_sharpness, edge_agreement, speckle
from tintype.measure.unaided.blotches import stain_share, stains, unevenness
from tintype.measure.unaided.look import Look
from tintype.measure.unaided.naturalness import rarest_surprise, strangeness, surprise
from tintype.measure.unaided.sepia import colors, hue_concentration, tone_width
from tintype.measure.unaided.skin import skin_patchiness, skin_plausibility


@dataclass(frozen=True)
class Feature:
    """One figure of a photograph.

    Attributes:
        measure: of a look; None where it can't be told.
        low: what is wrong where it is much lower than in real photographs.
        high: what is wrong where it is much higher.
    """

    measure: Callable[[Look], float | None]
    low: str
    high: str


def _mean_chroma(look: Look) -> float:
    return math.log1p(float(look.chroma.mean()))


def _logarithm(measure: Callable[[Look], float | None]) -> Callable[[Look], float | None]:
    """Return ln(1 + value), for figures with a long tail."""

    def logged(look: Look) -> float | None:
        value = measure(look)
        return None if value is None else math.log1p(value)

    return logged


FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        "log chroma": Feature(_mean_chroma, "pale", "garish"),
        "surprise": Feature(surprise, "dull colors", "unlikely colors"),
        "rarest surprise": Feature(rarest_surprise, "dull colors", "unlikely colors"),
        "strangeness": Feature(strangeness, "dull colors", "an unusual balance of colors"),
        "hue concentration": Feature(hue_concentration, "too many hues", "one hue"),
        "log tone width": Feature(_logarithm(tone_width), "one hue", "too many hues"),
        "hues": Feature(colors, "one hue", "too many hues"),
        "bleeding": Feature(bleeding, "color on edges only", "bleeding"),
        "edge agreement": Feature(edge_agreement, "bleeding", "color on edges only"),
        "color sharpness": Feature(color_sharpness, "blurred color", "noisy color"),
        "log speckle": Feature(_logarithm(speckle), "blurred color", "noisy color"),
        "log stains": Feature(_logarithm(stains), "flat color", "blotches"),
        "stain share": Feature(stain_share, "color that only follows tone", "blotches"),
        "unevenness": Feature(unevenness, "color that only follows tone", "blotches"),
        "skin plausibility": Feature(skin_plausibility, "unlikely skin", "uniform skin"),
        "log skin patchiness": Feature(_logarithm(skin_patchiness), "uniform skin", "patchy skin"),
    }
)
"""Name -> figure, in the order in which they are printed."""


def measure_features(look: Look) -> dict[str, float | None]:
    """Measure all of ``FEATURES``; None where a figure can't be told, as of skin where there is none."""
    return {name: feature.measure(look) for name, feature in FEATURES.items()}
