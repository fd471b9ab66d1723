"""What a run of a suite says: figures with intervals, differences with their significance, curves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.measure.benchmark.colors import Counts
from tintype.measure.benchmark.folders import without_folders
from tintype.measure.benchmark.probe import Probe
from tintype.measure.benchmark.run import SuiteRun
from tintype.measure.calibration import (
    ReliabilityCurve,
    count_reliability,
    reliability_curve,
    resample_calibration_error,
)
from tintype.measure.glossary import FIGURES
from tintype.measure.hint_curve import HintCurve
from tintype.measure.risk import RiskCurve, count_risk, resample_doubt_skill, risk_curve
from tintype.measure.statistics import (
    Interval,
    PairedDifference,
    bootstrap,
    bootstrap_mean,
    holm,
    paired_difference,
)
from tintype.measure.unaided.score import Verdict
from tintype.measure.verdicts import measure_intervals

TESTED = ("psnr", "ssim", "delta_e", "ab_error", "auc_set", "colorfulness_difference")
"""The figures whose differences between contestants are tested: those that each photograph has."""

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Difference:
    """How two contestants differ in one figure.

    Attributes:
        figure: its name.
        one: label of a contestant.
        other: of the contestant that is subtracted.
        difference: mean over the photographs, with interval and p.
        p: corrected for all pairs that are compared in this figure (Holm).
    """

    figure: str
    one: str
    other: str
    difference: PairedDifference
    p: float

    @property
    def is_significant(self) -> bool:
        """Whether it is more than chance."""
        return self.p < SIGNIFICANT

    @property
    def better(self) -> str:
        """Label of the better contestant; empty where the difference may be chance."""
        return self.leading if self.is_significant else ""

    @property
    def leading(self) -> str:
        """Label of the contestant that is better on these photographs, by chance or not; empty where none clearly is.

        Clearly: the interval of the difference does not hold 0.
        """
        mean = self.difference.mean
        if not mean.low * mean.high > 0:
            return ""
        return self.one if (mean.value > 0) == (FIGURES[self.figure].better == "higher") else self.other


@dataclass(frozen=True, eq=False)
class Honesty:
    """Whether a model knows what it knows.

    Attributes:
        reliability: how often it is right by how sure it is.
        calibration_error: expected calibration error, 0..1.
        risk: mean error by how much is kept of what it doubts least.
        skill: of its doubt, 1 for perfect, 0 for none.
        photographs: how many.
    """

    reliability: ReliabilityCurve
    calibration_error: Interval
    risk: RiskCurve
    skill: Interval
    photographs: int


@dataclass(frozen=True, eq=False)
class Samples:
    """What the other answers of a model are worth.

    Attributes:
        best_errors: mean ab error of the best of k samples, k = 1, 2, ..., Lab units.
        distance: mean ab distance between samples, Lab units.
    """

    best_errors: tuple[Interval, ...]
    distance: Interval


@dataclass(frozen=True, eq=False)
class Look:
    """What results look like to who does not know the truth.

    Attributes:
        score: mean over the photographs, 0..100, see ``tintype.measure.unaided.score``.
        values: of each photograph; nan where one is too small to be judged.
        faults: in how many photographs this is what is most wrong, the most frequent first.
    """

    score: Interval
    values: NDArray[np.float64]
    faults: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Score:
    """What a contestant reached.

    Attributes:
        label: of the contestant.
        figures: by the names of ``FIGURES``.
        values: of each photograph, by the names that photographs have, in the order of the photographs.
        colors: counted over all its results, see ``count_colors``.
        hints: PSNR by the number of hints; None where the model takes none, or was not asked.
        honesty: None where the model gives no distribution, or was not asked.
        samples: likewise.
        look: without the truth.
    """

    label: str
    figures: dict[str, Interval]
    values: dict[str, NDArray[np.float64]]
    colors: Counts
    hints: HintCurve | None
    honesty: Honesty | None
    samples: Samples | None
    look: Look


@dataclass(frozen=True, eq=False)
class Summary:
    """What a run says.

    Attributes:
        run: which.
        scores: of the contestants, in the order of the tables.
        differences: all pairs in all figures that are tested.
        true_colors: counted over all photographs.
        true_look: of the true photographs.
    """

    run: SuiteRun
    scores: tuple[Score, ...]
    differences: tuple[Difference, ...]
    true_colors: Counts
    true_look: Look

    def score(self, label: str) -> Score:
        """Return the score of a contestant."""
        return next(score for score in self.scores if score.label == label)

    def distinct_looks(self) -> list[Score]:
        """Return one score for each network and size: what is asked before decoding is the same for the others."""
        first = {contestant.looks: contestant.label for contestant in reversed(self.run.contestants)}
        return [score for score in self.scores if score.label in first.values()]

    def ranked(self, figure: str) -> list[Score]:
        """Return the scores by a figure, the best first; those whose value is not a number last."""
        sign = -1 if FIGURES[figure].better == "higher" else 1
        return sorted(self.scores, key=lambda score: _rank(sign * score.figures[figure].value))

    def compare(self, figure: str, one: str, other: str) -> Difference | None:
        """Return the difference between two contestants, whichever was subtracted."""
        for found in self.differences:
            if found.figure == figure and {found.one, found.other} == {one, other}:
                return found
        return None


def summarize_run(run: SuiteRun, on_done: Callable[[int, int], None] | None = None) -> Summary:
    """Work out what a run says.

    Args:
        run: a suite that was run.
        on_done: is told about progress.
    """
    scores = []
    for contestant in run.contestants:
        scores.append(_score(run, contestant.label))
        if on_done:
            on_done(len(scores), len(run.contestants))
    first = run.entries[run.contestants[0].label]
    colors = _add([entry.true_colors for entry in first])
    true_look = _judge_look([entry.true_verdict for entry in first])
    return Summary(run, tuple(scores), tuple(_compare(scores)), colors, true_look)


def _score(run: SuiteRun, label: str) -> Score:
    figures = run.figures(label)
    each = [found.values() for found in figures]
    values = {name: np.array([found[name] for found in each]) for name in each[0]}
    intervals = dict(measure_intervals(figures))
    probes = [entry.probe for entry in run.entries[label] if entry.probe is not None]
    colors = _add([entry.colors for entry in run.entries[label]])
    counts = run.suite.probes.hint_counts
    look = _judge_look([entry.verdict for entry in run.entries[label]])
    hints, honesty, samples = _follow_hints(probes, counts), _ask_honesty(probes), _compare_samples(probes)
    return Score(label, intervals, values, colors, hints, honesty, samples, look)


def _add(counted: Sequence[Counts | None]) -> Counts:
    total: Counts = np.sum([counts for counts in counted if counts is not None], axis=0)
    return total


def _follow_hints(probes: Sequence[Probe], counts: tuple[int, ...]) -> HintCurve | None:
    curves = [found.hint_psnr for found in probes if len(found.hint_psnr)]
    if not curves:
        return None
    return HintCurve(counts, np.stack(curves))


def _ask_honesty(probes: Sequence[Probe]) -> Honesty | None:
    asked = [found for found in probes if len(found.doubts)]
    if not asked:
        return None
    reliability = [count_reliability(found.distributions, found.true_ab) for found in asked]
    risk = [count_risk(found.doubts, found.errors) for found in asked]
    n = len(asked)
    return Honesty(
        reliability_curve(reliability),
        bootstrap(lambda weights: resample_calibration_error(reliability, weights), n),
        risk_curve(risk),
        bootstrap(lambda weights: resample_doubt_skill(risk, weights), n),
        n,
    )


def _compare_samples(probes: Sequence[Probe]) -> Samples | None:
    asked = [found for found in probes if len(found.best_errors)]
    if not asked:
        return None
    errors = np.stack([found.best_errors for found in asked])
    distances = np.concatenate([found.sample_distance for found in asked])
    return Samples(tuple(bootstrap_mean(column) for column in errors.T), bootstrap_mean(distances))


def _judge_look(verdicts: Sequence[Verdict | None]) -> Look:
    values = np.array([verdict.score if verdict else np.nan for verdict in verdicts])
    known = values[~np.isnan(values)]
    mean = bootstrap_mean(known) if len(known) else Interval(np.nan, np.nan, np.nan)
    faults = Counter(next(iter(verdict.faults)) for verdict in verdicts if verdict and verdict.faults)
    return Look(mean, values, dict(faults.most_common()))


def _compare(scores: Sequence[Score]) -> list[Difference]:
    """Compare all pairs in all tested figures, and correct for how many pairs there are."""
    pairs = [*combinations(scores, 2)]
    found: list[Difference] = []
    for name in TESTED:
        differences = [paired_difference(one.values[name], other.values[name]) for one, other in pairs]
        corrected = holm([difference.p for difference in differences])
        for (one, other), difference, p in zip(pairs, differences, corrected, strict=True):
            found.append(Difference(name, one.label, other.label, difference, p))
    return found


def _rank(value: float) -> tuple[bool, float]:
    return bool(np.isnan(value)), value


def as_document(summary: Summary) -> dict[str, Any]:
    """Return a summary as values that JSON can hold; what is not a finite number becomes null."""
    run = summary.run
    return {
        "suite": run.suite.name,
        "title": run.suite.title,
        "protocol": {"digest": run.suite.digest, **run.suite.protocol},
        "photographs": len(run.photographs),
        "notes": list(run.notes),
        "problems": [without_folders(problem) for problem in run.problems],
        "true_unaided_score": _as_bounds(summary.true_look.score),
        "contestants": [_as_row(score) for score in summary.scores],
        "differences": [
            {
                "figure": it.figure,
                "one": it.one,
                "other": it.other,
                **_as_bounds(it.difference.mean),
                "p": _finite(it.difference.p),
                "p_holm": _finite(it.p),
                "better": it.better or None,
            }
            for it in summary.differences
        ],
    }


def _as_row(score: Score) -> dict[str, Any]:
    row: dict[str, Any] = {
        "label": score.label,
        "figures": {name: _as_bounds(interval) for name, interval in score.figures.items()},
        "unaided_score": _as_bounds(score.look.score),
        "unaided_faults": dict(score.look.faults),
    }
    if score.hints:
        row["hint_psnr"] = {str(step.count): _as_bounds(step.psnr) for step in score.hints.steps()}
    if score.honesty:
        row["calibration_error"] = _as_bounds(score.honesty.calibration_error)
        row["doubt_skill"] = _as_bounds(score.honesty.skill)
    if score.samples:
        errors = enumerate(score.samples.best_errors, start=1)
        row["best_of_ab_error"] = {str(k): _as_bounds(error) for k, error in errors}
        row["sample_distance"] = _as_bounds(score.samples.distance)
    return row


def _as_bounds(interval: Interval) -> dict[str, float | None]:
    return {name: _finite(getattr(interval, name)) for name in ("value", "low", "high")}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
