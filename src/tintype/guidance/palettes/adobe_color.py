"""Adobe color swatches (.aco), of Photoshop.

Big-endian, in two parts: version 1 with the colors, version 2 with the same colors and their names; a file has one of
them or both. A color is the number of its space and four numbers of 16 bits ("Adobe Photoshop File Formats
Specification", Color Swatches).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from tintype.errors import GuidanceError
from tintype.guidance.colors import Lab, parse_color
from tintype.guidance.palettes.color_spaces import (
    CMYK_NOTE,
    cmyk_to_lab,
    gray_to_lab,
    hsb_to_lab,
    rgb_to_lab,
)
from tintype.guidance.palettes.swatches import Swatch, Swatches, check_length, check_share, clean_name

_FULL, _PERCENT = 65535, 10_000
_CMYK, _LAB, _WIDE_CMYK = 2, 7, 9
_BOOKS = {3: "Pantone", 4: "Focoltone", 5: "Trumatch", 6: "Toyo", 10: "HKS"}
_FOLDERS = b"8BIM"  # newer versions of Photoshop append how the swatches are grouped

Numbers = tuple[int, int, int, int]


def _lab(numbers: Numbers) -> Lab:
    lightness, a, b, _ = struct.unpack(">Hhhh", struct.pack(">4H", *numbers))
    return parse_color((100 * _percent(lightness), a / 100, b / 100))


def _percent(number: int) -> float:
    return check_share("a channel", number / _PERCENT)


_SPACES: dict[int, Callable[[Numbers], Lab]] = {
    0: lambda numbers: rgb_to_lab([number / _FULL for number in numbers[:3]]),
    1: lambda numbers: hsb_to_lab(*(number / _FULL for number in numbers[:3])),
    _CMYK: lambda numbers: cmyk_to_lab([1 - number / _FULL for number in numbers]),  # 0 is full ink
    _LAB: _lab,
    8: lambda numbers: gray_to_lab(_percent(numbers[0])),
    _WIDE_CMYK: lambda numbers: cmyk_to_lab([_percent(number) for number in numbers]),
}


def parse_adobe_color(data: bytes) -> Swatches:
    """Read Adobe color swatches; those of printed books, which the file only numbers, are left out.

    Raises:
        GuidanceError: no such file, a damaged one, an unknown color space, no colors.
    """
    reader = _Reader(data)
    found = reader.read_part()
    if reader.version == 1 and reader.rest and not reader.rest.startswith(_FOLDERS):
        found = reader.read_part() or found
    if reader.rest and not reader.rest.startswith(_FOLDERS):
        raise GuidanceError(f"{len(reader.rest)} bytes follow its colors; get a sound copy of it")
    if not found and reader.books:
        raise GuidanceError(
            f"its colors are numbers of a book ({', '.join(sorted(reader.books))}) and no colors; convert them to RGB"
        )
    notes = [f"colors of a book are left out: {', '.join(sorted(reader.books))}"] if reader.books else []
    return Swatches(tuple(found), notes=(*notes, *([CMYK_NOTE] if reader.has_inks else [])))


@dataclass
class _Reader:
    """How far a file has been read, and what was noticed.

    Attributes:
        data: the file.
        place: the next byte.
        version: of the last part.
        books: whose colors were left out.
        has_inks: whether there was CMYK.
    """

    data: bytes
    place: int = 0
    version: int = 0
    has_inks: bool = False

    def __post_init__(self) -> None:
        self.books: set[str] = set()

    @property
    def rest(self) -> bytes:
        return self.data[self.place :]

    def read_part(self) -> list[Swatch]:
        self.version, count = self._read(">HH")
        if self.version not in (1, 2):
            raise GuidanceError(f"its version is {self.version}; Adobe color swatches have 1 or 2")
        colors = [self._read_color() for _ in range(count)]
        return [color for color in colors if color is not None]

    def _read_color(self) -> Swatch | None:
        space, *numbers = self._read(">5H")
        name = self._read_name() if self.version == 2 else ""
        if space in _BOOKS:
            self.books.add(_BOOKS[space])
            return None
        if space not in _SPACES:
            raise GuidanceError(f"the color space {space} is unknown; convert the colors to RGB")
        self.has_inks |= space in (_CMYK, _WIDE_CMYK)
        w, x, y, z = numbers
        return Swatch(_SPACES[space]((w, x, y, z)), name)

    def _read_name(self) -> str:
        (length,) = self._read(">I")
        text = check_length(self.data, self.place, 2 * length).decode("utf-16-be", "replace")
        self.place += 2 * length
        return clean_name(text.rstrip("\0"))

    def _read(self, layout: str) -> tuple[int, ...]:
        size = struct.calcsize(layout)
        numbers: tuple[int, ...] = struct.unpack(layout, check_length(self.data, self.place, size))
        self.place += size
        return numbers
