"""Directories of TIFF and BigTIFF files, written at a known place with the directories below them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tintype.photos.formats.tiff_tags import POINTERS, Directory, RawTag

_SHORT, _LONG, _LONG8, _SLONG8, _IFD8 = 3, 4, 16, 17, 18


@dataclass(frozen=True)
class Numbers:
    """How numbers are written: the byte order, ``<`` or ``>``, and whether the file is a BigTIFF."""

    byte_order: str
    is_big: bool

    @property
    def offset_code(self) -> str:
        """How `struct` calls an offset."""
        return self.byte_order + ("Q" if self.is_big else "L")

    def pack(self, code: str, *values: int) -> bytes:
        """Return numbers as bytes."""
        return struct.pack(self.byte_order + code, *values)

    def short(self, *values: int) -> RawTag:
        """Return a tag of 16-bit numbers."""
        return RawTag(_SHORT, len(values), self.pack(f"{len(values)}H", *values))

    def long(self, *values: int) -> RawTag:
        """Return a tag of 32-bit numbers."""
        return RawTag(_LONG, len(values), self.pack(f"{len(values)}L", *values))

    def offsets(self, values: Sequence[int]) -> RawTag:
        """Return a tag of offsets or sizes."""
        code = "Q" if self.is_big else "L"
        return RawTag(
            _LONG8 if self.is_big else _LONG, len(values), self.pack(f"{len(values)}{code}", *values)
        )


def pack_directory(
    tags: Mapping[int, RawTag], children: Mapping[int, Directory], start: int, numbers: Numbers
) -> tuple[bytes, int]:
    """Return a directory as it stands at `start` of a file, values and children behind it.

    Args:
        tags: by number; their bytes are in the file's byte order.
        children: directories by the number of the tag that points to them (Exif, GPS, interoperability).
        start: where it will be written, a multiple of eight.
        numbers: of the file.

    Returns:
        The bytes, and the place in the file of the pointer to the next directory, which is zero.
    """
    inline, head, entry = (8, 8, 20) if numbers.is_big else (4, 2, 12)
    kept = {number: tag for number, tag in tags.items() if number not in POINTERS and _fits(tag, numbers)}
    names = sorted({*kept, *children})
    next_place = start + head + entry * len(names)
    table = bytearray(struct.pack(numbers.byte_order + ("Q" if numbers.is_big else "H"), len(names)))
    heap = bytearray()
    for name in names:
        # Values follow the table and the pointer, each on a multiple of eight for the sake of BigTIFF
        # readers.
        heap += b"\0" * (-(next_place + inline + len(heap)) % 8)
        place = next_place + inline + len(heap)
        if name in children:
            child = children[name]
            data, _ = pack_directory(child.tags, child.children, place, numbers)
            tag = RawTag(_LONG, 1, data)
        else:
            tag = kept[name]
            data = tag.data
        if name in children or len(data) > inline:
            heap += data
            data = struct.pack(numbers.offset_code, place)
        if name in children and numbers.is_big:
            tag = RawTag(_IFD8, 1, b"")
        table += struct.pack(
            numbers.byte_order + ("HHQ" if numbers.is_big else "HHL"), name, tag.type, tag.count
        )
        table += data.ljust(inline, b"\0")
    return bytes(table + b"\0" * inline + heap), next_place


def _fits(tag: RawTag, numbers: Numbers) -> bool:
    """Whether a tag may stand in the file: 64-bit types are BigTIFF's."""
    return numbers.is_big or tag.type not in (_LONG8, _SLONG8, _IFD8)
