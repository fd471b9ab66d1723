"""PNG: decoded by libpng through libvips; its chunks are read here, also those after the pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from tintype.photos.formats.source import Source
from tintype.photos.formats.stored_page import StoredPage, find_orientation
from tintype.photos.formats.vips_strips import VipsStrips
from tintype.photos.photo import Encoding, Metadata

_MOST_INFLATED = 64 << 20
_LONGEST_CHUNK = 64 << 20
_PALETTE, _GRAY_TYPES = 3, (0, 4)
_SRGB_GAMMA = 0.45455
_WANTED = {b"IHDR", b"eXIf", b"iCCP", b"tEXt", b"zTXt", b"iTXt", b"pHYs", b"tIME", b"gAMA", b"sRGB", b"cICP"}


@dataclass
class _Chunks:
    """The chunks of one file: the single ones by type, the texts, and whether one was damaged."""

    single: dict[bytes, bytes] = field(default_factory=dict)
    text: list[tuple[str, str, str, str]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def open_png(source: Source, page: int) -> StoredPage:
    """Describe a PNG; of an animated one the default image."""
    strips = VipsStrips(source, "pngload", fail_on="truncated")
    chunks = _read_chunks(source.rewound())
    metadata = _build_metadata(chunks)
    header = chunks.single.get(b"IHDR", b"").ljust(13, b"\0")
    return StoredPage(
        strips.height,
        strips.width,
        strips.bit_depth,
        strips.kind,
        strips.fetch,
        has_alpha=strips.extra_channels > 0,
        metadata=metadata,
        encoding=_build_encoding(header),
        orientation=find_orientation(metadata.exif),
        gamma=_find_gamma(chunks),
        notes=tuple(f"a damaged {name} chunk was left out" for name in chunks.damaged),
    )


def _list_chunks(stream: BinaryIO) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield (type, data, sound) of the wanted chunks."""
    stream.seek(8)
    while len(head := stream.read(8)) == 8:
        size, kind = struct.unpack(">L4s", head)
        if kind == b"IEND":
            return
        if kind not in _WANTED or size > _LONGEST_CHUNK:
            stream.seek(size + 4, 1)
            continue
        data, check = stream.read(size), stream.read(4)
        yield kind, data, check == struct.pack(">L", zlib.crc32(kind + data))


def _read_chunks(stream: BinaryIO) -> _Chunks:
    chunks = _Chunks()
    for kind, data, sound in _list_chunks(stream):
        if not sound and kind != b"iCCP":
            chunks.damaged.append(kind.decode())
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            _add_text(chunks, kind, data)
        else:
            chunks.single.setdefault(kind, data if sound else b"")
    return chunks


def _add_text(chunks: _Chunks, kind: bytes, data: bytes) -> None:
    try:
        chunks.text.append(_read_text(kind, data))
    except (ValueError, IndexError, zlib.error):
        chunks.damaged.append(kind.decode())


def _read_text(kind: bytes, data: bytes) -> tuple[str, str, str, str]:
    keyword, rest = data.split(b"\0", 1)
    if kind == b"iTXt":
        packed = rest[0]
        language, translated, text = rest[2:].split(b"\0", 2)
        text = _inflate(text) if packed else text
        return keyword.decode("latin-1"), text.decode(), language.decode("ascii"), translated.decode()
    text = _inflate(rest[1:]) if kind == b"zTXt" else rest
    return keyword.decode("latin-1"), text.decode("latin-1"), "", ""


def _inflate(data: bytes) -> bytes:
    """Unpack, but no bomb: what is longer than a text or profile can be is refused."""
    unpacker = zlib.decompressobj()
    plain = unpacker.decompress(data, _MOST_INFLATED)
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError("too long or cut off")
    return plain


def _build_metadata(chunks: _Chunks) -> Metadata:
    xmp = next((text for keyword, text, *_ in chunks.text if keyword == "XML:com.adobe.xmp"), None)
    text = tuple(entry for entry in chunks.text if entry[0] != "XML:com.adobe.xmp")
    extra = {"text": text, "time": chunks.single.get(b"tIME")}
    return Metadata(
        exif=chunks.single.get(b"eXIf") or None,
        xmp=xmp.encode() if xmp else None,
        icc=_find_profile(chunks),
        resolution=_find_resolution(chunks.single.get(b"pHYs", b"")),
        resolution_unit="meter",
        extra={name: value for name, value in extra.items() if value},
    )


def _find_profile(chunks: _Chunks) -> bytes | None:
    data = chunks.single.get(b"iCCP")
    if data is None:
        return None
    try:
        return _inflate(data.split(b"\0", 1)[1][1:])
    except (ValueError, IndexError, zlib.error):
        return b""


def _find_resolution(data: bytes) -> tuple[float, float] | None:
    if len(data) != 9 or data[8] != 1:
        return None
    horizontal, vertical = struct.unpack(">LL", data[:8])
    return (horizontal * 0.0254, vertical * 0.0254) if horizontal and vertical else None


def _find_gamma(chunks: _Chunks) -> float | None:
    """Return the exponent that a gAMA chunk states, where nothing better is known and it is not sRGB's."""
    if len(chunks.single.get(b"gAMA", b"")) != 4 or {b"iCCP", b"sRGB", b"cICP"} & set(chunks.single):
        return None
    gamma = struct.unpack(">L", chunks.single[b"gAMA"])[0] / 100_000
    if not 0.1 <= gamma <= 10 or abs(gamma - _SRGB_GAMMA) < 0.01:
        return None
    return float(1 / gamma)


def _build_encoding(header: bytes) -> Encoding:
    bits, color, interlaced = header[8], header[9], header[12] == 1
    name = "palette" if color == _PALETTE else "gray" if color in _GRAY_TYPES else "rgb"
    return Encoding(format="PNG", bits=bits, color=name, compression="deflate", progressive=interlaced)
