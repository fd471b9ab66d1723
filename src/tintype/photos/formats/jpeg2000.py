"""JPEG 2000: decoded by OpenJPEG through imagecodecs, 8 to 16 bits; size and boxes are read here."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from tintype.errors import UnsupportedFormatError
from tintype.photos.formats.boxes import list_boxes, read_box
from tintype.photos.formats.source import Source
from tintype.photos.formats.stored_page import Kind, StoredPage, fetch_from, find_orientation
from tintype.photos.photo import Encoding, Metadata

_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF_UUID = b"JpgTiffExif->JP2"
_IPTC_UUID = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
_RESTRICTED_ICC, _ANY_ICC = 2, 3
_CMYK, _SYCC, _PALETTE_BOX = 12, 18, b"pclr"


@dataclass(frozen=True)
class _Size:
    """What the codestream's SIZ marker declares."""

    height: int
    width: int
    bits: int
    channels: int
    is_regular: bool


@dataclass
class _Header:
    """What the boxes around the codestream say."""

    codestream: int = 0
    codestream_end: int = 0
    icc: bytes | None = None
    color_space: int = 0
    has_palette: bool = False
    has_alpha: bool = False
    resolution: tuple[float, float] | None = None
    uuids: dict[bytes, bytes] = field(default_factory=dict)


def open_jpeg2000(source: Source, page: int) -> StoredPage:
    """Describe a JP2 file or a bare codestream.

    Raises:
        UnsupportedFormatError: sub-sampled channels, signed samples, over 16 bits, a palette or YCC.
    """
    header = _read_header(source)
    size = _read_size(source, header.codestream)
    if not size.is_regular or header.has_palette or header.color_space == _SYCC:
        raise UnsupportedFormatError(
            f"{source.name}: this kind of JPEG 2000 ({size.channels} channels, {size.bits} bits) "
            "can't be read; save it as gray or RGB with 8 or 16 bits"
        )
    kind, has_alpha = _judge_channels(size.channels, header)
    metadata = _build_metadata(header)
    return StoredPage(
        size.height,
        size.width,
        16 if size.bits > 8 else 8,
        kind,
        fetch_from(lambda: _decode(source, header, size), size.bits),
        has_alpha=has_alpha,
        metadata=metadata,
        encoding=Encoding(
            format="JPEG2000", bits=size.bits, color=kind, lossless=_is_lossless(source, header)
        ),
        orientation=find_orientation(metadata.exif),
    )


def _read_header(source: Source) -> _Header:
    header = _Header()
    if source.head(4) == b"\xff\x4f\xff\x51":
        return header
    for kind, start, end in list_boxes(source.stream):
        if kind == b"jp2h":
            _read_header_boxes(source, header, start, end)
        elif kind == b"jp2c" and not header.codestream:
            header.codestream, header.codestream_end = start, end
        elif kind == b"uuid" and end - start > 16:
            content = read_box(source.stream, start, end)
            header.uuids.setdefault(content[:16], content[16:])
    return header


def _read_header_boxes(source: Source, header: _Header, start: int, end: int) -> None:
    for kind, first, last in list_boxes(source.stream, start, end):
        content = read_box(source.stream, first, last)
        if kind == b"colr" and len(content) > 3 and not (header.icc or header.color_space):
            _read_color(header, content)
        elif kind == b"cdef" and len(content) >= 2:
            kinds = [content[i + 2 : i + 4] for i in range(2, len(content) - 5, 6)]
            header.has_alpha = b"\0\1" in kinds
        elif kind == b"res ":
            header.resolution = _read_resolution(content)
        header.has_palette |= kind == _PALETTE_BOX


def _read_color(header: _Header, content: bytes) -> None:
    if content[0] in (_RESTRICTED_ICC, _ANY_ICC):
        header.icc = content[3:]
    elif content[0] == 1 and len(content) >= 7:
        header.color_space = int.from_bytes(content[3:7], "big")


def _read_resolution(content: bytes) -> tuple[float, float] | None:
    """Return pixels per inch from a ``res`` super box: of the capture if there, else of the display."""
    boxes = {kind: content[start:end] for kind, start, end in list_boxes(io.BytesIO(content))}
    data = boxes.get(b"resc") or boxes.get(b"resd") or b""
    if len(data) < 10:
        return None
    vertical, below_v, horizontal, below_h, exponent_v, exponent_h = struct.unpack(">HHHHbb", data[:10])
    if not (vertical and below_v and horizontal and below_h):
        return None
    inch = 0.0254
    return horizontal / below_h * 10.0**exponent_h * inch, vertical / below_v * 10.0**exponent_v * inch


def _read_size(source: Source, codestream: int) -> _Size:
    source.stream.seek(codestream)
    data = source.stream.read(4 + 38 + 3 * 16)
    if data[:4] != b"\xff\x4f\xff\x51" or len(data) < 45:
        raise source.fault("no JPEG 2000 codestream")
    right, bottom, left, top = struct.unpack(">4L", data[8:24])
    (channels,) = struct.unpack(">H", data[40:42])
    components = [data[42 + 3 * i : 45 + 3 * i] for i in range(min(channels, 5))]
    width, height = right - left, bottom - top
    if width <= 0 or height <= 0 or not components:
        raise source.fault(f"a size of {width} x {height} with {channels} channels")
    depths = {component[0] for component in components}
    is_regular = (
        len(depths) == 1
        and max(depths) < 16
        and channels <= 5
        and all(component[1:] == b"\1\1" for component in components)
    )
    return _Size(height, width, (components[0][0] & 127) + 1, channels, is_regular)


def _judge_channels(channels: int, header: _Header) -> tuple[Kind, bool]:
    if header.color_space == _CMYK or (header.icc or b"")[16:20] == b"CMYK":
        return "cmyk", channels == 5
    return ("gray" if channels <= 2 else "rgb"), channels in (2, 4)


def _decode(source: Source, header: _Header, size: _Size) -> NDArray[Any]:
    # The codestream alone: from the whole file the codec would apply the profile, to 8 bits and for gray wrongly.
    codestream = read_box(source.stream, header.codestream, header.codestream_end or source.size)
    try:
        codes: NDArray[Any] = imagecodecs.jpeg2k_decode(codestream, numthreads=2)
    except Exception as error:  # a decoder may raise anything on damaged data
        raise source.fault(error) from error
    if codes.shape[:2] != (size.height, size.width) or codes.size != size.height * size.width * size.channels:
        raise source.fault(f"decoded to {codes.shape}")
    return _stretch(codes, size.bits)


def _stretch(codes: NDArray[Any], bits: int) -> NDArray[Any]:
    """Fill 8 bits with what has fewer."""
    if bits >= 8:
        return codes
    highest = (1 << bits) - 1
    return (codes.astype(np.uint16) * 255 // highest).astype(np.uint8)


def _is_lossless(source: Source, header: _Header) -> bool:
    """Return whether the codestream's COD marker names the reversible wavelet."""
    source.stream.seek(header.codestream)
    data = source.stream.read(4096)
    place = data.find(b"\xff\x52")
    return 0 <= place < len(data) - 14 and data[place + 13] == 1


def _build_metadata(header: _Header) -> Metadata:
    exif = header.uuids.get(_EXIF_UUID, b"")
    return Metadata(
        exif=exif.removeprefix(b"Exif\0\0") or None,
        xmp=header.uuids.get(_XMP_UUID) or None,
        iptc=header.uuids.get(_IPTC_UUID) or None,
        icc=header.icc,
        resolution=header.resolution,
        resolution_unit="meter",
    )
