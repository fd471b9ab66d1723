"""BMP and GIF, by Pillow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, GifImagePlugin, Image

from tintype.photos.formats.source import Source, quiet_pillow
from tintype.photos.formats.stored_page import Kind, StoredPage, fetch_from
from tintype.photos.photo import Encoding, Metadata

_GRAY_MODES = ("1", "L")
_BITS = {"1": 1, "P": 8, "L": 8}


def open_bmp(source: Source, page: int) -> StoredPage:
    """Describe a BMP."""
    picture = _open(source, BmpImagePlugin.BmpImageFile)
    encoding = Encoding(format="BMP", bits=_BITS.get(picture.mode, 8), color=_name_color(picture.mode))
    return _describe(source, picture, encoding, ())


def open_gif(source: Source, page: int) -> StoredPage:
    """Describe the first frame of a GIF, said aloud where there are more."""
    picture = _open(source, GifImagePlugin.GifImageFile)
    encoding = Encoding(
        format="GIF", color="palette", compression="lzw", progressive="interlace" in picture.info
    )
    notes = ("an animation: only its first frame is used",) if _is_animated(source) else ()
    return _describe(source, picture, encoding, notes)


def _open(source: Source, plugin: Any) -> Any:
    # The plugin itself and not Image.open, which would try other formats and has a size limit of its own.
    with quiet_pillow():
        return plugin(source.rewound())


def _is_animated(source: Source) -> bool:
    try:
        with quiet_pillow():
            return bool(GifImagePlugin.GifImageFile(source.rewound()).is_animated)
    except Exception:  # damage behind the first frame does not matter here
        return True


def _name_color(mode: str) -> str:
    return "palette" if mode == "P" else "gray" if mode in _GRAY_MODES else "rgb"


def _describe(source: Source, picture: Any, encoding: Encoding, notes: tuple[str, ...]) -> StoredPage:
    target = _choose_mode(picture)
    kind: Kind = "gray" if target in ("L", "LA") else "rgb"
    resolution = picture.info.get("dpi")
    return StoredPage(
        picture.height,
        picture.width,
        8,
        kind,
        fetch_from(lambda: _decode(source, picture, target)),
        has_alpha=target.endswith("A"),
        metadata=Metadata(
            comment=picture.info.get("comment"),
            resolution=(float(resolution[0]), float(resolution[1]))
            if resolution and all(resolution)
            else None,
            resolution_unit="meter",
        ),
        encoding=encoding,
        notes=notes,
    )


def _choose_mode(picture: Any) -> str:
    if picture.mode in _GRAY_MODES and "transparency" not in picture.info:
        return "L"
    return "RGBA" if picture.mode == "RGBA" or "transparency" in picture.info else "RGB"


def _decode(source: Source, picture: Image.Image, mode: str) -> NDArray[Any]:
    try:
        with quiet_pillow():
            return np.asarray(picture.convert(mode))
    except Exception as error:  # a decoder may raise anything on damaged data
        raise source.fault(error) from error
