"""Strips decoded by libvips: JPEG, PNG, TIFF and WebP, at any size in little memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.photos.formats.source import Source
from tintype.photos.formats.stored_page import Kind
from tintype.photos.libvips import pyvips


def _accept_any_bytes(decode: Callable[[Any], str]) -> Callable[[Any], str]:
    """Keep pyvips from failing, with a traceback on the screen, on messages that quote a damaged file."""

    def decode_leniently(text: Any) -> str:
        try:
            return decode(text)
        except UnicodeDecodeError:
            return bytes(pyvips.ffi.string(text)).decode("utf-8", "replace")

    return decode_leniently


for _module in (pyvips, pyvips.error):
    _module._to_string = _accept_any_bytes(_module._to_string)

_TYPES: dict[str, type[np.generic]] = {"uchar": np.uint8, "ushort": np.uint16}
_KINDS: dict[str, Kind] = {
    "b-w": "gray",
    "grey16": "gray",
    "srgb": "rgb",
    "rgb16": "rgb",
    "rgb": "rgb",
    "cmyk": "cmyk",
}
COLOR_CHANNELS: dict[Kind, int] = {"gray": 1, "rgb": 3, "cmyk": 4, "lab": 3}


class VipsStrips:
    """A page opened by libvips: its header is read, its pixels are decoded strip by strip on demand."""

    def __init__(self, source: Source, loader: str, **options: Any) -> None:
        """Open a page.

        Args:
            source: the file.
            loader: the libvips loader, e.g. ``jpegload``.
            options: of that loader.

        Raises:
            UnreadablePhotoError: the header can't be understood.
        """
        self._source = source
        # The error text of libvips is global and keeps what earlier pictures left behind.
        pyvips.vips_lib.vips_error_clear()
        try:
            load = getattr(pyvips.Image, f"{loader}_source")
            self._image = load(_open_stream(source), access="sequential", **options)
        except pyvips.Error as error:
            raise source.fault(error) from error
        self._region: Any = None
        self.height: int = self._image.height
        self.width: int = self._image.width
        self.channels: int = self._image.bands

    @property
    def bit_depth(self) -> int:
        """8 or 16; 0 for samples that are neither."""
        return {"uchar": 8, "ushort": 16}.get(self._image.format, 0)

    @property
    def kind(self) -> Kind:
        """What the channels are, from their interpretation or else from their number."""
        return _KINDS.get(self._image.interpretation) or ("gray" if self.channels < 3 else "rgb")

    @property
    def extra_channels(self) -> int:
        """How many channels there are beyond those of the color."""
        return self.channels - COLOR_CHANNELS[self.kind]

    def field(self, name: str) -> Any:
        """Return a header field as libvips names it, e.g. ``exif-data``; None without it."""
        return self._image.get(name) if self._image.get_typeof(name) else None

    def block(self, name: str) -> bytes | None:
        """Return a header field that holds bytes."""
        value = self.field(name)
        return bytes(value) if value else None

    def fetch(self, top: int, bottom: int) -> NDArray[Any]:
        """Decode the rows from `top` to `bottom`: (rows, width, channels), uint8 or uint16.

        Raises:
            UnreadablePhotoError: they are damaged or missing.
        """
        try:
            if self._region is None:
                self._region = pyvips.Region.new(self._image)
            pixels = self._region.fetch(0, top, self.width, bottom - top)
        except pyvips.Error as error:
            raise self._source.fault(error) from error
        strip = np.frombuffer(pixels, _TYPES[self._image.format])
        return strip.reshape(bottom - top, self.width, self.channels)


def _open_stream(source: Source) -> Any:
    if source.path is None:
        return pyvips.Source.new_from_memory(source.content())
    # By descriptor, as names that are not UTF-8 or hold brackets mean something else to libvips.
    descriptor = os.open(source.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        return pyvips.Source.new_from_descriptor(descriptor)
    finally:
        os.close(descriptor)
