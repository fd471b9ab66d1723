"""The color spaces of palette files -> CIE Lab.

RGB without a profile is sRGB. CMYK without a profile means the ink of some press: the plain formula without any
press is used, which gives the right hues and too strong colors.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np

from tintype.color.lab import srgb_to_lab
from tintype.guidance.colors import Lab, parse_color

CMYK_NOTE = "its CMYK colors are converted without a profile, which is about right"


def rgb_to_lab(rgb: Sequence[float]) -> Lab:
    """Return the Lab of sRGB, 0..1.

    >>> rgb_to_lab((1, 0, 0))
    (53.241, 80.092, 67.203)
    """
    lightness, a, b = (float(value) for value in srgb_to_lab(np.asarray(rgb, np.float64)))
    return parse_color((min(max(lightness, 0.0), 100.0), a, b))


def hsb_to_lab(hue: float, saturation: float, brightness: float) -> Lab:
    """Return the Lab of hue, saturation and brightness of sRGB, 0..1 each; red has the hues 0 and 1."""
    return rgb_to_lab(colorsys.hsv_to_rgb(hue, saturation, brightness))


def cmyk_to_lab(inks: Sequence[float]) -> Lab:
    """Return the Lab of cyan, magenta, yellow and black, 0 none to 1 full."""
    *colors, black = inks
    return rgb_to_lab([(1 - ink) * (1 - black) for ink in colors])


def gray_to_lab(gray: float) -> Lab:
    """Return the Lab of a gray code of sRGB, 0..1."""
    return rgb_to_lab((gray, gray, gray))
