"""TIFF: decoded by libtiff through libvips, rarer kinds by tifffile; tags are kept as raw bytes."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import UnreadablePhotoError, UnsupportedFormatError
from tintype.photos.formats.photoshop import find_iptc
from tintype.photos.formats.source import Source, name_page
from tintype.photos.formats.stored_page import Kind, StoredPage, fetch_from
from tintype.photos.formats.tiff_tags import (
    POINTERS,
    Directory,
    DirectoryError,
    Layout,
    list_offsets,
    read_directory,
    read_layout,
    write_block,
)
from tintype.photos.formats.vips_strips import COLOR_CHANNELS, VipsStrips
from tintype.photos.photo import Encoding, Metadata

logging.getLogger("tifffile").addHandler(logging.NullHandler())

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_ORIENTATION, _SAMPLES, _ROWS, _X_RESOLUTION, _Y_RESOLUTION, _PLANAR = 274, 277, 278, 282, 283, 284
_UNIT, _PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _EXTRA, _SAMPLE_FORMAT = 296, 317, 322, 323, 338, 339
_XMP, _IPTC, _PHOTOSHOP, _ICC, _DNG_VERSION = 700, 33723, 34377, 34675, 50706

_COMPRESSIONS = {
    1: None, 2: "ccitt", 3: "ccittfax3", 4: "ccittfax4", 5: "lzw", 6: "jpeg", 7: "jpeg", 8: "deflate",
    32771: None, 32773: "packbits", 32946: "deflate", 33003: "jpeg2000", 33005: "jpeg2000", 34712: "jpeg2000",
    34887: "lerc", 34925: "lzma", 50000: "zstd", 50001: "webp", 50002: "jxl", 52546: "jxl",
}  # fmt: skip
_VIPS_COMPRESSIONS = {1, 2, 3, 4, 5, 6, 7, 8, 32771, 32773, 32946, 50001}
_LOSSY = {"jpeg", "jpeg2000", "lerc", "webp", "jxl"}
_COLORS = {0: "gray", 1: "gray", 2: "rgb", 3: "palette", 4: "gray", 5: "cmyk", 6: "ycbcr", 8: "lab", 9: "lab"}
_RAW_PHOTOMETRICS = {32803, 34892}

_LAYOUT_TAGS = (
    {_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _ROWS, _PLANAR, _PREDICTOR, _EXTRA}
    | {_TILE_WIDTH, _TILE_HEIGHT, 324, 325, _SAMPLE_FORMAT, 340, 341, 273, 279, 280, 281, 288, 289, 290, 291}
    | {
        255,
        263,
        264,
        265,
        266,
        292,
        293,
        300,
        301,
        318,
        319,
        320,
        321,
        326,
        327,
        328,
        330,
        332,
        333,
        334,
        336,
    }
    | {342, 347, *range(512, 522), 529, 530, 531, 532, 559, 34675, 37724, 50341, 50838, 50839}
)
"""Tags that describe how the pixels are stored; false for the result, so left out of what is kept."""
_SEPARATE_TAGS = {_XMP, _IPTC, _PHOTOSHOP, *POINTERS}
_UPRIGHT_TAGS = {_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _UNIT}


def open_tiff(source: Source, page: int) -> StoredPage:
    """Describe one page of a TIFF or BigTIFF.

    Raises:
        UnreadablePhotoError: the page or its directory is damaged.
        UnsupportedFormatError: floating-point, signed or 32-bit samples, camera raw, an unknown compression.
    """
    layout, offsets = _list_pages(source, page)
    source = replace(source, name=name_page(source.name, page, len(offsets)))
    try:
        directory = read_directory(source.stream, layout, offsets[page])
    except DirectoryError as error:
        raise source.fault(error) from error
    shape = _Shape.of(directory)
    shape.check(source)
    return replace(
        _open_pixels(source, page, shape),
        metadata=_read_metadata(directory),
        encoding=_read_encoding(directory, layout, shape),
        orientation=directory.first(_ORIENTATION, 1),
        page_count=len(offsets),
    )


def _list_pages(source: Source, page: int) -> tuple[Layout, list[int]]:
    try:
        layout = read_layout(source.stream)
        offsets, broken = list_offsets(source.stream, layout)
    except DirectoryError as error:
        raise source.fault(error) from error
    if broken:
        # libtiff refuses all pages of such a file, and no result should quietly lack the rest of them.
        raise replace(source, name=name_page(source.name, len(offsets) - 1, len(offsets))).fault(broken)
    if page >= len(offsets):
        raise UnreadablePhotoError(f"{source.name}: there is no page {page + 1}; the file has {len(offsets)}")
    return layout, offsets


@dataclass(frozen=True)
class _Shape:
    """What of a page's layout decides how it is decoded."""

    height: int
    width: int
    bits: int
    samples: int
    photometric: int
    compression: int
    sample_format: int
    alpha: int
    is_raw: bool
    is_tiled: bool
    is_planar: bool

    @classmethod
    def of(cls, directory: Directory) -> _Shape:
        photometric = directory.first(_PHOTOMETRIC, 1)
        return cls(
            height=directory.first(_HEIGHT, 0),
            width=directory.first(_WIDTH, 0),
            bits=directory.first(_BITS, 1),
            samples=directory.first(_SAMPLES, 1),
            photometric=photometric,
            compression=directory.first(_COMPRESSION, 1),
            sample_format=directory.first(_SAMPLE_FORMAT, 1),
            alpha=directory.first(_EXTRA, 0),
            is_raw=photometric in _RAW_PHOTOMETRICS or _DNG_VERSION in directory.tags,
            is_tiled=_TILE_WIDTH in directory.tags,
            is_planar=directory.first(_PLANAR, 1) == 2 and directory.first(_SAMPLES, 1) > 1,
        )

    @property
    def kind(self) -> Kind:
        """What the color channels are, as tifffile delivers them."""
        name = _COLORS.get(self.photometric, "gray")
        kinds: dict[str, Kind] = {"gray": "gray", "cmyk": "cmyk", "lab": "lab"}
        return kinds.get(name, "rgb")

    @property
    def suits_vips(self) -> bool:
        """Whether libvips decodes such a page exactly."""
        return (
            self.bits in (1, 2, 4, 8, 16)
            and self.compression in _VIPS_COMPRESSIONS
            and _COLORS.get(self.photometric) != "lab"
            and not (self.is_tiled and self.is_planar)
        )

    def check(self, source: Source) -> None:
        """Refuse what neither decoder delivers as 8 or 16 bits."""
        if self.is_raw:
            raise UnsupportedFormatError(f"{source.name}: a camera raw file can't be read; develop it first")
        if self.sample_format != 1 or self.bits > 16 or self.compression not in _COMPRESSIONS:
            kind = {2: "signed", 3: "floating-point"}.get(self.sample_format, "integer")
            raise UnsupportedFormatError(
                f"{source.name}: {self.bits}-bit {kind} samples with TIFF compression {self.compression} "
                "can't be read; save it with 8 or 16 bits, LZW or Deflate"
            )
        if not (self.width > 0 and self.height > 0 and 0 < self.samples <= 64):
            raise source.fault(f"a size of {self.width} x {self.height}")


def _open_pixels(source: Source, page: int, shape: _Shape) -> StoredPage:
    """Open a page by libvips, or where that can't be by tifffile, which takes more memory."""
    if not shape.suits_vips:
        return _open_by_tifffile(source, page, shape)
    try:
        _open_by_vips(source, page, shape).fetch(0, 1)
    except UnreadablePhotoError as damage:
        # libvips also stops at oddities such as a repeated tag, which is how tifffile writes descriptions
        try:
            return _open_by_tifffile(source, page, shape)
        except UnsupportedFormatError:
            raise damage from None
    return _open_by_vips(source, page, shape)


def _open_by_vips(source: Source, page: int, shape: _Shape) -> StoredPage:
    strips = VipsStrips(source, "tiffload", page=page, fail_on="warning")
    if not strips.bit_depth or strips.extra_channels < 0:
        raise UnsupportedFormatError(
            f"{source.name}: this kind of TIFF can't be read; save it with 8 or 16 bits"
        )
    color = COLOR_CHANNELS[strips.kind]
    has_alpha, notes = _judge_extra(strips.extra_channels, shape)
    kept = color + has_alpha
    return StoredPage(
        strips.height,
        strips.width,
        strips.bit_depth,
        strips.kind,
        lambda top, bottom: strips.fetch(top, bottom)[..., :kept],
        has_alpha=has_alpha,
        notes=notes,
    )


def _judge_extra(extra: int, shape: _Shape) -> tuple[bool, tuple[str, ...]]:
    """Return whether the first extra channel is an alpha, and what to say of channels that are left out."""
    has_alpha = extra > 0 and shape.alpha in (1, 2)
    if extra > has_alpha:
        return has_alpha, (f"{extra - has_alpha} extra channel(s) of unknown meaning are left out",)
    return has_alpha, ()


def _open_by_tifffile(source: Source, page: int, shape: _Shape) -> StoredPage:
    if shape.photometric in (3, 6) or shape.bits < 8:
        raise UnsupportedFormatError(
            f"{source.name}: this kind of TIFF (compression {shape.compression}, "
            f"photometric {shape.photometric}, {shape.bits} bits) can't be read; save it with LZW or Deflate"
        )
    color = COLOR_CHANNELS[shape.kind]
    has_alpha, notes = _judge_extra(shape.samples - color, shape)

    def decode() -> NDArray[Any]:
        return _decode_by_tifffile(source, page, shape)[..., : color + has_alpha]

    return StoredPage(
        shape.height,
        shape.width,
        16 if shape.bits > 8 else 8,
        shape.kind,
        fetch_from(decode, shape.bits),
        has_alpha=has_alpha,
        notes=notes,
    )


def _decode_by_tifffile(source: Source, page: int, shape: _Shape) -> NDArray[Any]:
    import tifffile  # noqa: PLC0415  the large library is only needed for the rare kinds

    try:
        with tifffile.TiffFile(source.rewound()) as file:
            stored = file.pages[page]
            samples = stored.asarray(maxworkers=1)
    except Exception as error:  # a decoder may raise anything on damaged data
        raise source.fault(error) from error
    samples = np.moveaxis(samples, 0, -1) if shape.is_planar else samples
    expected = (shape.height, shape.width, shape.samples)
    if samples.size != np.prod(expected) or samples.dtype not in (np.uint8, np.uint16):
        raise source.fault(f"{samples.dtype} samples of shape {samples.shape}")
    samples = samples.reshape(expected)
    if shape.photometric == 0:
        samples = ((1 << shape.bits) - 1) - samples
    return samples


def _read_metadata(directory: Directory) -> Metadata:
    photoshop = directory.content(_PHOTOSHOP)
    kept = {n: tag for n, tag in directory.tags.items() if n not in _LAYOUT_TAGS | _SEPARATE_TAGS}
    tags = {n: (tag.type, _value(directory, n)) for n, tag in kept.items() if n not in _UPRIGHT_TAGS}
    extra = {"photoshop": photoshop, "tiff_tags": tags}
    return Metadata(
        exif=write_block(replace(directory, tags=kept)) if kept or directory.children else None,
        xmp=directory.content(_XMP),
        iptc=directory.content(_IPTC) or (find_iptc(photoshop) if photoshop else None),
        icc=directory.content(_ICC),
        resolution=_find_resolution(directory),
        resolution_unit="cm" if directory.first(_UNIT, 2) == 3 else "inch",
        extra={name: value for name, value in extra.items() if value},
    )


def _value(directory: Directory, number: int) -> Any:
    tag = directory.tags[number]
    return tag.data if tag.type in (1, 2, 7) else directory.values(number)


def _find_resolution(directory: Directory) -> tuple[float, float] | None:
    horizontal, vertical = directory.ratio(_X_RESOLUTION), directory.ratio(_Y_RESOLUTION)
    unit = {2: 1.0, 3: 2.54}.get(directory.first(_UNIT, 2))
    if not horizontal or not vertical or unit is None:
        return None
    return horizontal * unit, vertical * unit


def _read_encoding(directory: Directory, layout: Layout, shape: _Shape) -> Encoding:
    compression = _COMPRESSIONS.get(shape.compression)
    tile = (directory.first(_TILE_WIDTH, 0), directory.first(_TILE_HEIGHT, 0)) if shape.is_tiled else None
    return Encoding(
        format="TIFF",
        bits=shape.bits,
        color=_COLORS.get(shape.photometric, "gray"),
        compression=compression,
        lossless=compression not in _LOSSY,
        predictor=directory.first(_PREDICTOR, 1),
        tile=tile,
        rows_per_strip=None if tile else min(directory.first(_ROWS, shape.height), shape.height),
        big=layout.big,
        byte_order="little" if layout.byte_order == "<" else "big",
        planar=shape.is_planar,
    )
