"""From what was said in the studio to a project file, and back: the command line renders it to the same bytes."""

from __future__ import annotations

import re
from dataclasses import replace

from tintype.colorize.project import Project
from tintype.colorize.settings import Settings
from tintype.errors import GuidanceError
from tintype.guidance.document import mark_to_document
from tintype.studio.desk import Colored, Desk
from tintype.studio.proposals import palette_document, style_document
from tintype.studio.state import (
    MOST_SAMPLES,
    DecodingDocument,
    PlacedMark,
    Sample,
    SettingsDocument,
    State,
)

_SAMPLE = re.compile(r"sample (\d{1,9}), seed (\d{1,10})")


def write_project_text(colored: Colored, name: str) -> str:
    """Return the project file of a colored photograph.

    Args:
        colored: with all that was said about it; marks that are switched off are left out.
        name: of the photograph, for people.
    """
    project = Project.of(colored.result)
    return replace(project, source=replace(project.source, name=name)).to_json() + "\n"


def read_project_text(text: str, desk: Desk, model: tuple[str, str]) -> State:
    """Return what a project file says, as a state.

    Args:
        text: of the file.
        desk: the photograph that it must belong to.
        model: name and fingerprint of the model that it must have been made with.

    Raises:
        GuidanceError: it is no project, or that of another photograph or model, or of a drawing.
    """
    project = Project.from_json(text)
    project.check_photograph(desk.photo)
    project.check_model(*model)
    settings = project.settings
    if settings.input != "photo" or settings.ignores_profile:
        what = "a drawing" if settings.input != "photo" else "a photograph whose profile is ignored"
        raise GuidanceError(f"this is the project of {what}; render it by: tintype colorize --hints")
    palette, style = settings.guidance.palette, settings.guidance.style
    return State(
        marks=[
            PlacedMark(id=f"mark-{number}", mark=mark_to_document(mark))
            for number, mark in enumerate(settings.guidance.marks, start=1)
        ],
        palette=None if palette is None else palette_document(palette),
        style=None if style is None else style_document(style),
        settings=_describe(settings),
    )


def _describe(settings: Settings) -> SettingsDocument:
    decoding, adjustment = settings.decoding, settings.adjustment
    numbers = decoding and {"rarity": decoding.rarity, "temperature": decoding.temperature}
    return SettingsDocument(
        decoding=DecodingDocument.model_validate(numbers) if numbers else None,
        warmth=adjustment.warmth,
        skin=adjustment.skin,
        sky=adjustment.sky,
        sizes=[*settings.passes.sizes],
        mirrored=settings.passes.mirrored,
        sample=_find_sample(settings),
    )


def _find_sample(settings: Settings) -> Sample | None:
    found = _SAMPLE.fullmatch(settings.choice.which) if settings.choice else None
    if found is None:
        return None
    number, seed = int(found[1]), int(found[2])
    if not (1 <= number <= MOST_SAMPLES and seed < 1 << 32):
        raise GuidanceError(
            f"sample {number} of seed {seed} is beyond what the studio draws; choose another one"
        )
    return Sample(number=number, seed=seed)
