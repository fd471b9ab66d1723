"""Photoshop image resources of a result: the source's without those that coloring makes false.

Structure after Adobe Photoshop File Formats Specification, "Image Resource Blocks".
"""

from __future__ import annotations

from tintype.photos.formats.photoshop import IPTC_RESOURCE, find_iptc

_SIGNATURES = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")
# Mode and color tables, thumbnails, profiles, Exif and XMP copies, layers and paths' state, alpha names.
_OUTDATED = {0x03E8, 0x0409, 0x040C, 0x040F, 0x0411, 0x0416, 0x0417, 0x0422, 0x0423, 0x0424}


def filter_resources(block: bytes) -> bytes:
    """Return the resources that stay true, byte for byte; what follows a damaged one is left out."""
    kept = bytearray()
    place = 0
    while block[place : place + 4] in _SIGNATURES and place + 12 <= len(block):
        number = int.from_bytes(block[place + 4 : place + 6], "big")
        start = place + 6 + (block[place + 6] + 2) // 2 * 2
        size = int.from_bytes(block[start : start + 4], "big")
        end = start + 4 + size + size % 2
        if start + 4 + size > len(block):
            break
        if number not in _OUTDATED:
            kept += block[place:end].ljust(end - place, b"\0")
        place = end
    return bytes(kept)


def join_iptc(resources: bytes | None, iptc: bytes | None) -> bytes | None:
    """Return resources that hold the IPTC-IIM records, which TIFF may keep in a tag of their own instead."""
    if not iptc or find_iptc(resources or b""):
        return resources
    head = b"8BIM" + IPTC_RESOURCE.to_bytes(2, "big") + b"\0\0" + len(iptc).to_bytes(4, "big")
    return (resources or b"") + head + iptc + b"\0" * (len(iptc) % 2)


def has_iptc_field(iptc: bytes | None, dataset: int) -> bool:
    """Whether IPTC-IIM records have an application (record 2) field, e.g. 40: special instructions."""
    return iptc is not None and bytes((0x1C, 2, dataset)) in iptc
