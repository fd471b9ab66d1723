"""How far colors are apart, and how colorful a picture is.

The Delta E functions work on numpy arrays and torch tensors alike and broadcast; the last axis holds L, a, b.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

from array_api_compat import array_namespace

from tintype.color.lab import ArrayT


def delta_e_76(first: ArrayT, second: ArrayT) -> ArrayT:
    """Measure the distance of colors (..., 3) in Lab (CIE 1976): (...,), 0 or more; 2.3 is just noticeable.

    >>> import numpy as np
    >>> delta_e_76(np.array([50.0, 0.0, 0.0]), np.array([50.0, 3.0, 4.0])).item()
    5.0
    """
    xp = array_namespace(first, second)
    return cast(ArrayT, xp.sqrt(xp.sum((first - second) ** 2, axis=-1)))


def delta_e_2000(first: ArrayT, second: ArrayT) -> ArrayT:
    """Measure how different colors look (CIEDE2000).

    Args:
        first: Lab (..., 3) float.
        second: Lab (..., 3) float of a shape that broadcasts.

    Returns:
        (...,) of the same dtype, 0 or more; 1 is about what can just be seen. Not meant for gradients: it has
        none where the colors are equal.

    Source: Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula: implementation notes, supplementary
    test data, and mathematical observations" (2005).

    >>> import numpy as np
    >>> first, second = np.array([50.0, 2.6772, -79.7751]), np.array([50.0, 0.0, -82.7485])
    >>> delta_e_2000(first, second).round(4).item()
    2.0425
    """
    xp = array_namespace(first, second)
    one, two = _stretch_red_green(xp, first, second)
    chroma = (one.chroma + two.chroma) / 2
    hue_step = _hue_step(xp, one, two)
    hue = _mean_hue(xp, one, two)
    lightness = (one.lightness + two.lightness) / 2
    lightness_part = (two.lightness - one.lightness) / _lightness_scale(xp, lightness)
    chroma_part = (two.chroma - one.chroma) / (1 + 0.045 * chroma)
    hue_part = 2 * xp.sqrt(one.chroma * two.chroma) * xp.sin(hue_step / 2) / _hue_scale(xp, chroma, hue)
    cross = _rotation(xp, chroma, hue) * chroma_part * hue_part
    total = lightness_part**2 + chroma_part**2 + hue_part**2 + cross
    return cast(ArrayT, xp.sqrt(xp.where(total > 0, total, 0 * total)))


def colorfulness(srgb: Any) -> float:
    """Measure how colorful a picture is.

    Args:
        srgb: (..., 3) float, 0..1: one picture.

    Returns:
        0 for gray; about 15 is slightly, 45 quite, 80 highly colorful (the published scale, of 0..255 codes).

    Source: Hasler, Suesstrunk, "Measuring colourfulness in natural images" (2003).

    >>> import numpy as np
    >>> round(colorfulness(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])), 2)
    272.62
    """
    xp = array_namespace(srgb)
    red, green, blue = (255 * srgb[..., i] for i in range(3))
    opponents = red - green, (red + green) / 2 - blue
    spread = math.hypot(*(float(xp.std(channel)) for channel in opponents))
    offset = math.hypot(*(float(xp.mean(channel)) for channel in opponents))
    return spread + 0.3 * offset


class _Color(NamedTuple):
    lightness: Any
    chroma: Any
    hue: Any  # radians, 0..2 pi


def _stretch_red_green(xp: Any, first: Any, second: Any) -> tuple[_Color, _Color]:
    chroma = (xp.hypot(first[..., 1], first[..., 2]) + xp.hypot(second[..., 1], second[..., 2])) / 2
    stretch = 1.5 - 0.5 * xp.sqrt(_saturation(chroma))
    return _polar(xp, first, stretch), _polar(xp, second, stretch)


def _polar(xp: Any, lab: Any, stretch: Any) -> _Color:
    a, b = lab[..., 1] * stretch, lab[..., 2]
    hue = xp.atan2(b, a)
    return _Color(lab[..., 0], xp.hypot(a, b), xp.where(hue < 0, hue + 2 * math.pi, hue))


def _saturation(chroma: Any) -> Any:
    return chroma**7 / (chroma**7 + 25.0**7)


def _hue_step(xp: Any, one: _Color, two: _Color) -> Any:
    """Measure the way from one hue to the other, the short way round: -pi..pi."""
    step = two.hue - one.hue
    step = xp.where(step > math.pi, step - 2 * math.pi, step)
    return xp.where(step < -math.pi, step + 2 * math.pi, step)


def _mean_hue(xp: Any, one: _Color, two: _Color) -> Any:
    """Find the hue in the middle of the short way; it counts for nothing if one of the colors is gray."""
    total = one.hue + two.hue
    across = abs(one.hue - two.hue) > math.pi
    turn = xp.where(total < 2 * math.pi, xp.full_like(total, 2 * math.pi), xp.full_like(total, -2 * math.pi))
    return xp.where(across, total + turn, total) / 2


def _lightness_scale(xp: Any, lightness: Any) -> Any:
    squared = (lightness - 50) ** 2
    return 1 + 0.015 * squared / xp.sqrt(20 + squared)


def _hue_scale(xp: Any, chroma: Any, hue: Any) -> Any:
    def wave(weight: float, times: int, degrees: float) -> Any:
        return weight * xp.cos(times * hue + math.radians(degrees))

    waves = 1 - wave(0.17, 1, -30) + wave(0.24, 2, 0) + wave(0.32, 3, 6) - wave(0.20, 4, -63)
    return 1 + 0.015 * chroma * waves


def _rotation(xp: Any, chroma: Any, hue: Any) -> Any:
    around_blue = xp.exp(-(((hue - math.radians(275)) / math.radians(25)) ** 2))
    return -2 * xp.sqrt(_saturation(chroma)) * xp.sin(math.radians(60) * around_blue)
