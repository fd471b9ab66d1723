"""A prompt, read: what it says of which thing, and the words in it that were not understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import CENTERS
from tintype.errors import GuidanceError
from tintype.guidance.colors import WeightedColor, shown
from tintype.guidance.words.lexicon import NamedColor
from tintype.guidance.words.meaning import Meaning, find_meaning, is_known, mixed
from tintype.guidance.words.sentences import Statement, parse_sentences, words_of

LONGEST_PROMPT = 2000
"""Most characters in a prompt."""

_EXAMPLE = 'write what has which color in English, such as "a woman in a red coat, green hills"'
_MOST_UNREAD = 0.5  # of the words that name colors and things
_MOST_SHOWN = 24
_FORBIDDEN_HUE = 40.0
_NO_HUE = 10.0


@dataclass(frozen=True)
class Phrase:
    """One statement of a prompt, and what its words mean.

    Attributes:
        statement: what was said.
        meaning: of its thing; None where it speaks of the whole picture.
        instead: what the thing is in truth; None where nothing was corrected.
    """

    statement: Statement
    meaning: Meaning | None = None
    instead: Meaning | None = None

    @property
    def is_denial(self) -> bool:
        """Whether it only says which colors something has not."""
        colors = self.statement.colors
        return bool(colors) and all(color.is_negated for color in colors)

    @property
    def is_mention(self) -> bool:
        """Whether a thing is named and nothing is said of its colors."""
        return not self.statement.colors and self.instead is None

    def palette(self, prior: NDArray[np.floating[Any]]) -> tuple[WeightedColor, ...]:
        """Return the colors that it speaks of: those named, or those that the thing usually has.

        Args:
            prior: (Q,) how often each bin occurs: what is left where only colors are ruled out.
        """
        colors = self.statement.colors
        if self.is_denial:
            return _others(colors, prior)
        if colors:
            return mixed([(color.palette(), 1.0) for color in colors if not color.is_negated])
        meaning = self.instead or self.meaning
        return () if meaning is None else meaning.palette


@dataclass(frozen=True)
class Prompt:
    """A prompt, read.

    Attributes:
        text: as it was written, spaces joined.
        phrases: that were understood.
        unread: words that were not.
    """

    text: str
    phrases: tuple[Phrase, ...]
    unread: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should be told of the reading: the words that were not understood."""
        if not self.unread:
            return ()
        words = ", ".join(f'"{word}"' for word in self.unread)
        return (f"not understood in the prompt: {words}",)


def read_prompt(text: str) -> Prompt:
    """Read a prompt.

    Args:
        text: English.

    Raises:
        GuidanceError: it is empty, longer than `LONGEST_PROMPT`, or most of it is not understood.

    >>> [phrase.statement.text for phrase in read_prompt("a woman in a red coat").phrases]
    ['red coat', 'woman']
    """
    plain = " ".join(text.split())
    if not plain:
        raise GuidanceError(f"the prompt is empty; {_EXAMPLE}")
    if len(plain) > LONGEST_PROMPT:
        raise GuidanceError(
            f"the prompt has {len(plain)} characters; say it with at most {LONGEST_PROMPT}, colors and things"
        )
    parsed = parse_sentences(text, is_known)
    phrases, unread = [], [*parsed.unread]
    for statement in parsed.statements:
        phrase, missing = _understand(statement)
        phrases += [phrase] if phrase else []
        unread += missing
    if not phrases:
        raise GuidanceError(f"the prompt {shown(plain)} is not understood; {_EXAMPLE}")
    _check_share(plain, unread)
    return Prompt(plain, tuple(phrases), tuple(dict.fromkeys(unread)))


def _check_share(text: str, unread: Sequence[str]) -> None:
    """Refuse a text in another language that happens to hold a word or two of English."""
    missing = sum(len(words.split()) for words in unread)
    if missing > _MOST_UNREAD * len(words_of(text)):
        named = ", ".join(f'"{words[:_MOST_SHOWN]}"' for words in [*dict.fromkeys(unread)][:2])
        raise GuidanceError(f"most of the prompt is not understood: {named}; {_EXAMPLE}")


def _understand(statement: Statement) -> tuple[Phrase | None, list[str]]:
    """Return a statement with its meanings, and the words of it that are not understood."""
    missing: list[str] = []
    meanings: list[Meaning | None] = []
    for words in (statement.thing, statement.instead):
        found = find_meaning(words) if words else None
        missing += [words] if words and found is None else list(found.unread if found else ())
        meanings.append(found)
    meaning, instead = meanings
    lacks_thing = bool(statement.thing) and meaning is None
    lacks_truth = bool(statement.instead) and instead is None
    return (None if lacks_thing or lacks_truth else Phrase(statement, meaning, instead)), missing


def _others(denied: Sequence[NamedColor], prior: NDArray[np.floating[Any]]) -> tuple[WeightedColor, ...]:
    """Return all colors but those that were ruled out, as often as they occur."""
    hues, chroma = (
        np.degrees(np.arctan2(CENTERS[:, 1], CENTERS[:, 0])),
        np.hypot(CENTERS[:, 0], CENTERS[:, 1]),
    )
    allowed = np.ones(len(CENTERS), bool)
    for color in denied:
        if color.is_gray:
            allowed &= chroma > _NO_HUE
        else:
            hue = np.degrees(np.arctan2(color.lab[2], color.lab[1]))
            allowed &= (np.abs((hues - hue + 180) % 360 - 180) > _FORBIDDEN_HUE) | (chroma <= _NO_HUE)
    return tuple(
        WeightedColor((50.0, float(CENTERS[i, 0]), float(CENTERS[i, 1])), float(prior[i]) + 1e-6)
        for i in np.flatnonzero(allowed)
    )
