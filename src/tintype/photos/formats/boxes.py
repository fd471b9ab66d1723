"""ISO boxes: the container of JPEG 2000 (ISO 15444-1 annex I) and JPEG XL (ISO 18181-2) files."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

_MOST_BOXES = 10_000


def list_boxes(stream: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start of content, end of content) of the boxes between two positions of a stream."""
    end = stream.seek(0, io.SEEK_END) if end is None else end
    for _ in range(_MOST_BOXES):
        stream.seek(start)
        head = stream.read(16)
        if start + 8 > end or len(head) < 8:
            return
        size, kind = struct.unpack(">L4s", head[:8])
        header = 8
        if size == 1:
            if len(head) < 16:
                return
            size, header = struct.unpack(">Q", head[8:])[0], 16
        size = end - start if size == 0 else size
        if size < header:
            return
        yield kind, start + header, min(start + size, end)
        start += size


def read_box(stream: BinaryIO, start: int, end: int) -> bytes:
    """Return the content of a box."""
    stream.seek(start)
    return stream.read(end - start)
