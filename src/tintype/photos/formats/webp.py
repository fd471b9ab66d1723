"""WebP: decoded by libwebp through libvips."""

from __future__ import annotations

import struct

from tintype.photos.formats.source import Source
from tintype.photos.formats.stored_page import StoredPage, find_orientation
from tintype.photos.formats.vips_strips import VipsStrips
from tintype.photos.photo import Encoding, Metadata


def open_webp(source: Source, page: int) -> StoredPage:
    """Describe a WebP picture; of an animation the first frame, said aloud."""
    strips = VipsStrips(source, "webpload", fail_on="truncated")
    metadata = _read_metadata(strips)
    frames = strips.field("n-pages") or 1
    return StoredPage(
        strips.height,
        strips.width,
        strips.bit_depth,
        strips.kind,
        strips.fetch,
        has_alpha=strips.extra_channels > 0,
        metadata=metadata,
        encoding=Encoding(format="WEBP", color="rgb", lossless=_is_lossless(source)),
        orientation=find_orientation(metadata.exif),
        notes=("an animation: only its first frame is used",) if frames > 1 else (),
    )


def _read_metadata(strips: VipsStrips) -> Metadata:
    """Return the blocks that libvips found in the header."""
    exif = strips.block("exif-data") or b""
    return Metadata(
        exif=exif.removeprefix(b"Exif\0\0") or None,
        xmp=strips.block("xmp-data"),
        icc=strips.block("icc-profile-data"),
    )


def _is_lossless(source: Source) -> bool:
    """Return whether the first picture chunk is a VP8L one."""
    place = 12
    while place + 8 <= source.size:
        source.stream.seek(place)
        head = source.stream.read(8)
        kind, size = head[:4], struct.unpack("<L", head[4:])[0]
        if kind in (b"VP8 ", b"VP8L"):
            return kind == b"VP8L"
        # The header of an animation's frame is 16 bytes long; its chunks follow.
        place += 8 + (16 if kind == b"ANMF" else size + size % 2)
    return False
