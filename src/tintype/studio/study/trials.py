"""Which pictures a participant sees, in which order and on which side: drawn by a seed, balanced over all.

The judged trials of a session are those that were answered least so far, so every photograph and every comparison
gets the same number of answers, whoever leaves early. Each side holds the same thing equally often, within a session
and for each comparison.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import Literal

from tintype.errors import StudyFileError
from tintype.measure.study.answers import TRUTH, Kind
from tintype.studio.study.definition import ABSURD, Definition, Part

Side = Literal["left", "right"]
Usage = Mapping[tuple[str, str, str, str], int]
"""How often each (kind, photograph, left, right) was given as a judged trial."""

_UNDISTURBED = 2


@dataclass(frozen=True)
class Trial:
    """Two versions of a photograph beside each other.

    Attributes:
        kind: what is asked.
        photograph: its name in the material.
        left: ``truth``, a model's name, or ``absurd``.
        right: the same of the other side.
        practice: comes before the judged ones and is not counted.
        attention: a check; not counted either.
    """

    kind: Kind
    photograph: str
    left: str
    right: str
    practice: bool = False
    attention: bool = False

    @property
    def truth_side(self) -> Side | None:
        """Where the photograph itself is, if it takes part."""
        return _side_of(TRUTH, self)

    @property
    def right_answer(self) -> Side | None:
        """What has to be answered, where an answer can be wrong."""
        if self.kind == "real_or_colored":
            return "right" if self.truth_side == "left" else "left"
        absurd = _side_of(ABSURD, self)
        return None if absurd is None else "right" if absurd == "left" else "left"


@dataclass(frozen=True)
class Design:
    """What sessions are drawn from: the same for all participants.

    Attributes:
        judged: names of the photographs of judged trials.
        reserve: of each part, those that only practice and checks show.
        parts: of the study.
        pairs: of each part, the versions that are compared.
        seed: of the study.
    """

    judged: tuple[str, ...]
    reserve: Mapping[Kind, tuple[str, ...]]
    parts: tuple[Part, ...]
    pairs: Mapping[Kind, tuple[tuple[str, str], ...]]
    seed: int


def create_design(definition: Definition, photographs: Sequence[str]) -> Design:
    """Set photographs aside for practice and checks, and list what is compared.

    Raises:
        StudyFileError: there are too few photographs.
    """
    shuffled = Random(f"{definition.seed} reserve").sample(sorted(photographs), len(photographs))
    reserve: dict[Kind, tuple[str, ...]] = {}
    first = 0
    for part in definition.parts:
        reserve[part.kind] = tuple(shuffled[first : first + part.practice + part.attention])
        first += part.practice + part.attention
    design = Design(
        judged=tuple(sorted(shuffled[first:])),
        reserve=reserve,
        parts=definition.parts,
        pairs={part.kind: _pairs(definition, part) for part in definition.parts},
        seed=definition.seed,
    )
    _check_numbers(definition, design, len(photographs))
    return design


def plan_session(design: Design, number: int, usage: Usage) -> list[Trial]:
    """Draw the trials of a participant.

    Args:
        design: of the study.
        number: of the participant, from 0: with the seed it decides every draw.
        usage: what participants before were given.
    """
    random = Random(f"{design.seed} session {number}")
    seen: Counter[str] = Counter()
    trials: list[Trial] = []
    for part in design.parts:
        trials += _plan_part(design, part, usage, seen, random)
    return trials


def _pairs(definition: Definition, part: Part) -> tuple[tuple[str, str], ...]:
    if part.kind == "real_or_colored":
        return tuple((TRUTH, model) for model in definition.models)
    names = [*([TRUTH] if part.with_photographs else []), *definition.models]
    return tuple(combinations(names, 2))


def _check_numbers(definition: Definition, design: Design, count: int) -> None:
    aside = sum(len(names) for names in design.reserve.values())
    wanted = sum(part.practice + part.attention for part in design.parts)
    for part in design.parts:
        rounds = 1 if part.kind == "real_or_colored" else len(design.pairs[part.kind])
        possible = len(design.judged) * rounds if aside == wanted else 0
        if part.trials > possible:
            raise StudyFileError(
                f"{definition.path}: {part.kind}.trials: is {part.trials}, but of {count} photographs {wanted} are "
                f"set aside for practice and checks, which leaves {possible}; lower it or add photographs"
            )


def _plan_part(design: Design, part: Part, usage: Usage, seen: Counter[str], random: Random) -> list[Trial]:
    pairs = design.pairs[part.kind]
    judged = _in_order(
        _take_sides(_choose(design, part, usage, seen, random), part.kind, usage, random), random
    )
    spare = random.sample(design.reserve[part.kind], part.practice + part.attention)
    practice = [
        Trial(part.kind, name, *_shuffled(pairs[i % len(pairs)], random), practice=True)
        for i, name in enumerate(spare[: part.practice])
    ]
    checks = [
        Trial(part.kind, name, *_shuffled((pairs[0][0], ABSURD), random), attention=True)
        for name in spare[part.practice :]
    ]
    return practice + _spread(judged, checks, random)


def _choose(
    design: Design, part: Part, usage: Usage, seen: Counter[str], random: Random
) -> list[tuple[str, tuple[str, str]]]:
    """Choose what is judged: photographs not seen yet in this session, and of their comparisons the rarest.

    A photograph comes a second time only when all have come once, and then with another pair.
    """
    pairs = design.pairs[part.kind]
    given: Counter[tuple[str, frozenset[str]]] = Counter()
    for (kind, photograph, left, right), count in usage.items():
        if kind == part.kind:
            given[photograph, frozenset((left, right))] += count
    names = random.sample(design.judged, len(design.judged))
    items = {
        (name, pair): given[name, frozenset(pair)]
        for name in names
        for pair in random.sample(pairs, len(pairs))
    }
    used: Counter[tuple[str, str]] = Counter()
    chosen: list[tuple[str, tuple[str, str]]] = []
    for _ in range(part.trials):
        name, pair = min(items, key=lambda item: (seen[item[0]], items[item], used[item[1]]))
        chosen.append((name, pair))
        del items[name, pair]
        seen[name] += 1
        used[pair] += 1
    return chosen


def _take_sides(
    chosen: Sequence[tuple[str, tuple[str, str]]], kind: Kind, usage: Usage, random: Random
) -> list[Trial]:
    """Put the first of each pair on the left in half of the trials: there where it was there more seldom so far."""

    def surplus(item: tuple[str, tuple[str, str]]) -> int:
        name, (one, other) = item
        return usage.get((kind, name, one, other), 0) - usage.get((kind, name, other, one), 0)

    by_pair: dict[tuple[str, str], list[str]] = {}
    for name, pair in random.sample(chosen, len(chosen)):
        by_pair.setdefault(pair, []).append(name)
    trials: dict[tuple[str, tuple[str, str]], Trial] = {}
    extra = random.random() < 0.5
    for pair, names in by_pair.items():
        ordered = sorted(names, key=lambda name: surplus((name, pair)))
        half = (len(names) + extra) // 2
        extra ^= len(names) % 2 == 1  # pairs with odd numbers take turns
        for i, name in enumerate(ordered):
            trials[name, pair] = Trial(kind, name, *(pair if i < half else pair[::-1]))
    return [trials[item] for item in chosen]


def _in_order(trials: Sequence[Trial], random: Random) -> list[Trial]:
    """Shuffle; a photograph that comes again does so only after all others came."""
    rounds: dict[int, list[Trial]] = {}
    count: Counter[str] = Counter()
    for trial in trials:
        rounds.setdefault(count[trial.photograph], []).append(trial)
        count[trial.photograph] += 1
    ordered: list[Trial] = []
    for turn in rounds.values():
        shuffled = random.sample(turn, len(turn))
        if ordered and len(shuffled) > 1 and shuffled[0].photograph == ordered[-1].photograph:
            shuffled.append(shuffled.pop(0))
        ordered += shuffled
    return ordered


def _spread(trials: list[Trial], checks: list[Trial], random: Random) -> list[Trial]:
    """Put the checks among the trials, one into each of as many stretches, never right at the beginning."""
    mixed = list(trials)
    stretch = len(trials) / max(1, len(checks))
    for i in reversed(range(len(checks))):
        low, high = int(i * stretch), int((i + 1) * stretch)
        mixed.insert(random.randint(min(high, low + _UNDISTURBED), high), checks[i])
    return mixed


def _shuffled(pair: tuple[str, str], random: Random) -> tuple[str, str]:
    return pair if random.random() < 0.5 else pair[::-1]


def _side_of(version: str, trial: Trial) -> Side | None:
    return "left" if trial.left == version else "right" if trial.right == version else None
