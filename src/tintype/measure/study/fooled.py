"""The colorization Turing test: how often was the photograph itself taken for the machine's work?

A photograph and a model's coloring of it are shown side by side, and a person names the one that a machine colored.
The share of wrong answers is the fooled rate: 50% is what a coloring that can't be told from the truth would get;
more means that people found it more real than the truth.

Source: Zhang, Isola and Efros, "Colorful Image Colorization" (2016), section 3.2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tintype.measure.statistics import (
    Interval,
    PairedDifference,
    bootstrap,
    holm,
    paired_difference,
    wilson,
)
from tintype.measure.study.agreement import Floats, alpha_interval, fleiss_kappa
from tintype.measure.study.answers import TRUTH, Answer
from tintype.measure.study.settings import DEFAULTS, Settings


@dataclass(frozen=True)
class FooledRate:
    """How often one model fooled people.

    Attributes:
        model: its name.
        fooled: answers that named the truth as the machine's work.
        answers: all answers.
        participants: who gave them.
        photographs: that they were given for.
        rate: fooled / answers with Wilson's interval, which takes each answer as independent.
        by_participants: the same share with a bootstrap interval over participants, as Zhang 2016 has it: wider
            where people differ. No bounds for a single participant.
    """

    model: str
    fooled: int
    answers: int
    participants: int
    photographs: int
    rate: Interval
    by_participants: Interval


@dataclass(frozen=True)
class RateDifference:
    """How two models differ, over the participants that judged both.

    Attributes:
        one: name of a model.
        other: name of another.
        difference: mean over participants of rate of one - rate of other, 0..1, with p of the sign-flip test.
        adjusted_p: p after Holm's correction for all pairs of models.
    """

    one: str
    other: str
    difference: PairedDifference
    adjusted_p: float


@dataclass(frozen=True)
class PhotographRate:
    """How often one model fooled people with one photograph; rate with Wilson's interval."""

    photograph: str
    model: str
    fooled: int
    answers: int
    rate: Interval


@dataclass(frozen=True)
class FooledFigures:
    """All figures of the test.

    Attributes:
        rates: of the models, the best first.
        differences: of all pairs of models that some participant judged both of.
        photographs: of each photograph and model, in the order of their names.
        alpha: Krippendorff's alpha of "which one was named", over photographs and models; interval over these.
        kappa: Fleiss' kappa of the same.
        left: share of answers that named the left side; 50% if nobody leans to a side.
        median_ms: median time until the answer; None where no times are known.
        answers: how many were judged.
    """

    rates: tuple[FooledRate, ...]
    differences: tuple[RateDifference, ...]
    photographs: tuple[PhotographRate, ...]
    alpha: Interval
    kappa: float
    left: Interval
    median_ms: float | None
    answers: int


def judge_fooled(answers: Sequence[Answer], settings: Settings = DEFAULTS) -> FooledFigures | None:
    """Judge the answers of kind ``real_or_colored``; None if there are none."""
    judged = [answer for answer in answers if answer.kind == "real_or_colored"]
    if not judged:
        return None
    models = sorted({answer.model for answer in judged})
    rates = [_rate(model, [a for a in judged if a.model == model], settings) for model in models]
    table = _unit_counts(judged)
    return FooledFigures(
        rates=tuple(sorted(rates, key=lambda rate: -rate.rate.value)),
        differences=_differences(judged, models, settings),
        photographs=_by_photograph(judged, settings),
        alpha=alpha_interval([table], settings.level, settings.resamples, settings.seed),
        kappa=fleiss_kappa(table),
        left=wilson(sum(a.answer == "left" for a in judged), len(judged), settings.level),
        median_ms=median_ms(judged),
        answers=len(judged),
    )


def median_ms(answers: Iterable[Answer]) -> float | None:
    """Return the median time until the answer; None where no times are known."""
    times = [answer.response_ms for answer in answers if answer.response_ms is not None]
    return float(np.median(times)) if times else None


def is_fooled(answer: Answer) -> bool:
    """Say whether the truth was taken for the machine's work."""
    return answer.chosen == TRUTH


def _rate(model: str, answers: Sequence[Answer], settings: Settings) -> FooledRate:
    by_participant = _tallies(answers)
    fooled, given = np.array(list(by_participant.values()), dtype=np.float64).T
    return FooledRate(
        model=model,
        fooled=int(fooled.sum()),
        answers=len(answers),
        participants=len(by_participant),
        photographs=len({answer.photograph for answer in answers}),
        rate=wilson(int(fooled.sum()), len(answers), settings.level),
        by_participants=bootstrap(
            lambda weights: (weights @ fooled) / (weights @ given),
            len(fooled),
            settings.level,
            settings.resamples,
            settings.seed,
        ),
    )


def _tallies(answers: Iterable[Answer]) -> dict[str, tuple[int, int]]:
    """Count for each participant: fooled, answers."""
    tallies: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for answer in answers:
        fooled, given = tallies[answer.participant]
        tallies[answer.participant] = (fooled + is_fooled(answer), given + 1)
    return dict(sorted(tallies.items()))


def _differences(
    answers: Sequence[Answer], models: Sequence[str], settings: Settings
) -> tuple[RateDifference, ...]:
    rates = {
        model: {
            participant: fooled / given
            for participant, (fooled, given) in _tallies(a for a in answers if a.model == model).items()
        }
        for model in models
    }
    found = []
    for one, other in combinations(models, 2):
        both = [participant for participant in rates[one] if participant in rates[other]]
        if both:
            first, second = ([rates[model][participant] for participant in both] for model in (one, other))
            difference = paired_difference(first, second, settings.level, settings.resamples, settings.seed)
            found.append((one, other, difference))
    adjusted = holm([difference.p for _, _, difference in found])
    return tuple(RateDifference(*pair, p) for pair, p in zip(found, adjusted, strict=True))


def _by_photograph(answers: Sequence[Answer], settings: Settings) -> tuple[PhotographRate, ...]:
    units: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for answer in answers:
        units[answer.photograph, answer.model].append(is_fooled(answer))
    return tuple(
        PhotographRate(*unit, sum(fooled), len(fooled), wilson(sum(fooled), len(fooled), settings.level))
        for unit, fooled in sorted(units.items())
    )


def _unit_counts(answers: Sequence[Answer]) -> Floats:
    """Count for each photograph and model how many named the model and how many the truth: (units, 2)."""
    counts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    # Who judged the same twice is one rater, with the first answer.
    for answer in {(a.participant, a.photograph, a.model): a for a in reversed(answers)}.values():
        counts[answer.photograph, answer.model][is_fooled(answer)] += 1
    return np.array([counts[unit] for unit in sorted(counts)], dtype=np.float64)
