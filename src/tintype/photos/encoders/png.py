"""PNG: encoded by libpng through libvips, strip by strip into the file; the other chunks are written here.

libvips would put XMP into a compressed text chunk, which others don't read, and knows no texts: its chunks
but those of the pixels are left out. Chunks after the PNG specification, third edition.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from tintype.photos.encoders.page import Page
from tintype.photos.encoders.photoshop_resources import join_iptc
from tintype.photos.libvips import pyvips
from tintype.photos.xmp_file import PNG_KEYWORD

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INCH = 0.0254


def encode_png(stream: BinaryIO, pages: Iterator[Page]) -> tuple[str, ...]:
    """Write one page as a PNG of 8 or 16 bits."""
    page = next(pages)
    array = page.array()
    image = pyvips.Image.new_from_memory(
        array.data, page.width, page.height, page.channels, "uchar" if page.bits == 8 else "ushort"
    )
    image = image.copy(interpretation="srgb" if page.bits == 8 else "rgb16")
    splice = _Splice(stream, b"".join(_list_chunks(page)))
    target = pyvips.TargetCustom()
    target.on_write(splice.write)
    interlaced = page.encoding.progressive and page.encoding.format == "PNG"
    try:
        image.pngsave_target(target, compression=6, filter="all", keep="none", interlace=interlaced)
    finally:
        splice.raise_failure()
    return ()


class _Splice:
    """Puts chunks behind the header of a PNG that passes through, in place of those before its pixels."""

    def __init__(self, stream: BinaryIO, chunks: bytes) -> None:
        self._stream = stream
        self._chunks = chunks
        self._head: bytes | None = b""
        self._failure: OSError | None = None

    def write(self, data: bytes) -> int:
        """Take a piece; called by libvips, which can't carry an exception: it is kept."""
        try:
            if self._head is None:
                self._stream.write(data)
            else:
                self._head += bytes(data)
                self._pass_head()
        except OSError as error:
            self._failure = error
            return -1
        return len(data)

    def _pass_head(self) -> None:
        head = self._head or b""
        place = len(_SIGNATURE)
        while len(head) >= place + 8:
            size, kind = struct.unpack_from(">L4s", head, place)
            if kind == b"IDAT":
                header = head[: len(_SIGNATURE) + 25]
                self._stream.write(header + self._chunks + head[place:])
                self._head = None
                return
            place += size + 12

    def raise_failure(self) -> None:
        """Raise what the stream raised."""
        if self._failure is not None:
            raise self._failure


def _list_chunks(page: Page) -> Iterator[bytes]:
    if page.icc:
        yield _pack(b"iCCP", b"ICC profile\0\0" + zlib.compress(page.icc))
    if page.metadata.resolution:
        meters = [min(0x7FFFFFFF, round(it / _INCH)) for it in page.metadata.resolution]
        yield _pack(b"pHYs", struct.pack(">LLB", *meters, 1))
    if page.exif:
        yield _pack(b"eXIf", page.exif)
    if time := page.metadata.extra.get("time"):
        yield _pack(b"tIME", time)
    if page.xmp:
        yield _pack(b"iTXt", PNG_KEYWORD + b"\0\0\0\0\0" + page.xmp)
    yield from _list_texts(page)


def _list_texts(page: Page) -> Iterator[bytes]:
    texts: tuple[tuple[str, str, str, str], ...] = page.metadata.extra.get("text", ())
    has_iptc = any(keyword.startswith("Raw profile type iptc") for keyword, *_ in texts)
    for text in texts:
        yield _pack_text(*text)
    if page.metadata.comment:
        yield _pack_text("Comment", page.metadata.comment.decode("utf-8", "replace").rstrip("\0"), "", "")
    if (resources := join_iptc(page.photoshop, page.iptc)) and not has_iptc:
        yield _pack(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(_dump(resources)))


def _pack_text(keyword: str, text: str, language: str, translated: str) -> bytes:
    """Return a Latin-1 text as tEXt (zTXt where it is long), any other as iTXt."""
    try:
        plain = keyword.encode("latin-1") + b"\0"
        if language or translated:
            raise UnicodeError
        data = text.encode("latin-1")
    except UnicodeError:
        tail = language.encode() + b"\0" + translated.encode() + b"\0" + text.encode()
        return _pack(b"iTXt", keyword.encode("latin-1", "replace") + b"\0\0\0" + tail)
    return (
        _pack(b"tEXt", plain + data)
        if len(data) < 1024
        else _pack(b"zTXt", plain + b"\0" + zlib.compress(data))
    )


def _dump(resources: bytes) -> bytes:
    """Return Photoshop resources as ImageMagick writes them into PNG: name, length, hexadecimal lines."""
    digits = resources.hex()
    lines = "\n".join(digits[start : start + 72] for start in range(0, len(digits), 72))
    return f"\niptc\n{len(resources):8}\n{lines}\n".encode()


def _pack(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
