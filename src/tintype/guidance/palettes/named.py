"""Palettes with a name: what historic processes did to the colors of the world.

``named.json`` beside this file holds for each how often a color occurs, where that was read and what was assumed;
``tools/named_palettes.py`` in the repository makes it of the sources. In short: the autochrome follows from the
measured transmittances of its starch grains (Lavedrine and Gandolfo 2013), Dufaycolor from those of its screen
(Cornwell-Clyne 1951), two-color Technicolor has a red-orange and a blue-green dye (Ryan 1977), Kodachrome the
contrast of Kodak's data sheet (E-55), and hand-tinting the pigments and the reserve that manuals taught (1855-1923).

Toning (sepia, cyanotype, selenium) is no coloring: it gives the whole picture one hue, and is none of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from tintype.errors import GuidanceError
from tintype.guidance.colors import WeightedColor
from tintype.guidance.guidance import GlobalPalette


@dataclass(frozen=True)
class NamedPalette:
    """A palette and what is known of it.

    Attributes:
        name: for example "autochrome".
        about: one sentence for a list.
        sources: where its colors were read.
        assumed: what no source says.
        colors: with the share of pictures that they have.
    """

    name: str
    about: str
    sources: tuple[str, ...]
    assumed: str
    colors: tuple[WeightedColor, ...]

    def as_palette(self) -> GlobalPalette:
        """Return it as guidance."""
        return GlobalPalette(self.colors, origin=f"person:{self.name}")


@cache
def list_named_palettes() -> tuple[NamedPalette, ...]:
    """Return all palettes that have a name, in order of the alphabet."""
    text = files("tintype.guidance.palettes").joinpath("named.json").read_text(encoding="utf-8")
    documents: dict[str, dict[str, Any]] = json.loads(text)
    return tuple(_parse(name, document) for name, document in sorted(documents.items()))


def find_named_palette(name: str) -> NamedPalette:
    """Return the palette of a name; letters of either case, spaces and underscores do as well.

    Raises:
        GuidanceError: there is none; the text names those that are near.
    """
    wanted = "-".join(name.lower().replace("_", " ").split())
    palettes = {palette.name: palette for palette in list_named_palettes()}
    if wanted in palettes:
        return palettes[wanted]
    near = get_close_matches(wanted, palettes, n=1) or [
        other for other in palettes if wanted and wanted in other
    ]
    remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(palettes)}, and files"
    raise GuidanceError(f"{name}: there is no such palette; {remedy}")


def _parse(name: str, document: dict[str, Any]) -> NamedPalette:
    colors = tuple(WeightedColor((lightness, a, b), share) for lightness, a, b, share in document["colors"])
    return NamedPalette(name, document["about"], tuple(document["sources"]), document["assumed"], colors)
