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
    for _, true in evaluation.photographs("automatic"):
        judged["left gray"].append(judge_photograph(true, left_gray(true)))
        judged["one tint"].append(judge_photograph(true, tinted(true, TINT)))
        opened = evaluation.colorizer.open(gray_input(true))
        for name, vividness in VIVIDNESS.items():
            colored = colored_codes(opened.colorize(vividness=vividness))
            judged[name].append(judge_photograph(true, colored))
    return [row for name, figures in judged.items() for row in _rows(name, summarize(figures))]


def _rows(name: str, figures: SetFigures) -> Iterator[Row]:
    values = {
        "PSNR": figures.psnr,
        "SSIM": figures.ssim,
        "Delta E 2000": figures.delta_e,
        "AuC": figures.auc["set"].raw,
        "rebalanced AuC": figures.auc["set"].rebalanced,
        "colorfulness": figures.colorfulness,
        "colorfulness over truth": figures.colorfulness / figures.true_colorfulness,
    }
    for what, value in values.items():
        yield Row(f"{name}: {what}", value, REQUIRED.get((name, what), ""), figures.count)
