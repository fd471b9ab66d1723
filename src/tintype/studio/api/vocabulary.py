"""Words that sentences about photographs may hold: for completing what a person types."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from fastapi import APIRouter

from tintype.color.gamut import reduce_chroma
from tintype.color.lab import lab_to_srgb
from tintype.guidance.words.lexicon import find_color, known_names
from tintype.models.classes import class_list
from tintype.studio.api.answers import describe_srgb
from tintype.studio.core import Studio
from tintype.studio.state import Model

_CLASSES = "imagenet-1k"


class ColorWord(Model):
    """A color that has a name."""

    name: str
    hex: str


class WordsAnswer(Model):
    """Words that are understood; there are more: "dark", "greenish", "not", nouns of every kind."""

    colors: list[ColorWord]
    things: list[str]


class Vocabulary:
    """The words."""

    def __init__(self, studio: Studio) -> None:
        del studio  # the words are the same for all

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.get("/words")(self.list_words)

    def list_words(self) -> WordsAnswer:
        """List names of colors and of things that sentences and corrections may hold."""
        return _list_words()


@lru_cache(maxsize=1)
def _list_words() -> WordsAnswer:
    found = class_list(_CLASSES)
    things = sorted({*found.names, *found.kinds})
    return WordsAnswer(colors=[*_describe_colors()], things=things)


def _describe_colors() -> Iterator[ColorWord]:
    colors = [color for name in sorted(known_names()) if (color := find_color(name.split())) is not None]
    srgb = lab_to_srgb(reduce_chroma(np.array([color.lab for color in colors])))
    for color, (red, green, blue) in zip(colors, srgb.tolist(), strict=True):
        yield ColorWord(name=color.name, hex=describe_srgb((red, green, blue)).hex)
