"""A page as its file stores it, before orientation and color are dealt with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tintype.photos.formats.tiff_tags import read_block
from tintype.photos.photo import Encoding, Metadata

Kind = Literal["gray", "rgb", "cmyk", "lab"]
Fetch = Callable[[int, int], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class StoredPage:
    """What an opener finds without decoding.

    Attributes:
        height: stored rows.
        width: stored columns.
        bit_depth: 8 or 16, of what `fetch` returns.
        kind: what the channels are; lab is the TIFF encoding of CIE Lab, a and b signed.
        has_alpha: whether a last channel, not premultiplied, is the alpha.
        fetch: ``fetch(top, bottom)`` -> (bottom - top, width, channels) uint8 or uint16; called once for each
            strip, from top to bottom without gaps.
        metadata: as found.
        encoding: as found.
        orientation: the Exif orientation that is still to be applied, 1..8.
        gamma: the exponent of a PNG gAMA chunk that differs from sRGB's, e.g. 1.0; None where there is none.
        page_count: pages in the file.
        notes: sentences for the person.
    """

    height: int
    width: int
    bit_depth: int
    kind: Kind
    fetch: Fetch
    has_alpha: bool = False
    metadata: Metadata = field(default_factory=Metadata)
    encoding: Encoding = field(default_factory=Encoding)
    orientation: int = 1
    gamma: float | None = None
    page_count: int = 1
    notes: tuple[str, ...] = ()


def fetch_from(decode: Callable[[], NDArray[Any]], bits: int = 0) -> Fetch:
    """Return a `fetch` for a decoder that can only decode a picture as a whole: it runs at the first call.

    Args:
        decode: returns (height, width) or (height, width, channels), uint8 or uint16.
        bits: significant bits of 16-bit codes where they do not fill the range; widened to 0..65535.
    """
    decoded: list[NDArray[Any]] = []

    def fetch(top: int, bottom: int) -> NDArray[Any]:
        if not decoded:
            decoded.append(decode())
        strip = decoded[0][top:bottom]
        strip = strip if strip.ndim == 3 else strip[..., None]
        return widen(strip, bits) if 8 < bits < 16 else strip

    return fetch


def widen(codes: NDArray[Any], bits: int) -> NDArray[np.uint16]:
    """Return codes of `bits` bits stretched to the full 16-bit range, rounded."""
    highest = (1 << bits) - 1
    wide = (np.minimum(codes, highest).astype(np.uint32) * 65535 + highest // 2) // highest
    return np.asarray(wide, np.uint16)


def find_orientation(exif: bytes | None) -> int:
    """Return the orientation 1..8 that an Exif block asks for; 1 where it says nothing sensible."""
    directory = read_block(exif) if exif else None
    value = directory.first(274, 1) if directory else 1
    return value if 1 <= value <= 8 else 1
