"""What the encoder believes to see: classes with their probability, and where it sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from tintype.colorize.answer import Floats, resize_grid
from tintype.colorize.guides import Guided
from tintype.errors import UnsupportedByModelError
from tintype.models.classes import ClassList, class_list

if TYPE_CHECKING:
    from tintype.colorize.colorizer import Colorizer, OpenPhoto

SIGHTINGS = 5
"""How many classes are told when nobody says."""

_LARGER = 1.5
"""The second look, which finds smaller things, is at a size so much larger."""

_BOX_LEVEL = 0.5
"""The box holds what is above the middle between the lowest and the highest of a map."""


@dataclass(frozen=True, eq=False)
class Sighting:
    """A class that the encoder believes to see.

    Attributes:
        name: of the class.
        index: its number in the list of classes.
        probability: 0..1.
        box: (x, y, width, height) of where it is, pixels of the photograph.
        where: (h, w) float32, 0..1: how strongly each cell speaks for it, relative to the strongest.
    """

    name: str
    index: int
    probability: float
    box: tuple[int, int, int, int]
    where: Floats = field(repr=False)

    def as_row(self) -> dict[str, object]:
        """Return it as JSON and reports show it."""
        return {"name": self.name, "probability": round(self.probability, 4), "box": list(self.box)}


@dataclass(frozen=True, eq=False)
class Semantics:
    """All that the encoder says of a photograph.

    Attributes:
        probabilities: (C,) float32 of the classes, sum 1.
        maps: (h, w, C) float32, logits of the classes for each cell.
        classes: their names.
        size: (height, width) of the photograph.
    """

    probabilities: Floats = field(repr=False)
    maps: Floats = field(repr=False)
    classes: ClassList = field(repr=False)
    size: tuple[int, int]

    def top(self, k: int = SIGHTINGS) -> tuple[Sighting, ...]:
        """Return the likeliest classes, likeliest first."""
        order = np.argsort(-self.probabilities, kind="stable")[:k]
        return tuple(self._sight(int(i)) for i in order)

    def probability_of(self, classes: Sequence[int]) -> float:
        """Return how likely any of several classes is, 0..1."""
        return float(self.probabilities[[*classes]].sum())

    def map_of(self, classes: Sequence[int]) -> Floats:
        """Return where any of several classes is: (h, w) float32, in units of logits."""
        return _log_sum(self.maps[..., [*classes]])

    def belief_in(self, classes: Sequence[int]) -> Floats:
        """Return how sure each cell is of any of several classes: (h, w) float32, 0..1."""
        return np.asarray(np.exp(self.map_of(classes) - _log_sum(self.maps)), np.float32)

    def _sight(self, index: int) -> Sighting:
        where = relative(self.maps[..., index])
        probability = float(self.probabilities[index])
        return Sighting(self.classes.names[index], index, probability, _box_of(where, self.size), where)


def see(opened: OpenPhoto) -> Semantics:
    """Ask the encoder what it sees, at the model's own size and at a larger one.

    Of a model that knows no classes, the bundled one's encoder is asked.

    Raises:
        UnsupportedByModelError: neither knows classes with names.
    """
    asked = opened if _can_see(opened.colorizer) else _recognizer(opened.colorizer.threads).open(opened.photo)
    card = asked.colorizer.card
    if not _can_see(asked.colorizer):
        raise UnsupportedByModelError(
            f"{card.name} does not tell what it sees; choose a model with class_map"
        )
    sizes = [card.size.default]
    if not card.size.fixed:
        larger = round(_LARGER * card.size.default / card.size.multiple) * card.size.multiple
        sizes.append(min(larger, card.size.maximum))
    looks = [asked.class_map(size) for size in sizes]
    grid = looks[-1].shape[:2]
    maps = np.mean([resize_grid(look, grid) for look in looks], axis=0)
    logits = looks[0].mean(axis=(0, 1))
    probabilities = np.exp(logits - _log_sum(logits))
    names = class_list(card.class_list)
    return Semantics(np.asarray(probabilities, np.float32), np.asarray(maps, np.float32), names, opened.size)


@dataclass(frozen=True)
class SightingsGuide:
    """Tells what the encoder sees in each photograph, and has no say in its colors.

    Attributes:
        count: of classes that are told.
        digest: empty: it changes no pixel.
    """

    count: int = SIGHTINGS
    digest: str = ""

    def guide(self, opened: OpenPhoto) -> Guided:
        """Return the likeliest classes; nothing where no model knows classes."""
        try:
            return Guided(sightings=see(opened).top(self.count))
        except UnsupportedByModelError:
            return Guided()


def relative(map_: Floats) -> Floats:
    """Return a map from 0, its lowest, to 1, its highest."""
    lowest, highest = float(map_.min()), float(map_.max())
    return np.asarray((map_ - lowest) / max(highest - lowest, 1e-6), np.float32)


def _can_see(colorizer: Colorizer) -> bool:
    return "class_map" in colorizer.card.capabilities and bool(colorizer.card.class_list)


@cache
def _recognizer(threads: int | None) -> Colorizer:
    from tintype.colorize.colorizer import Colorizer  # noqa: PLC0415 - which imports this module

    return Colorizer(threads=threads)


def _log_sum(logits: Floats) -> Floats:
    """Return the logarithm of the sum of the exponentials over the last axis."""
    highest = logits.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(logits - highest).sum(-1)) + highest[..., 0], np.float32)


def _box_of(where: Floats, size: tuple[int, int]) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(where >= min(_BOX_LEVEL, float(where.max())))
    down, across = size[0] / where.shape[0], size[1] / where.shape[1]
    left, top = int(columns.min() * across), int(rows.min() * down)
    right, bottom = round((columns.max() + 1) * across), round((rows.max() + 1) * down)
    return left, top, max(right - left, 1), max(bottom - top, 1)
