"""TIFF directories as raw bytes: read without interpretation, so that no umlaut and no digit is lost.

Exif blocks have the same structure. Libraries that decode the values and encode them again lose text that is
not ASCII and the types of numbers; an archive wants every byte back. Structure after TIFF 6.0 and BigTIFF.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 0x8769, 0x8825, 0xA005
POINTERS = (EXIF_POINTER, GPS_POINTER, INTEROP_POINTER)

_LAYOUT_CODES = {1: "B", 2: "B", 3: "H", 4: "L", 5: "LL", 6: "b", 7: "B", 8: "h", 9: "l", 10: "ll",
                 11: "f", 12: "d", 13: "L", 16: "Q", 17: "q", 18: "Q"}  # fmt: skip
_MOST_TAGS = 4096
_MOST_PAGES = 100_000


class DirectoryError(ValueError):
    """A directory lies outside of the file or contradicts itself."""


@dataclass(frozen=True)
class RawTag:
    """A tag as stored: TIFF type number, number of values, and their bytes in the file's byte order."""

    type: int
    count: int
    data: bytes


@dataclass(frozen=True)
class Directory:
    """One IFD: its tags by number, its byte order (``<`` or ``>``) and the IFDs that its pointers lead to."""

    byte_order: str
    tags: Mapping[int, RawTag]
    children: Mapping[int, Directory] = field(default_factory=dict)
    next_offset: int = 0

    def values(self, tag: int) -> tuple[Any, ...]:
        """Return a tag's numbers (a rational is two, a string its bytes); empty without the tag."""
        raw = self.tags.get(tag)
        if raw is None:
            return ()
        code = _LAYOUT_CODES[raw.type]
        return struct.unpack(f"{self.byte_order}{code * raw.count}", raw.data)

    def first(self, tag: int, default: int) -> int:
        """Return a tag's first value as a whole number, or `default`."""
        values = self.values(tag)
        return int(values[0]) if values else default

    def content(self, tag: int) -> bytes | None:
        """Return a tag's bytes as stored, or None."""
        raw = self.tags.get(tag)
        return raw.data if raw else None

    def ratio(self, tag: int) -> float | None:
        """Return a tag's first value, a rational divided; None without the tag or over zero."""
        values = self.values(tag)
        if len(values) >= 2 and self.tags[tag].type in (5, 10):
            return values[0] / values[1] if values[1] else None
        return float(values[0]) if values else None


@dataclass(frozen=True)
class Layout:
    """How a TIFF file is read: byte order, BigTIFF or not, where the first directory lies."""

    byte_order: str
    big: bool
    first_offset: int
    size: int


def read_layout(stream: BinaryIO) -> Layout:
    """Read the header of a TIFF file or Exif block.

    Raises:
        DirectoryError: it is not a TIFF header.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    head = stream.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        raise DirectoryError("no TIFF header")
    big = head[2:4] in (b"+\0", b"\0+")
    offset = struct.unpack(order + ("Q" if big else "L"), head[8:16] if big else head[4:8])[0]
    return Layout(order, big, offset, size)


def read_directory(stream: BinaryIO, layout: Layout, offset: int, *, deep: bool = True) -> Directory:
    """Read the directory at `offset`, with its Exif, GPS and interoperability directories where `deep`.

    A tag whose bytes lie outside of the file or whose type is unknown is left out.

    Raises:
        DirectoryError: the directory itself lies outside of the file.
    """
    entries, next_offset = _read_entries(stream, layout, offset)
    tags: dict[int, RawTag] = {}
    budget = layout.size
    for number, type_, count, inline in entries:
        size = _size_of(type_, count)
        if not 0 < size <= budget:
            continue
        data = _read_data(stream, layout, inline, size)
        if len(data) == size:
            tags.setdefault(number, RawTag(type_, count, data))
            budget -= size
    directory = Directory(layout.byte_order, tags, {}, next_offset)
    return _with_children(stream, layout, directory) if deep else directory


def list_offsets(stream: BinaryIO, layout: Layout) -> tuple[list[int], str | None]:
    """Return the offsets of the directories and, where the chain breaks, why; the broken one is last."""
    offsets: dict[int, None] = {}
    offset = layout.first_offset
    while offset and offset not in offsets and len(offsets) < _MOST_PAGES:
        offsets[offset] = None
        try:
            offset = _read_next(stream, layout, offset)
        except DirectoryError as error:
            return list(offsets), str(error)
    return list(offsets), "its directories run in a circle" if offset in offsets else None


def read_block(block: bytes) -> Directory | None:
    """Return the directory of an Exif block (without prefix), or None where it can't be understood."""
    stream = io.BytesIO(block)
    try:
        layout = read_layout(stream)
        return read_directory(stream, layout, layout.first_offset)
    except DirectoryError:
        return None


def write_block(directory: Directory) -> bytes:
    """Return a directory with its children as an Exif block: a classic TIFF structure without the prefix."""
    mark = b"II*\0" if directory.byte_order == "<" else b"MM\0*"
    return mark + struct.pack(directory.byte_order + "L", 8) + _pack(directory, 8)


def _size_of(type_: int, count: int) -> int:
    code = _LAYOUT_CODES.get(type_)
    return struct.calcsize("=" + code) * count if code else 0


def _read_exactly(stream: BinaryIO, offset: int, count: int) -> bytes:
    stream.seek(offset)
    data = stream.read(count)
    if len(data) < count:
        raise DirectoryError(f"the directory at byte {offset} lies outside of the file")
    return data


def _entry_sizes(layout: Layout) -> tuple[int, int, int]:
    return (8, 20, 8) if layout.big else (2, 12, 4)


def _count_entries(stream: BinaryIO, layout: Layout, offset: int) -> int:
    head = _entry_sizes(layout)[0]
    if not 0 < offset <= layout.size - head:
        raise DirectoryError(f"the directory at byte {offset} lies outside of the file")
    count: int = struct.unpack(
        layout.byte_order + ("Q" if layout.big else "H"), _read_exactly(stream, offset, head)
    )[0]
    if not 0 < count <= _MOST_TAGS:
        raise DirectoryError(f"the directory at byte {offset} claims {count} tags")
    return count


def _read_next(stream: BinaryIO, layout: Layout, offset: int) -> int:
    head, entry, tail = _entry_sizes(layout)
    end = offset + head + entry * _count_entries(stream, layout, offset)
    code = layout.byte_order + ("Q" if layout.big else "L")
    return int(struct.unpack(code, _read_exactly(stream, end, tail))[0])


def _read_entries(
    stream: BinaryIO, layout: Layout, offset: int
) -> tuple[Iterator[tuple[int, int, int, bytes]], int]:
    head, entry, tail = _entry_sizes(layout)
    count = _count_entries(stream, layout, offset)
    table = _read_exactly(stream, offset + head, entry * count)
    code = layout.byte_order + ("HHQ8s" if layout.big else "HHL4s")
    # Exif blocks are found whose last directory lacks the pointer to a next one.
    rest = stream.read(tail)
    next_offset = (
        struct.unpack(layout.byte_order + ("Q" if layout.big else "L"), rest)[0] if len(rest) == tail else 0
    )
    return struct.iter_unpack(code, table), next_offset


def _read_data(stream: BinaryIO, layout: Layout, inline: bytes, size: int) -> bytes:
    if size <= len(inline):
        return inline[:size]
    offset = struct.unpack(layout.byte_order + ("Q" if layout.big else "L"), inline)[0]
    if offset > layout.size - size:
        return b""
    stream.seek(offset)
    return stream.read(size)


def _with_children(stream: BinaryIO, layout: Layout, directory: Directory, depth: int = 0) -> Directory:
    children: dict[int, Directory] = {}
    for pointer in POINTERS:
        if pointer in directory.tags and directory.tags[pointer].type in (4, 13, 16, 18):
            try:
                child = read_directory(stream, layout, directory.first(pointer, 0), deep=False)
            except DirectoryError:
                continue
            children[pointer] = _with_children(stream, layout, child, depth + 1) if depth < 2 else child
    return Directory(directory.byte_order, directory.tags, children, directory.next_offset)


def _narrow(tag: RawTag, byte_order: str) -> RawTag | None:
    """Return a BigTIFF tag as a classic one, or None where its numbers are too large for that."""
    if tag.type not in (16, 17, 18):
        return tag
    values = struct.unpack(byte_order + _LAYOUT_CODES[tag.type] * tag.count, tag.data)
    if min(values) < 0 or max(values) >= 1 << 32:
        return None
    return RawTag(4, tag.count, struct.pack(byte_order + "L" * tag.count, *values))


def _pack(directory: Directory, start: int) -> bytes:
    order = directory.byte_order
    kept = {number: _narrow(tag, order) for number, tag in directory.tags.items() if number not in POINTERS}
    numbers = sorted([number for number, tag in kept.items() if tag] + list(directory.children))
    heap_start = start + 2 + 12 * len(numbers) + 4
    table, heap = bytearray(struct.pack(order + "H", len(numbers))), bytearray()
    for number in numbers:
        child = directory.children.get(number)
        tag = kept.get(number) or RawTag(4, 1, b"")
        place = struct.pack(order + "L", heap_start + len(heap))
        data = _pack(child, heap_start + len(heap)) if child else tag.data
        if child or len(data) > 4:
            heap += data + b"\0" * (len(data) % 2)
            data = place
        table += struct.pack(order + "HHL", number, tag.type, tag.count) + data.ljust(4, b"\0")
    return bytes(table + b"\0\0\0\0" + heap)
