"""What a network says of a photograph: asked at one size or several, joined to one answer that is decoded often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import Decoding, decode, sample
from tintype.colorize.adjust import NO_ADJUSTMENT, Adjustment
from tintype.colorize.contours import Kept, contain, is_contained
from tintype.colorize.passes import Passes
from tintype.errors import GuidanceError, UnsupportedByModelError
from tintype.guidance.compile import CompiledGuidance, compile_guidance, compile_inputs
from tintype.guidance.guidance import Guidance
from tintype.models.card import Card
from tintype.models.session import Session

Floats = NDArray[np.float32]

AS_IT_IS = Decoding(rarity=0.0, temperature=1.0)
"""The distribution as the network was trained to give it."""

_STRIP = 4  # rows of cells that are decoded at once, so that their distributions stay in the cache


@dataclass(frozen=True, eq=False)
class Question:
    """What a network is asked, so that it can be asked again with another draw.

    Attributes:
        session: the model.
        lightness: (H, W) of each look, CIE L, the largest first.
        compiled: the guidance of each look.
        contexts: what the usual look takes the things in the photograph for, (K, h, w), for each look at another
            size; None: the look's own.
        mirrored: whether each look is averaged with that at the mirrored photograph.
    """

    session: Session
    lightness: Sequence[Floats]
    compiled: Sequence[CompiledGuidance]
    contexts: Sequence[Floats | None]
    mirrored: bool

    def ask(self, latent: Floats | None = None) -> Floats:
        """Let the network look; return the mean of all looks at the grid of the largest.

        Args:
            latent: (Z,) of the model's draw; None for zeros, the likeliest colors.
        """
        looks = [
            _look(self.session, lightness, one, context, latent, mirrored=self.mirrored)
            for lightness, one, context in zip(self.lightness, self.compiled, self.contexts, strict=True)
        ]
        if len(looks) == 1:
            return looks[0]
        grid = looks[0].shape[:2]
        return np.asarray(np.mean([resize_grid(look, grid) for look in looks], axis=0), np.float32)


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer for one photograph under one guidance.

    Attributes:
        card: of the model.
        cells: (h, w, Q) logits over the bins, the guidance's bias included; for models without bins (h, w, 2)
            ab in Lab units.
        compiled: the guidance at the answer's grid, for the orders that are obeyed when decoding.
        lightness: (h, w) mean CIE L of the cells.
        question: what was asked, for models that draw anew; None where nobody will ask again.
    """

    card: Card
    cells: Floats
    compiled: CompiledGuidance
    lightness: Floats
    question: Question | None = None

    @property
    def logits(self) -> Floats:
        """The logits (h, w, Q).

        Raises:
            UnsupportedByModelError: the model gives one color a cell and no distribution.
        """
        if not self.card.bins:
            raise UnsupportedByModelError(
                f"{self.card.name} gives one color for each place and no distribution; choose a model with bins, "
                "such as tintype-small"
            )
        return self.cells

    @property
    def prior(self) -> Floats | None:
        """How often each bin occurs (Q,), sum 1; None where the card does not say."""
        return None if self.card.prior is None else np.asarray(self.card.prior, np.float32)

    def decode(self, decoding: Decoding | None, adjustment: Adjustment = NO_ADJUSTMENT) -> Floats:
        """Return the color (h, w, 2), Lab units.

        Args:
            decoding: of the distribution; None for models without bins.
            adjustment: where the sliders stand.
        """
        if decoding is None:
            return self.obeying(self.cells)
        logits = adjustment.applied(self.logits, self.lightness)
        strips = (logits[row : row + _STRIP] for row in range(0, len(logits), _STRIP))
        return self.obeying(np.concatenate([decode(strip, self.prior, decoding) for strip in strips]))

    def sample(
        self, decoding: Decoding | None, count: int, seed: int, adjustment: Adjustment = NO_ADJUSTMENT
    ) -> list[Floats]:
        """Draw colors (h, w, 2), Lab units: from the distribution, or by one run of a model that draws itself each.

        Args:
            decoding: of the distribution; None for it as it is. A model that draws itself has none.
            count: how many.
            seed: the first samples are the same however many are drawn.
            adjustment: where the sliders stand, for models with a distribution.

        Raises:
            UnsupportedByModelError: the model gives no distribution, and takes no ``latent``.
        """
        if self.question is not None and not self.card.bins and "latent" in self.card.capabilities:
            length = self.question.session.length_of("latent")
            latents = np.random.default_rng(seed).standard_normal((count, length), np.float32)
            drawn = [self.question.ask(latent) for latent in latents]
        else:
            logits = adjustment.applied(self.logits, self.lightness)
            drawn = sample(logits, self.prior, decoding or AS_IT_IS, count, seed, lightness=self.lightness)
        return [self.obeying(ab) for ab in drawn]

    def obeying(self, ab: Floats) -> Floats:
        """Return ab (h, w, 2) with the orders of the guidance obeyed."""
        return self.compiled.pinned(ab)


def ask(
    session: Session,
    lightness_at: Callable[[tuple[int, int]], Floats],
    photo_size: tuple[int, int],
    guidance: Guidance,
    passes: Passes,
    *,
    kept: Kept | None = None,
    context: Callable[[], Floats] | None = None,
) -> Answer:
    """Let the network look at a photograph, and average what it says.

    Args:
        session: the model.
        lightness_at: (height, width) -> the photograph's lightness at that size, float32, 0..100.
        photo_size: (height, width) of the photograph.
        guidance: in the photograph's coordinates.
        passes: sizes, and whether mirrored ones too. Logits are averaged, which multiplies the distributions.
        kept: earlier answers about the same photograph by the same model.
        context: gives what the look at the model's default size takes the things in the photograph for, (K, h, w),
            where the model takes a context: what it sees depends on how large things are in it, and a look at
            another size, made for finer edges or for speed, should not change the colors.

    Returns:
        The answer, at the grid of the largest size.

    Raises:
        GuidanceError: a mark outside of the photograph, or the style of another model.
        UnsupportedByModelError: guidance that the model does not take.
        ModelError: the model failed.
    """
    check_style(guidance, session)
    inquiry = _Inquiry(session, lightness_at, photo_size, passes, context)
    question, lightness = inquiry.pose(guidance), inquiry.cell_lightness()
    compiled = question.compiled[0]
    answers = kept or Kept()

    def ask_with(said: Guidance) -> Floats:
        return answers.get(f"{said.digest()} {passes}", lambda: inquiry.pose(said, compile_inputs).ask())

    if is_contained(session.card, compiled):
        cells = contain(guidance, compiled, lightness, question.ask, ask_with)
    else:
        cells = ask_with(guidance)
    if session.card.bins:
        cells = compiled.biased(cells)
    return Answer(session.card, cells, compiled, lightness, question)


def check_style(guidance: Guidance, session: Session) -> None:
    """Raise GuidanceError for a style of another model, as far as its length tells."""
    if guidance.style is None or "style" not in session.card.capabilities:
        return
    given, taken = len(guidance.style.vector), session.length_of("style")
    if given != taken:
        raise GuidanceError(
            f"{guidance.source or 'guidance'}: style: it has {given} numbers and {session.card.name} takes {taken}; "
            "it is of another model, take it from the reference again"
        )


@dataclass(frozen=True, eq=False)
class _Inquiry:
    """What is the same for all questions about one photograph; attributes as the arguments of `ask`."""

    session: Session
    lightness_at: Callable[[tuple[int, int]], Floats]
    photo_size: tuple[int, int]
    passes: Passes
    context: Callable[[], Floats] | None

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """(height, width) of the model's input in each look, the largest first."""
        rule = self.session.card.size
        return [rule.fit(*self.photo_size, size) for size in sorted(self.passes.sizes, reverse=True)]

    def pose(
        self, guidance: Guidance, compiler: Callable[..., CompiledGuidance] = compile_guidance
    ) -> Question:
        """Return the question under a guidance, compiled in full or, where only the network is asked, its inputs."""
        card = self.session.card
        compiled = [compiler(guidance, card, self.photo_size, size) for size in self.sizes]
        lightness = [self.lightness_at(size) for size in self.sizes]
        return Question(self.session, lightness, compiled, self.contexts(), self.passes.mirrored)

    def contexts(self) -> list[Floats | None]:
        """Return the context of each look."""
        usual = self.session.card.size.fit(*self.photo_size)
        return [self.context() if self.context and size != usual else None for size in self.sizes]

    def cell_lightness(self) -> Floats:
        """Return the mean CIE L of the cells (h, w)."""
        grid, largest = self.session.card.grid, self.sizes[0]
        height, width = (side // grid for side in largest)
        blocks = self.lightness_at(largest).reshape(height, grid, width, grid)
        return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def resize_grid(cells: Floats, size: tuple[int, ...]) -> Floats:
    """Resize (h, w, C) to (height, width, C), linearly, each cell standing for its whole area."""
    if cells.shape[:2] == size:
        return cells
    rows, columns = (_weights(old, new) for old, new in zip(cells.shape[:2], size, strict=True))
    wide = np.einsum("Ww,hwc->hWc", columns, cells, optimize=True)
    return np.asarray(np.tensordot(rows, wide, 1), np.float32)


def _weights(old: int, new: int) -> Floats:
    """Return the (new, old) matrix of linear interpolation between the middles of cells."""
    middles = (np.arange(new) + 0.5) * old / new - 0.5
    distances = np.abs(np.clip(middles, 0, old - 1)[:, None] - np.arange(old))
    return np.asarray(np.maximum(0, 1 - distances), np.float32)


def _look(
    session: Session,
    lightness: Floats,
    compiled: CompiledGuidance,
    context: Floats | None,
    latent: Floats | None,
    *,
    mirrored: bool,
) -> Floats:
    """Return the cells (h, w, Q or 2) of one size, the mean of both sides where it is mirrored."""
    same = {"palette": compiled.palette, "style": compiled.style, "latent": latent}
    maps = {"hints": compiled.hints, "context": context}
    cells = _run(session, lightness, **same, **maps)
    if not mirrored:
        return cells
    turned = {name: None if one is None else one[..., ::-1] for name, one in maps.items()}
    other = _run(session, lightness[:, ::-1], **same, **turned)
    return np.asarray((cells + other[:, ::-1]) / 2, np.float32)


def _run(session: Session, lightness: Floats, **guidance: Floats | None) -> Floats:
    """Run the model once for one photograph, whose arrays have no axis N; return the cells."""
    name = "bin_logits" if session.card.bins else "ab"
    given = {key: np.ascontiguousarray(one[None]) for key, one in guidance.items() if one is not None}
    results = session.run(np.ascontiguousarray(lightness[None, None]), outputs=(name,), **given)
    return np.ascontiguousarray(np.moveaxis(results[name][0], 0, -1))
