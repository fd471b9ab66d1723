"""What is taken for a photograph: names and sizes; no library is loaded to know that."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import BinaryIO, TypeAlias

PhotoInput: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
"""A path, the bytes of a file, or a binary stream, which is read to its end."""

DEFAULT_MAX_PIXELS = 500_000_000
"""Pixels that a page may declare: 500 megapixels, a sheet of 60 x 60 cm at 600 dpi and more."""

READABLE_SUFFIXES = frozenset(
    (
        *(
            ".jpg",
            ".jpeg",
            ".jpe",
            ".jfif",
            ".png",
            ".tif",
            ".tiff",
            ".btf",
            ".tf8",
            ".jp2",
            ".j2k",
            ".jpf",
            ".jpx",
        ),
        *(".webp", ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".jxl"),
    )
)
"""Suffixes, in lower case, of the files that a folder is searched for. Reading goes by the content."""


def is_photo_name(path: str | os.PathLike[str]) -> bool:
    """Return whether a file name looks like a photograph: by its suffix, but no hidden file.

    >>> is_photo_name("scans/Oma.TIF"), is_photo_name("scans/._Oma.TIF"), is_photo_name("scans/notes.txt")
    (True, False, False)
    """
    name = PurePath(path)
    return name.suffix.lower() in READABLE_SUFFIXES and not name.name.startswith(".")
