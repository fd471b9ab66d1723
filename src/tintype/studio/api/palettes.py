"""Palettes: of a color photograph or a palette file that is sent, and of a colored photograph of the library."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from tintype.colorize.palettes import palette_of, read_palette
from tintype.errors import TintypeError
from tintype.guidance.document import colors_to_document
from tintype.guidance.guidance import GlobalPalette
from tintype.photos.photo import Photo
from tintype.studio.api.addresses import PhotoId
from tintype.studio.api.photos import BINARY_BODY, Name, receive_file
from tintype.studio.core import Studio
from tintype.studio.desk import whole
from tintype.studio.library import clean_name
from tintype.studio.state import Model, PaletteDocument

_SIDE = 512
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


class PaletteAnswer(Model):
    """A palette, ready to be set: an operation ``set_palette``, or ``palette`` of a state."""

    palette: PaletteDocument


class Palettes:
    """Palettes for whole photographs."""

    def __init__(self, studio: Studio) -> None:
        self._library, self._engine = studio.library, studio.engine

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.post("/palettes", openapi_extra=BINARY_BODY)(self.read_palette_file)
        api.get("/photos/{photo}/palette")(self.get_palette)

    async def read_palette_file(self, request: Request, name: Name) -> PaletteAnswer:
        """Take the palette from a file: a color photograph, or a palette file; the suffix of the name says which."""
        received = await receive_file(request, self._library.incoming)
        return await run_in_threadpool(_read, received, clean_name(name))

    def get_palette(self, photo: PhotoId) -> PaletteAnswer:
        """Take the palette that a photograph of the library has as it is colored now, for another one."""
        desk, entry = self._library.desk(photo), self._library.entry(photo)
        colored = self._engine.color(desk, self._library.state(photo))
        picture = desk.picture("color", desk.view(_SIDE), colored)
        codes = picture.region(*whole(picture))
        seen = Photo(
            codes.shape[0], codes.shape[1], 8, np.empty(0), preview=codes, hue_count=2, path=Path(entry.name)
        )
        return _describe(palette_of(seen))


def _read(received: Path, name: str) -> PaletteAnswer:
    suffix = Path(name).suffix
    path = received.with_suffix(suffix if _SUFFIX.fullmatch(suffix) else "")
    received.rename(path)
    try:
        return _describe(read_palette(str(path)), path.name, name)
    except TintypeError as error:
        raise type(error)(str(error).replace(str(path), name)) from error
    finally:
        path.unlink()


def _describe(palette: GlobalPalette, stored: str = "", name: str = "") -> PaletteAnswer:
    origin = palette.origin.replace(stored, name) if stored else palette.origin
    return PaletteAnswer(
        palette={
            "colors": colors_to_document(palette.colors),
            "strength": palette.strength,
            "origin": origin[:200],
        }
    )
