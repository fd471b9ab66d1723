"""Files of swatches, told apart by their suffix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from tintype.errors import GuidanceError
from tintype.guidance.document import located
from tintype.guidance.palettes.adobe_color import parse_adobe_color
from tintype.guidance.palettes.adobe_exchange import parse_adobe_exchange
from tintype.guidance.palettes.adobe_table import parse_adobe_table
from tintype.guidance.palettes.gimp_palette import parse_gimp_palette
from tintype.guidance.palettes.swatches import Swatches

SWATCH_FORMATS: dict[str, Callable[[bytes], Swatches]] = {
    ".gpl": parse_gimp_palette,
    ".aco": parse_adobe_color,
    ".ase": parse_adobe_exchange,
    ".act": parse_adobe_table,
}
"""Suffix to what reads it."""


def is_swatch_name(name: str) -> bool:
    """Tell whether a file's name says that it holds swatches."""
    return PurePath(name).suffix.lower() in SWATCH_FORMATS


def parse_swatches(data: bytes, name: str) -> Swatches:
    """Read a file of swatches.

    Args:
        data: its content.
        name: its name, for the format and for messages.

    Raises:
        GuidanceError: naming the file, what is wrong and what to do.
    """
    parse = SWATCH_FORMATS.get(PurePath(name).suffix.lower())
    if parse is None:
        raise GuidanceError(f"{name}: this is no palette file; {', '.join(SWATCH_FORMATS)} are read")
    with located(f"{name}: "):
        return parse(data)
