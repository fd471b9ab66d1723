"""Robustness: photographs as film, time and scanners left them, and other sizes of the network's input."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from evaluation import Evaluation, colored_codes, gray_input, to_lab

from tintype.color.difference import delta_e_2000
from tintype.measure.auc import ErrorTable
from tintype.measure.benchmark.photographs import as_gray, film_lightness
from tintype.measure.fidelity import mean_ab_distance
from tintype.measure.hints import name_seed
from tintype.measure.record import Row

STRENGTH = 1.0
"""As in training (recipes/tintype-small.toml), but here no photograph is left clean."""

SIZES = {192: "<= 2.5", 256: "<= 2.5", 384: "<= 2.5", 512: ""}


def measure(evaluation: Evaluation) -> list[Row]:
    """Return what film costs, and how far other sizes are from the default."""
    return [*_measure_film(evaluation), *_measure_sizes(evaluation)]


@dataclass
class _FilmCost:
    clean: ErrorTable = field(default_factory=ErrorTable)
    degraded: ErrorTable = field(default_factory=ErrorTable)
    signals: list[float] = field(default_factory=list)


def _measure_film(evaluation: Evaluation) -> list[Row]:
    cost = _FilmCost()
    for name, true in evaluation.photographs("film"):
        lab = to_lab(true)
        lightness = film_lightness(true, STRENGTH, name_seed(name))
        cost.signals.append(-10 * math.log10(np.mean((lightness - lab[..., 0]) ** 2) / 100**2))
        errors: dict[str, float] = {}
        inputs = {
            "clean: ab error": (cost.clean, gray_input(true)),
            "film: ab error": (cost.degraded, as_gray(lightness)),
        }
        for which, (table, gray) in inputs.items():
            colored = evaluation.colorizer.open(gray).colorize()
            result_ab = to_lab(colored_codes(colored))[..., 1:]
            table.add(lab[..., 1:], result_ab)
            errors[which] = mean_ab_distance(lab[..., 1:], result_ab)
        evaluation.note(name, {"film: PSNR of the lightness": cost.signals[-1], **errors})
    clean, degraded, n = cost.clean.auc(), cost.degraded.auc(), evaluation.count
    return [
        Row(
            f"film of strength {STRENGTH:g}: mean PSNR of the lightness", float(np.mean(cost.signals)), "", n
        ),
        Row("clean: AuC", clean.raw, "", n),
        Row("clean: rebalanced AuC", clean.rebalanced, "", n),
        Row("film: AuC lost", clean.raw - degraded.raw, "<= 0.3", n),
        Row("film: rebalanced AuC lost", clean.rebalanced - degraded.rebalanced, "<= 1", n),
    ]


def _measure_sizes(evaluation: Evaluation) -> list[Row]:
    distances: dict[int, list[float]] = {size: [] for size in SIZES}
    default = evaluation.colorizer.card.size.default
    for name, true in evaluation.photographs("sizes"):
        opened = evaluation.colorizer.open(gray_input(true))
        usual = to_lab(colored_codes(opened.colorize(sizes=default)))
        for size, found in distances.items():
            other = to_lab(colored_codes(opened.colorize(sizes=size)))
            found.append(float(delta_e_2000(usual, other).mean()))
            evaluation.note(name, {f"size {size}: Delta E 2000 from the default": found[-1]})
    return [
        Row(
            f"size {size}: Delta E 2000 from the default, {default}",
            float(np.mean(found)),
            SIZES[size],
            len(found),
        )
        for size, found in distances.items()
    ]
