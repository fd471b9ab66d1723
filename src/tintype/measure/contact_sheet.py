"""Contact sheets: rows of pictures side by side with captions, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tintype.errors import TintypeError

if TYPE_CHECKING:
    from PIL.Image import Image

Codes = NDArray[np.uint8]

_PAPER, _INK, _GAP, _LINE = (250, 249, 246), (40, 40, 40), 6, 18


@dataclass(frozen=True, eq=False)
class SheetRow:
    """One photograph.

    Attributes:
        caption: stands below its pictures.
        pictures: (H, W, 3) uint8 sRGB each, one for each column.
    """

    caption: str
    pictures: Sequence[Codes]


def draw_contact_sheet(columns: Sequence[str], rows: Sequence[SheetRow], *, side: int = 256) -> Image:
    """Draw a contact sheet.

    Args:
        columns: headings, for example "gray", "result", "true".
        rows: the photographs, each with as many pictures as there are columns.
        side: long side of the pictures on the sheet, pixels.

    Returns:
        A Pillow picture; ``.save("sheet.jpg")`` stores it.

    Raises:
        TintypeError: there are no rows, or a row has another number of pictures.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - loaded only by who draws

    if not rows:
        raise TintypeError("a contact sheet needs at least one photograph; give some rows")
    strips = [[_reduced(picture, side) for picture in _checked(row, columns)] for row in rows]
    widths = [max(strip[i].width for strip in strips) for i in range(len(columns))]
    heights = [max(picture.height for picture in strip) + _LINE + _GAP for strip in strips]
    sheet = Image.new("RGB", (sum(widths) + _GAP * (len(columns) + 1), sum(heights) + _LINE + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    lefts = [_GAP + sum(widths[:i]) + _GAP * i for i in range(len(columns))]
    for left, heading in zip(lefts, columns, strict=True):
        draw.text((left, 4), heading, fill=_INK)
    top = _LINE
    for row, strip, height in zip(rows, strips, heights, strict=True):
        for left, picture in zip(lefts, strip, strict=True):
            sheet.paste(picture, (left, top))
        draw.text((_GAP, top + height - _LINE - _GAP + 3), row.caption, fill=_INK)
        top += height
    return sheet


def _checked(row: SheetRow, columns: Sequence[str]) -> Sequence[Codes]:
    if len(row.pictures) != len(columns):
        raise TintypeError(
            f"'{row.caption}' has {len(row.pictures)} pictures; give one for each of {len(columns)}"
        )
    return row.pictures


def _reduced(picture: Codes, side: int) -> Image:
    from PIL import Image  # noqa: PLC0415 - loaded only by who draws

    drawn = Image.fromarray(np.ascontiguousarray(picture))
    drawn.thumbnail((side, side), Image.Resampling.LANCZOS)
    return drawn
