"""JPEG XL: decoded by libjxl through imagecodecs."""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from tintype.errors import UnsupportedFormatError
from tintype.photos.formats.boxes import list_boxes, read_box
from tintype.photos.formats.jxl_header import JxlHeader, read_jxl_header
from tintype.photos.formats.source import Source
from tintype.photos.formats.stored_page import StoredPage, fetch_from
from tintype.photos.photo import Encoding, Metadata

_LONGEST_HEAD = 4096
_LONGEST_BOX = 16 << 20


def open_jxl(source: Source, page: int) -> StoredPage:
    """Describe a JPEG XL file; of an animation the first frame, said aloud.

    libjxl applies the orientation. Its binding does not hand out the color profile: another one than sRGB
    is named in the notes.

    Raises:
        UnsupportedFormatError: floating-point samples or more than 16 bits.
    """
    codestream, boxes = _read_boxes(source)
    try:
        header = read_jxl_header(codestream)
    except ValueError as error:
        raise source.fault(error) from error
    if header.is_float or header.bits > 16:
        raise UnsupportedFormatError(
            f"{source.name}: {header.bits}-bit JPEG XL samples can't be read; save it with 8 or 16 bits"
        )
    return StoredPage(
        header.height,
        header.width,
        16 if header.bits > 8 else 8,
        "gray" if header.is_gray else "rgb",
        fetch_from(lambda: _decode(source, header)),
        has_alpha=header.has_alpha,
        metadata=_build_metadata(boxes),
        encoding=Encoding(
            format="JXL",
            bits=header.bits,
            color="gray" if header.is_gray else "rgb",
            lossless=not header.is_lossy,
        ),
        notes=_list_notes(header),
    )


def _read_boxes(source: Source) -> tuple[bytes, dict[bytes, bytes]]:
    """Return the first bytes of the codestream and the metadata boxes."""
    if source.head(2) == b"\xff\x0a":
        return source.head(_LONGEST_HEAD), {}
    codestream, boxes = b"", dict[bytes, bytes]()
    for kind, start, end in list_boxes(source.stream):
        if kind in (b"jxlc", b"jxlp") and len(codestream) < _LONGEST_HEAD:
            skipped = 4 if kind == b"jxlp" else 0
            codestream += read_box(source.stream, start + skipped, min(end, start + skipped + _LONGEST_HEAD))
        elif kind == b"brob":
            _unpack(read_box(source.stream, start, end), boxes)
        elif kind in (b"Exif", b"xml "):
            boxes.setdefault(kind, read_box(source.stream, start, end))
    return codestream, boxes


def _unpack(content: bytes, boxes: dict[bytes, bytes]) -> None:
    """Add a box that was packed by Brotli; one that is damaged or a bomb is left out."""
    try:
        boxes.setdefault(content[:4], bytes(imagecodecs.brotli_decode(content[4:], out=_LONGEST_BOX)))
    except imagecodecs.BrotliError:
        return


def _build_metadata(boxes: dict[bytes, bytes]) -> Metadata:
    exif = boxes.get(b"Exif", b"")
    # The box begins with the distance from there to the TIFF header.
    start = 4 + int.from_bytes(exif[:4], "big")
    return Metadata(exif=exif[start:].removeprefix(b"Exif\0\0") or None, xmp=boxes.get(b"xml ") or None)


def _list_notes(header: JxlHeader) -> tuple[str, ...]:
    notes = []
    if header.is_animated:
        notes.append("an animation: only its first frame is used")
    if not header.is_srgb:
        notes.append("the color profile of a JPEG XL file can't be read: its values are taken as sRGB")
    return tuple(notes)


def _decode(source: Source, header: JxlHeader) -> NDArray[Any]:
    try:
        codes: NDArray[Any] = imagecodecs.jpegxl_decode(source.content(), index=0, numthreads=2)
    except Exception as error:  # a decoder may raise anything on damaged data
        raise source.fault(error) from error
    channels = (1 if header.is_gray else 3) + header.has_alpha
    expected = np.uint16 if header.bits > 8 else np.uint8
    if codes.dtype != expected or codes.size != header.height * header.width * channels:
        raise source.fault(f"decoded to {codes.dtype} of shape {codes.shape}")
    return codes.reshape(header.height, header.width, channels)
