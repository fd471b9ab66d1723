"""Palettes: those with a name, those of files that are sent, and those of colored photographs of the library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from tintype.colorize.palettes import LoadedPalette, load_palette, palette_of
from tintype.guidance.palettes.named import list_named_palettes
from tintype.photos.photo import Photo
from tintype.studio.api.addresses import PhotoId
from tintype.studio.api.photos import BINARY_BODY, Name, receive_file
from tintype.studio.core import Studio
from tintype.studio.desk import whole
from tintype.studio.library import clean_name
from tintype.studio.proposals import palette_document
from tintype.studio.received import use_received
from tintype.studio.state import Model, PaletteDocument

_SIDE = 512


class SwatchAnswer(Model):
    """A color of a palette, as it was given."""

    name: str
    hex: str = Field(description="#rrggbb, the nearest that exists.")


class PaletteAnswer(Model):
    """A palette, ready to be set: by an operation ``set_palette``."""

    name: str = Field(description="Empty where it has none.")
    title: str = Field(description="What it calls itself, or what is said of it.")
    swatches: list[SwatchAnswer]
    notes: list[str]
    palette: PaletteDocument


class PalettesAnswer(Model):
    """The palettes that have a name."""

    palettes: list[PaletteAnswer]


class Palettes:
    """Palettes for whole photographs."""

    def __init__(self, studio: Studio) -> None:
        self._library, self._engine = studio.library, studio.engine

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.get("/palettes")(self.list_palettes)
        api.post("/palettes", openapi_extra=BINARY_BODY)(self.read_palette_file)
        api.get("/photos/{photo}/palette")(self.get_palette)

    def list_palettes(self) -> PalettesAnswer:
        """List the palettes that have a name: historic processes."""
        named = [it.name for it in list_named_palettes()]
        return PalettesAnswer(palettes=[_describe(load_palette(name), name) for name in named])

    async def read_palette_file(self, request: Request, name: Name) -> PaletteAnswer:
        """Take the palette from a color photograph, swatches of GIMP or Adobe, or JSON; the suffix says which."""
        received = await receive_file(request, self._library.incoming)
        return await run_in_threadpool(
            use_received, received, clean_name(name), lambda path: _describe(load_palette(str(path)))
        )

    def get_palette(self, photo: PhotoId) -> PaletteAnswer:
        """Take the palette that a photograph of the library has as it is colored now, for another one."""
        desk, entry = self._library.desk(photo), self._library.entry(photo)
        colored = self._engine.color(desk, self._library.state(photo))
        picture = desk.picture("color", desk.view(_SIDE), colored)
        codes = picture.region(*whole(picture))
        height, width = codes.shape[:2]
        seen = Photo(height, width, 8, np.empty(0), preview=codes, hue_count=2, path=Path(entry.name))
        return _describe(LoadedPalette(palette_of(seen), entry.name))


def _describe(loaded: LoadedPalette, name: str = "") -> PaletteAnswer:
    return PaletteAnswer(
        name=name,
        title=loaded.title,
        swatches=[SwatchAnswer(name=it.name, hex=it.hex) for it in loaded.swatches],
        notes=[*loaded.notes],
        palette=palette_document(loaded.palette),
    )
