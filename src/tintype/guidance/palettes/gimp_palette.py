"""GIMP palettes (.gpl), which Inkscape, Krita, MyPaint and Aseprite write too.

Lines of text: ``GIMP Palette``, then perhaps ``Name: ...`` and ``Columns: ...``, then one color a line as red, green
and blue, 0 to 255, with its name behind; ``#`` begins a comment (GIMP's source, app/core/gimppalette-load.c).
"""

from __future__ import annotations

import re

from tintype.errors import GuidanceError
from tintype.guidance.colors import shown
from tintype.guidance.palettes.color_spaces import rgb_to_lab
from tintype.guidance.palettes.swatches import Swatch, Swatches, clean_name

_MAGIC = "GIMP Palette"
_COLOR = re.compile(r"\s*(\d+)\s+(\d+)\s+(\d+)(?:\s+(.*))?")
_SETTING = re.compile(r"(Name|Columns|Channels)\s*:\s*(.*)")


def parse_gimp_palette(data: bytes) -> Swatches:
    """Read a GIMP palette.

    Raises:
        GuidanceError: no GIMP palette, a line that is no color (with its number), no colors.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # what GIMP wrote before version 2.4
    first, *lines = text.splitlines() or [""]
    if first.strip() != _MAGIC:
        raise GuidanceError(f"its first line is {shown(first)} and not {_MAGIC!r}; give a GIMP palette")
    name, swatches = "", []
    for number, line in enumerate(lines, start=2):
        setting = _SETTING.fullmatch(line.strip())
        if setting:
            name = clean_name(setting[2]) if setting[1] == "Name" else name
        elif line.strip() and not line.lstrip().startswith("#"):
            swatches.append(_parse_color(line, number))
    return Swatches(tuple(swatches), name)


def _parse_color(line: str, number: int) -> Swatch:
    match = _COLOR.fullmatch(line)
    codes = [int(code) for code in match.groups()[:3]] if match and len(line) < 1000 else [256]
    if match is None or max(codes) > 255:
        raise GuidanceError(f"line {number} is {shown(line)}; give red, green and blue, 0 to 255, and a name")
    name = clean_name(match[4] or "")
    return Swatch(rgb_to_lab([code / 255 for code in codes]), "" if name == "Untitled" else name)
