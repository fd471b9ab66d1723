"""How often the score that needs no truth is right, and what is gained by choosing with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from evaluation import colored_codes, gray_input, read_codes
from numpy.typing import NDArray
from score_fitting import find_pairs
from score_photographs import Row as Measured

from tintype import Colorizer
from tintype.colorize.best import candidates, color_candidates
from tintype.colorize.settings import choose_settings
from tintype.measure.fidelity import mean_ab_distance, mean_delta_e, psnr
from tintype.measure.record import Row
from tintype.measure.statistics import PairedDifference, paired_difference
from tintype.measure.unaided.features import FEATURES
from tintype.measure.unaided.look import look_at
from tintype.measure.unaided.score import Score, load_score

COUNT = 8
"""Results that the best is chosen of: five sizes and three samples."""

SIZES = 5


@dataclass(frozen=True, eq=False)
class Choice:
    """One photograph colored in several ways.

    Attributes:
        photograph: name of its file.
        scores: (n,) of the results.
        errors: name -> (n,) of them, against the truth.
    """

    photograph: str
    scores: NDArray[np.float64]
    errors: dict[str, NDArray[np.float64]]


def agreement(score: Score, rows: Sequence[Measured]) -> Iterator[Row]:
    """Yield how often the better one of a pair has the better score, and the rank correlation with the strength."""
    scores = {id(row): _score_of(score, row) for row in rows}
    right: dict[str, list[float]] = defaultdict(list)
    for better, worse, kind in find_pairs(rows):
        right[_pooled(kind)].append(float(scores[id(better)] > scores[id(worse)]))
    for kind, found in right.items():
        yield Row(f"pairs in the right order: {kind}", float(np.mean(found)), "", len(found))
    whole = float(np.mean([np.mean(found) for found in right.values()]))
    yield Row("pairs in the right order: mean of all kinds", whole, "", len(right))
    for kind, correlations in _correlations(scores, rows).items():
        yield Row(
            f"rank correlation with strength: {kind}", float(np.mean(correlations)), "", len(correlations)
        )


def _pooled(kind: str) -> str:
    """Return the kind that a pair is counted as: there are too few faults of colorings to tell each apart."""
    of_colorings = kind.startswith("coloring, ") and kind not in ("coloring, size", "coloring, sample")
    return "coloring, faults" if of_colorings else kind


def _correlations(scores: dict[int, float], rows: Sequence[Measured]) -> dict[str, list[float]]:
    """Return kind -> Spearman's correlation of each photograph, the truth being of strength 0."""
    series: dict[tuple[str, int], list[Measured]] = defaultdict(list)
    truths = {row.photograph: row for row in rows if row.kind == "truth"}
    for row in rows:
        if row.kind != "truth" and not row.kind.startswith("coloring"):
            series[row.kind, row.photograph].append(row)
    found: dict[str, list[float]] = defaultdict(list)
    for (kind, photograph), faults in series.items():
        ordered = sorted([truths[photograph], *faults], key=lambda row: row.badness)
        found[kind].append(_spearman([-scores[id(row)] for row in ordered]))
    return found


def choose(colorizer: Colorizer, path: Path) -> Choice:
    """Color an evaluation photograph in all ways, and judge each with and without the truth."""
    true, score = read_codes(path), load_score()
    ways = candidates(colorizer.card, choose_settings(colorizer.card), COUNT, 1, score.name)
    results = [*color_candidates(colorizer.open(gray_input(true)), ways)]
    codes = [colored_codes(result) for result in results]
    true_ab = look_at(true).ab
    return Choice(
        path.name,
        np.array([score(result) for result in results]),
        {
            "PSNR": np.array([psnr(true / 255.0, one / 255.0) for one in codes]),
            "ab error": np.array([mean_ab_distance(true_ab, look_at(one).ab) for one in codes]),
            "Delta E": np.array([mean_delta_e(true / 255.0, one / 255.0) for one in codes]),
        },
    )


def gains(choices: Sequence[Choice]) -> Iterator[Row]:
    """Yield what is chosen by the score, beside the first, the mean and the best by the truth."""
    for what, count in (("sizes", SIZES), ("sizes and samples", COUNT)):
        for name in choices[0].errors:
            errors = np.array([choice.errors[name][:count] for choice in choices])
            chosen = np.array([int(choice.scores[:count].argmax()) for choice in choices])
            best = errors.max(axis=1) if name == "PSNR" else errors.min(axis=1)
            figures = {
                "the first": errors[:, 0],
                "any, mean": errors.mean(axis=1),
                "chosen by the score": np.take_along_axis(errors, chosen[:, None], axis=1)[:, 0],
                "best by the truth": best,
            }
            for which, values in figures.items():
                yield Row(f"{name}, {count} {what}: {which}", float(values.mean()), "", len(choices))
            sign = 1 if name == "PSNR" else -1
            gained = paired_difference(sign * figures["chosen by the score"], sign * figures["the first"])
            yield from _gain_rows(f"{name}, {count} {what}", gained)


def photograph_values(choices: Sequence[Choice]) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield for each photograph its name, and score and errors of all results."""
    for choice in choices:
        columns = {"score": choice.scores} | choice.errors
        yield (
            choice.photograph,
            {f"{name} of result {i}": float(v) for name, vs in columns.items() for i, v in enumerate(vs)},
        )


def _gain_rows(name: str, gained: PairedDifference) -> Iterator[Row]:
    """Yield what choosing gains over the first result, with its 95% interval; positive is better."""
    yield Row(f"{name}: gain over the first", gained.mean.value, "", gained.count)
    yield Row(f"{name}: gain over the first, 95% from", gained.mean.low, "", gained.count)
    yield Row(f"{name}: gain over the first, 95% to", gained.mean.high, "", gained.count)
    yield Row(f"{name}: gain over the first, p", gained.p, "", gained.count)


def _score_of(score: Score, row: Measured) -> float:
    values = (None if np.isnan(value) else float(value) for value in row.features)
    return score.judge_features(dict(zip(FEATURES, values, strict=True))).score


def _spearman(values: Sequence[float]) -> float:
    """Return the rank correlation of values with their own order; equal values share their rank."""
    found = np.asarray(values)
    ranks = np.array([(found < value).sum() + (found == value).sum() / 2 for value in found])
    order = np.arange(len(found))
    return float(np.corrcoef(order, ranks)[0, 1]) if ranks.std() > 0 else 0.0
