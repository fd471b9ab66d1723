"""TIFF and BigTIFF: strips or tiles compressed on all cores as they come, directories at the end of the file.

Only the layout of the file is written here; LZW, Deflate, PackBits, Zstandard and LZMA are imagecodecs',
JPEG is Pillow's. tifffile is not used for writing because it has no Exif and GPS directories, which must be
in a page's own directory. Layout after TIFF 6.0, TIFF Technical Note 2 (JPEG) and the BigTIFF design.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from tintype.photos.encoders.jpeg import compress_jpeg
from tintype.photos.encoders.page import Page
from tintype.photos.encoders.tiff_directory import Numbers, pack_directory
from tintype.photos.formats.tiff_tags import Directory, RawTag, read_block
from tintype.photos.xmp_file import TIFF_TAG as XMP_TAG

_STRIP_BYTES = 1 << 20
_TILE_SIDES = range(64, 1025, 16)
_BIGGEST_CLASSIC = 0xF000_0000
_RESOLUTION_TAGS = (282, 283, 296)
# What a block from a JPEG may hold and a TIFF page has its own of.
_PAGE_TAGS = {*range(255, 260), 262, 266, 277, 284, 317, 322, 323, 338, 339, 513, 514, 530, 531, 532}

Compress = Callable[[NDArray[Any]], bytes]


@dataclass(frozen=True)
class _Compression:
    """A way to compress: its number in the file, the function, and whether differences are taken before."""

    number: int
    compress: Callable[[bytes], bytes]
    predicts: bool = True


def _deflate(data: bytes) -> bytes:
    return bytes(imagecodecs.deflate_encode(data, level=6))


_COMPRESSIONS = {
    None: _Compression(1, bytes, predicts=False),
    "lzw": _Compression(5, lambda data: bytes(imagecodecs.lzw_encode(data))),
    "deflate": _Compression(8, _deflate),
    "packbits": _Compression(32773, lambda data: bytes(imagecodecs.packbits_encode(data)), predicts=False),
    "lzma": _Compression(34925, lambda data: bytes(imagecodecs.lzma_encode(data))),
    "zstd": _Compression(50000, lambda data: bytes(imagecodecs.zstd_encode(data, level=9))),
}
_BILEVEL = ("ccitt", "ccittfax3", "ccittfax4")


def encode_tiff(stream: BinaryIO, pages: Iterator[Page], expected_bytes: int = 0) -> tuple[str, ...]:
    """Write pages as one TIFF; BigTIFF where the source is one or `expected_bytes` asks for it.

    Beyond a few strips no pixels are held: a page is compressed and stored while it is being joined.
    """
    first = next(pages)
    numbers = _choose_numbers(first, expected_bytes)
    notes: dict[str, None] = {}
    if numbers.is_big and first.is_alike and not first.encoding.big:
        notes["written as BigTIFF, because the result may pass 4 GB"] = None
    pointer = _write_header(stream, numbers)
    page: Page | None = first
    while page is not None:
        tags = _write_pixels(stream, page, numbers, notes)
        pointer = _write_directory(stream, page, tags, numbers, pointer)
        page = next(pages, None)
    return tuple(notes)


def _choose_numbers(page: Page, expected_bytes: int) -> Numbers:
    """Keep the byte order of the Exif block, whose values need no conversion then."""
    block = read_block(page.exif) if page.exif else None
    order = block.byte_order if block else ">" if page.is_alike and page.encoding.byte_order == "big" else "<"
    is_big = (page.is_alike and page.encoding.big) or expected_bytes > _BIGGEST_CLASSIC
    return Numbers(order, is_big)


def _write_header(stream: BinaryIO, numbers: Numbers) -> int:
    """Write the header and return the place of the pointer to the first directory."""
    mark = b"II" if numbers.byte_order == "<" else b"MM"
    if numbers.is_big:
        stream.write(mark + struct.pack(numbers.byte_order + "HHHQ", 43, 8, 0, 0))
        return 8
    stream.write(mark + struct.pack(numbers.byte_order + "HL", 42, 0))
    return 4


def _write_directory(
    stream: BinaryIO, page: Page, tags: dict[int, RawTag], numbers: Numbers, pointer: int
) -> int:
    """Append a page's directory, enter it at `pointer`, and return the place of its own pointer."""
    start = stream.seek(0, os.SEEK_END)
    start += stream.write(b"\0" * (-start % 8))
    block = read_block(page.exif) if page.exif else None
    everything = _list_descriptive_tags(page, numbers, block) | tags
    data, next_place = pack_directory(everything, block.children if block else {}, start, numbers)
    stream.write(data)
    stream.seek(pointer)
    stream.write(struct.pack(numbers.offset_code, start))
    return next_place


def _list_descriptive_tags(page: Page, numbers: Numbers, block: Directory | None) -> dict[int, RawTag]:
    tags = {number: tag for number, tag in (block.tags if block else {}).items() if number not in _PAGE_TAGS}
    if not all(tag in tags for tag in _RESOLUTION_TAGS):
        tags |= _list_resolution(page, numbers)
    packets = (
        (XMP_TAG, 1, page.xmp),
        (33723, 7, page.iptc),
        (34377, 1, page.photoshop),
        (34675, 7, page.icc),
    )
    return tags | {number: RawTag(type_, len(data), data) for number, type_, data in packets if data}


def _list_resolution(page: Page, numbers: Numbers) -> dict[int, RawTag]:
    """Return the three tags that every TIFF must have; square pixels of no size where none is known."""
    in_cm = page.metadata.resolution_unit != "inch"
    scale = 1000 / 2.54 if in_cm else 1000
    resolution = page.metadata.resolution or (1000 / scale, 1000 / scale)
    unit = (3 if in_cm else 2) if page.metadata.resolution else 1
    ratio = [RawTag(5, 1, numbers.pack("LL", round(it * scale) or 1, 1000)) for it in resolution]
    return {282: ratio[0], 283: ratio[1], 296: numbers.short(unit)}


def _write_pixels(
    stream: BinaryIO, page: Page, numbers: Numbers, notes: dict[str, None]
) -> dict[int, RawTag]:
    """Write a page's strips or tiles and return the tags that describe them."""
    name = _choose_compression(page, notes)
    tile = _choose_tile(page)
    rows = tile[1] if tile else _choose_rows(page)
    pieces = _cut(page, rows, tile)
    compress, tags = _prepare(page, name, numbers)
    stream.seek(0, os.SEEK_END)
    places = [(stream.tell(), stream.write(data)) for data in _compress_all(pieces, compress)]
    offsets = numbers.offsets([place for place, _ in places])
    sizes = numbers.offsets([size for _, size in places])
    if tile:
        shape = {322: numbers.long(tile[0]), 323: numbers.long(tile[1]), 324: offsets, 325: sizes}
    else:
        shape = {273: offsets, 278: numbers.long(rows), 279: sizes}
    return tags | shape


def _choose_compression(page: Page, notes: dict[str, None]) -> str | None:
    """Return the source's compression class; Deflate where it can't hold the result, said aloud."""
    name = page.encoding.compression if page.is_alike else "deflate"
    if name == "jpeg" and page.bits == 8 and page.channels == 3:
        return name
    if name in _COMPRESSIONS:
        return name
    chosen = "lzw" if name in _BILEVEL else "deflate"
    notes[f"compressed with {chosen.upper()}, as {name} can't hold the result or can't be written"] = None
    return chosen


def _choose_tile(page: Page) -> tuple[int, int] | None:
    tile = page.encoding.tile if page.is_alike else None
    if tile is None:
        return None
    return tile if all(side in _TILE_SIDES for side in tile) else (256, 256)


def _choose_rows(page: Page) -> int:
    """Return the rows of a strip: about a megabyte, a multiple of the 8 that JPEG needs."""
    rows = _STRIP_BYTES // (page.width * page.channels * page.dtype.itemsize)
    return min(max(8, rows // 8 * 8), page.height)


def _cut(page: Page, rows: int, tile: tuple[int, int] | None) -> Iterator[NDArray[Any]]:
    for block in page.blocks(rows):
        if tile is None:
            yield block
            continue
        for left in range(0, page.width, tile[0]):
            piece = block[:, left : left + tile[0]]
            missing = ((0, tile[1] - piece.shape[0]), (0, tile[0] - piece.shape[1]), (0, 0))
            # Repeating the edge compresses better than black and keeps it out of JPEG's blocks.
            yield np.pad(piece, missing, mode="edge")


def _prepare(page: Page, name: str | None, numbers: Numbers) -> tuple[Compress, dict[int, RawTag]]:
    tags = _list_layout_tags(page, numbers)
    if name == "jpeg":
        tags |= {259: numbers.short(7), 262: numbers.short(6), 530: numbers.short(1, 1)}
        tags[532] = RawTag(5, 6, numbers.pack("12L", 0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1))
        return lambda piece: compress_jpeg(np.ascontiguousarray(piece), page), tags
    compression = _COMPRESSIONS[name]
    tags |= {259: numbers.short(compression.number)}
    if compression.predicts:
        tags[317] = numbers.short(2)
    stored = page.dtype.newbyteorder("<" if numbers.byte_order == "<" else ">")

    def compress(piece: NDArray[Any]) -> bytes:
        if compression.predicts:
            piece = _take_differences(piece)
        return compression.compress(piece.astype(stored, copy=False).tobytes())

    return compress, tags


def _take_differences(piece: NDArray[Any]) -> NDArray[Any]:
    """Return horizontal differences of each channel (predictor 2), modulo the range."""
    differences = piece.copy()
    np.subtract(piece[:, 1:], piece[:, :-1], out=differences[:, 1:])
    return differences


def _list_layout_tags(page: Page, numbers: Numbers) -> dict[int, RawTag]:
    tags = {
        256: numbers.long(page.width),
        257: numbers.long(page.height),
        258: numbers.short(*(page.bits,) * page.channels),
        262: numbers.short(2),
        277: numbers.short(page.channels),
        284: numbers.short(1),
    }
    if page.channels == 4:
        tags[338] = numbers.short(2)
    return tags


def _compress_all(pieces: Iterator[NDArray[Any]], compress: Compress) -> Iterator[bytes]:
    """Compress on all cores and yield in order; only a few pieces are on their way at a time."""
    workers = min(8, os.cpu_count() or 1)
    waiting: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for piece in pieces:
            waiting.append(pool.submit(compress, piece))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
