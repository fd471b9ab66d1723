"""All that a person can choose about the colors of a photograph, in one value with a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from typing import TypedDict

from tintype.color.bins import Decoding
from tintype.colorize.adjust import Adjustment
from tintype.colorize.passes import Passes, Quality, choose_passes
from tintype.colorize.worlds import Input
from tintype.errors import GuidanceError, UnsupportedByModelError
from tintype.guidance.compile import has_color
from tintype.guidance.guidance import Guidance
from tintype.models.card import Card

RENDERING = 1
"""Version of the way from a model's answer to pixels; raised whenever the same settings give other pixels."""

CONTOURS = 1
"""The same for what is done with marks that have colors; results without any stay as they are."""


@dataclass(frozen=True)
class Choice:
    """Which one of several results was kept, see ``tintype.colorize.best``.

    Attributes:
        which: ``size 384``, or ``sample 2, seed 1``.
        count: how many were asked for.
        score: name of what chose it.
    """

    which: str
    count: int
    score: str

    def __str__(self) -> str:
        """Say it to a person."""
        return f"{self.which}, the best of {self.count}"


@dataclass(frozen=True)
class Settings:
    """What, beside the photograph and the model, decides the pixels of a result.

    Attributes:
        passes: how the network looks at the photograph.
        decoding: rarity and temperature; None for models that answer with one color a cell.
        guidance: what a person, a photograph or a word has to say.
        ignores_profile: whether the photograph is read as if it had no ICC profile.
        choice: which one of several results this is; None where there was nothing to choose.
        guided_by: what identifies the stated guidance and the guides (see ``tintype.colorize.guides``) of which
            `guidance` was made for this photograph; empty where all of it was stated.
        input: whether it is a photograph, whose lightness is kept, or a drawing, which is tinted.
        adjustment: where the sliders of warmth, skin and sky stand.
    """

    passes: Passes
    decoding: Decoding | None
    guidance: Guidance = field(default_factory=Guidance)
    ignores_profile: bool = False
    choice: Choice | None = None
    guided_by: str = ""
    input: Input = "photo"
    adjustment: Adjustment = field(default_factory=Adjustment)

    def digest(self, model: str, kind: str = "color") -> str:
        """Return the SHA-256, 64 hexadecimal digits, of all that changes the pixels of a result.

        Args:
            model: fingerprint of the model's file.
            kind: which picture is made of the answer: ``color``, ``sample 2, seed 1``, ``layer`` ...
        """
        parts = {
            "rendering": RENDERING,
            "model": model,
            "kind": kind,
            "guidance": self.guided_by or self.guidance.digest(),
            "decoding": self.decoding and (self.decoding.rarity, self.decoding.temperature),
            "sizes": self.passes.sizes,
            "mirrored": self.passes.mirrored,
            "ignores_profile": self.ignores_profile,
        }
        if self.guided_by or any(has_color(mark) for mark in self.guidance.marks):
            parts["contours"] = CONTOURS
        if self.choice:
            parts["choice"] = (self.choice.which, self.choice.count, self.choice.score)
        if self.input != "photo":
            parts["input"] = self.input
        if self.adjustment:
            parts["adjustment"] = astuple(self.adjustment)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class Choices(TypedDict, total=False):
    """The keyword arguments of ``colorize``, each of them optional.

    Attributes:
        vividness: 0 (most faithful) to 1 (most vivid), along the path on the card; None for the card's default.
        decoding: rarity and temperature themselves, instead of a vividness.
        quality: "fast", "normal" or "best", see ``Quality``.
        sizes: one or several sizes of the model's input whose answers are averaged, instead of a quality.
        mirrored: whether to look at the mirrored photograph too, instead of the quality's choice.
        input: "photo", whose lightness is kept, or "sketch", a drawing on paper, which is tinted.
        warmth: -1 cooler (bluish) to 1 warmer (yellowish), where the model wavers; see ``Adjustment``.
        skin: -1 to 1: less, or more, of the colors of skin where the model holds them possible.
        sky: -1 to 1: the same for the blue of the sky.
    """

    vividness: float | None
    decoding: Decoding | None
    quality: Quality
    sizes: int | Sequence[int] | None
    mirrored: bool | None
    input: Input
    warmth: float
    skin: float
    sky: float


def choose_settings(
    card: Card,
    guidance: Guidance | None = None,
    *,
    vividness: float | None = None,
    decoding: Decoding | None = None,
    quality: Quality = "normal",
    sizes: int | Sequence[int] | None = None,
    mirrored: bool | None = None,
    input: Input = "photo",
    warmth: float = 0.0,
    skin: float = 0.0,
    sky: float = 0.0,
) -> Settings:
    """Settle what was left open, for a model; see ``Choices``.

    Raises:
        GuidanceError: a value outside of its range, or both a vividness and a decoding.
        UnsupportedByModelError: vividness, decoding or sliders for a model that has no distribution.
    """
    return Settings(
        passes=choose_passes(card, quality=quality, sizes=sizes, mirrored=mirrored),
        decoding=choose_decoding(card, vividness, decoding),
        guidance=guidance or Guidance(),
        input=input,
        adjustment=choose_adjustment(card, warmth=warmth, skin=skin, sky=sky),
    )


def choose_adjustment(card: Card, *, warmth: float, skin: float, sky: float) -> Adjustment:
    """Return where the sliders stand.

    Raises:
        GuidanceError: a value outside of -1..1.
        UnsupportedByModelError: a slider off its middle for a model that has no distribution.
    """
    adjustment = Adjustment(warmth, skin, sky)
    if adjustment and not card.bins:
        raise UnsupportedByModelError(
            f"{card.name} gives one color a cell and has no sliders of warmth, skin and sky; leave them out"
        )
    return adjustment


def choose_decoding(card: Card, vividness: float | None, decoding: Decoding | None) -> Decoding | None:
    """Return the decoding for a model: the one given, that of the vividness, or the card's default.

    Raises:
        GuidanceError: a vividness outside of 0..1, or both of the two.
        UnsupportedByModelError: either of the two for a model that has no distribution.
    """
    if vividness is not None and decoding is not None:
        raise GuidanceError(f"vividness {vividness} and a decoding are given; give one of the two")
    if not card.bins:
        if vividness is None and decoding is None:
            return None
        raise UnsupportedByModelError(
            f"{card.name} gives one color a cell and has no vividness; leave it out"
        )
    if decoding is not None:
        return decoding
    wanted = card.default_vividness if vividness is None else vividness
    if not 0 <= wanted <= 1:
        raise GuidanceError(f"vividness is {wanted}; give a number from 0 to 1")
    return card.decoding_at(wanted)
