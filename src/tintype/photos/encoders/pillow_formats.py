"""WebP, AVIF and BMP through Pillow, HEIC through pillow-heif, which write the metadata blocks themselves.

Where the source was stored without loss, so is the result, if the format can. Otherwise quality is high: the
source's own setting can't be read from these files, and a coarser one would cost detail that was there.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from tintype.errors import MissingExtraError
from tintype.photos.encoders.page import Page
from tintype.photos.exif_block import remove_orientation

_WEBP_QUALITY, _AVIF_QUALITY, _HEIC_QUALITY = 95, 92, 92
_AVIF_SPEED = 8
_IDENTITY_MATRIX = 0


def encode_webp(stream: BinaryIO, pages: Iterator[Page]) -> tuple[str, ...]:
    """Write one page as a WebP; the colors below transparency are kept too."""
    page = next(pages)
    options = {"lossless": page.encoding.lossless, "quality": 80 if page.encoding.lossless else _WEBP_QUALITY}
    _create_image(page).save(stream, "WEBP", exact=True, **options, **_list_metadata(page))
    return ()


def encode_avif(stream: BinaryIO, pages: Iterator[Page]) -> tuple[str, ...]:
    """Write one page as an 8-bit AVIF with full chroma."""
    page = next(pages)
    options = {"quality": _AVIF_QUALITY, "subsampling": "4:4:4", "speed": _AVIF_SPEED}
    # Pillow would take the orientation, which a container states itself, out of the block by writing it anew.
    upright = replace(page, exif=remove_orientation(page.exif) if page.exif else None)
    _create_image(page).save(stream, "AVIF", **options, **_list_metadata(upright))
    return ()


def encode_bmp(stream: BinaryIO, pages: Iterator[Page]) -> tuple[str, ...]:
    """Write one page as a BMP, which holds pixels and a resolution and nothing else."""
    page = next(pages)
    resolution = page.metadata.resolution
    _create_image(page).save(stream, "BMP", **({"dpi": resolution} if resolution else {}))
    return ()


def encode_heic(stream: BinaryIO, pages: Iterator[Page]) -> tuple[str, ...]:
    """Write one page as a HEIC of 8 bits, or of 12 for a 16-bit page, said aloud.

    Raises:
        MissingExtraError: pillow-heif is not installed.
    """
    page = next(pages)
    try:
        pillow_heif: Any = importlib.import_module("pillow_heif")
    except ModuleNotFoundError as error:
        raise MissingExtraError("HEIC needs an extra: pip install tintype[heif]") from error
    mode = ("RGB" if page.channels == 3 else "RGBA") + (";16" if page.bits == 16 else "")
    pillow_heif.options.SAVE_HDR_TO_12_BIT = True
    pillow_heif.encode(
        mode, (page.width, page.height), page.array().tobytes(), stream,
        chroma=444, **_choose_heic_quality(page), **_list_metadata(page),
    )  # fmt: skip
    return (
        ("HEIC holds 12 bits per channel at most: the 16-bit picture was rounded to that",)
        if page.bits == 16
        else ()
    )


def _choose_heic_quality(page: Page) -> dict[str, int]:
    if page.encoding.lossless and page.bits == 8:
        return {"quality": -1, "matrix_coefficients": _IDENTITY_MATRIX}
    return {"quality": _HEIC_QUALITY}


def _create_image(page: Page) -> Any:
    from PIL import Image  # noqa: PLC0415  loaded when it is needed

    mode = "RGB" if page.channels == 3 else "RGBA"
    return Image.frombuffer(mode, (page.width, page.height), page.array(), "raw", mode, 0, 1)


def _list_metadata(page: Page) -> dict[str, bytes]:
    exif = b"Exif\0\0" + page.exif if page.exif else None
    found = {"exif": exif, "xmp": page.xmp, "icc_profile": page.icc}
    return {name: data for name, data in found.items() if data}


ENCODERS = {"WEBP": encode_webp, "AVIF": encode_avif, "BMP": encode_bmp, "HEIC": encode_heic}
