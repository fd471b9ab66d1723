"""A photograph (one page of a file) with all that it carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import lab_to_srgb
from tintype.photos.blocks import average_blocks, find_step
from tintype.photos.profile import SRGB, RgbSpace


@dataclass(frozen=True)
class Metadata:
    r"""What a file says beside its pixels, as found: nothing is corrected, orientation included.

    Attributes:
        exif: the Exif block as a TIFF structure, without the ``Exif\0\0`` prefix. For a TIFF file it is
            rebuilt from the page's tags (layout tags such as StripOffsets left out) with its Exif, GPS and
            interoperability IFDs.
        xmp: the XMP packet.
        iptc: the IPTC-IIM records alone (Photoshop's resource 0x0404, or TIFF tag 33723).
        icc: the embedded ICC profile of the *source*; the result's is ``Photo.rgb_space.icc``.
        resolution: (x, y) in pixels per inch, whatever the file's own unit.
        resolution_unit: the file's own unit: ``inch``, ``cm``, ``meter`` (PNG, JPEG 2000).
        comment: JPEG or GIF comment.
        extra: what only one format has:
            ``jfif``: bytes, the content of a JPEG's JFIF segment, whose units need not be those of the EXIF data;
            ``extended_xmp``: tuple of bytes, the contents of the segments that continue a long JPEG XMP packet;
            ``photoshop``: bytes, all Photoshop image resources (8BIM blocks), IPTC included (JPEG, TIFF);
            ``text``: tuple of (keyword, text, language, translated keyword), PNG text chunks but XMP's;
            ``time``: bytes, the PNG tIME chunk's seven bytes;
            ``tiff_tags``: dict of tag number -> (TIFF type number, value), a page's descriptive tags.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    icc: bytes | None = None
    resolution: tuple[float, float] | None = None
    resolution_unit: str = "inch"
    comment: bytes | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Encoding:
    """How the source was stored, so that the result can be stored alike.

    Attributes:
        format: JPEG, PNG, TIFF, WEBP, AVIF, JPEG2000, BMP, GIF, HEIC or JXL; PNG for arrays.
        bits: bits per sample of the source: 1, 2, 4, 8, 10, 12 or 16.
        color: how the source's pixels were meant: gray, rgb, ycbcr, cmyk, palette or lab.
        compression: TIFF: none, lzw, deflate, packbits, jpeg, ccittfax4, zstd ...; else None.
        lossless: whether the pixels were stored without loss.
        quantization: JPEG: the tables by their numbers, 64 values each, as Pillow's `qtables` takes them.
        subsampling: JPEG chroma: ``4:4:4``, ``4:2:2``, ``4:2:0`` or another; None for gray.
        progressive: progressive JPEG or interlaced PNG.
        predictor: TIFF: 1 none, 2 horizontal differences, 3 floating point.
        tile: TIFF: (width, height) of the tiles; None for strips.
        rows_per_strip: TIFF: rows of a strip; None for tiles.
        big: BigTIFF.
        byte_order: TIFF: ``little`` or ``big``.
        planar: TIFF: channels stored one after the other.
    """

    format: str = "PNG"
    bits: int = 8
    color: str = "gray"
    compression: str | None = None
    lossless: bool = True
    quantization: tuple[tuple[int, ...], ...] | None = None
    subsampling: str | None = None
    progressive: bool = False
    predictor: int = 1
    tile: tuple[int, int] | None = None
    rows_per_strip: int | None = None
    big: bool = False
    byte_order: str = "little"
    planar: bool = False


@dataclass(frozen=True, eq=False)
class Photo:
    """One page of a photograph file, upright, reduced to its lightness and all that must survive.

    Attributes:
        height: rows, after the orientation was applied.
        width: columns, after the orientation was applied.
        bit_depth: 8 or 16, of the result's channels.
        pixels: (height, width): uint8 or uint16 codes into `table`, or float32 CIE L without one.
        table: float32 (256,) or (65536,), the CIE L 0..100 of each code.
        rgb_space: the space that the RESULT is written in.
        metadata: what the file says beside its pixels.
        encoding: how the file was stored.
        alpha: (height, width) uint8 or uint16 as `bit_depth` says, not premultiplied.
        preview: (h, w, 3) uint8 sRGB of the source, about 1024 pixels on its longer side at most.
        true_ab: (height, width, 2) float32 Lab units, the source's own color; only where it was asked for.
        hue_count: 0 gray, 1 toned (one hue, or tones that follow the lightness), 2 in color.
        path: where it was read from; None for bytes and arrays.
        page: its number in the file, from 0.
        page_count: pages in the file.
        notes: what a person should be told about the reading, one sentence each.
        sha256: of the source file, hexadecimal; of shape and samples for arrays.
    """

    height: int
    width: int
    bit_depth: int
    pixels: NDArray[Any] = field(repr=False)
    table: NDArray[np.float32] | None = field(default=None, repr=False)
    rgb_space: RgbSpace = SRGB
    metadata: Metadata = field(default_factory=Metadata, repr=False)
    encoding: Encoding = field(default_factory=Encoding)
    alpha: NDArray[Any] | None = field(default=None, repr=False)
    preview: NDArray[np.uint8] | None = field(default=None, repr=False)
    true_ab: NDArray[np.float32] | None = field(default=None, repr=False)
    hue_count: int = 0
    path: Path | None = None
    page: int = 0
    page_count: int = 1
    notes: tuple[str, ...] = ()
    sha256: str = ""

    def lightness(self, rows: slice = slice(None), columns: slice = slice(None)) -> NDArray[np.float32]:
        """Return the CIE L, 0..100, of the given rows and columns: float32 (rows, columns)."""
        if self.table is None:
            return cast(NDArray[np.float32], self.pixels[rows, columns])
        return self.table.take(self.pixels[rows, columns])  # three times faster than indexing

    def srgb_preview(self, max_side: int = 1024) -> NDArray[np.float32]:
        """Return the source as it looks, small.

        Args:
            max_side: of the longer side. Without `true_ab` the preview of a toned or color photograph has
                about 1024 pixels at most.

        Returns:
            (h, w, 3) float32 sRGB, 0..1.
        """
        if self.preview is not None and self.true_ab is None:
            step = find_step(self.preview.shape, max_side)
            return average_blocks(self.preview, step) / np.float32(255)
        step = find_step((self.height, self.width), max_side)
        lightness = self._shrink_lightness(step)
        lab = np.zeros((*lightness.shape, 3), np.float32)
        lab[..., 0] = lightness
        if self.true_ab is not None:
            lab[..., 1:] = average_blocks(self.true_ab, step)
        return np.clip(lab_to_srgb(lab), 0, 1)

    def _shrink_lightness(self, step: int) -> NDArray[np.float32]:
        rows = range(0, self.height // step * step, 64 * step)
        strips = [average_blocks(self.lightness(slice(top, top + 64 * step)), step) for top in rows]
        return np.concatenate(strips)

    @classmethod
    def from_array(
        cls,
        array: NDArray[Any],
        *,
        rgb_space: RgbSpace = SRGB,
        keep_ab: bool = False,
        name: str = "the array",
    ) -> Photo:
        """Return a photograph that was never a file.

        Args:
            array: (height, width), (height, width, 3) or, with alpha, (height, width, 4): uint8 or uint16
                codes of `rgb_space`, or float codes 0..1, which are rounded to 16 bits.
            rgb_space: what the codes mean and what the result is written in.
            keep_ab: keep the color as `true_ab`.
            name: what errors call it.

        Returns:
            The photograph; its `sha256` is that of shape, type and samples.

        Raises:
            UnreadablePhotoError: another shape or type, or no pixels.

        >>> Photo.from_array(np.full((2, 3), 128, np.uint8)).lightness()
        array([[53.585014, 53.585014, 53.585014], ...
        """
        # The machinery of reading loads libraries that a photograph itself does not need.
        from tintype.photos.array_source import describe_array  # noqa: PLC0415
        from tintype.photos.canvas import develop  # noqa: PLC0415

        page, plan, digest = describe_array(array, rgb_space, name)
        return replace(develop(page, plan, keep_ab=keep_ab), sha256=digest)
