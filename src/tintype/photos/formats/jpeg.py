"""JPEG: decoded by libjpeg-turbo through libvips, its segments read by Pillow."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from PIL import JpegImagePlugin

from tintype.errors import UnreadablePhotoError
from tintype.photos.formats.photoshop import find_iptc
from tintype.photos.formats.source import Source, quiet_pillow
from tintype.photos.formats.stored_page import StoredPage, find_orientation
from tintype.photos.formats.vips_strips import VipsStrips
from tintype.photos.photo import Encoding, Metadata

_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_SUBSAMPLINGS = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:1:1", (1, 2): "4:4:0"}
_HARMLESS = ("extraneous bytes before marker", "Invalid SOS parameters", "Inconsistent progression")


def open_jpeg(source: Source, page: int) -> StoredPage:
    """Describe a JPEG; of a file with several pictures (MPO) the first."""
    strips = _ForgivingStrips(source)
    with quiet_pillow():
        header = JpegImagePlugin.JpegImageFile(source.rewound())
        metadata = _read_metadata(header)
    return StoredPage(
        strips.height,
        strips.width,
        strips.bit_depth,
        strips.kind,
        strips.fetch,
        metadata=metadata,
        encoding=_read_encoding(header),
        orientation=find_orientation(metadata.exif),
    )


class _ForgivingStrips:
    """Strips of a JPEG: what is damaged or cut off is an error, the sloppiness of cameras is not."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._strips = VipsStrips(source, "jpegload", fail_on="warning")
        self.height, self.width = self._strips.height, self._strips.width
        self.bit_depth, self.kind = self._strips.bit_depth, self._strips.kind

    def fetch(self, top: int, bottom: int) -> NDArray[Any]:
        try:
            return self._strips.fetch(top, bottom)
        except UnreadablePhotoError as error:
            if not any(complaint in str(error) for complaint in _HARMLESS):
                raise
        self._strips = VipsStrips(self._source, "jpegload", fail_on="truncated")
        return self._strips.fetch(top, bottom)


def _read_metadata(header: JpegImagePlugin.JpegImageFile) -> Metadata:
    info = header.info
    segments = header.applist
    photoshop = b"".join(data[len(_PHOTOSHOP) :] for _, data in segments if data.startswith(_PHOTOSHOP))
    extended = tuple(data for _, data in segments if data.startswith(_EXTENDED_XMP))
    jfif = next((data for name, data in segments if name == "APP0" and data.startswith(b"JFIF\0")), None)
    exif = info.get("exif", b"")
    extra = {"photoshop": photoshop, "extended_xmp": extended, "jfif": jfif}
    return Metadata(
        exif=exif.removeprefix(b"Exif\0\0") or None,
        xmp=info.get("xmp"),
        iptc=find_iptc(photoshop),
        icc=info.get("icc_profile"),
        resolution=_find_resolution(info),
        resolution_unit="cm" if info.get("jfif_unit") == 2 else "inch",
        comment=info.get("comment"),
        extra={name: value for name, value in extra.items() if value},
    )


def _find_resolution(info: dict[str | tuple[int, int], Any]) -> tuple[float, float] | None:
    horizontal, vertical = info.get("dpi", (0, 0))
    return (float(horizontal), float(vertical)) if horizontal > 0 and vertical > 0 else None


def _read_encoding(header: JpegImagePlugin.JpegImageFile) -> Encoding:
    components = [(layer[1], layer[2]) for layer in header.layer]
    tables = tuple(tuple(table) for _, table in sorted(header.quantization.items()))
    return Encoding(
        format="JPEG",
        bits=header.bits,
        color={1: "gray", 3: "ycbcr", 4: "cmyk"}.get(len(components), "rgb"),
        lossless=False,
        quantization=tables or None,
        subsampling=_SUBSAMPLINGS.get(components[0], "other") if len(components) >= 3 else None,
        progressive=bool(header.info.get("progressive")),
    )
