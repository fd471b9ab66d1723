"""The drawings of the report; how they look is said in ``tintype.measure.drawing``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from tintype.measure.benchmark.speed import Speed
from tintype.measure.benchmark.summary import Honesty, Score, Summary
from tintype.measure.drawing import CYCLE, INK, SOFT, draw_interval, drawing, list_rows, shorten
from tintype.measure.glossary import FIGURES, Figure
from tintype.measure.hint_curve import ZHANG17

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 4.4, 3.2
_MANY = 400
_PUBLISHED = "Zhang et al. 2017 (other photographs)"


def pick_colors(labels: Sequence[str], gray: Sequence[str] = ()) -> dict[str, str]:
    """Give each contestant its color, the same in all drawings."""
    others = [label for label in labels if label not in gray]
    chosen = {label: CYCLE[i % len(CYCLE)] for i, label in enumerate(others)}
    return {label: chosen.get(label, SOFT) for label in labels}


def draw_intervals(summary: Summary, name: str, colors: dict[str, str]) -> str:
    """Draw a figure of all contestants as dots with their intervals, the best on top."""
    figure, scores = FIGURES[name], summary.ranked(name)
    with _drawing(f"{summary.run.suite.name} {name}", height=0.75 + 0.36 * len(scores)) as (axes, done):
        for y, score in enumerate(scores):
            found = score.figures[name]
            draw_interval(axes, found, y, colors[score.label])
            text = f"{found.value:{digits(figure)}}"
            axes.annotate(
                text, (found.value, y), (0, 7), textcoords="offset points", ha="center", fontsize=8.5
            )
        list_rows(axes, [score.label for score in scores])
        axes.margins(x=0.08)
        axes.set_title(_with_unit(figure))
        axes.set_xlabel(_DIRECTIONS[figure.better], fontsize=8.5)
        return done()


def draw_hints(summary: Summary, colors: dict[str, str]) -> str:
    """Draw what hints gain over none, beside the published curve of Zhang et al. 2017."""
    curves = [(score, [*score.hints.steps()]) for score in summary.scores if score.hints]
    counts = [step.count for step in curves[0][1]]
    with _drawing(f"{summary.run.suite.name} hints") as (axes, done):
        for score, steps in curves:
            gains = [step.gain for step in steps if step.gain]
            low, high, color = [it.low for it in gains], [it.high for it in gains], colors[score.label]
            axes.fill_between(counts, low, high, color=color, alpha=0.15, linewidth=0)
            values = [it.value for it in gains]
            axes.plot(counts, values, "o-", color=color, markersize=4, label=shorten(score.label))
        published = [(count, ZHANG17[count] - ZHANG17[0]) for count in counts if count in ZHANG17]
        axes.plot(*zip(*published, strict=True), "--", color=INK, linewidth=1.2, label=_PUBLISHED)
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.minorticks_off()
        axes.set_title("What hints gain")
        axes.set_xlabel("hints: places whose true color is told")
        axes.set_ylabel("PSNR gained over no hints (dB)")
        axes.legend()
        return done()


def draw_reliability(summary: Summary, colors: dict[str, str]) -> str:
    """Draw how often models are right by how sure they are."""
    with _drawing(f"{summary.run.suite.name} reliability") as (axes, done):
        axes.plot([0, 1], [0, 1], "--", color=INK, linewidth=1.2, label="perfectly honest")
        largest = 0.1
        for score, honesty in _honest(summary.distinct_looks()):
            curve = honesty.reliability
            there = curve.share > 0.001
            x, y, color = curve.confidence[there], curve.accuracy[there], colors[score.label]
            largest = max(largest, float(x.max()), float(y.max()))
            axes.plot(x, y, "-", color=color, label=shorten(score.label))
            axes.scatter(x, y, s=12 + 160 * curve.share[there], color=color, linewidths=0, zorder=3)
        limit = min(1.0, 1.08 * largest)
        axes.set_xlim(0, limit)
        axes.set_ylim(0, limit)
        _as_percent(axes)
        axes.set_title("Is it as right as it is sure?")
        axes.set_xlabel("how sure the model is of its likeliest color")
        axes.set_ylabel("how much of the truth is there")
        axes.legend(loc="upper left")
        return done()


def draw_risk(summary: Summary, colors: dict[str, str]) -> str:
    """Draw the mean error of what is kept, by how much is kept of what models doubt least."""
    with _drawing(f"{summary.run.suite.name} risk") as (axes, done):
        for score, honesty in _honest(summary.scores):
            color, curve = colors[score.label], honesty.risk
            axes.plot(curve.coverage, curve.risk, color=color, label=shorten(score.label))
            axes.plot(curve.coverage, curve.best, ":", color=color, linewidth=1)
            axes.axhline(curve.mean, color=color, linewidth=0.8, linestyle="--", alpha=0.5)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_formatter(_percent_formatter())
        axes.set_title("Does doubt know where the errors are?")
        axes.set_xlabel("share of the picture kept, least doubted first")
        axes.set_ylabel("mean error of what is kept (Lab units)")
        axes.legend(loc="lower right")
        return done()


def draw_samples(summary: Summary, colors: dict[str, str]) -> str:
    """Draw the error of the best of k samples by k."""
    with _drawing(f"{summary.run.suite.name} samples") as (axes, done):
        for score in summary.scores:
            if score.samples:
                errors, color = score.samples.best_errors, colors[score.label]
                counts = range(1, len(errors) + 1)
                low, high = [it.low for it in errors], [it.high for it in errors]
                axes.fill_between(counts, low, high, color=color, alpha=0.15, linewidth=0)
                values = [it.value for it in errors]
                axes.plot(counts, values, "o-", color=color, markersize=4, label=shorten(score.label))
                own = score.figures["ab_error"].value
                axes.axhline(own, color=color, linewidth=1, linestyle="--", alpha=0.7)
        axes.set_ylim(bottom=0)
        axes.set_title("Is the truth among several answers?")
        axes.set_xlabel("answers to choose from")
        axes.set_ylabel("mean error of the best (Lab units)")
        axes.legend(loc="lower left")
        return done()


def draw_shares(summary: Summary, name: str, colors: dict[str, str]) -> str:
    """Draw for each value of a figure how large a share of the photographs is below it."""
    figure = FIGURES[name]
    with _drawing(f"{summary.run.suite.name} shares {name}") as (axes, done):
        for score in summary.scores:
            values = np.sort(score.values[name])
            shares = np.arange(1, len(values) + 1) / len(values)
            axes.step(values, shares, where="post", color=colors[score.label], label=shorten(score.label))
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(_percent_formatter())
        axes.set_title(f"{figure.title}, photograph by photograph")
        axes.set_xlabel(f"{_with_unit(figure)}: {_DIRECTIONS[figure.better]}")
        axes.set_ylabel("share of photographs below")
        axes.legend()
        return done()


def draw_colorfulness(summary: Summary, colors: dict[str, str]) -> str:
    """Draw how colorful each result is over how colorful the truth is."""
    truth = summary.scores[0].values["true_colorfulness"]
    shown = [score for score in summary.scores if score.values["colorfulness"].any()]
    largest = 1.05 * max([1.0, float(truth.max()), *(float(s.values["colorfulness"].max()) for s in shown)])
    alpha = float(np.clip(60 / len(truth), 0.15, 0.8))
    with _drawing(f"{summary.run.suite.name} colorfulness") as (axes, done):
        axes.plot(
            [0, largest],
            [0, largest],
            "--",
            color=INK,
            linewidth=1.2,
            label="as colorful as the truth",
        )
        for score in shown:
            values = score.values["colorfulness"]
            axes.scatter(truth, values, s=16, color=colors[score.label], alpha=alpha, linewidths=0,
                         label=shorten(score.label), rasterized=len(truth) > _MANY)  # fmt: skip
        axes.set_xlim(0, largest)
        axes.set_ylim(0, largest)
        axes.set_title("How colorful each photograph is")
        axes.set_xlabel("colorfulness of the truth: 0 gray, 45 quite, 80 highly")
        axes.set_ylabel("colorfulness of the result")
        axes.legend(loc="upper left")
        return done()


def draw_speed(speeds: Sequence[Speed], colors: dict[str, str], what: str) -> str:
    """Draw seconds, or megabytes, by the size of the photograph."""
    with _drawing(f"speed {what}") as (axes, done):
        for label in dict.fromkeys(speed.label for speed in speeds):
            own = [speed for speed in speeds if speed.label == label]
            values = [getattr(speed, what) for speed in own]
            axes.plot([speed.side**2 / 1e6 for speed in own], values, "o-", color=colors[label], markersize=4,
                      label=shorten(label))  # fmt: skip
        axes.set_xscale("log")
        axes.minorticks_off()
        sides = sorted({speed.side for speed in speeds})
        axes.set_xticks([side**2 / 1e6 for side in sides], [f"{side}²" for side in sides])
        axes.set_ylim(bottom=0)
        axes.set_title({"seconds": "Time for a photograph", "megabytes": "Memory"}[what])
        axes.set_xlabel("pixels of the photograph")
        axes.set_ylabel({"seconds": "seconds", "megabytes": "MB at most, all included"}[what])
        axes.legend()
        return done()


def digits(figure: Figure) -> str:
    """Return the format with which a figure is written: as many digits as mean something.

    >>> digits(FIGURES["ssim"]), digits(FIGURES["psnr"])
    ('.3f', '.2f')
    """
    return ".3f" if "ssim" in figure.title.lower() else ".2f"


_DIRECTIONS = {"higher": "more is better →", "lower": "← less is better", "neither": ""}


def _drawing(name: str, *, height: float = _HEIGHT) -> AbstractContextManager[tuple[Axes, Callable[[], str]]]:
    return drawing(name, _WIDTH, height)


def _honest(scores: Sequence[Score]) -> list[tuple[Score, Honesty]]:
    return [(score, score.honesty) for score in scores if score.honesty]


def _with_unit(figure: Figure) -> str:
    return f"{figure.title} ({figure.unit})" if figure.unit else figure.title


def _percent_formatter() -> Any:
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    return PercentFormatter(1, decimals=0)


def _as_percent(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(_percent_formatter())
    axes.yaxis.set_major_formatter(_percent_formatter())
