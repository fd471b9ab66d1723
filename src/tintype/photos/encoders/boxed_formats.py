"""JPEG 2000 and JPEG XL, exact at 8 and 16 bits through imagecodecs; their metadata boxes are written here.

Boxes after ISO 15444-1 annex I and ISO 18181-2; the UUIDs of EXIF and IPTC are those that everyone uses.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

import imagecodecs

from tintype.photos.encoders.page import Page
from tintype.photos.formats.boxes import list_boxes
from tintype.photos.xmp_file import UUID_BOX

_EXIF_UUID = b"JpgTiffExif->JP2"
_IPTC_UUID = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
# Four channels: red, green, blue, and the opacity of the whole.
_ALPHA_DEFINITION = struct.pack(">13H", 4, 0, 0, 1, 1, 0, 2, 2, 0, 3, 3, 1, 0)
_JP2_DECIBELS = 50
_JXL_DISTANCE = 0.5
_JXL_EFFORT = 4
_THREADS = 4


def encode_jpeg2000(stream: BinaryIO, pages: Iterator[Page]) -> tuple[str, ...]:
    """Write one page as a JP2 file: reversible where the source was, else at 50 dB."""
    page = next(pages)
    lossless = page.encoding.lossless
    encoded = imagecodecs.jpeg2k_encode(
        page.array(), level=0 if lossless else _JP2_DECIBELS, reversible=lossless, codecformat="jp2",
        colorspace="SRGB", numthreads=_THREADS,
    )  # fmt: skip
    for kind, content in _split(bytes(encoded)):
        if kind == b"jp2h":
            stream.write(_pack(kind, _complete_header(content, page)))
            stream.writelines(_list_uuids(page))
        else:
            stream.write(_pack(kind, content))
    return ()


def _complete_header(header: bytes, page: Page) -> bytes:
    boxes = [
        (kind, _describe_color(content, page) if kind == b"colr" else content)
        for kind, content in _split(header)
    ]
    if page.channels == 4:
        boxes.append((b"cdef", _ALPHA_DEFINITION))
    if page.metadata.resolution:
        boxes.append((b"res ", _pack(b"resc", _pack_resolution(page.metadata.resolution))))
    return b"".join(_pack(kind, content) for kind, content in boxes)


def _describe_color(content: bytes, page: Page) -> bytes:
    restricted_profile = b"\2\0\0"
    return restricted_profile + page.icc if page.icc else content


def _pack_resolution(resolution: tuple[float, float]) -> bytes:
    """Return pixels per meter, vertical first, as fractions over ten and a power of ten."""
    horizontal, vertical = (round(it / 0.0254 * 10) for it in resolution)
    exponent = max(0, len(str(max(horizontal, vertical))) - 4)
    scaled = [round(it / 10**exponent) for it in (vertical, horizontal)]
    return struct.pack(">HHHHbb", scaled[0], 10, scaled[1], 10, exponent, exponent)


def _list_uuids(page: Page) -> Iterator[bytes]:
    for uuid, data in ((UUID_BOX, page.xmp), (_EXIF_UUID, page.exif), (_IPTC_UUID, page.iptc)):
        if data:
            yield _pack(b"uuid", uuid + data)


def encode_jxl(stream: BinaryIO, pages: Iterator[Page]) -> tuple[str, ...]:
    """Write one page as a JPEG XL file: lossless where the source was, else at distance 0.5."""
    page = next(pages)
    quality = {"lossless": True} if page.encoding.lossless else {"distance": _JXL_DISTANCE}
    encoded = imagecodecs.jpegxl_encode(
        page.array(), effort=_JXL_EFFORT, usecontainer=True, numthreads=_THREADS, **quality
    )
    metadata = list(_list_jxl_metadata(page))
    for kind, content in _split(bytes(encoded)):
        if kind in (b"jxlc", b"jxlp"):
            stream.writelines(metadata)
            metadata = []
        stream.write(_pack(kind, content))
    return ()


def _list_jxl_metadata(page: Page) -> Iterator[bytes]:
    if page.exif:
        yield _pack(b"Exif", b"\0\0\0\0" + page.exif)
    if page.xmp:
        yield _pack(b"xml ", page.xmp)


def _split(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    for kind, start, end in list_boxes(io.BytesIO(data)):
        yield kind, data[start:end]


def _pack(kind: bytes, content: bytes) -> bytes:
    if len(content) + 8 < 1 << 32:
        return struct.pack(">L4s", len(content) + 8, kind) + content
    return struct.pack(">L4sQ", 1, kind, len(content) + 16) + content
