"""Faults that colorizers have, put into photographs on purpose: with them the figures and the score are tested.

Each function takes Lab (H, W, 3) float, a strength of 0 (nothing) to 1 (nobody overlooks it), and a generator; it
returns Lab of the same shape with the same lightness. Colors that don't exist are left to who makes a picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from tintype.color.gamut import reduce_chroma
from tintype.color.lab import lab_to_srgb
from tintype.color.regions import find_regions
from tintype.measure.figures import to_codes
from tintype.measure.unaided.look import Codes, Floats
from tintype.measure.unaided.smooth import window_mean

Fault: TypeAlias = Callable[[Floats, float, np.random.Generator], Floats]

_SEPIA = (9.0, 20.0)  # ab of a sepia print in its mid tones
_FARTHEST_TINT = 25.0
_FARTHEST_TURN = math.pi
_STRONGEST_STAIN, _STRONGEST_NOISE = 25.0, 18.0  # Lab units, root mean square of both channels
_WIDEST_BLUR, _FARTHEST_SHIFT, _LARGEST_BLOCK = 0.12, 0.08, 0.12  # of the shorter side
_REGIONS = 5


def pale(lab: Floats, strength: float, _: np.random.Generator) -> Floats:
    """Take color away, at strength 1 all of it."""
    return _with_ab(lab, lab[..., 1:] * (1 - strength))


def garish(lab: Floats, strength: float, _: np.random.Generator) -> Floats:
    """Multiply the color, at strength 1 by three."""
    return _with_ab(lab, lab[..., 1:] * (1 + 2 * strength))


def tinted(lab: Floats, strength: float, random: np.random.Generator) -> Floats:
    """Add one color to everything, of any hue."""
    return _with_ab(lab, lab[..., 1:] + _FARTHEST_TINT * strength * _direction(random))


def sepia(lab: Floats, strength: float, _: np.random.Generator) -> Floats:
    """Let all colors fall to one, as who knows nothing does; at strength 1 it is a sepia print."""
    tone = np.sin(np.pi * np.clip(lab[..., :1], 0, 100) / 100) * np.array(_SEPIA)
    return _with_ab(lab, (1 - strength) * lab[..., 1:] + strength * tone)


def turned(lab: Floats, strength: float, random: np.random.Generator) -> Floats:
    """Turn all hues by one angle, at strength 1 to the opposite one."""
    angle = _FARTHEST_TURN * strength * random.choice((-1, 1))
    return _with_ab(lab, lab[..., 1:] @ _rotation(angle))


def miscolored(lab: Floats, strength: float, random: np.random.Generator) -> Floats:
    """Give another hue to parts that look alike: the more, the stronger."""
    regions = find_regions(lab / (25.0, 10.0, 10.0), _REGIONS, 0.1)
    order = random.permutation(_REGIONS)
    changed = regions[..., order[: max(1, round(0.6 * _REGIONS * strength))]].sum(axis=2, keepdims=True)
    angle = random.uniform(0.4, 1.0) * _FARTHEST_TURN * random.choice((-1, 1))
    other = lab[..., 1:] @ _rotation(angle) + 15 * strength * _direction(random)
    return _with_ab(lab, lab[..., 1:] + changed * (other - lab[..., 1:]))


def stained(lab: Floats, strength: float, random: np.random.Generator) -> Floats:
    """Add slowly changing color that has no cause."""
    radius = max(2, round(min(lab.shape[:2]) * random.uniform(0.06, 0.15)))
    slow = window_mean(window_mean(random.standard_normal((*lab.shape[:2], 2)), radius), radius)
    return _with_ab(lab, lab[..., 1:] + _STRONGEST_STAIN * strength * slow / _size(slow))


def bled(lab: Floats, strength: float, _: np.random.Generator) -> Floats:
    """Blur the color, so that it runs over the edges."""
    radius = max(1, round(_WIDEST_BLUR * strength * min(lab.shape[:2]) / 2))
    return _with_ab(lab, window_mean(window_mean(lab[..., 1:], radius), radius))


def shifted(lab: Floats, strength: float, random: np.random.Generator) -> Floats:
    """Move the color beside what it belongs to."""
    way = _FARTHEST_SHIFT * strength * min(lab.shape[:2]) * _direction(random)
    down, right = (int(n) if n else 1 for n in np.rint(way))
    height, width = lab.shape[:2]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    return _with_ab(lab, lab[np.ix_(rows, columns)][..., 1:])


def blocked(lab: Floats, strength: float, _: np.random.Generator) -> Floats:
    """Enlarge the color from a few cells without interpolation."""
    step = max(2, round(_LARGEST_BLOCK * strength * min(lab.shape[:2])))
    starts = [np.arange(0, length, step) for length in lab.shape[:2]]
    sums = np.add.reduceat(np.add.reduceat(lab[..., 1:], starts[0], axis=0), starts[1], axis=1)
    sizes = [np.diff([*start, length]) for start, length in zip(starts, lab.shape[:2], strict=True)]
    cells = sums / (sizes[0][:, None] * sizes[1])[..., None]
    return _with_ab(lab, cells.repeat(sizes[0], axis=0).repeat(sizes[1], axis=1))


def noisy(lab: Floats, strength: float, random: np.random.Generator) -> Floats:
    """Add color that changes from pixel to pixel."""
    noise = window_mean(random.standard_normal((*lab.shape[:2], 2)), 1)
    return _with_ab(lab, lab[..., 1:] + _STRONGEST_NOISE * strength * noise / _size(noise))


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "pale": pale,
        "garish": garish,
        "tinted": tinted,
        "sepia": sepia,
        "turned hues": turned,
        "miscolored parts": miscolored,
        "stained": stained,
        "bled": bled,
        "shifted": shifted,
        "blocks": blocked,
        "noisy": noisy,
    }
)
"""Name -> fault."""


def lab_to_codes(lab: Floats) -> Codes:
    """Return Lab (H, W, 3) as 8-bit sRGB; colors that don't exist lose chroma, as in our results."""
    return to_codes(lab_to_srgb(reduce_chroma(lab)))


def _with_ab(lab: Floats, ab: Floats) -> Floats:
    return np.concatenate([lab[..., :1], ab], axis=2)


def _direction(random: np.random.Generator) -> Floats:
    angle = random.uniform(0, 2 * math.pi)
    return np.array([math.cos(angle), math.sin(angle)])


def _rotation(angle: float) -> Floats:
    return np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])


def _size(ab: Floats) -> float:
    """Return the root mean square of the length of ab."""
    return math.sqrt(float(np.square(ab).sum(axis=2).mean()))
