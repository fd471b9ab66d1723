"""What the studio answers: values of the interface, and how they are made from what it keeps."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from tintype.color.lab import srgb_to_lab
from tintype.colorize.result import Suggestion
from tintype.studio.jobs import Job, JobStatus, size_of
from tintype.studio.journal import Entry, Position
from tintype.studio.library import read_state
from tintype.studio.pyramid import TILE_SIDE, list_levels
from tintype.studio.rendering import Kind
from tintype.studio.state import Model, State

_TONES: tuple[Literal["gray", "toned", "color"], ...] = ("gray", "toned", "color")


class ErrorAnswer(Model):
    """Why something was not done."""

    error: str = Field(description="The kind of error, as in tintype.errors, or of refusal.")
    message: str = Field(description="One line for a person: what, which value, what to do next.")


class LevelAnswer(Model):
    """A zoom level: level 0 is the full size, each further one half as large."""

    level: int
    width: int
    height: int
    columns: int = Field(description="Tiles beside each other.")
    rows: int = Field(description="Tiles above each other.")


class PhotoAnswer(Model):
    """A photograph of the library."""

    id: str
    name: str
    width: int
    height: int
    bit_depth: int
    format: str = Field(description="JPEG, PNG, TIFF ...")
    page: int = Field(description="In its file, from 0.")
    page_count: int
    tone: Literal["gray", "toned", "color"] = Field(
        description="Toned prints have one hue; a photograph in color is no black-and-white one."
    )
    notes: list[str] = Field(description="What a person should be told about the reading.")
    sha256: str = Field(description="Of its file.")
    path: str | None = Field(description="Where its file lies; null for one that was sent.")
    added_at: str
    tile_side: int
    levels: list[LevelAnswer]


class AlbumAnswer(Model):
    """The photographs in the order of the album."""

    photos: list[PhotoAnswer]


class StateAnswer(Model):
    """What was said about a photograph, and where in its history it stands."""

    photo: str
    revision: int = Field(description="Grows with each change, undo and redo.")
    step: int = Field(description="The step that holds; undo goes to the one before.")
    steps: int = Field(description="The last step; redo is possible while step is smaller.")
    result: str = Field(description="Digest of all that changes the pixels of the result.")
    state: State


class StepAnswer(Model):
    """A step of the history."""

    number: int
    label: str
    made_at: str


class HistoryAnswer(Model):
    """Steps of the history, a page of them."""

    step: int
    steps: int
    items: list[StepAnswer]


class ColorAnswer(Model):
    """A color."""

    lab: tuple[float, float, float] = Field(description="CIE Lab (D65): L 0..100, a and b.")
    hex: str = Field(description="The nearest sRGB color, #rrggbb.")


class SuggestionAnswer(ColorAnswer):
    """A color that a place may have."""

    probability: float = Field(description="0..1, of this color and those near it.")


class SuggestionsAnswer(Model):
    """The most likely colors of a place, likeliest first."""

    x: float
    y: float
    suggestions: list[SuggestionAnswer]


class GamutAnswer(Model):
    """Which colors exist at a lightness: for each hue all up to a chroma."""

    lightness: float = Field(description="CIE L, 0..100.")
    hues: list[float] = Field(description="Degrees, the angle of (a, b).")
    chroma: list[float] = Field(description="For each hue the highest chroma that exists.")


class DoubtfulPlace(Model):
    """A place about which the model knows little."""

    x: float
    y: float
    doubt: float = Field(description="0 certain, 1 any color.")
    radius: float = Field(description="Pixels of the photograph: about as far it goes on like this.")


class DoubtfulAnswer(Model):
    """Where to look first."""

    places: list[DoubtfulPlace]


class ClassAnswer(Model):
    """Something that the model may see."""

    index: int
    name: str
    probability: float
    box: tuple[int, int, int, int] = Field(
        description="x, y, width, height of where, pixels of the full size."
    )


class ContradictionAnswer(Model):
    """A mark that two others, which agree with each other, contradict; perhaps a slip of the hand."""

    mark: str = Field(description="Its id.")
    by: tuple[str, str] = Field(description="The ids of the others.")


class NotesAnswer(Model):
    """What a person should be told about the marks."""

    notes: list[str] = Field(description="One sentence each, with marks as numbers among those switched on.")
    contradictions: list[ContradictionAnswer]


class ClassesAnswer(Model):
    """What the model sees, likeliest first."""

    classes: list[ClassAnswer]


class AlternativeAnswer(Model):
    """Another coloring that is possible; PUT its number and seed as ``settings.sample`` to choose it."""

    number: int
    seed: int
    result: str = Field(description="Digest of its pixels.")
    picture: str = Field(description="Address of a small picture of it, below /api/v1.")


class AlternativesAnswer(Model):
    """The strip of alternatives, opposites beside each other."""

    alternatives: list[AlternativeAnswer]


class JobAnswer(Model):
    """A result at full size that is, or will be, computed."""

    id: str
    photo: str
    kind: Kind
    status: JobStatus
    progress: float = Field(description="0..1.")
    message: str = Field(description="Why it failed, one line.")
    notes: list[str] = Field(description="What a person should be told about the file.")
    name: str = Field(description="Of the file, once it is there.")
    bytes: int = Field(description="Its size, once it is there.")
    begun_at: str


class JobsAnswer(Model):
    """All jobs, in the order in which they were given."""

    jobs: list[JobAnswer]


class Done(Model):
    """It is done."""

    done: Literal[True] = True


def describe_entry(entry: Entry) -> PhotoAnswer:
    """Return a photograph as it is answered."""
    facts = entry.facts
    levels = list_levels(facts["height"], facts["width"])
    return PhotoAnswer(
        id=entry.id,
        name=entry.name,
        **{key: facts[key] for key in ("width", "height", "bit_depth", "format", "page_count", "notes")},
        page=entry.page,
        tone=_TONES[facts["hue_count"]],
        sha256=entry.sha256,
        path=None if entry.path is None else str(entry.path),
        added_at=entry.added_at,
        tile_side=TILE_SIDE,
        levels=[
            LevelAnswer(level=it.level, width=it.width, height=it.height, columns=it.columns, rows=it.rows)
            for it in levels
        ],
    )


def describe_position(photo: str, position: Position, result: str) -> StateAnswer:
    """Return where a photograph stands, as it is answered.

    Args:
        photo: its id.
        position: where it stands.
        result: digest of what that gives.
    """
    return StateAnswer(
        photo=photo,
        revision=position.revision,
        step=position.step,
        steps=position.steps,
        result=result,
        state=read_state(position),
    )


def describe_suggestion(suggestion: Suggestion) -> SuggestionAnswer:
    """Return a suggestion as it is answered."""
    return SuggestionAnswer(lab=suggestion.lab, hex=suggestion.hex, probability=suggestion.probability)


def describe_srgb(srgb: tuple[float, float, float]) -> ColorAnswer:
    """Return a color, sRGB 0..1, as it is answered."""
    lab = [round(float(value), 3) for value in srgb_to_lab(np.asarray(srgb, np.float64))]
    codes = [round(255 * min(max(value, 0.0), 1.0)) for value in srgb]
    return ColorAnswer(lab=(lab[0], lab[1], lab[2]), hex="#{:02x}{:02x}{:02x}".format(*codes))


def describe_job(job: Job) -> JobAnswer:
    """Return a job as it is answered."""
    rendering = job.rendering if job.status == "done" else None
    return JobAnswer(
        id=job.id,
        photo=job.photo,
        kind=job.order.kind,
        status=job.status,
        progress=job.progress,
        message=job.message,
        notes=[*rendering.notes] if rendering else [],
        name=rendering.name if rendering else "",
        bytes=size_of(rendering),
        begun_at=job.begun_at,
    )
