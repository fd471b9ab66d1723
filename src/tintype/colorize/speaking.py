"""Words as guide of each photograph: a prompt becomes marks where the encoder sees what it speaks of.

Everything that a prompt does is a mark or the palette of the whole picture, with its words as origin
("word:red coat"), so that it can be seen, kept in a hints file, changed and taken away.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tintype.color.bins import BIN_COUNT, probabilities
from tintype.colorize.answer import AS_IT_IS, Answer, Floats, resize_grid
from tintype.colorize.guides import Guided
from tintype.colorize.passes import choose_passes
from tintype.colorize.semantics import Semantics
from tintype.colorize.settings import Settings, choose_decoding
from tintype.errors import GuidanceError
from tintype.guidance.colors import WeightedColor
from tintype.guidance.compile import palette_distribution
from tintype.guidance.grow import enlarge
from tintype.guidance.guidance import GlobalPalette, Guidance
from tintype.guidance.marks import MaskMark
from tintype.guidance.words.likeness import describe, main_parts
from tintype.guidance.words.meaning import Meaning, mixed
from tintype.guidance.words.outline import between, is_anywhere, outline
from tintype.guidance.words.places import LEAST_BELIEFS, REST, SURELY_NOT, believe
from tintype.guidance.words.prompt import Phrase, Prompt, read_prompt

if TYPE_CHECKING:
    from tintype.colorize.colorizer import OpenPhoto

OUTLINE_SIDE = 160
"""Longer side of the lightness that outlines are found on, pixels."""

SAID = 0.8
"""Confidence of a color that was named: advice, so that folds and light keep theirs."""

SUPPOSED = 0.4
"""Confidence of the colors that a thing usually has, where none was named."""

LEAST_SEEN = 0.1
"""Belief of the surest cell from which on a thing counts as seen."""

PICTURE_STRENGTH = 0.3
"""Strength of the palette of a scene."""

_VERSION = 4
"""Raised whenever the same prompt gives other marks, by other words in the tables too."""

_LEAST_SHARE = 0.01  # of the photograph: less is no place
_ORIGIN_LENGTH = 150


class Segmenter(Protocol):
    """Finds what words speak of in a photograph, see ``tintype.colorize.segment_torch``."""

    @property
    def name(self) -> str:
        """What identifies it in digests."""

    def find(self, lightness: Floats, phrase: str) -> Floats:
        """Return how sure each pixel is of a phrase: (h, w) float32, 0..1.

        Args:
            lightness: (h, w) CIE L.
            phrase: English.
        """


@dataclass(frozen=True)
class Found:
    """Where something is.

    Attributes:
        inside: (h, w) float32 over the whole photograph, more than 0.5 inside.
        belief: how sure the surest cell is, 0..1.
        as_what: what the encoder sees there: "fur coat".
    """

    inside: Floats
    belief: float
    as_what: str


@dataclass(frozen=True)
class PromptGuide:
    """A prompt that guides photographs.

    Attributes:
        prompt: as `read_prompt` read it.
        segmenter: finds things, where the encoder's classes are not to do it.
    """

    prompt: Prompt
    segmenter: Segmenter | None = None

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of all that it goes by."""
        segmenter = self.segmenter.name if self.segmenter else ""
        return hashlib.sha256(f"{_VERSION}\n{segmenter}\n{self.prompt.text}".encode()).hexdigest()

    def guide(self, opened: OpenPhoto) -> Guided:
        """Return the marks and the palette that the prompt asks for, and what became of each of its phrases.

        Raises:
            UnsupportedByModelError: the model can't tell where things are, or takes no palettes.
        """
        view = _View(opened, self.segmenter)
        said = [_apply(phrase, view) for phrase in self.prompt.phrases]
        palettes = [guided.guidance.palette for guided in said if guided.guidance.palette is not None]
        marks = tuple(mark for guided in said for mark in guided.guidance.marks)
        notes = (*self.prompt.notes, *(note for guided in said for note in guided.notes))
        return Guided(Guidance(marks, _join(palettes)), notes)


def correct(opened: OpenPhoto, seen: str, instead: str) -> Guided:
    """Say that what the encoder takes for one thing is another: its place gets the colors of that.

    Args:
        opened: the photograph.
        seen: one of the names in ``opened.semantics()``, or a word for it.
        instead: what it is.

    Raises:
        GuidanceError: a word that is not understood, or a thing that is not seen.
        UnsupportedByModelError: no model here knows classes.
    """
    guided = PromptGuide(read_prompt(f"this is not a {seen} but a {instead}")).guide(opened)
    if not guided.guidance.marks:
        raise GuidanceError(guided.notes[-1])
    return guided


class _View:
    """A photograph as phrases look at it; what is asked for is computed once."""

    def __init__(self, opened: OpenPhoto, segmenter: Segmenter | None) -> None:
        self.opened, self.segmenter = opened, segmenter

    @cached_property
    def lightness(self) -> Floats:
        """(h, w) CIE L of the whole photograph, `OUTLINE_SIDE` at most."""
        height, width = self.opened.size
        scale = min(1.0, OUTLINE_SIDE / max(height, width))
        return self.opened.lightness_at((max(1, round(height * scale)), max(1, round(width * scale))))

    @cached_property
    def semantics(self) -> Semantics:
        """What the encoder sees."""
        return self.opened.semantics()

    @cached_property
    def answer(self) -> Answer:
        """What the model says without guidance."""
        card = self.opened.colorizer.card
        settings = Settings(choose_passes(card), choose_decoding(card, None, None))
        return self.opened.render(settings).answer

    @cached_property
    def looks(self) -> Floats:
        """(h, w, K) what the cells look like, and which colors the model expects of them, where it tells."""
        if not self.answer.card.bins:
            return describe(self.lightness)
        parts = main_parts(probabilities(self.answer.logits, None, AS_IT_IS))
        return describe(self.lightness, resize_grid(parts, self.lightness.shape))

    @property
    def prior(self) -> Floats:
        """(Q,) how often each bin occurs."""
        known = self.opened.colorizer.card.prior
        return (
            np.full(BIN_COUNT, 1 / BIN_COUNT, np.float32) if known is None else np.asarray(known, np.float32)
        )

    def find(self, phrase: str, meaning: Meaning) -> Found | None:
        """Return where something is, or None where nothing of the kind is seen."""
        if meaning.place == REST:
            return self._find_rest()
        if self.segmenter is not None:
            return self._find_by_words(phrase)
        if meaning.place:
            return self._find_stuff(meaning)
        return self._find_classes(meaning.classes) if meaning.classes else None

    def _find_by_words(self, phrase: str) -> Found | None:
        assert self.segmenter is not None
        inside = self.segmenter.find(self.lightness, phrase)
        if not is_anywhere(inside):
            return None
        return Found(_resize(inside, self.lightness.shape), float(inside.max()), phrase)

    def _find_rest(self) -> Found | None:
        """Find what is behind the thing that is seen, be it sure or one of several."""
        seen = self.semantics.top()
        thing = self._find_classes(tuple(sighting.index for sighting in seen))
        return thing and Found(1 - thing.inside, thing.belief, f"all but the {thing.as_what}")

    def _find_stuff(self, meaning: Meaning) -> Found | None:
        answer = self.answer
        if not answer.card.bins:
            return None
        shares = probabilities(answer.logits, None, AS_IT_IS)
        palette = palette_distribution(meaning.palette)
        belief = believe(shares, palette, self.prior, answer.lightness, meaning.place)
        least = LEAST_BELIEFS[meaning.place]
        if float((belief > least).mean()) < _LEAST_SHARE:
            return None
        small = _resize(belief, self.lightness.shape)
        inside = between(small > least, small < SURELY_NOT * least, self.lightness)
        return Found(inside, float(belief.max()), meaning.words)

    def _find_classes(self, classes: tuple[int, ...]) -> Found | None:
        semantics = self.semantics
        belief = semantics.belief_in(classes)
        if float(belief.max()) < LEAST_SEEN:
            return None
        scores = _resize(semantics.map_of(classes), self.lightness.shape)
        likeliest = max(classes, key=lambda i: float(semantics.maps[..., i].max()))
        name = semantics.classes.names[likeliest]
        return Found(outline(scores, self.lightness, self.looks), float(belief.max()), name)


def _apply(phrase: Phrase, view: _View) -> Guided:
    """Return what one phrase does."""
    statement, meaning = phrase.statement, phrase.meaning
    palette = phrase.palette(view.prior)
    if meaning is None:
        return _guide_picture(statement.text, palette)
    if phrase.is_mention and not meaning.is_scene and len(meaning.classes) != 1:
        return Guided(notes=(f"{statement.text}: no color was named for it, nothing was changed",))
    if not palette:
        return Guided(notes=(f"{statement.text}: which colors it has is not known, nothing was changed",))
    found = view.find(statement.thing, meaning)
    guided = (
        _guide_place(phrase, palette, found, view) if found else Guided(notes=(_describe_unseen(phrase),))
    )
    if phrase.is_mention and meaning.is_scene:
        picture = _guide_picture(statement.text, palette)
        notes = (*guided.notes, *picture.notes) if found else picture.notes
        return Guided(guided.guidance.merged(picture.guidance), notes)
    return guided


def _guide_picture(words: str, palette: tuple[WeightedColor, ...]) -> Guided:
    given = GlobalPalette(palette, PICTURE_STRENGTH, _origin(words))
    return Guided(Guidance(palette=given), (f"{words}: colors for the whole picture",))


def _guide_place(phrase: Phrase, palette: tuple[WeightedColor, ...], found: Found, view: _View) -> Guided:
    size = view.opened.size
    region = enlarge(found.inside, size)
    confidence = SUPPOSED if phrase.is_mention else SAID
    mark = MaskMark.from_region(
        region,
        palette=palette,
        confidence=confidence,
        origin=_origin(phrase.statement.text),
        frame=size[::-1],
    )
    share = float(region.to_array().sum()) / (size[0] * size[1])
    named = phrase.meaning.words if phrase.meaning else ""
    seen = f" as {found.as_what}" if found.as_what not in (named, phrase.statement.thing) else ""
    note = f"{phrase.statement.text}: seen{seen} on {share:.0%} of the photograph, sure to {found.belief:.0%}"
    return Guided(Guidance((mark,)), (note,))


def _describe_unseen(phrase: Phrase) -> str:
    assert phrase.meaning is not None
    what = phrase.meaning.words
    via = f" (taken for {phrase.meaning.via})" if phrase.meaning.via else ""
    return f"{phrase.statement.text}: no {what}{via} is seen, nothing was changed; click on it instead"


def _join(palettes: list[GlobalPalette]) -> GlobalPalette | None:
    """Return one palette with the colors of all."""
    if not palettes:
        return None
    colors = mixed([(palette.colors, 1.0) for palette in palettes])
    words = ", ".join(palette.origin.partition(":")[2] for palette in palettes)
    return GlobalPalette(colors, PICTURE_STRENGTH, _origin(words))


def _origin(words: str) -> str:
    return f"word:{words[:_ORIGIN_LENGTH]}"


def _resize(plane: Floats, size: tuple[int, ...]) -> Floats:
    return resize_grid(plane[..., None], size)[..., 0]
