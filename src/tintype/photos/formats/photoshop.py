"""Photoshop image resources (8BIM blocks): where JPEG and TIFF files keep IPTC records.

Structure after Adobe Photoshop File Formats Specification, "Image Resource Blocks".
"""

from __future__ import annotations

from collections.abc import Iterator

IPTC_RESOURCE = 0x0404


def list_resources(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (number, data) of each resource of `block`; stops where the block is damaged."""
    place = 0
    while block[place : place + 4] in (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR") and place + 12 <= len(
        block
    ):
        number = int.from_bytes(block[place + 4 : place + 6], "big")
        start = place + 6 + (block[place + 6] + 2) // 2 * 2
        size = int.from_bytes(block[start : start + 4], "big")
        data = block[start + 4 : start + 4 + size]
        if len(data) < size:
            return
        yield number, data
        place = start + 4 + size + size % 2


def find_iptc(block: bytes) -> bytes | None:
    """Return the IPTC-IIM records of a Photoshop block, or None."""
    return next((data for number, data in list_resources(block) if number == IPTC_RESOURCE and data), None)
