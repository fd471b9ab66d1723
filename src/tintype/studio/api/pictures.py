"""Pictures for the page: the whole at the size of a screen, tiles of every zoom level, alternatives, doubt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response
from numpy.typing import NDArray

from tintype.colorize.answer import resize_grid
from tintype.colorize.companions import doubt_map
from tintype.colorize.reduction import fit_side
from tintype.colorize.semantics import Semantics, relative
from tintype.errors import NotHereError
from tintype.guidance.compile import cover_cells
from tintype.guidance.document import parse_mark
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import Mark
from tintype.photos.join import Light
from tintype.studio.api.addresses import PhotoId, Seed, Side
from tintype.studio.core import Studio
from tintype.studio.desk import VIEW_SIDE, Colored, Desk, Layer, as_sent, is_gray, render, whole
from tintype.studio.encoding import MEDIA_TYPES, Format, encode
from tintype.studio.pyramid import TILE_SIDE, LevelSize, list_levels
from tintype.studio.state import MOST_SAMPLES, MarkDocument, Model, State

_YEAR = 365 * 24 * 3600
_DOUBT_SIDE = 512

Level = Annotated[int, Path(ge=0, le=40, description="0 is the full size.")]
Column = Annotated[int, Path(ge=0, le=1 << 20, description="From the left, counted in tiles.")]
Row = Annotated[int, Path(ge=0, le=1 << 20, description="From the top, counted in tiles.")]
AsFormat = Annotated[Format, Query(alias="format", description="JPEG is the fastest, PNG is exact.")]
Version = Annotated[
    str,
    Query(max_length=64, description="The ETag that is expected: where it holds, the answer never expires."),
]

_PICTURE: dict[str, Any] = {
    "response_class": Response,
    "responses": {
        200: {
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()
            }
        },
        304: {"description": "The picture with the ETag in If-None-Match is still the right one."},
    },
}


@dataclass(frozen=True)
class Wanted:
    """A picture that is asked for.

    Attributes:
        request: what was asked.
        version: the ETag that is expected.
        kind: of the file.
        key: all that decides the picture, beside the kind of file.
    """

    request: Request
    version: str
    kind: Format
    key: tuple[object, ...]

    @property
    def tag(self) -> str:
        """Identifies the bytes, without computing them."""
        return hashlib.sha256(repr((self.key, self.kind)).encode()).hexdigest()[:32]

    def answer(self, make: Callable[[], NDArray[np.uint8]]) -> Response:
        """Return the picture, or say that it is the one that is known."""
        lasting = f"private, max-age={_YEAR}, immutable"
        cached = lasting if self.version == self.tag else "private, no-cache"
        headers = {"ETag": f'"{self.tag}"', "Cache-Control": cached}
        if self.tag in self.request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(encode(make(), self.kind), media_type=MEDIA_TYPES[self.kind], headers=headers)


class Region(Model):
    """A mark whose place is asked for."""

    mark: MarkDocument


class Pictures:
    """Pictures of photographs."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._library, self._engine = studio, studio.library, studio.engine

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.get("/photos/{photo}/preview", **_PICTURE)(self.get_preview)
        api.get("/photos/{photo}/tiles/{layer}/{level}/{column}/{row}", **_PICTURE)(self.get_tile)
        api.get("/photos/{photo}/alternatives/{number}", **_PICTURE)(self.get_alternative)
        api.get("/photos/{photo}/doubt", **_PICTURE)(self.get_doubt)
        api.get("/photos/{photo}/classes/{index}", **_PICTURE)(self.get_class)
        api.post("/photos/{photo}/region", **_PICTURE)(self.draw_region)

    def get_preview(
        self,
        *,
        request: Request,
        photo: PhotoId,
        layer: Layer = "color",
        side: Side = VIEW_SIDE,
        kind: AsFormat = "jpeg",
        v: Version = "",
    ) -> Response:
        """Return the whole photograph at the size of a screen."""
        state = self._library.state(photo)
        wanted = Wanted(request, v, kind, (*self._key(photo, layer, state), side))

        def make() -> NDArray[np.uint8]:
            desk = self._library.desk(photo)
            return self._draw(desk, layer, desk.view(side), self._colored(desk, layer, state))

        return wanted.answer(make)

    def get_tile(
        self,
        *,
        request: Request,
        photo: PhotoId,
        layer: Layer,
        level: Level,
        column: Column,
        row: Row,
        kind: AsFormat = "jpeg",
        v: Version = "",
    ) -> Response:
        """Return a tile of a zoom level; only what it shows is computed."""
        state = self._library.state(photo)
        size = self._level_of(photo, level, column, row)
        wanted = Wanted(request, v, kind, (*self._key(photo, layer, state), level, column, row))

        def make() -> NDArray[np.uint8]:
            desk = self._library.desk(photo)
            part = _cut(row, size.height), _cut(column, size.width)
            return self._draw(desk, layer, desk.pyramid.light(level), self._colored(desk, layer, state), part)

        return wanted.answer(make)

    def get_alternative(
        self,
        *,
        request: Request,
        photo: PhotoId,
        number: Annotated[int, Path(ge=1, le=MOST_SAMPLES)],
        seed: Seed = 0,
        side: Side = 256,
        kind: AsFormat = "jpeg",
        v: Version = "",
    ) -> Response:
        """Return one of the alternatives, small."""
        state = self._library.state(photo)
        wanted = Wanted(
            request, v, kind, (*self._key(photo, "color", state), "alternative", number, seed, side)
        )

        def make() -> NDArray[np.uint8]:
            desk = self._library.desk(photo)
            drawn = self._engine.alternatives(desk, state, number, seed)
            return self._draw(desk, "color", desk.view(side), drawn[number - 1])

        return wanted.answer(make)

    def get_doubt(
        self,
        *,
        request: Request,
        photo: PhotoId,
        side: Side = _DOUBT_SIDE,
        kind: AsFormat = "png",
        v: Version = "",
    ) -> Response:
        """Return where the model knows little, in gray: black certain, white any color."""
        state = self._library.state(photo)
        wanted = Wanted(request, v, kind, (*self._key(photo, "color", state), "doubt", side))
        return wanted.answer(lambda: doubt_map(self._engine.look(self._library.desk(photo), state), side))

    def get_class(
        self,
        *,
        request: Request,
        photo: PhotoId,
        index: Annotated[int, Path(ge=0, lt=1 << 20, description="As the classes are listed.")],
        side: Side = _DOUBT_SIDE,
        kind: AsFormat = "png",
        v: Version = "",
    ) -> Response:
        """Return where the model sees a class, in gray: white where most."""
        entry = self._library.entry(photo)
        wanted = Wanted(request, v, kind, (entry.sha256, entry.page, self._engine.fingerprint, index, side))

        def make() -> NDArray[np.uint8]:
            desk = self._library.desk(photo)
            return draw_class(desk.semantics(), index, fit_side(desk.size, side))

        return wanted.answer(make)

    def draw_region(
        self, photo: PhotoId, asked: Region, side: Side = _DOUBT_SIDE, kind: AsFormat = "png"
    ) -> Response:
        """Return where a mark lies, in gray: white inside; what a click would be grown to, before it is stored."""
        desk, mark = self._library.desk(photo), parse_mark(asked.mark)
        (grown,) = desk.opened.grown(Guidance((mark,))).marks
        return Response(encode(draw_mark(grown, desk.size, side), kind), media_type=MEDIA_TYPES[kind])

    def _level_of(self, photo: str, level: int, column: int, row: int) -> LevelSize:
        """Return the level; NotHereError where it, or the tile, does not exist."""
        facts = self._library.entry(photo).facts
        levels = list_levels(facts["height"], facts["width"])
        if level >= len(levels) or column >= levels[level].columns or row >= levels[level].rows:
            raise NotHereError(
                f"there is no tile {level}/{column}/{row}; the photograph's levels say which are"
            )
        return levels[level]

    def _key(self, photo: str, layer: Layer, state: State) -> tuple[object, ...]:
        entry = self._library.entry(photo)
        return entry.sha256, entry.page, layer, self._engine.digest(state) if layer == "color" else ""

    def _colored(self, desk: Desk, layer: Layer, state: State) -> Colored | None:
        return self._engine.color(desk, state) if layer == "color" else None

    def _draw(
        self,
        desk: Desk,
        layer: Layer,
        light: Light,
        colored: Colored | None,
        part: tuple[slice, slice] | None = None,
    ) -> NDArray[np.uint8]:
        with self._studio.busy:
            picture = desk.picture(layer, light, colored)
            codes = render(picture, *(part or whole(picture)), self._engine.workers)
        return as_sent(codes, gray=is_gray(layer, desk.photo))


def draw_class(semantics: Semantics, index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return where a class is seen: (height, width) uint8; NotHereError where there is no such class."""
    if index >= semantics.maps.shape[-1]:
        raise NotHereError(f"there is no class {index}; the list goes to {semantics.maps.shape[-1] - 1}")
    where = resize_grid(relative(semantics.map_of([index]))[..., None], size)[..., 0]
    return np.rint(255 * np.clip(where, 0, 1)).astype(np.uint8)


def draw_mark(mark: Mark, photo_size: tuple[int, int], side: int) -> NDArray[np.uint8]:
    """Return where a mark lies: (height, width) uint8, 255 inside, at most `side` pixels long."""
    drawn = np.zeros(fit_side(photo_size, side), np.uint8)
    patch = cover_cells(mark, photo_size, drawn.shape, 1)
    drawn[patch.window] = np.rint(255 * np.clip(patch.coverage, 0, 1))
    return drawn


def _cut(number: int, length: int) -> slice:
    return slice(number * TILE_SIDE, min((number + 1) * TILE_SIDE, length))
