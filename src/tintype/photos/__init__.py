"""A photograph with all that it carries: read, joined with color, written.

The names are loaded when they are first used: the codecs behind them take a while to import.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tintype.photos.inputs import DEFAULT_MAX_PIXELS, READABLE_SUFFIXES, is_photo_name
    from tintype.photos.photo import Encoding, Metadata, Photo
    from tintype.photos.profile import SRGB, RgbSpace
    from tintype.photos.read import read_pages, read_photo

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "READABLE_SUFFIXES",
    "SRGB",
    "Encoding",
    "Metadata",
    "Photo",
    "RgbSpace",
    "is_photo_name",
    "read_pages",
    "read_photo",
]

_HOMES = {
    "DEFAULT_MAX_PIXELS": "inputs",
    "READABLE_SUFFIXES": "inputs",
    "SRGB": "profile",
    "Encoding": "photo",
    "Metadata": "photo",
    "Photo": "photo",
    "RgbSpace": "profile",
    "is_photo_name": "inputs",
    "read_pages": "read",
    "read_photo": "read",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
