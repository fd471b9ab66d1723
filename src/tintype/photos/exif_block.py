r"""EXIF of a result: the source's block, corrected in place.

The block is not parsed and written anew: whatever is not understood (maker notes, whose offsets count from
the start of the block, private tags, padding) stays where it is, byte for byte. Values are overwritten,
entries are closed up when one is removed, and only what grows is appended. Structure after Exif 2.32 and
TIFF 6.0; a block is the TIFF structure, without the ``Exif\0\0`` that precedes it in JPEG.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from tintype.photos.formats.tiff_tags import Directory, read_block, write_block

EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 0x8769, 0x8825, 0xA005

_ASCII, _SHORT, _LONG, _RATIONAL, _IFD = 2, 3, 4, 5, 13
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION = 256, 257, 258, 259, 262, 274
_SAMPLES, _THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 277, 513, 514
_COLOR_SPACE, _EXIF_WIDTH, _EXIF_HEIGHT, _COMPONENTS = 0xA001, 0xA002, 0xA003, 0x9101
_INTEROP_INDEX, _GAMMA = 1, 0xA500
_RGB, _SRGB, _UNCALIBRATED = 2, 1, 0xFFFF
_MOST_ENTRIES = 4096

# Strips, tiles, tables of the source's own pixels; packets that stand elsewhere in the result.
_LAYOUT_TAGS = {259, 273, 278, 279, 284, 290, 291, 317, 320, 322, 323, 324, 325, 330, 338, 339, 347, 529, 530}
_PACKET_TAGS = {700, 33723, 34377, 34675, 37724}
_COLORIMETRY_TAGS = {301, 318, 319}


class ExifError(ValueError):
    """The block is damaged, so it can't be corrected safely."""


@dataclass(frozen=True)
class _Entry:
    """A directory entry: the place of its twelve bytes in the block, and what they say."""

    place: int
    tag: int
    type: int
    count: int

    @property
    def size(self) -> int:
        return _SIZES.get(self.type, 1) * self.count


class _Block:
    """An Exif block that is being corrected."""

    def __init__(self, exif: bytes) -> None:
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
        if order is None or len(exif) < 8:
            raise ExifError("its EXIF block has no TIFF header")
        self.data = bytearray(exif)
        self.order = order
        self.main = self.number(4, "L")
        self.entries(self.main)

    def number(self, place: int, code: str) -> int:
        try:
            return int(struct.unpack_from(self.order + code, self.data, place)[0])
        except struct.error as error:
            raise ExifError("its EXIF block is cut off") from error

    def entries(self, directory: int) -> list[_Entry]:
        """List the entries of the directory at an offset."""
        count = self.number(directory, "H")
        if directory < 8 or count > _MOST_ENTRIES or directory + 2 + 12 * count > len(self.data):
            raise ExifError("a directory of its EXIF block lies outside of it")
        places = range(directory + 2, directory + 2 + 12 * count, 12)
        return [_Entry(place, *struct.unpack_from(self.order + "HHL", self.data, place)) for place in places]

    def find(self, directory: int, tag: int) -> _Entry | None:
        return next((entry for entry in self.entries(directory) if entry.tag == tag), None)

    def child(self, directory: int, pointer: int) -> int | None:
        """Return the offset of the directory that a pointer leads to; None without a sound one."""
        entry = self.find(directory, pointer)
        if entry is None or entry.type not in (_LONG, _IFD) or entry.count != 1:
            return None
        offset = self.number(entry.place + 8, "L")
        try:
            self.entries(offset)
        except ExifError:
            return None
        return offset

    def place_of_next(self, directory: int) -> int | None:
        """Return where the pointer to the next directory stands; None where the block ends before it."""
        place = directory + 2 + 12 * len(self.entries(directory))
        return place if place + 4 <= len(self.data) else None

    def value(self, entry: _Entry) -> tuple[int, int]:
        """Return (start, end) of an entry's value in the block."""
        start = entry.place + 8 if entry.size <= 4 else self.number(entry.place + 8, "L")
        return start, start + entry.size

    def set_number(self, directory: int, tag: int, value: int) -> None:
        """Overwrite a single number, if it is there."""
        entry = self.find(directory, tag)
        if entry is None:
            return
        short = entry.type == _SHORT and value < 1 << 16
        layout = self.order + ("HHLHxx" if short else "HHLL")
        struct.pack_into(layout, self.data, entry.place, tag, _SHORT if short else _LONG, 1, value)

    def set_shorts(self, directory: int, tag: int, values: tuple[int, ...]) -> None:
        """Give a tag that is there a list of more than two shorts, which are appended."""
        entry = self.find(directory, tag)
        if entry is not None:
            offset = self.append(struct.pack(f"{self.order}{len(values)}H", *values))
            layout = self.order + "HHLL"
            struct.pack_into(layout, self.data, entry.place, tag, _SHORT, len(values), offset)

    def remove(self, directory: int, tags: set[int]) -> None:
        """Take entries out and close up behind them; the values stay, as nobody points at them."""
        entries = self.entries(directory)
        kept = [bytes(self.data[it.place : it.place + 12]) for it in entries if it.tag not in tags]
        if len(kept) == len(entries) or not kept:
            return
        end = directory + 2 + 12 * len(entries)
        pointer = bytes(self.data[end : end + 4])
        table = struct.pack(self.order + "H", len(kept)) + b"".join(kept) + pointer
        self.data[directory : end + len(pointer)] = table.ljust(end + len(pointer) - directory, b"\0")

    def append(self, value: bytes) -> int:
        """Append a value on a word boundary and return its offset."""
        self.data += b"\0" * (len(self.data) % 2)
        offset = len(self.data)
        self.data += value
        return offset


def has_thumbnail(exif: bytes | None) -> bool:
    """Whether a block has a second directory, that of the thumbnail."""
    try:
        return exif is not None and _find_thumbnail_directory(_Block(exif)) is not None
    except ExifError:
        return False


def exif_for_result(
    exif: bytes,
    height: int,
    width: int,
    thumbnail: bytes | None = None,
    *,
    bits: int = 8,
    is_srgb: bool = True,
    keeps_profile: bool = False,
) -> bytes:
    r"""Return the EXIF block of a result: the source's, with what coloring makes false corrected.

    Args:
        exif: the source's block, without ``Exif\0\0``.
        height: of the result, upright.
        width: of the result, upright.
        thumbnail: a small JPEG that takes the place of the source's thumbnail; None leaves the result
            without.
        bits: per channel.
        is_srgb: whether the result's codes are sRGB.
        keeps_profile: whether the result carries its source's profile, so that stated primaries stay true.

    Raises:
        ExifError: the block is damaged.
    """
    block = _Block(exif)
    _correct_main(block, height, width, bits, keeps_profile=keeps_profile)
    camera = block.child(block.main, EXIF_POINTER)
    if camera is not None:
        _correct_camera(block, camera, height, width, is_srgb=is_srgb, keeps_profile=keeps_profile)
    _replace_thumbnail(block, thumbnail)
    return bytes(block.data)


def remove_orientation(exif: bytes) -> bytes:
    """Return a block without its orientation, for formats whose container states it."""
    block = _Block(exif)
    block.remove(block.main, {_ORIENTATION})
    return bytes(block.data)


def _correct_main(block: _Block, height: int, width: int, bits: int, *, keeps_profile: bool) -> None:
    main = block.main
    block.remove(main, _LAYOUT_TAGS | _PACKET_TAGS | (set() if keeps_profile else _COLORIMETRY_TAGS))
    numbers = {_WIDTH: width, _HEIGHT: height, _ORIENTATION: 1, _PHOTOMETRIC: _RGB, _SAMPLES: 3}
    for tag, value in numbers.items():
        block.set_number(main, tag, value)
    block.set_shorts(main, _BITS, (bits,) * 3)


def _correct_camera(
    block: _Block, camera: int, height: int, width: int, *, is_srgb: bool, keeps_profile: bool
) -> None:
    block.set_number(camera, _EXIF_WIDTH, width)
    block.set_number(camera, _EXIF_HEIGHT, height)
    block.set_number(camera, _COLOR_SPACE, _SRGB if is_srgb else _UNCALIBRATED)
    if not keeps_profile:
        block.remove(camera, {_GAMMA})
    components = block.find(camera, _COMPONENTS)
    if components is not None and block.data[components.place + 8 : components.place + 12] == b"\1\0\0\0":
        block.data[components.place + 8 : components.place + 12] = b"\1\2\3\0"  # Y alone becomes Y, Cb, Cr
    interop = block.child(camera, INTEROP_POINTER)
    if interop is not None:
        _correct_interoperability(block, interop, is_srgb=is_srgb)


def _correct_interoperability(block: _Block, interop: int, *, is_srgb: bool) -> None:
    """`R98` says sRGB and `R03` Adobe RGB (DCF 2.0): the wrong one is overwritten or taken out."""
    entry = block.find(interop, _INTEROP_INDEX)
    if entry is None or entry.type != _ASCII or entry.size > 4:
        return
    name = bytes(block.data[entry.place + 8 : entry.place + 11])
    if is_srgb and name == b"R03":
        block.data[entry.place + 8 : entry.place + 11] = b"R98"
    elif not is_srgb and name == b"R98":
        block.remove(interop, {_INTEROP_INDEX})


def _find_thumbnail_directory(block: _Block) -> int | None:
    place = block.place_of_next(block.main)
    offset = block.number(place, "L") if place is not None else 0
    if not offset:
        return None
    try:
        return offset if block.entries(offset) else None
    except ExifError:
        return None


def _replace_thumbnail(block: _Block, thumbnail: bytes | None) -> None:
    old = _find_thumbnail_directory(block)
    place = block.place_of_next(block.main)
    if place is None:
        return
    if old is not None:
        _erase_thumbnail(block, old)
    struct.pack_into(block.order + "L", block.data, place, 0)
    if thumbnail is not None and old is not None:
        offset = _append_thumbnail(block, thumbnail)
        struct.pack_into(block.order + "L", block.data, place, offset)


def _append_thumbnail(block: _Block, thumbnail: bytes) -> int:
    order, start = block.order, len(block.data) + len(block.data) % 2
    values = start + 2 + 12 * 6 + 4
    resolution = struct.pack(order + "4L", 72, 1, 72, 1)
    entries = (
        (_COMPRESSION, _SHORT, 1, struct.pack(order + "Hxx", 6)),
        (282, _RATIONAL, 1, struct.pack(order + "L", values)),
        (283, _RATIONAL, 1, struct.pack(order + "L", values + 8)),
        (296, _SHORT, 1, struct.pack(order + "Hxx", 2)),
        (_THUMBNAIL_OFFSET, _LONG, 1, struct.pack(order + "L", values + 16)),
        (_THUMBNAIL_LENGTH, _LONG, 1, struct.pack(order + "L", len(thumbnail))),
    )
    table = b"".join(
        struct.pack(order + "HHL", tag, type_, count) + value for tag, type_, count, value in entries
    )
    return block.append(struct.pack(order + "H", 6) + table + b"\0\0\0\0" + resolution + thumbnail)


def _erase_thumbnail(block: _Block, directory: int) -> None:
    """Cut off or blank out the old thumbnail, unless a damaged block lets it overlap with something else."""
    offset, length = block.find(directory, _THUMBNAIL_OFFSET), block.find(directory, _THUMBNAIL_LENGTH)
    if offset is None or length is None:
        return
    start = block.number(offset.place + 8, "L")
    end = start + block.number(length.place + 8, "L")
    if not 8 <= start < end <= len(block.data):
        return
    if any(
        start < taken_end and taken_start < end for taken_start, taken_end in _list_taken(block, directory)
    ):
        return
    if len(block.data) - end < 4:
        del block.data[start:]
    else:
        block.data[start:end] = bytes(end - start)


def _list_taken(block: _Block, thumbnail_directory: int) -> list[tuple[int, int]]:
    """List (start, end) of all directories and values that are known."""
    camera = block.child(block.main, EXIF_POINTER)
    interop = block.child(camera, INTEROP_POINTER) if camera is not None else None
    found = (block.main, thumbnail_directory, camera, interop, block.child(block.main, GPS_POINTER))
    taken = []
    for directory in (it for it in found if it is not None):
        entries = block.entries(directory)
        taken.append((directory, directory + 2 + 12 * len(entries) + 4))
        taken += [block.value(entry) for entry in entries if entry.size > 4]
    return taken


def fit_exif(exif: bytes, limit: int) -> tuple[bytes | None, tuple[int, ...]]:
    """Return a block of at most `limit` bytes and the tags that were left out for it, the largest first.

    A JPEG holds no EXIF over 64 KB; only blocks from other formats, or with large maker notes, are longer.
    """
    if len(exif) <= limit:
        return exif, ()
    directory = read_block(exif)
    dropped: list[int] = []
    while directory is not None and len(packed := write_block(directory)) > limit:
        tag = _find_largest(directory)
        if tag is None:
            return None, tuple(dropped)
        dropped.append(tag)
        directory = _without(directory, tag)
    return (packed, tuple(dropped)) if directory is not None else (None, ())


def _find_largest(directory: Directory) -> int | None:
    everything = [
        *directory.tags.items(),
        *(it for child in directory.children.values() for it in child.tags.items()),
    ]
    sizes = {number: len(tag.data) for number, tag in everything}
    return max(sizes, key=lambda number: sizes[number]) if sizes else None


def _without(directory: Directory, tag: int) -> Directory:
    tags = {number: it for number, it in directory.tags.items() if number != tag}
    return replace(
        directory, tags=tags, children={n: _without(it, tag) for n, it in directory.children.items()}
    )
