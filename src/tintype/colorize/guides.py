"""What has a say in the colors of each photograph in its own way: a reference, an album's first photograph, words.

Guidance that a person states is the same for every photograph of a batch. A guide looks at the photograph first
and then says what it has to say, again as guidance: marks and palettes, each with its origin.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from tintype.colorize.settings import Settings
from tintype.guidance.guidance import Guidance

if TYPE_CHECKING:
    from tintype.colorize.colorizer import OpenPhoto
    from tintype.colorize.semantics import Sighting
    from tintype.guidance.marks import Mark


@dataclass(frozen=True)
class Guided:
    """What a guide says of one photograph.

    Attributes:
        guidance: in the photograph's coordinates.
        notes: what a person should be told, one sentence each.
        sightings: what the encoder believes to see, where that was asked for.
    """

    guidance: Guidance = field(default_factory=Guidance)
    notes: tuple[str, ...] = ()
    sightings: tuple[Sighting, ...] = ()


class Guide(Protocol):
    """Something that guides each photograph in its own way."""

    @property
    def digest(self) -> str:
        """What identifies all that it goes by, hexadecimal: of equal guides a photograph hears the same.

        Empty for one that has no say in the colors.
        """

    def guide(self, opened: OpenPhoto) -> Guided:
        """Say what there is to say of a photograph; errors are those of guidance, photographs and models."""


def told_confidence(marks: Sequence[Mark]) -> str:
    """Return how sure marks are, as notes tell it: "confidence 0.40 to 0.95"."""
    least, most = (f"{choose(mark.confidence for mark in marks):.2f}" for choose in (min, max))
    return f"confidence {least}" if least == most else f"confidence {least} to {most}"


def announce(settings: Settings, guides: Sequence[Guide]) -> Settings:
    """Return settings whose digest knows the guides, before they have seen a photograph."""
    digests = [guide.digest for guide in guides if guide.digest]
    if not digests:
        return settings
    parts = [settings.guidance.digest(), *digests]
    return replace(settings, guided_by=hashlib.sha256("\n".join(parts).encode()).hexdigest())


def follow(opened: OpenPhoto, settings: Settings, guides: Sequence[Guide]) -> tuple[Settings, Guided]:
    """Let guides look at a photograph.

    Args:
        opened: the photograph.
        settings: as `announce` made them.
        guides: the first one's marks come first.

    Returns:
        The settings with all that is said, what a person stated being first; and what the guides said.
    """
    heard = [guide.guide(opened) for guide in guides]
    if not heard:
        return settings, Guided()
    said = Guidance().merged(*(guided.guidance for guided in heard))
    notes = tuple(note for guided in heard for note in guided.notes)
    sightings = tuple(sighting for guided in heard for sighting in guided.sightings)
    return replace(settings, guidance=settings.guidance.merged(said)), Guided(said, notes, sightings)
