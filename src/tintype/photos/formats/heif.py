"""AVIF by libavif through imagecodecs; HEIC by the optional pillow-heif.

Not by libvips: its libheif was kept busy for twenty seconds by a damaged file of five kilobytes.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin

from tintype.errors import MissingExtraError
from tintype.photos.formats.source import Source, quiet_pillow
from tintype.photos.formats.stored_page import StoredPage, fetch_from, find_orientation
from tintype.photos.photo import Encoding, Metadata

_LONGEST_HEAD = 1 << 16
_HIGH_BIT_DEPTH, _TWELVE_BITS = 0x40, 0x20


def open_avif(source: Source, page: int) -> StoredPage:
    """Describe the primary picture of an AVIF file; 10 and 12 bits become 16.

    libavif delivers the pixels as coded; Pillow hands out the container's rotation as an Exif orientation.
    """
    with quiet_pillow():
        header = AvifImagePlugin.AvifImageFile(source.rewound())
    bits, has_alpha = _find_bits(source), header.mode.endswith("A")
    metadata = _read_metadata(header.info)
    return StoredPage(
        header.height,
        header.width,
        16 if bits > 8 else 8,
        "rgb",
        fetch_from(lambda: _decode_avif(source, header.size[::-1], bits, has_alpha=has_alpha), bits),
        has_alpha=has_alpha,
        metadata=metadata,
        encoding=Encoding(format="AVIF", bits=bits, color="ycbcr", lossless=False),
        orientation=find_orientation(metadata.exif),
        notes=("an animation: only its first frame is used",) if header.is_animated else (),
    )


def _find_bits(source: Source) -> int:
    """Return 8, 10 or 12, from the AV1 configuration box (AV1-ISOBMFF, 2.3)."""
    head = source.head(_LONGEST_HEAD)
    place = head.find(b"av1C")
    flags = head[place + 6] if 0 <= place < len(head) - 6 else 0
    return 8 if not flags & _HIGH_BIT_DEPTH else 12 if flags & _TWELVE_BITS else 10


def _decode_avif(source: Source, size: tuple[int, int], bits: int, *, has_alpha: bool) -> NDArray[Any]:
    try:
        codes: NDArray[Any] = imagecodecs.avif_decode(source.content(), index=0, numthreads=2)
    except Exception as error:  # a decoder may raise anything on damaged data
        raise source.fault(error) from error
    if codes.ndim == 2:
        codes = np.broadcast_to(codes[..., None], (*codes.shape, 3))
    expected = (*size, 4 if has_alpha else 3)
    if codes.shape != expected or codes.dtype != (np.uint16 if bits > 8 else np.uint8):
        raise source.fault(f"decoded to {codes.dtype} of shape {codes.shape}")
    return codes


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


def _read_metadata(info: Mapping[Any, Any]) -> Metadata:
    exif = info.get("exif") or b""
    return Metadata(
        exif=exif.removeprefix(b"Exif\0\0") or None,
        xmp=info.get("xmp") or None,
        icc=info.get("icc_profile") or None,
    )
