"""Pairwise preference: which of two versions of a photograph do people like better?

All comparisons are put on one scale by the model of Bradley and Terry (``bradley_terry``), and each pair is
judged by itself. The truth may take part as one more competitor.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tintype.measure.statistics import Interval, holm, paired_difference, wilson
from tintype.measure.study.agreement import Floats, alpha_interval, fleiss_kappa
from tintype.measure.study.answers import Answer
from tintype.measure.study.bradley_terry import Fit, connected_groups, fit_bradley_terry
from tintype.measure.study.fooled import median_ms
from tintype.measure.study.settings import DEFAULTS, Settings

MISFIT = 0.01
"""Below this p the reader is told that the preferences fit badly on one scale."""


@dataclass(frozen=True)
class Score:
    """Where a competitor stands.

    Attributes:
        name: of the model, or ``truth``.
        score: Bradley-Terry score, natural logarithm, 0 is the average of its group; the interval takes all answers
            of a participant as alike.
        preferred_to_average: the score as the chance of being preferred to the average competitor, 0..1.
        wins: comparisons won.
        comparisons: all its comparisons.
        group: from 1; competitors of different groups were never compared, not even through others.
    """

    name: str
    score: Interval
    preferred_to_average: Interval
    wins: int
    comparisons: int
    group: int


@dataclass(frozen=True)
class PairPreference:
    """How often one was preferred to the other.

    Attributes:
        one: name of a competitor.
        other: name of another.
        wins: how often one was preferred.
        comparisons: of the two.
        share: wins / comparisons with Wilson's interval.
        p: sign-flip test over participants, each with comparisons won - lost.
        adjusted_p: p after Holm's correction for all pairs.
    """

    one: str
    other: str
    wins: int
    comparisons: int
    share: Interval
    p: float
    adjusted_p: float


@dataclass(frozen=True)
class PhotographPreference:
    """How often one was preferred to the other on one photograph; share with Wilson's interval."""

    photograph: str
    one: str
    other: str
    wins: int
    comparisons: int
    share: Interval


@dataclass(frozen=True)
class PreferenceFigures:
    """All figures of the preferences.

    Attributes:
        scores: the best first, group by group.
        pairs: all that were compared.
        photographs: each photograph and pair, in the order of their names.
        misfit_p: for each group, how likely chance alone explains that its pairs don't fit on one scale; nan where
            there is nothing to test. It takes each answer as independent, so it warns early rather than late.
        alpha: Krippendorff's alpha, chance counted within each pair; interval over photographs and pairs.
        kappa: mean of Fleiss' kappa of the pairs, weighted by their answers; nan where none is known.
        left: share of answers for the left side.
        median_ms: median time until the answer; None where no times are known.
        answers: how many were judged.
        notes: what a reader must know about the scores.
    """

    scores: tuple[Score, ...]
    pairs: tuple[PairPreference, ...]
    photographs: tuple[PhotographPreference, ...]
    misfit_p: tuple[float, ...]
    alpha: Interval
    kappa: float
    left: Interval
    median_ms: float | None
    answers: int
    notes: tuple[str, ...]


def judge_preferences(answers: Sequence[Answer], settings: Settings = DEFAULTS) -> PreferenceFigures | None:
    """Judge the answers of kind ``preference``; None if there are none."""
    judged = [answer for answer in answers if answer.kind == "preference"]
    if not judged:
        return None
    names = sorted({name for answer in judged for name in (answer.left, answer.right)})
    wins = _wins(judged, names)
    groups = [_Group.fitted(members, names, wins) for members in connected_groups(wins.sum(axis=0))]
    tables = _unit_counts(judged)
    return PreferenceFigures(
        scores=tuple(
            score for number, group in enumerate(groups, 1) for score in group.scores(number, settings)
        ),
        pairs=_pairs(names, wins, settings),
        photographs=_by_photograph(judged, settings),
        misfit_p=tuple(group.fit.misfit_p() for group in groups),
        alpha=alpha_interval(tables, settings.level, settings.resamples, settings.seed),
        kappa=_mean_kappa(tables),
        left=wilson(sum(a.answer == "left" for a in judged), len(judged), settings.level),
        median_ms=median_ms(judged),
        answers=len(judged),
        notes=tuple(_notes(groups)),
    )


@dataclass(frozen=True)
class _Group:
    """Competitors that can be compared, with their wins (K, K) and their fit."""

    names: list[str]
    wins: Floats
    fit: Fit

    @classmethod
    def fitted(cls, members: Sequence[int], names: Sequence[str], wins: Floats) -> _Group:
        among = wins[np.ix_(range(len(wins)), members, members)]
        answered = among[among.sum(axis=(1, 2)) > 0]
        return cls(
            [names[i] for i in members], among.sum(axis=0), fit_bradley_terry(among.sum(axis=0), answered)
        )

    def scores(self, number: int, settings: Settings) -> list[Score]:
        won, lost = self.wins.sum(axis=1), self.wins.sum(axis=0)
        found = []
        for i in np.argsort(-self.fit.scores, kind="stable").tolist():
            score = self.fit.interval(i, settings.level)
            share = Interval(*(1 / (1 + math.exp(-x)) for x in (score.value, score.low, score.high)))
            found.append(Score(self.names[i], score, share, int(won[i]), int(won[i] + lost[i]), number))
        return found


def _wins(answers: Sequence[Answer], names: Sequence[str]) -> Floats:
    """Count for each participant how often the row was preferred to the column: (P, K, K)."""
    number = {name: i for i, name in enumerate(names)}
    participants = {name: i for i, name in enumerate(sorted({a.participant for a in answers}))}
    wins = np.zeros((len(participants), len(names), len(names)))
    for answer in answers:
        wins[participants[answer.participant], number[answer.chosen], number[answer.refused]] += 1
    return wins


def _pairs(names: Sequence[str], wins: Floats, settings: Settings) -> tuple[PairPreference, ...]:
    total = wins.sum(axis=0)
    found = []
    for i, j in combinations(range(len(names)), 2):
        if comparisons := int(total[i, j] + total[j, i]):
            asked = wins[:, i, j] + wins[:, j, i] > 0
            test = paired_difference(
                wins[asked, i, j], wins[asked, j, i], settings.level, settings.resamples, settings.seed
            )
            share = wilson(int(total[i, j]), comparisons, settings.level)
            found.append((names[i], names[j], int(total[i, j]), comparisons, share, test.p))
    adjusted = holm([pair[-1] for pair in found])
    return tuple(PairPreference(*pair, p) for pair, p in zip(found, adjusted, strict=True))


def _by_unit(answers: Sequence[Answer]) -> dict[tuple[str, str, str], list[Answer]]:
    """Group answers by pair (in the order of the names) and photograph: (one, other, photograph)."""
    units: defaultdict[tuple[str, str, str], list[Answer]] = defaultdict(list)
    for answer in answers:
        one, other = sorted((answer.left, answer.right))
        units[one, other, answer.photograph].append(answer)
    return dict(sorted(units.items()))


def _by_photograph(answers: Sequence[Answer], settings: Settings) -> tuple[PhotographPreference, ...]:
    found = []
    for (one, other, photograph), unit in _by_unit(answers).items():
        wins = sum(answer.chosen == one for answer in unit)
        share = wilson(wins, len(unit), settings.level)
        found.append(PhotographPreference(photograph, one, other, wins, len(unit), share))
    return tuple(sorted(found, key=lambda row: (row.photograph, row.one, row.other)))


def _unit_counts(answers: Sequence[Answer]) -> list[Floats]:
    """Count for each pair, over its photographs, how many preferred the one and the other: (photographs, 2)."""
    tables: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for (one, other, _), unit in _by_unit(answers).items():
        # Who judged the same twice is one rater, with the first answer.
        chosen = [answer.chosen for answer in {a.participant: a for a in reversed(unit)}.values()]
        tables[one, other].append((chosen.count(one), chosen.count(other)))
    return [np.array(table, dtype=np.float64) for table in tables.values()]


def _mean_kappa(tables: Sequence[Floats]) -> float:
    found = [(fleiss_kappa(table), float(table.sum())) for table in tables]
    known = [(kappa, weight) for kappa, weight in found if not math.isnan(kappa)]
    total = sum(weight for _, weight in known)
    return sum(kappa * weight for kappa, weight in known) / total if total else math.nan


def _notes(groups: Sequence[_Group]) -> list[str]:
    notes = []
    if len(groups) > 1:
        named = "; ".join(", ".join(group.names) for group in groups)
        notes.append(
            f"Some were never compared, not even through others; scores hold within a group only: {named}."
        )
    for group in groups:
        names = ", ".join(group.names)
        if group.fit.is_reduced:
            notes.append(
                f"Among {names} some won or lost everything against the rest: their scores would be infinite and "
                "are held back by Firth's penalty."
            )
        if group.fit.clustered is None:
            notes.append(
                f"Only one participant compared {names}: the intervals take each answer as independent."
            )
        if group.fit.misfit_p() < MISFIT:
            notes.append(
                f"The preferences among {names} fit badly on one scale (p = {group.fit.misfit_p():.2g}); "
                "read the pairs."
            )
    return notes
