"""A result on its way into a file: its pixels in the depth of the format, its metadata corrected."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tintype.photos.photo import Encoding, Metadata
from tintype.photos.profile import SRGB, RgbSpace

_STRIP_ROWS = 128
_THUMBNAIL_SIDE = 160


class Picture(Protocol):
    """What is written: `tintype.photos.join.ColorPicture`, or anything with the same face."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def width(self) -> int:
        """Columns."""

    @property
    def dtype(self) -> Any:
        """The type of the codes: uint8 or uint16."""

    @property
    def rgb_space(self) -> RgbSpace:
        """What the codes mean."""

    def strips(self) -> Iterator[NDArray[Any]]:
        """Yield the rows from top to bottom: (rows, width, 3)."""

    def to_array(self) -> NDArray[Any]:
        """Return all rows: (height, width, 3)."""


class WholePicture:
    """A picture whose rows are joined once, for encoders that need them all and a thumbnail besides."""

    def __init__(self, picture: Picture) -> None:
        self._array = picture.to_array()
        self.height, self.width = self._array.shape[:2]
        self.dtype = self._array.dtype
        self.rgb_space = picture.rgb_space

    def strips(self) -> Iterator[NDArray[Any]]:
        """Yield views of the rows."""
        for top in range(0, self.height, _STRIP_ROWS):
            yield self._array[top : top + _STRIP_ROWS]

    def to_array(self) -> NDArray[Any]:
        """Return the rows themselves."""
        return self._array


@dataclass(frozen=True, eq=False)
class Page:
    """One page to be encoded.

    Attributes:
        picture: the pixels.
        bits: per channel in the file, 8 or 16; a deeper picture is rounded to it.
        alpha: (height, width) of any depth; None for an opaque page or a format without.
        to_srgb: whether the codes are converted to sRGB, for a format without profiles.
        icc: the profile to embed.
        exif: corrected, without prefix.
        xmp: corrected, with the mark.
        iptc: IPTC-IIM records.
        photoshop: image resources, IPTC included.
        metadata: the source's, for resolution, comment and texts.
        encoding: the source's.
        is_alike: whether the source is of the format that is written.
    """

    picture: Picture
    bits: int = 8
    alpha: NDArray[Any] | None = None
    to_srgb: bool = False
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    photoshop: bytes | None = None
    metadata: Metadata = field(default_factory=Metadata)
    encoding: Encoding = field(default_factory=Encoding)
    is_alike: bool = True

    @property
    def height(self) -> int:
        """Rows."""
        return self.picture.height

    @property
    def width(self) -> int:
        """Columns."""
        return self.picture.width

    @property
    def raw_bytes(self) -> int:
        """The bytes of the pixels without compression."""
        return self.height * self.width * self.channels * self.dtype.itemsize

    @property
    def channels(self) -> int:
        """3, or 4 with alpha."""
        return 3 if self.alpha is None else 4

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the codes in the file."""
        return np.dtype(np.uint8 if self.bits == 8 else np.uint16)

    def strips(self) -> Iterator[NDArray[Any]]:
        """Yield the rows from top to bottom, (rows, width, channels) of `dtype`, in strips of any height."""
        top = 0
        for strip in self.picture.strips():
            yield self._finish(strip, top)
            top += len(strip)

    def blocks(self, rows: int) -> Iterator[NDArray[Any]]:
        """Yield the rows in strips of exactly `rows`; the last may be lower."""
        waiting: list[NDArray[Any]] = []
        count = 0
        for strip in self.strips():
            waiting.append(strip)
            count += len(strip)
            if count >= rows:
                joined = waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
                full = count - count % rows
                yield from (joined[top : top + rows] for top in range(0, full, rows))
                waiting, count = ([joined[full:]] if full < count else []), count - full
        if waiting:
            yield np.concatenate(waiting)

    def array(self) -> NDArray[Any]:
        """Return all rows: (height, width, channels) of `dtype`, contiguous."""
        if self.channels == 3 and not self.to_srgb and self.picture.dtype == self.dtype:
            return np.ascontiguousarray(self.picture.to_array())
        result = np.empty((self.height, self.width, self.channels), self.dtype)
        top = 0
        for strip in self.strips():
            result[top : top + len(strip)] = strip
            top += len(strip)
        return result

    def _finish(self, strip: NDArray[Any], top: int) -> NDArray[Any]:
        strip = _convert_to_srgb(strip, self.picture.rgb_space) if self.to_srgb else strip
        strip = change_depth(strip, self.bits)
        if self.alpha is None:
            return strip
        alpha = change_depth(self.alpha[top : top + len(strip)], self.bits)
        return np.dstack([strip, alpha])


def change_depth(codes: NDArray[Any], bits: int) -> NDArray[Any]:
    """Return uint8 or uint16 codes at 8 or 16 bits, rounded to the nearest."""
    if codes.dtype == np.uint16 and bits == 8:
        return ((codes.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if codes.dtype == np.uint8 and bits == 16:
        return codes.astype(np.uint16) * np.uint16(257)
    return codes


def _convert_to_srgb(strip: NDArray[Any], space: RgbSpace) -> NDArray[Any]:
    to_srgb = np.linalg.inv(SRGB.matrix) @ space.matrix
    linear = space.decode(strip) @ to_srgb.T
    return SRGB.encode(linear, 8 * strip.dtype.itemsize)


def create_thumbnail(picture: Picture) -> bytes:
    """Return a JPEG of at most 160 pixels a side, as cameras embed it.

    Goes through the strips once; rows and columns are picked to four times that size, then filtered.
    """
    from PIL import Image  # noqa: PLC0415  photographs are often written without a thumbnail

    step = max(1, max(picture.height, picture.width) // (4 * _THUMBNAIL_SIDE))
    rows = []
    top = 0
    for strip in picture.strips():
        rows.append(change_depth(strip[-top % step :: step, ::step], 8))
        top += len(strip)
    small = Image.fromarray(np.concatenate(rows))
    small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=80)
    return stream.getvalue()
