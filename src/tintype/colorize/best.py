"""Coloring a photograph in several ways, and keeping the one that a score likes best."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from tintype.colorize.passes import Passes
from tintype.colorize.result import Colorization
from tintype.colorize.settings import Choice, Settings
from tintype.errors import GuidanceError
from tintype.models.card import Card, SizeRule

if TYPE_CHECKING:
    from tintype.colorize.colorizer import OpenPhoto

Score: TypeAlias = Callable[[Colorization], float]
"""How good a result is; higher is better."""

_SAMPLE = re.compile(r"sample (?P<number>[0-9]{1,4}), seed (?P<seed>[0-9]{1,18})")

_FACTORS = (0.75, 1.5, 0.5, 2.0)
"""Other sizes that are tried, as factors of the size that was chosen, in this order."""


@dataclass(frozen=True)
class Candidate:
    """One way to color a photograph.

    Attributes:
        settings: with which it is colored; ``settings.choice`` says which one of which it is.
        sample: number of the sample, 0 for the color proper.
        seed: of the samples.
    """

    settings: Settings
    sample: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Search:
    """How the best of several results is found.

    Attributes:
        count: how many are compared, 1 or more; fewer where the model has no more to offer.
        score: which one is the best; it is called once for each.
        name: of the score, with its version: part of the digest of the result.
        seed: of the samples among them.

    Raises:
        GuidanceError: a count of less than 1.
    """

    count: int
    score: Score
    name: str
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count < 1:
            raise GuidanceError(f"the best of {self.count} was asked for; ask for the best of 1 or more")

    def candidates(self, card: Card, settings: Settings) -> tuple[Candidate, ...]:
        """Return what is compared, for a model and the settings that a person chose."""
        return candidates(card, settings, self.count, self.seed, self.name)

    def find(self, opened: OpenPhoto, settings: Settings) -> Colorization:
        """Color an opened photograph in all ways and return the best result, the earlier one of equals.

        Raises:
            TintypeError: as those of ``OpenPhoto.colorize``.
        """
        found = self.candidates(opened.colorizer.card, settings)
        return max(color_candidates(opened, found), key=self.score)


def choose_again(plain: Colorization, choice: Choice) -> Colorization:
    """Return the result that a choice names, given the color proper under the same settings.

    Raises:
        GuidanceError: the choice names a sample that can't be.
        UnsupportedByModelError: it names one, and the model draws none.
    """
    sample = _SAMPLE.fullmatch(choice.which)
    if sample is None:
        return plain
    number, seed = int(sample["number"]), int(sample["seed"])
    drawn = plain.alternatives(number, seed)[number - 1]
    return replace(drawn, settings=plain.settings, alternative="")  # settings.choice says which


def name_of(score: Score) -> str:
    """Return what a score is called in digests: its ``name``, or the name of the function or of its class."""
    return str(getattr(score, "name", "") or getattr(score, "__name__", "") or type(score).__name__)


def candidates(card: Card, settings: Settings, count: int, seed: int, name: str) -> tuple[Candidate, ...]:
    """List ways to color a photograph: at the size that was chosen, at smaller and larger ones, then samples.

    Args:
        card: of the model.
        settings: that a person chose.
        count: how many at most: models of one fixed size have one size, those without bins and latent no samples.
        seed: of the samples.
        name: of the score.
    """

    def choose(passes: Passes, which: str) -> Settings:
        return replace(settings, passes=passes, choice=Choice(which, count, name))

    found = [
        Candidate(choose(passes, f"size {' and '.join(map(str, passes.sizes))}"))
        for passes in _passes(card.size, settings.passes)
    ]
    if card.bins or "latent" in card.capabilities:
        found += [
            Candidate(choose(settings.passes, f"sample {i}, seed {seed}"), i, seed)
            for i in range(1, count - len(found) + 1)
        ]
    return tuple(found[:count])


def color_candidates(opened: OpenPhoto, found: Sequence[Candidate]) -> Iterator[Colorization]:
    """Color an opened photograph in each way, in their order; the network runs once for each size.

    A model with a latent runs once more for each sample.

    Args:
        opened: the photograph.
        found: by ``candidates``: the first one is no sample.
    """
    plain = opened.render(found[0].settings)
    count = max(candidate.sample for candidate in found)
    drawn = plain.alternatives(count, found[-1].seed) if count else []
    for candidate in found:
        if candidate.sample:
            sample = drawn[candidate.sample - 1]
            yield replace(sample, settings=candidate.settings, alternative="")  # settings.choice says which
        else:
            yield plain if candidate is found[0] else opened.render(candidate.settings)


def _passes(rule: SizeRule, passes: Passes) -> Iterator[Passes]:
    """Yield the looks themselves, then those of other sizes, as far as the model takes them; each once."""
    ways = [passes]
    if not rule.fixed:
        ways += [replace(passes, sizes=_scaled(rule, passes.sizes, factor)) for factor in _FACTORS]
    return iter(dict.fromkeys(ways))


def _scaled(rule: SizeRule, sizes: tuple[int, ...], factor: float) -> tuple[int, ...]:
    scaled = {round(size * factor / rule.multiple) * rule.multiple for size in sizes}
    return tuple(sorted({min(max(size, rule.minimum), rule.maximum) for size in scaled}))
