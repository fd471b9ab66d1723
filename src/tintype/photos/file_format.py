"""What each format that results are written in can hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tintype.errors import UnsupportedFormatError


@dataclass(frozen=True)
class FileFormat:
    """A format for results.

    Attributes:
        name: as `Encoding.format` has it.
        suffixes: of file names, the usual one first.
        media_type: the IANA name.
        bits: the most bits per channel.
        longest_side: the most rows or columns.
        has_alpha: whether it can hold one, and so on for the others.
    """

    name: str
    suffixes: tuple[str, ...]
    media_type: str
    bits: int = 8
    longest_side: int = (1 << 31) - 1
    has_alpha: bool = True
    has_profile: bool = True
    has_exif: bool = True
    has_xmp: bool = True
    has_iptc: bool = False
    has_text: bool = False
    has_pages: bool = False


FORMATS: tuple[FileFormat, ...] = (
    FileFormat("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), "image/jpeg", longest_side=65_500, has_alpha=False,
               has_iptc=True, has_text=True),
    FileFormat("PNG", (".png",), "image/png", bits=16, has_iptc=True, has_text=True),
    FileFormat("TIFF", (".tif", ".tiff", ".btf", ".tf8"), "image/tiff", bits=16, has_iptc=True,
               has_pages=True),
    FileFormat("WEBP", (".webp",), "image/webp", longest_side=16_383),
    FileFormat("AVIF", (".avif",), "image/avif", longest_side=65_535),
    FileFormat("JPEG2000", (".jp2", ".jpx", ".jpf"), "image/jp2", bits=16, has_iptc=True),
    FileFormat("BMP", (".bmp", ".dib"), "image/bmp", has_profile=False, has_exif=False, has_xmp=False),
    FileFormat("HEIC", (".heic", ".heif", ".hif"), "image/heic", bits=16, longest_side=16_384),
    FileFormat("JXL", (".jxl",), "image/jxl", bits=16, has_profile=False),
)  # fmt: skip

_BY_NAME = {it.name: it for it in FORMATS} | {"GIF": FORMATS[1]}
_BY_SUFFIX = {suffix: it for it in FORMATS for suffix in it.suffixes}

WRITABLE_SUFFIXES = frozenset(_BY_SUFFIX)
"""The suffixes, in lower case, of the formats that results are written in."""


def find_format(path: Path, source_format: str) -> FileFormat:
    """Return the format that a name asks for; one without a suffix asks for that of the source (PNG for GIF).

    Raises:
        UnsupportedFormatError: results can't be written in it.
    """
    suffix = path.suffix.lower()
    found = _BY_SUFFIX.get(suffix) if suffix else _BY_NAME.get(source_format)
    if found is None:
        known = " ".join(sorted(WRITABLE_SUFFIXES))
        raise UnsupportedFormatError(
            f"{path}: results can't be written as {suffix or source_format}; name it with one of {known}"
        )
    return found
