"""Automatic coloring of photographs whose colors are known, at three decodings, against gray and a tint."""

from __future__ import annotations

from collections.abc import Iterator

from evaluation import Evaluation, colored_codes, gray_input

from tintype.measure.figures import (
    PhotographFigures,
    SetFigures,
    judge_photograph,
    left_gray,
    summarize,
    tinted,
)
from tintype.measure.record import Row

TINT = (15.0, 10.0)
VIVIDNESS = {"default": None, "faithful": 0.0, "vivid": 1.0}
REQUIRED = {
    # The judge's own check: the baselines as those who chose the photographs measured them, to 0.05.
    ("left gray", "PSNR"): "21.90 to 22.00",
    ("left gray", "SSIM"): "0.912 to 0.914",
    ("left gray", "Delta E 2000"): "11.44 to 11.54",
    ("left gray", "AuC"): "88.19 to 88.29",
    ("left gray", "rebalanced AuC"): "60.63 to 60.73",
    ("left gray", "true colorfulness"): "43.10 to 43.20",
    ("one tint", "rebalanced AuC"): "62.1 to 62.3",
    ("default", "PSNR"): ">= 22.2",
    ("default", "AuC"): ">= 88.3",
    ("default", "rebalanced AuC"): ">= 65.7",
    ("default", "colorfulness over truth"): "0.65 to 1.05",
    ("faithful", "PSNR"): ">= 23.2",
    ("faithful", "AuC"): ">= 89.8",
}


def measure(evaluation: Evaluation) -> list[Row]:
    """Return the figures of each decoding and baseline."""
    judged: dict[str, list[PhotographFigures]] = {name: [] for name in ("left gray", "one tint", *VIVIDNESS)}
    for photograph, true in evaluation.photographs("automatic"):
        opened = evaluation.colorizer.open(gray_input(true))
        results = {"left gray": left_gray(true), "one tint": tinted(true, TINT)} | {
            name: colored_codes(opened.colorize(vividness=vividness)) for name, vividness in VIVIDNESS.items()
        }
        for name, result in results.items():
            found = judge_photograph(true, result)
            judged[name].append(found)
            evaluation.note(photograph, {f"{name}: {figure}": v for figure, v in found.values().items()})
    return [row for name, figures in judged.items() for row in _rows(name, summarize(figures))]


def _rows(name: str, figures: SetFigures) -> Iterator[Row]:
    values = {
        "PSNR": figures.psnr,
        "SSIM": figures.ssim,
        "Delta E 2000": figures.delta_e,
        "AuC": figures.auc["set"].raw,
        "rebalanced AuC": figures.auc["set"].rebalanced,
        "colorfulness": figures.colorfulness,
        "true colorfulness": figures.true_colorfulness,
        "colorfulness over truth": figures.colorfulness / figures.true_colorfulness,
    }
    for what, value in values.items():
        yield Row(f"{name}: {what}", value, REQUIRED.get((name, what), ""), figures.count)
