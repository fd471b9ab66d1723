"""What pictures are colored with, and how: one way for photographs, one for drawings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tintype.colorize.settings import Settings
from tintype.colorize.worlds import SKETCH_MODEL, Input
from tintype.errors import GuidanceError, ModelNotFoundError
from tintype.models.card import Card
from tintype.models.catalog import ModelFile, find_model

Asked: TypeAlias = Literal["auto", "photo", "sketch"]
"""What a person says of the pictures; ``auto`` leaves it to ``guess_input``."""


@dataclass(frozen=True)
class Way:
    """What some pictures are colored with, and how.

    Attributes:
        model: what with.
        settings: how.
    """

    model: ModelFile
    settings: Settings


def choose_ways(
    asked: Asked, model: str | None, default: str, settle: Callable[[Card, Input], Settings]
) -> tuple[Way, Way | None]:
    """Return how pictures are colored, and how those that look like drawings are, where that is another way.

    Args:
        asked: what the pictures are said to be.
        model: that was named; it is used for all. None: the default, and ``tintype-sketch`` for drawings, where it is
            installed; of drawings that nobody spoke of, where it takes what was asked for.
        default: name of the default model.
        settle: settles the settings for a model and a kind of input.

    Raises:
        ModelNotFoundError: the model, or the default one, is not there.
        BrokenModelError: the file is no usable model.
        GuidanceError: something that the model does not take.
    """
    photographs = find_model(model or default)
    if asked == "photo":
        return Way(photographs, settle(photographs.card, "photo")), None
    drawings = photographs if model else _find_sketch_model(photographs)
    if asked == "sketch" or photographs.card.family == SKETCH_MODEL:
        return Way(drawings, settle(drawings.card, "sketch")), None
    way = Way(photographs, settle(photographs.card, "photo"))
    try:
        return way, Way(drawings, settle(drawings.card, "sketch"))
    except GuidanceError:  # what photographs are to be colored with is nothing that the other model takes
        return way, Way(photographs, settle(photographs.card, "sketch"))


def _find_sketch_model(otherwise: ModelFile) -> ModelFile:
    try:
        return find_model(SKETCH_MODEL)
    except ModelNotFoundError:
        return otherwise
