"""Looking closer: suggestions, colors that exist, the eyedropper, doubtful places, classes, alternatives."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Response

from tintype.color.gamut import chroma_limits, max_chroma
from tintype.errors import GuidanceError
from tintype.guidance.contradictions import find_contradictions
from tintype.photos.profile import SRGB
from tintype.studio.api.addresses import PhotoId, Seed, X, Y
from tintype.studio.api.answers import (
    AlternativeAnswer,
    AlternativesAnswer,
    ClassAnswer,
    ClassesAnswer,
    ColorAnswer,
    ContradictionAnswer,
    DoubtfulAnswer,
    DoubtfulPlace,
    GamutAnswer,
    NotesAnswer,
    SuggestionsAnswer,
    describe_srgb,
    describe_suggestion,
)
from tintype.studio.core import Studio
from tintype.studio.desk import Desk, Layer
from tintype.studio.doubtful import find_doubtful
from tintype.studio.state import MOST_SAMPLES, MarkId, State

_HUE_STEP = 5.0
_BYTES = "application/octet-stream"
_TABLE: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"content": {_BYTES: {"schema": {"type": "string", "format": "binary"}}}}},
}


class Looks:
    """What can be asked about a photograph."""

    def __init__(self, studio: Studio) -> None:
        self._library, self._engine = studio.library, studio.engine

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.get("/photos/{photo}/suggestions")(self.get_suggestions)
        api.get("/photos/{photo}/gamut")(self.get_gamut)
        api.get("/gamut")(self.get_gamut_of_lightness)
        api.get("/gamut/limits", **_TABLE)(self.get_gamut_limits)
        api.get("/photos/{photo}/color")(self.get_color)
        api.get("/photos/{photo}/doubtful")(self.get_doubtful)
        api.get("/photos/{photo}/classes")(self.get_classes)
        api.get("/photos/{photo}/notes")(self.get_notes)
        api.get("/photos/{photo}/alternatives")(self.list_alternatives)

    def get_suggestions(
        self,
        photo: PhotoId,
        x: X,
        y: Y,
        count: Annotated[int, Query(ge=1, le=20)] = 5,
        without: Annotated[MarkId | None, Query(description="As if this mark were not there.")] = None,
    ) -> SuggestionsAnswer:
        """Return the most likely colors of a place, as the model sees it with all other marks."""
        desk, state = self._laid_out(photo, x, y)
        found = self._engine.look(desk, state.without(without)).suggestions(x, y, count)
        return SuggestionsAnswer(x=x, y=y, suggestions=[describe_suggestion(it) for it in found])

    def get_gamut(self, photo: PhotoId, x: X, y: Y) -> GamutAnswer:
        """Return which colors exist at the lightness of a place: the border of the color wheel there."""
        desk, _ = self._laid_out(photo, x, y)
        rows, columns = _pixel(y), _pixel(x)
        return describe_gamut(float(desk.photo.lightness(rows, columns)[0, 0]))

    def get_gamut_of_lightness(
        self, lightness: Annotated[float, Query(ge=0, le=100, allow_inf_nan=False)]
    ) -> GamutAnswer:
        """Return which colors exist at a lightness."""
        return describe_gamut(lightness)

    def get_gamut_limits(self) -> Response:
        """Return up to which chroma colors of a picture keep theirs, at L 0, 0.5 .. 100 and hue 0, 1 .. 360 degrees.

        201 rows of 361 numbers, float32, little-endian; between them it is interpolated.
        """
        table = np.ascontiguousarray(chroma_limits(SRGB.relative_matrix).table, "<f4")
        headers = {"Cache-Control": "private, max-age=86400"}
        return Response(table.tobytes(), media_type=_BYTES, headers=headers)

    def get_color(
        self,
        photo: PhotoId,
        x: X,
        y: Y,
        layer: Layer = "color",
        radius: Annotated[int, Query(ge=0, le=32, description="Averaged over so many pixels around.")] = 0,
    ) -> ColorAnswer:
        """Return the color of a place: the eyedropper."""
        desk, state = self._laid_out(photo, x, y)
        colored = self._engine.color(desk, state) if layer == "color" else None
        picture = desk.picture(layer, desk.pyramid.light(0), colored)
        codes = picture.region(_pixel(y, radius, picture.height), _pixel(x, radius, picture.width))
        red, green, blue = (codes.reshape(-1, 3).mean(axis=0, dtype=np.float64) / 255).tolist()
        return describe_srgb((red, green, blue))

    def get_doubtful(self, photo: PhotoId, count: Annotated[int, Query(ge=1, le=50)] = 5) -> DoubtfulAnswer:
        """Return where to look first: the most doubtful places that no mark lies near."""
        desk, state = self._library.desk(photo), self._library.state(photo)
        guidance = self._engine.settings(state).guidance
        found = find_doubtful(self._engine.look(desk, state).doubt, desk.size, guidance.marks, count)
        return DoubtfulAnswer(
            places=[DoubtfulPlace(x=it.x, y=it.y, doubt=it.doubt, radius=it.radius) for it in found]
        )

    def get_classes(self, photo: PhotoId, count: Annotated[int, Query(ge=1, le=100)] = 5) -> ClassesAnswer:
        """Return what the model sees, likeliest first, and where."""
        found = self._library.desk(photo).semantics().top(count)
        return ClassesAnswer(
            classes=[
                ClassAnswer(index=it.index, name=it.name, probability=it.probability, box=it.box)
                for it in found
            ]
        )

    def get_notes(self, photo: PhotoId) -> NotesAnswer:
        """Say which marks others contradict."""
        desk, state = self._library.desk(photo), self._library.state(photo)
        look = self._engine.look(desk, state)
        ids = [placed.id for placed in state.marks if placed.enabled]
        found = find_contradictions(look.settings.guidance, desk.size, look.answer.lightness)
        told = [ContradictionAnswer(mark=ids[i], by=(ids[j], ids[k])) for i, (j, k) in found]
        return NotesAnswer(notes=[*look.notes], contradictions=told)

    def list_alternatives(
        self,
        photo: PhotoId,
        count: Annotated[int, Query(ge=1, le=MOST_SAMPLES)] = 6,
        seed: Seed = 0,
    ) -> AlternativesAnswer:
        """Draw other colorings that are possible, each coherent over the whole photograph."""
        desk, state = self._library.desk(photo), self._library.state(photo)
        drawn = self._engine.alternatives(desk, state, count, seed)
        return AlternativesAnswer(
            alternatives=[
                AlternativeAnswer(
                    number=number,
                    seed=seed,
                    result=self._engine.digest(state.with_sample(number, seed)),
                    picture=f"/photos/{photo}/alternatives/{number}?seed={seed}",
                )
                for number in range(1, len(drawn) + 1)
            ]
        )

    def _laid_out(self, photo: str, x: float, y: float) -> tuple[Desk, State]:
        """Return a photograph and its state; GuidanceError for a place outside of it."""
        desk = self._library.desk(photo)
        height, width = desk.size
        if x >= width or y >= height:
            raise GuidanceError(f"({x:g}, {y:g}) is outside of the photograph of {width} x {height} pixels")
        return desk, self._library.state(photo)


def describe_gamut(lightness: float) -> GamutAnswer:
    """Return which colors exist at a lightness, as it is answered."""
    hues = np.arange(0.0, 360.0, _HUE_STEP)
    chroma = max_chroma(np.full_like(hues, lightness), hues)
    return GamutAnswer(lightness=lightness, hues=hues.tolist(), chroma=chroma.round(2).tolist())


def _pixel(place: float, radius: int = 0, length: int | None = None) -> slice:
    first = max(0, int(place) - radius)
    last = int(place) + radius + 1
    return slice(first, last if length is None else min(last, length))
