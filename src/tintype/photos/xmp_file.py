"""Where each format keeps its XMP packet: found without decoding a pixel.

Segments, chunks and tags are walked over; in HEIC and AVIF the packet is found by its own marks, which is the
packet scanning that XMP part 3 (1.1.1) provides for files whose structure a reader does not want to know.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from tintype.photos.formats.boxes import list_boxes, read_box
from tintype.photos.formats.tiff_tags import DirectoryError, read_directory, read_layout

JPEG_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
PNG_KEYWORD = b"XML:com.adobe.xmp"
UUID_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
TIFF_TAG = 700

_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_START_OF_SCAN, _APP1 = 0xDA, 0xE1


def sidecar_path(path: Path) -> Path:
    """Return the name of the sidecar of a file whose format has no place for XMP: ``scan.bmp.xmp``.

    The whole name is kept, as darktable and digiKam do, so that it never meets the sidecar of ``scan.tif``.
    """
    return path.with_name(path.name + ".xmp")


def read_xmp(path: Path) -> bytes | None:
    """Return the XMP packet of a file or of its sidecar; None where there is none or it can't be read."""
    try:
        with path.open("rb") as stream:
            packet = find_xmp(stream)
        sidecar = sidecar_path(path)
        return packet or (sidecar.read_bytes() if sidecar.is_file() else None)
    except OSError:
        return None


def find_xmp(stream: BinaryIO) -> bytes | None:
    """Return the XMP packet in a file, or None; a damaged file is one without."""
    head = stream.read(12)
    stream.seek(0)
    for signature, place, finder in _FINDERS:
        if head[place : place + len(signature)] == signature:
            return finder(stream)
    return None


def _find_in_jpeg(stream: BinaryIO) -> bytes | None:
    for marker, data in list_segments(stream):
        if marker == _APP1 and data.startswith(JPEG_HEADER):
            return data[len(JPEG_HEADER) :]
    return None


def list_segments(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, data) of the segments of a JPEG up to its first scan."""
    stream.seek(2)
    while (head := stream.read(2)) and head[0] == 0xFF and len(head) == 2:
        while head[1] == 0xFF:  # fill bytes
            head = b"\xff" + (stream.read(1) or b"\xda")
        marker = head[1]
        if marker == _START_OF_SCAN:
            return
        if marker in _STANDALONE:
            continue
        size = int.from_bytes(stream.read(2), "big") - 2
        if size < 0:
            return
        yield marker, stream.read(size)


def _find_in_png(stream: BinaryIO) -> bytes | None:
    stream.seek(8)
    while len(head := stream.read(8)) == 8:
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind == b"iTXt" and (data := stream.read(size)).startswith(PNG_KEYWORD + b"\0"):
            return _unpack_text(data)
        stream.seek(size + 4 - (size if kind == b"iTXt" else 0), 1)
    return None


def _unpack_text(data: bytes) -> bytes | None:
    packed = data[len(PNG_KEYWORD) + 1 : len(PNG_KEYWORD) + 2] == b"\1"
    text = data[len(PNG_KEYWORD) + 3 :].split(b"\0", 2)[-1]
    try:
        return zlib.decompressobj().decompress(text, 64 << 20) if packed else text
    except zlib.error:
        return None


def _find_in_tiff(stream: BinaryIO) -> bytes | None:
    try:
        layout = read_layout(stream)
        return read_directory(stream, layout, layout.first_offset, deep=False).content(TIFF_TAG)
    except DirectoryError:
        return None


def _find_in_webp(stream: BinaryIO) -> bytes | None:
    stream.seek(12)
    while len(head := stream.read(8)) == 8:
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"XMP ":
            return stream.read(size)
        stream.seek(size + size % 2, 1)
    return None


def _find_in_boxes(stream: BinaryIO) -> bytes | None:
    for kind, start, end in list_boxes(stream):
        if kind == b"xml ":
            return read_box(stream, start, end)
        if kind == b"uuid" and read_box(stream, start, min(start + 16, end)) == UUID_BOX:
            return read_box(stream, start + 16, end)
    return None


def _scan(stream: BinaryIO) -> bytes | None:
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = content.find(b"<?xpacket begin=")
        end = content.find(b"<?xpacket end=", max(start, 0))
        stop = content.find(b"?>", max(end, 0))
        return content[start : stop + 2] if -1 not in (start, end, stop) else None


_FINDERS: tuple[tuple[bytes, int, Callable[[BinaryIO], bytes | None]], ...] = (
    (b"\xff\xd8\xff", 0, _find_in_jpeg),
    (b"\x89PNG", 0, _find_in_png),
    (b"II", 0, _find_in_tiff),
    (b"MM", 0, _find_in_tiff),
    (b"WEBP", 8, _find_in_webp),
    (b"jP  ", 4, _find_in_boxes),
    (b"JXL ", 4, _find_in_boxes),
    (b"ftyp", 4, _scan),
)
