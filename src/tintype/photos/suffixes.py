"""Which file names look like photographs; no library is loaded to answer that."""

from __future__ import annotations

import os
from pathlib import PurePath

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
