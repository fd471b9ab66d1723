"""The outcome of a study in sentences, with what chance may have done to it."""

from __future__ import annotations

from tintype.measure.statistics import Interval
from tintype.measure.study.analysis import Analysis
from tintype.measure.study.fooled import FooledFigures
from tintype.measure.study.preference import PairPreference, PreferenceFigures
from tintype.measure.study.tables import show_share


def findings(analysis: Analysis) -> list[str]:
    """Say the outcome, one sentence for each model and each pair that was compared."""
    chance = 1 - analysis.settings.level
    fooled = _fooled(analysis.fooled) if analysis.fooled else []
    return [*fooled, *(_preferences(analysis.preference, chance) if analysis.preference else [])]


def _fooled(figures: FooledFigures) -> list[str]:
    said = []
    for rate in figures.rates:
        sure = rate.by_participants if rate.by_participants.has_bounds else rate.rate
        said.append(
            f"{rate.model} fooled people in {show_share(sure)} of {rate.answers:,} answers: {_verdict(sure)}."
        )
    return said


def _verdict(share: Interval) -> str:
    if share.high < 0.5:
        return "people can tell it from the truth"
    if share.low > 0.5:
        return "people take it for the truth more often than the truth itself"
    return "these answers don't show that people can tell it from the truth"


def _preferences(figures: PreferenceFigures, chance: float) -> list[str]:
    return [_preference(pair, chance) for pair in figures.pairs]


def _preference(pair: PairPreference, chance: float) -> str:
    verdict = "more than chance" if pair.adjusted_p < chance else "which may be chance"
    better, worse, share = pair.one, pair.other, pair.share.value
    if share < 0.5:
        better, worse, share = worse, better, 1 - share
    return f"{better} was preferred to {worse} in {share:.0%} of {pair.comparisons:,} comparisons: {verdict}."
