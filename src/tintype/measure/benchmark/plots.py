"""The drawings of the report, as SVG that stands inside of the page: text stays text, nothing is loaded."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from tintype.measure.benchmark.speed import Speed
from tintype.measure.benchmark.summary import Honesty, Score, Summary
from tintype.measure.glossary import FIGURES, Figure
from tintype.measure.hint_curve import ZHANG17

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TRUTH_COLOR, GRAY_COLOR = "#1f1f1f", "#8c8c8c"
CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a4fbf", "#8a6d3b")
"""Colors that people with any kind of color vision can tell apart (Okabe and Ito), and two more."""

_WIDTH, _HEIGHT = 4.4, 3.2
_MANY = 400
_PUBLISHED = "Zhang et al. 2017 (other photographs)"
_INK, _FAINT = "#3a3a3a", "#d9d6cf"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#eceae4",
    "grid.linewidth": 0.8,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.8,
}


def pick_colors(labels: Sequence[str], gray: Sequence[str] = ()) -> dict[str, str]:
    """Give each contestant its color, the same in all drawings."""
    others = [label for label in labels if label not in gray]
    chosen = {label: CYCLE[i % len(CYCLE)] for i, label in enumerate(others)}
    return {label: chosen.get(label, GRAY_COLOR) for label in labels}


def draw_intervals(summary: Summary, name: str, colors: dict[str, str]) -> str:
    """Draw a figure of all contestants as dots with their intervals, the best on top."""
    figure, scores = FIGURES[name], summary.ranked(name)[::-1]
    with _drawing(f"{summary.run.suite.name} {name}", height=0.75 + 0.36 * len(scores)) as (axes, done):
        for y, score in enumerate(scores):
            found, color = score.figures[name], colors[score.label]
            if found.has_bounds:
                axes.plot(
                    [found.low, found.high],
                    [y, y],
                    color=color,
                    linewidth=5,
                    alpha=0.3,
                    solid_capstyle="round",
                )
            axes.plot(found.value, y, "o", color=color, markersize=6.5)
            axes.annotate(
                f"{found.value:{digits(figure)}}", (found.value, y), (0, 7), textcoords="offset points",
                ha="center", fontsize=8.5,
            )  # fmt: skip
        axes.set_yticks(range(len(scores)), [_short(score.label) for score in scores])
        axes.set_ylim(-0.6, len(scores) - 0.25)
        axes.margins(x=0.08)
        axes.grid(axis="y", visible=False)
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
            axes.plot(counts, values, "o-", color=color, markersize=4, label=_short(score.label))
        published = [(count, ZHANG17[count] - ZHANG17[0]) for count in counts if count in ZHANG17]
        axes.plot(*zip(*published, strict=True), "--", color=TRUTH_COLOR, linewidth=1.2, label=_PUBLISHED)
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
        axes.plot([0, 1], [0, 1], "--", color=TRUTH_COLOR, linewidth=1.2, label="perfectly honest")
        largest = 0.1
        for score, honesty in _honest(summary.distinct_looks()):
            curve = honesty.reliability
            there = curve.share > 0.001
            x, y, color = curve.confidence[there], curve.accuracy[there], colors[score.label]
            largest = max(largest, float(x.max()), float(y.max()))
            axes.plot(x, y, "-", color=color, label=_short(score.label))
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
            axes.plot(curve.coverage, curve.risk, color=color, label=_short(score.label))
            axes.plot(curve.coverage, curve.best, ":", color=color, linewidth=1)
            axes.axhline(curve.mean, color=color, linewidth=0.8, linestyle="--", alpha=0.5)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_formatter(_percent_formatter())
        axes.set_title("Does doubt know where the errors are?")
        axes.set_xlabel("share of the picture kept, least doubted first")
        axes.set_ylabel("mean error of what is kept (Lab units)")
        axes.legend(loc="lower right")
        return done()


def draw_shares(summary: Summary, name: str, colors: dict[str, str]) -> str:
    """Draw for each value of a figure how large a share of the photographs is below it."""
    figure = FIGURES[name]
    with _drawing(f"{summary.run.suite.name} shares {name}") as (axes, done):
        for score in summary.scores:
            values = np.sort(score.values[name])
            shares = np.arange(1, len(values) + 1) / len(values)
            axes.step(values, shares, where="post", color=colors[score.label], label=_short(score.label))
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
            color=TRUTH_COLOR,
            linewidth=1.2,
            label="as colorful as the truth",
        )
        for score in shown:
            values = score.values["colorfulness"]
            axes.scatter(truth, values, s=16, color=colors[score.label], alpha=alpha, linewidths=0,
                         label=_short(score.label), rasterized=len(truth) > _MANY)  # fmt: skip
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
                      label=_short(label))  # fmt: skip
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


@contextmanager
def _drawing(name: str, *, height: float = _HEIGHT) -> Iterator[tuple[Axes, Callable[[], str]]]:
    """Give axes, and what turns them into SVG; `name` makes the identifiers inside of the SVG its own."""
    import matplotlib  # noqa: PLC0415 - an extra, and heavy
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415

    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        canvas = Canvas(figsize=(_WIDTH, height), layout="constrained")

        def done() -> str:
            stream = io.StringIO()
            canvas.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
            return _trimmed(stream.getvalue())

        yield canvas.add_subplot(), done


def _trimmed(svg: str) -> str:
    """Leave the element alone: it scales with the page, and its text takes the page's font."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"font: ([\d. ]*)([\d.]+px)[^;\"]*", r"font-size: \2", body)
    return re.sub(r'(<svg[^>]*?) width="[\d.]+pt" height="[\d.]+pt"', r"\1", body, count=1)


def _honest(scores: Sequence[Score]) -> list[tuple[Score, Honesty]]:
    return [(score, score.honesty) for score in scores if score.honesty]


def _with_unit(figure: Figure) -> str:
    return f"{figure.title} ({figure.unit})" if figure.unit else figure.title


def _short(label: str, longest: int = 30) -> str:
    return label if len(label) <= longest else label[: longest - 1] + "…"


def _percent_formatter() -> Any:
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    return PercentFormatter(1, decimals=0)


def _as_percent(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(_percent_formatter())
    axes.yaxis.set_major_formatter(_percent_formatter())
