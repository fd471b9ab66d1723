"""From a picture and its source to a page for an encoder: what stays, what is corrected, what is lost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tintype.photos.encoders.page import Page, Picture, WholePicture, create_thumbnail
from tintype.photos.encoders.photoshop_resources import filter_resources, has_iptc_field
from tintype.photos.file_format import FileFormat
from tintype.photos.metadata import (
    ExifError,
    Mark,
    ResultFacts,
    XmpError,
    exif_for_result,
    has_thumbnail,
    xmp_for_result,
)
from tintype.photos.photo import Photo
from tintype.photos.profile import SRGB, RgbSpace

_INSTRUCTIONS = 40


def list_losses(photo: Photo, file_format: FileFormat) -> Iterator[str]:
    """Say aloud what the result can't have of its source."""
    name, encoding, metadata = file_format.name, photo.encoding, photo.metadata
    if encoding.format == "GIF" and name == "PNG":
        yield "written as PNG, because a GIF can't hold the result"
    elif encoding.bits < 8 or encoding.color == "palette":
        kind = "palette" if encoding.color == "palette" else f"{encoding.bits}-bit"
        yield f"written as 8-bit RGB, because a {kind} picture can't hold the result"
    if photo.bit_depth > file_format.bits:
        yield f"reduced to 8 bits per channel, because {name} holds no more; name it .tif or .png to keep 16"
    if photo.alpha is not None and not file_format.has_alpha:
        yield f"the transparency is left out, because {name} has none"
    if photo.rgb_space.icc and not file_format.has_profile:
        yield f"converted from {photo.rgb_space.name} to sRGB, because no profile is written into {name}"
    has_text = bool(metadata.comment or metadata.extra.get("text"))
    lost = {
        "EXIF": metadata.exif and not file_format.has_exif,
        "IPTC": metadata.iptc and not file_format.has_iptc,
        "comments": has_text and not file_format.has_text,
    }
    if missing := ", ".join(it for it, is_lost in lost.items() if is_lost):
        yield f"left out, because {name} has no place for it: {missing}"


def prepare_page(
    picture: Picture, photo: Photo, file_format: FileFormat, mark: Mark | None, notes: dict[str, None]
) -> Page:
    """Return a page with its metadata corrected; metadata that is damaged is left out, and `notes` say so."""
    picture = picture if file_format.has_pages else WholePicture(picture)
    facts = _describe(picture, photo, file_format)
    metadata = photo.metadata
    return Page(
        picture,
        facts.bits,
        alpha=photo.alpha if file_format.has_alpha else None,
        to_srgb=not file_format.has_profile and picture.rgb_space.icc is not None,
        icc=picture.rgb_space.icc if file_format.has_profile else None,
        exif=_correct_exif(picture, metadata.exif, facts, notes) if file_format.has_exif else None,
        xmp=_correct_xmp(photo, facts, mark, notes),
        iptc=metadata.iptc,
        photoshop=filter_resources(metadata.extra.get("photoshop", b"")) or None,
        metadata=metadata,
        encoding=photo.encoding,
        is_alike=photo.encoding.format == file_format.name,
    )


def _describe(picture: Picture, photo: Photo, file_format: FileFormat) -> ResultFacts:
    space = picture.rgb_space if file_format.has_profile else SRGB
    return ResultFacts(
        picture.height,
        picture.width,
        min(file_format.bits, 8 * picture.dtype.itemsize),
        profile_name=space.name,
        is_srgb=_is_srgb(space),
        keeps_profile=space.icc is not None and space.icc == photo.metadata.icc,
        media_type=file_format.media_type,
        is_ycbcr=file_format.name == "JPEG",
    )


def _is_srgb(space: RgbSpace) -> bool:
    """Whether codes mean what they mean in sRGB, but for the rounding of profiles."""
    tolerance = 1e-3
    return bool(
        np.allclose(space.matrix, SRGB.matrix, atol=tolerance)
        and np.allclose(space.curve, SRGB.curve, atol=tolerance)
    )


def _correct_exif(
    picture: Picture, exif: bytes | None, facts: ResultFacts, notes: dict[str, None]
) -> bytes | None:
    if not exif:
        return None
    thumbnail = create_thumbnail(picture) if has_thumbnail(exif) else None
    try:
        return exif_for_result(
            exif, facts.height, facts.width, thumbnail,
            bits=facts.bits, is_srgb=facts.is_srgb, keeps_profile=facts.keeps_profile,
        )  # fmt: skip
    except ExifError as error:
        notes[f"the EXIF data is damaged and left out: {error}"] = None
        return None


def _correct_xmp(photo: Photo, facts: ResultFacts, mark: Mark | None, notes: dict[str, None]) -> bytes | None:
    metadata = photo.metadata
    extended: tuple[bytes, ...] = metadata.extra.get("extended_xmp", ())
    instructed = has_iptc_field(metadata.iptc, _INSTRUCTIONS)
    try:
        return xmp_for_result(metadata.xmp, facts, mark, extended=extended, instructed=instructed)
    except XmpError as error:
        notes[f"the XMP data is damaged and left out: {error}"] = None
        return xmp_for_result(None, facts, mark, instructed=instructed)
