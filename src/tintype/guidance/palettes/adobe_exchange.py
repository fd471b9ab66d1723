"""Adobe swatch exchange (.ase), of Illustrator, InDesign, Photoshop and Adobe Color.

Big-endian: ``ASEF``, the version, the number of blocks; a block is its kind, its length and its content: a group
begins (its name), a group ends, or a color (its name, its space, numbers of 32 bits).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence

from tintype.errors import GuidanceError
from tintype.guidance.colors import Lab, parse_color
from tintype.guidance.palettes.color_spaces import CMYK_NOTE, cmyk_to_lab, gray_to_lab, rgb_to_lab
from tintype.guidance.palettes.swatches import Swatch, Swatches, check_length, check_share, clean_name

_MAGIC = b"ASEF"
_GROUP, _GROUP_END, _COLOR = 0xC001, 0xC002, 0x0001
_CMYK = b"CMYK"


def _shares(values: Sequence[float]) -> list[float]:
    return [check_share("a channel", value) for value in values]


_SPACES: dict[bytes, tuple[int, Callable[[Sequence[float]], Lab]]] = {
    b"RGB ": (3, lambda values: rgb_to_lab(_shares(values))),
    _CMYK: (4, lambda values: cmyk_to_lab(_shares(values))),
    b"Gray": (1, lambda values: gray_to_lab(_shares(values)[0])),
    b"LAB ": (3, lambda values: parse_color((100 * check_share("L", values[0]), *values[1:]))),
}


def parse_adobe_exchange(data: bytes) -> Swatches:
    """Read an Adobe swatch exchange file.

    Raises:
        GuidanceError: no such file, a damaged one, an unknown color space, no colors.
    """
    if not data.startswith(_MAGIC):
        raise GuidanceError("it does not begin with 'ASEF'; give an Adobe swatch exchange file")
    major, _, count = struct.unpack(">HHI", check_length(data, 4, 8))
    if major != 1:
        raise GuidanceError(f"its version is {major}; version 1 is read")
    swatches, groups, has_inks = [], [], False
    for kind, content in _blocks(data, count):
        if kind == _COLOR:
            swatches.append(_parse_color(content))
            has_inks |= content[2 + 2 * _units(content) :].startswith(_CMYK)
        elif kind == _GROUP:
            groups.append(_read_name(content))
        elif kind != _GROUP_END:
            raise GuidanceError(f"a block of the kind {kind} is unknown; write the file anew")
    name = groups[0] if len(groups) == 1 else ""
    return Swatches(tuple(swatches), name, (CMYK_NOTE,) if has_inks else ())


def _blocks(data: bytes, count: int) -> Iterator[tuple[int, bytes]]:
    place = 12
    for _ in range(count):
        kind, length = struct.unpack(">HI", check_length(data, place, 6))
        yield kind, check_length(data, place + 6, length)
        place += 6 + length


def _parse_color(content: bytes) -> Swatch:
    name, place = _read_name(content), 2 + 2 * _units(content)
    space = check_length(content, place, 4)
    if space not in _SPACES:
        raise GuidanceError(f"the color {name!r} is of the unknown space {space!r}; convert it to RGB")
    size, convert = _SPACES[space]
    return Swatch(convert(struct.unpack(f">{size}f", check_length(content, place + 4, 4 * size))), name)


def _read_name(content: bytes) -> str:
    return clean_name(
        check_length(content, 2, 2 * _units(content)).decode("utf-16-be", "replace").rstrip("\0")
    )


def _units(content: bytes) -> int:
    """Return the length of a block's name, in units of 16 bits, its end included."""
    return int.from_bytes(check_length(content, 0, 2), "big")
