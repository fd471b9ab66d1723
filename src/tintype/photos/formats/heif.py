"""AVIF by libvips; HEIC by the optional pillow-heif. Both apply the orientation that the container states."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import MissingExtraError
from tintype.photos.formats.source import Source
from tintype.photos.formats.stored_page import StoredPage, fetch_from, widen
from tintype.photos.formats.vips_strips import VipsStrips
from tintype.photos.formats.webp import read_vips_metadata
from tintype.photos.photo import Encoding, Metadata


def open_avif(source: Source, page: int) -> StoredPage:
    """Describe the primary picture of an AVIF file; 10 and 12 bits become 16."""
    strips = VipsStrips(source, "heifload", fail_on="truncated")
    bits = int(strips.field("bits-per-sample") or strips.bit_depth)

    def fetch(top: int, bottom: int) -> NDArray[Any]:
        strip = strips.fetch(top, bottom)
        return widen(strip >> (16 - bits), bits) if strips.bit_depth == 16 else strip

    return StoredPage(
        strips.height,
        strips.width,
        strips.bit_depth,
        strips.kind,
        fetch,
        has_alpha=strips.extra_channels > 0,
        metadata=read_vips_metadata(strips),
        encoding=Encoding(format="AVIF", bits=bits, color="ycbcr", lossless=False),
    )


def open_heic(source: Source, page: int) -> StoredPage:
    """Describe the primary picture of a HEIC file; 10 and 12 bits become 16.

    Raises:
        MissingExtraError: pillow-heif is not installed.
    """
    library = _import_library(source)
    try:
        file = library.open_heif(source.rewound(), convert_hdr_to_8bit=False)
        picture = file[file.primary_index]
    except Exception as error:  # a decoder may raise anything on damaged data
        raise source.fault(error) from error
    width, height = picture.size
    bits = int(picture.info.get("bit_depth") or 8)
    mode = picture.mode.partition(";")[0]

    def decode() -> NDArray[Any]:
        try:
            codes = np.asarray(picture)
        except Exception as error:  # a decoder may raise anything on damaged data
            raise source.fault(error) from error
        return codes >> (16 - bits) if codes.dtype == np.uint16 else codes

    return StoredPage(
        height,
        width,
        16 if bits > 8 else 8,
        "gray" if mode.startswith("L") else "rgb",
        fetch_from(decode, bits),
        has_alpha=mode.endswith("A"),
        metadata=_read_metadata(picture.info),
        encoding=Encoding(format="HEIC", bits=bits, color="ycbcr", lossless=False),
        notes=("the file holds several pictures: only the primary one is used",) if len(file) > 1 else (),
    )


def _import_library(source: Source) -> Any:
    try:
        return importlib.import_module("pillow_heif")
    except ImportError:
        raise MissingExtraError(
            f"{source.name}: HEIC needs an extra; install it with: pip install 'tintype[heif]'"
        ) from None


def _read_metadata(info: dict[str, Any]) -> Metadata:
    exif = info.get("exif") or b""
    return Metadata(
        exif=exif.removeprefix(b"Exif\0\0") or None,
        xmp=info.get("xmp") or None,
        icc=info.get("icc_profile") or None,
    )
