"""The figures of a study as drawings, with their intervals. Each function returns one SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tintype.measure.drawing import CYCLE, INK, SOFT, draw_interval, drawing, list_rows, shorten
from tintype.measure.statistics import Interval
from tintype.measure.study.analysis import Analysis
from tintype.measure.study.answers import TRUTH
from tintype.measure.study.fooled import FooledFigures
from tintype.measure.study.preference import PreferenceFigures

_WIDTH = 5.6
_ROW = 0.42
_FRAME = 0.95


def drawings_of(analysis: Analysis) -> dict[str, str]:
    """Draw what was asked in the study: from the name of the table that it belongs to, to SVG.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    drawings: dict[str, str] = {}
    colors = _pick_colors(analysis)
    if figures := analysis.fooled:
        drawings |= {"fooled": draw_fooled(figures, colors)}
        drawings["fooled_by_photograph"] = draw_photographs(figures, colors)
    if preferences := analysis.preference:
        drawings |= {"scores": draw_scores(preferences, colors), "preferences": draw_pairs(preferences)}
    return drawings


def draw_fooled(figures: FooledFigures, colors: Mapping[str, str]) -> str:
    """Draw the fooled rate of each model over the 50% of a coloring that can't be told from the truth.

    The wide bar is the interval over participants, the narrow one takes each answer as independent.
    """
    with drawing("study fooled", _WIDTH, _FRAME + _ROW * len(figures.rates)) as (axes, done):
        for y, rate in enumerate(figures.rates):
            color = colors[rate.model]
            draw_interval(axes, _percent(rate.by_participants), y, color, width=9)
            draw_interval(axes, _percent(rate.rate), y, color, width=3)
            _label(axes.annotate, f"{rate.rate.value:.1%}", 100 * rate.rate.value, y)
        axes.axvline(50, color=INK, linestyle="--", linewidth=1.2)
        axes.text(50, -0.66, " can't be told apart", color=SOFT, fontsize=8.5, va="top")
        list_rows(axes, [rate.model for rate in figures.rates])
        axes.set_xlim(0, max(62.0, *(100 * rate.rate.value + 8 for rate in figures.rates)))
        axes.set_xlabel("answers that took the photograph for the machine's work (%)")
        return done()


def draw_photographs(figures: FooledFigures, colors: Mapping[str, str]) -> str:
    """Draw one dot for each photograph, the larger the more answers it has, and the mean of each model."""
    models = [rate.model for rate in figures.rates]
    with drawing("study photographs", _WIDTH, _FRAME + _ROW * len(models)) as (axes, done):
        for y, rate in enumerate(figures.rates):
            own = [row for row in figures.photographs if row.model == rate.model]
            shares = np.array([100 * row.rate.value for row in own])
            sizes = np.array([8.0 + 2.0 * row.answers for row in own])
            axes.scatter(
                shares,
                y + _spread(shares),
                s=np.minimum(sizes, 90),
                color=colors[rate.model],
                alpha=0.45,
                lw=0,
            )
            axes.plot([100 * rate.rate.value] * 2, [y - 0.35, y + 0.35], color=INK, linewidth=1.4)
        list_rows(axes, models)
        axes.set_xlim(-3, 103)
        axes.set_xlabel("fooled answers of each photograph (%); the line is the model's own")
        return done()


def draw_scores(figures: PreferenceFigures, colors: Mapping[str, str]) -> str:
    """Draw the Bradley-Terry scores with their intervals, group by group."""
    with drawing("study scores", _WIDTH, _FRAME + _ROW * len(figures.scores)) as (axes, done):
        several = len({score.group for score in figures.scores}) > 1
        for y, score in enumerate(figures.scores):
            draw_interval(axes, score.score, y, colors[score.name])
            _label(axes.annotate, f"{score.score.value:+.2f}", score.score.value, y)
        axes.axvline(0, color=SOFT, linestyle="--", linewidth=1)
        list_rows(axes, [score.name + (f" ({score.group})" if several else "") for score in figures.scores])
        axes.margins(x=0.08)
        axes.set_xlabel("score: 0 is the average, to the right is liked better")
        return done()


def draw_pairs(figures: PreferenceFigures) -> str:
    """Draw how often the row was preferred to the column, in percent, the best first."""
    names = [score.name for score in figures.scores]
    shares = np.full((len(names), len(names)), np.nan)
    for pair in figures.pairs:
        row, column = names.index(pair.one), names.index(pair.other)
        shares[row, column], shares[column, row] = pair.share.value, 1 - pair.share.value
    side = 1.6 + 0.55 * len(names)
    with drawing("study pairs", side + 1.2, side) as (axes, done):
        edges = np.arange(len(names) + 1) - 0.5
        axes.pcolormesh(
            edges, edges, shares, cmap="PuOr_r", vmin=-0.2, vmax=1.2, edgecolors="white", linewidth=2
        )
        axes.invert_yaxis()
        axes.set_aspect("equal")
        for (row, column), share in np.ndenumerate(shares):
            if not np.isnan(share):
                axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center")
        axes.set_xticks(range(len(names)), [shorten(name, 16) for name in names], rotation=35, ha="right")
        axes.set_yticks(range(len(names)), [shorten(name) for name in names])
        axes.grid(visible=False)
        axes.set_title("row preferred to column, %", fontsize=9.5, fontweight="normal")
        return done()


def _pick_colors(analysis: Analysis) -> dict[str, str]:
    """Give each model its color, the same in all drawings, and the truth that of ink."""
    rates = analysis.fooled.rates if analysis.fooled else ()
    scores = analysis.preference.scores if analysis.preference else ()
    models = sorted({rate.model for rate in rates} | {score.name for score in scores} - {TRUTH})
    return {TRUTH: INK} | {model: CYCLE[i % len(CYCLE)] for i, model in enumerate(models)}


def _percent(interval: Interval) -> Interval:
    return Interval(100 * interval.value, 100 * interval.low, 100 * interval.high)


def _label(annotate: Callable[..., object], text: str, x: float, y: float) -> None:
    annotate(text, (x, y), (0, 7), textcoords="offset points", ha="center", fontsize=8.5)


def _spread(values: np.ndarray) -> np.ndarray:
    """Move equal values apart, the same way each time, so that each is seen: offsets within -0.3..0.3."""
    rank = np.arange(len(values))
    turn = np.modf(0.5 + rank * 0.618034)[0]
    return np.asarray(0.6 * (turn - 0.5))
