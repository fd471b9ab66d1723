"""The model of a studio and the threads that work: from a photograph and its state to colors."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from tintype.color.bins import Decoding
from tintype.colorize.answer import check_style
from tintype.colorize.colorizer import DEFAULT_MODEL, Colorizer
from tintype.colorize.project import CHOSEN_BY_HAND
from tintype.colorize.result import Colorization
from tintype.colorize.settings import Choice, Settings, choose_settings
from tintype.errors import BrokenOffError, UnsupportedByModelError
from tintype.guidance.compile import compile_guidance
from tintype.guidance.marks import GrownMark, Mark, PointMark
from tintype.models.card import Card
from tintype.models.session import default_threads
from tintype.photos.photo import Photo
from tintype.studio.desk import Colored, Desk, srgb_coder
from tintype.studio.state import Sample, State

_DRAFT = 0.6
"""Size of the network's input while the pointer moves, as a share of the usual one."""


class Superseded(Exception):  # noqa: N818 - no error: the work is no longer wanted
    """Something newer was asked for; the work is given up."""


Stop: TypeAlias = Callable[[], None]
"""Raises `Superseded` where what is being computed is no longer wanted."""


def never() -> None:
    """Go on to the end."""


class Engine:
    """What colors photographs; it may be used from several threads at once, and runs the network for one.

    Args:
        model: name or path.
        threads: that work at once; None: one for each core.

    Raises:
        ModelError: the model can't be used.
    """

    def __init__(self, model: str | Path = DEFAULT_MODEL, threads: int | None = None) -> None:
        self.threads = threads or default_threads()
        # Half of them are as fast for a network that is asked now and then, and the browser needs the others.
        self.colorizer = Colorizer(model, threads=max(1, self.threads // 2), live=True)
        self.workers = ThreadPoolExecutor(self.threads, "tintype-studio")
        self._running, self._guard = Lock(), Lock()
        self._stop: Stop = never
        self.workers.submit(srgb_coder)

    def close(self) -> None:
        """End the threads."""
        self.workers.shutdown(wait=True, cancel_futures=True)

    @property
    def card(self) -> Card:
        """Of the model."""
        return self.colorizer.card

    @cached_property
    def fingerprint(self) -> str:
        """Of the model, in digests."""
        return self.colorizer.fingerprint

    @cached_property
    def draft_size(self) -> int | None:
        """Size of the network's input for drafts; None for a model that has only one."""
        rule = self.card.size
        if rule.fixed:
            return None
        size = round(rule.default * _DRAFT / rule.multiple) * rule.multiple
        return max(rule.minimum, size) if max(rule.minimum, size) < rule.default else None

    def lay_out(self, photo: Photo) -> Desk:
        """Open a photograph."""
        return Desk(self.colorizer.open(photo), self.threads)

    def settings(self, state: State, *, draft: bool = False) -> Settings:
        """Return what a state means to the model.

        Raises:
            GuidanceError: something impossible, or that this model does not take.
        """
        chosen = state.settings
        decoding = None
        if chosen.decoding is not None:
            decoding = Decoding(chosen.decoding.rarity, chosen.decoding.temperature)
        settings = choose_settings(
            self.card,
            state.guidance(),
            vividness=chosen.vividness,
            decoding=decoding,
            quality=chosen.quality,
            sizes=self.draft_size if draft else chosen.sizes,
            mirrored=None if draft else chosen.mirrored,
            warmth=chosen.warmth,
            skin=chosen.skin,
            sky=chosen.sky,
        )
        if chosen.sample is None:
            return settings
        which = f"sample {chosen.sample.number}, seed {chosen.sample.seed}"
        return replace(settings, choice=Choice(which, 1, CHOSEN_BY_HAND))

    def check(self, state: State, size: tuple[int, int]) -> None:
        """Refuse a state that could not be colored.

        Args:
            state: the state.
            size: (height, width) of the photograph.

        Raises:
            GuidanceError: a mark outside of the photograph, or something that the model does not take.
        """
        guidance, rule = self.settings(state).guidance, self.card.size
        check_style(guidance, self.colorizer.session)
        smallest = rule.fit(*size, None if rule.fixed else rule.minimum)
        marks = tuple(_ungrown(mark) for mark in guidance.marks)
        compile_guidance(replace(guidance, marks=marks), self.card, size, smallest)
        if state.settings.sample is not None and "samples" not in self.card.capabilities:
            raise UnsupportedByModelError(f"{self.card.name} draws no samples; choose a model that does")

    def color(self, desk: Desk, state: State, *, draft: bool = False, stop: Stop = never) -> Colored:
        """Color a photograph; what was colored before, with this or another decoding, is not asked again.

        Args:
            desk: the photograph.
            state: what was said about it.
            draft: at a small size of the network's input.
            stop: called between the steps.

        Raises:
            TintypeError: as those of ``OpenPhoto.colorize``.
            Superseded: `stop` said so.
        """
        settings = self.settings(state, draft=draft)
        key = settings.digest(self.fingerprint)
        with desk.lock:
            found = desk.results.find(key)
            if found is None:
                stop()
                found = desk.results.keep(key, self._color(desk, settings, state.settings.sample, stop))
        return found

    def reconsider(self) -> None:
        """Break the network off where what it computes is no longer wanted; to be called when that may be so."""
        with self._guard:
            try:
                self._stop()
            except Superseded:
                self.colorizer.session.break_off()

    def digest(self, state: State) -> str:
        """Return the digest of what a state gives, without computing it."""
        return self.settings(state).digest(self.fingerprint)

    def is_known(self, desk: Desk, state: State) -> bool:
        """Return whether a state can be colored without asking the network."""
        settings = self.settings(state)
        with desk.lock:
            return desk.looks.find((settings.guidance.digest(), settings.passes)) is not None

    def alternatives(self, desk: Desk, state: State, count: int, seed: int) -> list[Colored]:
        """Return other colors that are possible; see ``Colorization.alternatives``."""
        with desk.lock:
            return self._draw(desk, self.settings(state), count, seed)

    def look(self, desk: Desk, state: State) -> Colorization:
        """Return what the network says under a state, whichever of its samples is chosen."""
        settings = self.settings(state)
        with desk.lock:
            return self._look(desk, settings, never)

    def _color(self, desk: Desk, settings: Settings, sample: Sample | None, stop: Stop) -> Colored:
        if sample is None:
            result = self._look(desk, settings, stop)
        else:
            drawn = self._draw(desk, settings, sample.number, sample.seed)[-1].result
            result = replace(drawn, settings=settings, alternative="")  # settings.choice says which
        stop()
        return desk.colored(result)

    def _draw(self, desk: Desk, settings: Settings, count: int, seed: int) -> list[Colored]:
        plain = replace(settings, choice=None)
        key = plain.digest(self.fingerprint), seed
        found = desk.strips.find(key)
        if found is None or len(found) < count:
            drawn = self._look(desk, plain, never).alternatives(count, seed)
            found = desk.strips.keep(key, [desk.colored(result) for result in drawn])
        return found[:count]

    def _look(self, desk: Desk, settings: Settings, stop: Stop) -> Colorization:
        key = settings.guidance.digest(), settings.passes
        found = desk.looks.find(key)
        if found is not None:
            return replace(found, settings=replace(settings, choice=None), sampled=None, alternative="")
        with self._running:
            stop()
            return desk.looks.keep(key, self._ask(desk, replace(settings, choice=None), stop))

    def _ask(self, desk: Desk, settings: Settings, stop: Stop) -> Colorization:
        """Let the network look, unless `reconsider` finds that this is no longer wanted."""
        with self._guard:
            self._stop = stop
        try:
            return desk.opened.render(settings)
        except BrokenOffError:
            raise Superseded from None
        finally:
            with self._guard:
                self._stop = never


def _ungrown(mark: Mark) -> Mark:
    """Return the click of a mark that would be grown, which takes the photograph and is not needed to check it."""
    if not isinstance(mark, GrownMark):
        return mark
    return PointMark(mark.x, mark.y, color=mark.color, palette=mark.palette, confidence=mark.confidence)
