"""What colors are called: a lexicon, and the words that make a color darker, paler or stronger.

Three lists, of which the last one wins: the names of CSS, those of the XKCD survey (what people call the colors of a
screen), and our own list of dyes, cloths and uniforms, where a name means a thing that faded: navy, scarlet, khaki;
and of blues, since a screen's blue is violet at any other lightness, and its pale blue nearly green.
Their codes are customary or read off surviving cloth in museums' photographs: near enough for a hue, no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np

from tintype.guidance.colors import Lab, WeightedColor, parse_color

LONGEST = 4
"""Words in the longest name that is looked for."""

_LISTS = ("colors.tsv", "dyes.tsv")
_GRAY_CHROMA = 6.0
"""Colors of less chroma are called gray, white or black: they have no hue."""

_MUTED, _STRONG = 30.0, 60.0
_MUTED_RANGE, _STRONG_RANGE = (0.7, 1.2), (0.35, 0.95)
"""Shares of a named color's chroma that its thing may have: strong names are of paint, things are lit and worn."""

_HUE_SPREAD = (-12.0, 0.0, 12.0)
_SPREAD_WEIGHTS = (1.0, 2.0, 1.0)


@dataclass(frozen=True)
class Modifier:
    """What a word does to a color.

    Attributes:
        lightness: added to L.
        chroma: factor of the chroma.
    """

    lightness: float = 0.0
    chroma: float = 1.0


MODIFIERS: Mapping[str, Modifier] = {
    **dict.fromkeys(("light", "pale", "whitish"), Modifier(15, 0.6)),
    **dict.fromkeys(("soft", "pastel", "powder", "baby"), Modifier(12, 0.55)),
    **dict.fromkeys(("dark", "deep"), Modifier(-18, 0.85)),
    **dict.fromkeys(
        ("bright", "vivid", "brilliant", "strong", "rich", "intense", "saturated"), Modifier(0, 1.3)
    ),
    **dict.fromkeys(
        ("dull", "muted", "dusty", "faded", "grayish", "greyish", "subdued", "washed-out"), Modifier(0, 0.5)
    ),
    **dict.fromkeys(
        ("very", "really", "quite", "rather", "slightly", "somewhat", "plain", "pure", "true"), Modifier()
    ),
}
"""Words before the name of a color."""

_ISH = re.compile(r"(?P<stem>[a-z]+?)(?:(?P<double>[a-z])(?P=double))?ish")
_STEMS = {
    "redd": "red",
    "whit": "white",
    "orang": "orange",
    "purpl": "purple",
    "oliv": "olive",
    "ros": "rose",
}


@dataclass(frozen=True)
class NamedColor:
    """A color as a person called it.

    Attributes:
        name: the words.
        lab: CIE Lab (D65).
        is_negated: whether it was said that it is not this color.
    """

    name: str
    lab: Lab
    is_negated: bool = False

    @property
    def chroma(self) -> float:
        """Distance from gray, Lab units."""
        return float(np.hypot(self.lab[1], self.lab[2]))

    @property
    def is_gray(self) -> bool:
        """Whether it has no hue."""
        return self.chroma < _GRAY_CHROMA

    def palette(self) -> tuple[WeightedColor, ...]:
        """Return what a thing of this color shows: hues near it, from pale to strong, or grays."""
        if self.is_gray:
            return tuple(
                WeightedColor((self.lab[0], a, b), 3.0 if a == b == 0 else 1.0)
                for a, b in ((0, 0), (4, 0), (-4, 0), (0, 4), (0, -4))
            )
        return tuple(self._spread())

    def _spread(self) -> Iterator[WeightedColor]:
        hue = np.arctan2(self.lab[2], self.lab[1])
        weaker = float(np.interp(self.chroma, (_MUTED, _STRONG), (_MUTED_RANGE[0], _STRONG_RANGE[0])))
        stronger = float(np.interp(self.chroma, (_MUTED, _STRONG), (_MUTED_RANGE[1], _STRONG_RANGE[1])))
        for share in np.linspace(weaker, stronger, 5):
            for degrees, weight in zip(_HUE_SPREAD, _SPREAD_WEIGHTS, strict=True):
                angle, chroma = hue + np.radians(degrees), share * self.chroma
                ab = (float(chroma * np.cos(angle)), float(chroma * np.sin(angle)))
                yield WeightedColor((self.lab[0], *ab), weight)


def find_color(words: Sequence[str]) -> NamedColor | None:
    """Return the color that all of the words together name: "olive drab", "dark red", "greenish blue"; or None.

    >>> find_color(["dark", "red"]).name
    'dark red'
    """
    name = " ".join(words)
    if name in MODIFIERS:
        return None
    if known := _lexicon().get(name):
        return NamedColor(name, known)
    if len(words) > 1 and words[0] in MODIFIERS:
        found = find_color(words[1:])
        return None if found is None else replace(_modified(found, MODIFIERS[words[0]]), name=name)
    if len(words) > 1 and (tint := _tint(words[0])) and (found := find_color(words[1:])):
        return replace(_mixed(found, tint), name=name)
    if len(words) == 1:
        return _single(name)
    return None


def match_color(words: Sequence[str]) -> tuple[NamedColor, int] | None:
    """Return the color that the first words name, the longest name that there is, and how many words it has."""
    for count in range(min(len(words), LONGEST), 0, -1):
        if found := find_color(words[:count]):
            return found, count
    return None


def known_names() -> frozenset[str]:
    """Return all names of colors."""
    return frozenset(_lexicon())


def _single(word: str) -> NamedColor | None:
    for ending in ("-colored", "-coloured", "-red", "-green", "-blue", "-brown", "-gray", "-grey", "-yellow"):
        if word.endswith(ending) and len(word) > len(ending):
            parts = word.rsplit("-", 1)
            found = find_color(parts if not ending.endswith("ed") or ending == "-red" else parts[:1])
            return None if found is None else replace(found, name=word)
    tint = _tint(word)
    return None if tint is None else replace(_modified(tint, Modifier(0, 0.5)), name=word)


def _tint(word: str) -> NamedColor | None:
    """Return the color of "reddish", "greenish"; None for other words."""
    match = _ISH.fullmatch(word)
    if match is None:
        return None
    stem = match["stem"] + (match["double"] or "")
    for name in (_STEMS.get(match["stem"], ""), stem, stem + "e", _STEMS.get(stem + stem[-1:], "")):
        if name in _lexicon():
            return NamedColor(word, _lexicon()[name])
    return None


def _modified(color: NamedColor, modifier: Modifier) -> NamedColor:
    lightness, a, b = color.lab
    lab = (min(max(lightness + modifier.lightness, 5.0), 97.0), a * modifier.chroma, b * modifier.chroma)
    return replace(color, lab=parse_color([float(np.clip(v, -110, 110)) for v in lab]))


def _mixed(color: NamedColor, tint: NamedColor) -> NamedColor:
    """Return a color with a third of another in it."""
    lab = (0.67 * np.asarray(color.lab) + 0.33 * np.asarray(tint.lab)).tolist()
    return replace(color, lab=parse_color(lab))


@cache
def _lexicon() -> Mapping[str, Lab]:
    return {name: parse_color(code) for file in _LISTS for name, code, _ in _rows(file)}


def _rows(file: str) -> Iterator[list[str]]:
    text = files("tintype.guidance.words").joinpath(file).read_text("utf-8")
    return (line.split("\t") for line in text.splitlines()[1:])
