"""What a run says, in sentences: the part of the report that is read first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tintype.measure.benchmark.plots import digits
from tintype.measure.benchmark.speed import Speed
from tintype.measure.benchmark.summary import Difference, Score, Summary
from tintype.measure.glossary import FIGURES
from tintype.measure.hint_curve import ZHANG17
from tintype.measure.statistics import Interval

TOLD_HINTS = 10
"""The number of hints that the first sentences speak of."""


def tell(summary: Summary) -> list[str]:
    """Say what matters most, one sentence each."""
    return [
        *_tell_closest(summary),
        *_tell_gray(summary),
        *_tell_colorfulness(summary),
        *_tell_hints(summary),
        *_tell_honesty(summary),
    ]


def tell_speed(speeds: Sequence[Speed]) -> list[str]:
    """Say how fast the models are, and whether the time can be believed."""
    sides = sorted({speed.side for speed in speeds})
    middle = sides[len(sides) // 2] if sides else 0
    said = [
        f"{speed.label} takes {speed.seconds:.2g} s and {speed.megabytes:.0f} MB for {speed.side} x {speed.side} "
        f"pixels with {speed.threads} threads."
        for speed in speeds
        if speed.side == middle
    ]
    if any(speed.is_disturbed for speed in speeds):
        said.append(
            f"The machine was busy with other work ({speeds[0].load:.1f} cores before the measurement), so these "
            "times are too long: measure again on a quiet machine."
        )
    return said


def tell_difference(difference: Difference) -> str:
    """Say how two contestants differ.

    >>> from tintype.measure.statistics import Interval, PairedDifference
    >>> found = PairedDifference(Interval(-0.5, -0.8, -0.2), 0.001, 100)
    >>> tell_difference(Difference("psnr", "one", "other", found, 0.002))
    'other is better by 0.50 (0.20 to 0.80)'
    >>> tell_difference(Difference("psnr", "one", "other", found, 0.2))
    'other is ahead by 0.50 (0.20 to 0.80), which may be chance'
    >>> found = PairedDifference(Interval(0.1, -0.1, 0.3), 0.4, 100)
    >>> tell_difference(Difference("psnr", "one", "other", found, 0.4))
    'no difference found (-0.10 to +0.30)'
    """
    mean, style = difference.difference.mean, digits(FIGURES[difference.figure])
    if not difference.leading:
        return (
            f"no difference found ({mean.low:+{style}} to {mean.high:+{style}})"
            if mean.has_bounds
            else "unknown"
        )
    low, high = sorted((abs(mean.low), abs(mean.high)))
    size = f"by {abs(mean.value):{style}} ({low:{style}} to {high:{style}})"
    if difference.is_significant:
        return f"{difference.better} is better {size}"
    return f"{difference.leading} is ahead {size}, which may be chance"


def tell_p(p: float) -> str:
    """Write a probability as people do.

    >>> tell_p(0.00002), tell_p(0.034), tell_p(0.2), tell_p(float("nan"))
    ('< 0.001', '0.034', '0.20', 'unknown')
    """
    if math.isnan(p):
        return "unknown"
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def _tell_closest(summary: Summary) -> Iterator[str]:
    ranked = summary.ranked("delta_e")
    best, value = ranked[0], ranked[0].figures["delta_e"]
    sentence = f"Closest to the true colors is {best.label}: Delta E {value.value:.1f} on average"
    if value.has_bounds:
        sentence += f", between {value.low:.1f} and {value.high:.1f} with 95% confidence"
    grays = {contestant.label for contestant in summary.run.contestants if contestant.kind == "gray"}
    others = [score for score in ranked[1:] if score.label not in grays]
    alike = [score.label for score in others if not _is_clear(summary, "delta_e", best, score)]
    if others:
        lead = (
            f"Its lead over {join(alike)} may be chance"
            if alike
            else "Its lead over all others is more than chance"
        )
        sentence += f". {lead}"
    yield sentence + "."


def _tell_gray(summary: Summary) -> Iterator[str]:
    gray = next((c.label for c in summary.run.contestants if c.kind == "gray"), None)
    others = [score.label for score in summary.scores if score.label != gray]
    if gray is None or not others:
        return
    found = {label: summary.compare("delta_e", gray, label) for label in others}
    verdicts: dict[str, list[str]] = {}
    for label, difference in found.items():
        verdicts.setdefault(_judge_gray(difference, gray), []).append(label)
    for verdict, labels in verdicts.items():
        yield f"{join(labels)} {'is' if len(labels) == 1 else 'are'} {verdict}."


def _judge_gray(difference: Difference | None, gray: str) -> str:
    if difference is None or not difference.leading:
        return "not shown to be nearer to the truth than the photographs left gray"
    verdict = "farther from" if difference.leading == gray else "nearer to"
    certainty = "and that is more than chance" if difference.is_significant else "but that may be chance"
    return f"{verdict} the truth than the photographs left gray, {certainty}"


def _tell_colorfulness(summary: Summary) -> Iterator[str]:
    truth = summary.scores[0].figures["true_colorfulness"].value
    colored = [score for score in summary.scores if score.figures["colorfulness"].value > 0]
    if colored and truth > 0:
        shares = [
            f"{score.label} {100 * score.figures['colorfulness'].value / truth:.0f}%" for score in colored
        ]
        yield f"Of the colorfulness of the truth ({truth:.0f}), the results reach: {join(shares)}."


def _tell_hints(summary: Summary) -> Iterator[str]:
    told = {}
    for score in summary.scores:
        steps = [*score.hints.steps()] if score.hints else []
        told[score.label] = next((step for step in steps if step.count == TOLD_HINTS and step.gain), None)
    gains = [f"{label} {_tell_gain(step.gain)}" for label, step in told.items() if step and step.gain]
    if gains:
        published = ZHANG17[TOLD_HINTS] - ZHANG17[0]
        yield (
            f"What {TOLD_HINTS} hints add to the PSNR: {join(gains)} (published for another model, on other "
            f"photographs, in 2017: {published:+.1f} dB)."
        )


def _tell_gain(gain: Interval) -> str:
    """Say what was gained, and how far that may be off.

    >>> _tell_gain(Interval(2.61, 1.2, 3.9)), _tell_gain(Interval(2.61, float("nan"), float("nan")))
    ('+2.6 dB (+1.2 to +3.9)', '+2.6 dB')
    """
    bounds = f" ({gain.low:+.1f} to {gain.high:+.1f})" if gain.has_bounds else ""
    return f"{gain.value:+.1f} dB{bounds}"


def _tell_honesty(summary: Summary) -> Iterator[str]:
    for score in summary.distinct_looks():
        if score.honesty:
            error, skill = score.honesty.calibration_error.value, score.honesty.skill.value
            yield (
                f"How sure {score.label} says it is differs by {100 * error:.0f} percentage points from how often it "
                f"is right; its doubt knows {100 * skill:.0f}% of what can be known about where its errors are."
            )


def _is_clear(summary: Summary, figure: str, one: Score, other: Score) -> bool:
    found = summary.compare(figure, one.label, other.label)
    return found is not None and found.is_significant


def join(names: Sequence[str]) -> str:
    """Join as people do.

    >>> join(["a", "b", "c"])
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
