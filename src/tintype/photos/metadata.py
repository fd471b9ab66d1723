"""EXIF, IPTC and XMP of a result: all that its source said, but for what coloring makes false, and the mark.

What is corrected: sizes, the number and depth of the channels, the color space, the orientation once applied,
the thumbnail. What is added: the mark. Nothing that a person wrote is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.dom import minidom
from xml.sax.saxutils import escape

from tintype.photos.exif_block import ExifError, exif_for_result, fit_exif, has_thumbnail
from tintype.photos.mark import DIGITAL_SOURCE_TYPE, Mark, describe_coloring
from tintype.photos.xmp_file import read_xmp
from tintype.photos.xmp_packet import (
    RDF,
    XmpError,
    add_properties,
    correct_properties,
    find_elements,
    find_text,
    has_property,
    merge_extended,
    parse_fragment,
    parse_packet,
    remove_namespace,
    remove_property,
    write_packet,
)

__all__ = [
    "DIGITAL_SOURCE_TYPE",
    "ExifError",
    "Mark",
    "ResultFacts",
    "XmpError",
    "describe_coloring",
    "exif_for_result",
    "fit_exif",
    "has_thumbnail",
    "mark_from_xmp",
    "read_mark",
    "xmp_for_result",
    "xmp_with_mark",
]

_FIELDS: Mapping[str, str] = {
    "model": "tintype:Model",
    "tintype_version": "tintype:Version",
    "guidance_digest": "tintype:GuidanceDigest",
    "source_sha256": "tintype:SourceSHA256",
    "result_digest": "tintype:ResultDigest",
    "sentence": "tintype:Sentence",
}
_SOURCE_TYPE, _SYSTEM = "Iptc4xmpExt:DigitalSourceType", "Iptc4xmpExt:AISystemUsed"
_SYSTEM_VERSION = "Iptc4xmpExt:AISystemVersionUsed"
_OUR_PROPERTIES = (_SYSTEM_VERSION, "tintype:SourceDigitalSourceType", *_FIELDS.values())
# They speak of second pictures in the file (gain maps, motion, depth), which a result does not have.
_COMPANION_NAMESPACES = (
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.google.com/photos/1.0/container/",
)
_COLORIMETRY = ("tiff:TransferFunction", "tiff:WhitePoint", "tiff:PrimaryChromaticities", "exif:Gamma")
_THUMBNAILS = ("xmp:Thumbnails", "xmp:ThumbnailsHash")


@dataclass(frozen=True)
class ResultFacts:
    """What the metadata of a result must say of its pixels.

    Attributes:
        height: rows.
        width: columns.
        bits: per channel, 8 or 16.
        profile_name: what the result's ICC profile calls itself; `sRGB` for plain sRGB.
        is_srgb: whether the codes are sRGB ones, by whatever profile.
        keeps_profile: whether the result carries the very profile of its source, so that what the source says
            of its primaries stays true.
        media_type: e.g. ``image/tiff``.
        is_ycbcr: whether the channels are stored as luma and chroma, as in a JPEG.
    """

    height: int
    width: int
    bits: int = 8
    profile_name: str = "sRGB"
    is_srgb: bool = True
    keeps_profile: bool = False
    media_type: str = "image/png"
    is_ycbcr: bool = False


def xmp_with_mark(
    xmp: bytes | None,
    mark: Mark,
    facts: ResultFacts,
    *,
    extended: Iterable[bytes] = (),
    instructed: bool = False,
) -> bytes:
    """Return an XMP packet for a result, with the mark; see `xmp_for_result`."""
    document = _corrected(xmp, facts, extended)
    _add_mark(document, mark, instructed=instructed)
    return write_packet(document)


def xmp_for_result(
    xmp: bytes | None,
    facts: ResultFacts,
    mark: Mark | None,
    *,
    extended: Iterable[bytes] = (),
    instructed: bool = False,
) -> bytes | None:
    """Return the XMP packet of a result.

    Every property of the source stays but for those that coloring makes false. The mark is the IPTC
    properties `DigitalSourceType`, `AISystemUsed` and `AISystemVersionUsed`, our own `tintype:` properties,
    and a sentence for people: as an event of `xmpMM:History`, and in `photoshop:Instructions`, which every
    catalog shows, where nobody has written something there.

    Args:
        xmp: the source's packet.
        facts: of the result.
        mark: None writes none (`--no-mark`).
        extended: segments of extended XMP, of a JPEG.
        instructed: whether the source's IPTC-IIM records have instructions, which `photoshop:Instructions`
            would contradict.

    Returns:
        The packet, UTF-8; None where there is nothing to say.

    Raises:
        XmpError: the source's packet can't be parsed.
    """
    if mark is not None:
        return xmp_with_mark(xmp, mark, facts, extended=extended, instructed=instructed)
    return write_packet(_corrected(xmp, facts, extended)) if xmp else None


def _corrected(xmp: bytes | None, facts: ResultFacts, extended: Iterable[bytes]) -> minidom.Document:
    document = parse_packet(xmp)
    merge_extended(document, extended)
    space = "1" if facts.is_srgb else "65535"
    correct_properties(
        document,
        {
            "tiff:ImageWidth": facts.width,
            "tiff:ImageLength": facts.height,
            "tiff:BitsPerSample": (facts.bits,) * 3,
            "tiff:SamplesPerPixel": 3,
            "tiff:PhotometricInterpretation": 6 if facts.is_ycbcr else 2,
            "tiff:Orientation": 1,
            "exif:PixelXDimension": facts.width,
            "exif:PixelYDimension": facts.height,
            "exif:ColorSpace": space,
            "photoshop:ColorMode": 3,
            "photoshop:ICCProfile": facts.profile_name,
            "dc:format": facts.media_type,
        },
    )
    for name in (*_THUMBNAILS, "tiff:YCbCrSubSampling", *(() if facts.keeps_profile else _COLORIMETRY)):
        remove_property(document, name)
    for uri in _COMPANION_NAMESPACES:
        remove_namespace(document, uri)
    return document


def _add_mark(document: minidom.Document, mark: Mark, *, instructed: bool) -> None:
    origin, system = find_text(document, _SOURCE_TYPE), find_text(document, _SYSTEM)
    for name in (_SOURCE_TYPE, _SYSTEM, *_OUR_PROPERTIES):
        remove_property(document, name)
    others = [part for part in (system or "").split("; ") if part and not part.startswith("Tintype ")]
    properties: dict[str, object] = {
        _SOURCE_TYPE: DIGITAL_SOURCE_TYPE,
        _SYSTEM: "; ".join([*others, mark.system]),
        _SYSTEM_VERSION: mark.system_version,
        **{name: getattr(mark, attribute) for attribute, name in _FIELDS.items()},
    }
    if origin and origin != DIGITAL_SOURCE_TYPE:
        properties["tintype:SourceDigitalSourceType"] = origin
    add_properties(document, {name: _printable(value) for name, value in properties.items()})
    if not instructed and not has_property(document, "photoshop:Instructions"):
        add_properties(document, {"photoshop:Instructions": _printable(mark.sentence)})
    _add_event(document, mark)


def _printable(value: object) -> str:
    """Return a text without the control characters that XML can't hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", str(value))


def _add_event(document: minidom.Document, mark: Mark) -> None:
    """Append what was done and by what to the picture's history, which asset managers show.

    Not when: a result that is rendered again has the same bytes, and the file's own date tells the time.
    """
    history = find_elements(document, "xmpMM:History")
    lists = history[0].getElementsByTagNameNS(RDF, "Seq") if history else []
    if history and not lists:
        return
    event = _create_event(mark)
    if lists:
        lists[0].appendChild(document.importNode(event, deep=True))
        return
    add_properties(document, {"xmpMM:History": ()})
    new_list = find_elements(document, "xmpMM:History")[0].getElementsByTagNameNS(RDF, "Seq")[0]
    new_list.appendChild(document.importNode(event, deep=True))


def _create_event(mark: Mark) -> minidom.Element:
    facts = {
        "stEvt:action": "edited",
        "stEvt:softwareAgent": _printable(mark.system),
        "stEvt:parameters": _printable(mark.sentence),
    }
    body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in facts.items())
    return parse_fragment(f'<rdf:li rdf:parseType="Resource">{body}</rdf:li>')


def mark_from_xmp(packet: bytes | None) -> Mark | None:
    """Return the mark in a packet; None where there is none or the packet can't be parsed."""
    if not packet:
        return None
    try:
        document = parse_packet(packet)
    except XmpError:
        return None
    found = {attribute: find_text(document, name) for attribute, name in _FIELDS.items()}
    if not found["model"] or not found["result_digest"]:
        return None
    return Mark(**{attribute: value or "" for attribute, value in found.items()})


def read_mark(path: Path | str) -> Mark | None:
    """Return the mark of a result, from the file or from its sidecar; None where there is none.

    Only headers are read, no pixels: it costs a millisecond, whatever the picture's size.
    """
    return mark_from_xmp(read_xmp(Path(path)))
