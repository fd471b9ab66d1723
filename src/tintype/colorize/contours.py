"""Keeping marks within the contours of a photograph: what is asked of a network, and how its answers are joined.

A network is asked up to three times: without marks, with those whose colors it expected, with all. Each answer
counts as far as the marks that it adds may reach (``tintype.guidance.reach``); behind the contours that before it
stands. So a mark that surprises the network can't lean on the reach of one that does not. The answers without the
newest mark are kept, which leaves one run of the network for a click.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.compile import CompiledGuidance, has_color
from tintype.guidance.guidance import Guidance
from tintype.guidance.reach import EXPECTED, PlacedColor, reach_map, surprises
from tintype.models.card import Card

Floats = NDArray[np.float32]
_MOST_KEPT = 4  # without marks, and with those that were expected: of the picture and of its drafts
_LEAST_SHARE = 1e-3  # of an answer that is joined; less is not seen, and need not be computed
_MOST_PICKED = 0.4  # share of the cells up to which picking them out is faster than computing all


@dataclass
class Kept:
    """Answers of a network about one photograph that are needed again: the latest without surprising marks.

    It may be used from several threads at once.
    """

    _answers: OrderedDict[str, Floats] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: str, ask: Callable[[], Floats]) -> Floats:
        """Return the answer of this key; where it is not at hand, ask."""
        with self._lock:
            found = self._answers.pop(key, None)
        answer = ask() if found is None else found
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > _MOST_KEPT:
                self._answers.popitem(last=False)
        return answer


def is_contained(card: Card, compiled: CompiledGuidance) -> bool:
    """Return whether the reach of marks is limited: where they are hints, and a distribution tells what surprises."""
    return bool(card.bins) and compiled.hints is not None


def contain(
    guidance: Guidance,
    compiled: CompiledGuidance,
    lightness: Floats,
    ask: Callable[[], Floats],
    ask_with: Callable[[Guidance], Floats],
) -> Floats:
    """Return the logits (h, w, Q) of an answer whose marks stay within the contours of the photograph.

    Args:
        guidance: marks with colors among others.
        compiled: the same at the answer's grid.
        lightness: (h, w) mean CIE L of the cells.
        ask: returns the logits (h, w, Q) under the guidance, without the bias of palettes.
        ask_with: the same under another guidance, or an answer that is at hand.
    """
    plain = ask_with(_only(guidance, []))
    marks = [*zip(compiled.placed, surprises(plain, compiled.placed), strict=True)]
    expected = [item for item in marks if item[1] <= EXPECTED]
    startling = [item for item in marks if item[1] > EXPECTED]
    reaches = reach_map(lightness, [expected, startling])
    answer = plain
    if expected:
        answer = join(answer, ask_with(_only(guidance, [placed for placed, _ in expected])), reaches[0])
    if startling:
        answer = join(answer, ask(), reaches[1])
    return answer


def join(below: Floats, above: Floats, share: Floats) -> Floats:
    """Return the weighted mean of logits: the product of the distributions, each to the power of its share.

    Args:
        below: (h, w, Q), counts for the rest.
        above: (h, w, Q).
        share: (h, w), 0..1, of the answer above; next to nothing is nothing.

    Returns:
        (h, w, Q), a new array.
    """
    reached = share > _LEAST_SHARE
    if reached.mean() > _MOST_PICKED:
        joined = above - below
        joined *= share[..., None]
        joined += below
        return joined
    joined = below.copy()
    near = below[reached]
    joined[reached] = near + share[reached, None] * (above[reached] - near)
    return joined


def _only(guidance: Guidance, kept: list[PlacedColor]) -> Guidance:
    """Return guidance with only these of its colored marks."""
    numbers = {placed.number for placed in kept}
    marks = tuple(m for i, m in enumerate(guidance.marks) if i in numbers or not has_color(m))
    return replace(guidance, marks=marks)
