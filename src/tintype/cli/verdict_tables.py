"""Verdicts as lines, tables, CSV and JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tintype import __version__
from tintype.errors import PhotoError
from tintype.measure.figures import FIGURES, Figure
from tintype.measure.statistics import Interval, bootstrap_mean
from tintype.measure.verdicts import Verdict

if TYPE_CHECKING:
    from tintype.measure.perceptual.catalog import Metric
    from tintype.measure.perceptual.judge import PerceptualFigures

_HEADINGS = {
    "psnr": "PSNR",
    "psnr_ab": "PSNR ab",
    "ssim": "SSIM",
    "ms_ssim": "MS-SSIM",
    "delta_e": "Delta E",
    "ab_error": "ab error",
    "auc_set": "AuC set",
    "auc_zhang16": "AuC zhang16",
    "colorfulness": "colorful",
    "true_colorfulness": "truly",
}
"""The columns of a line, by the names of figures."""

_FINE = {"ssim", "ms_ssim"}
_ARROWS = {"higher": "more", "lower": "less", "neither": ""}
_BLANK = "-"


@dataclass(frozen=True, eq=False)
class VerdictRows:
    """All that came of a call.

    Attributes:
        verdicts: of the pairs.
        problems: what found no partner, by name.
        protocols: of AuC.
        priors_name: where the priors of protocol ``zhang16`` are from.
        intervals: figures of the set, by name; empty where nothing was judged.
        perceptual: what networks said; None where they were not asked.
    """

    verdicts: Sequence[Verdict]
    problems: Sequence[tuple[str, PhotoError]]
    protocols: Sequence[str]
    priors_name: str
    intervals: Mapping[str, Interval]
    perceptual: PerceptualFigures | None = None

    @property
    def judged(self) -> int:
        """How many photographs were judged."""
        return sum(verdict.figures is not None for verdict in self.verdicts)

    @property
    def failed(self) -> int:
        """How many could not be."""
        return len(self.verdicts) - self.judged + len(self.problems)

    def values(self) -> Iterator[tuple[Verdict, dict[str, float]]]:
        """Yield each verdict with the figures of its photograph, by name; none where it was not judged."""
        seen = 0
        for verdict in self.verdicts:
            if verdict.figures is None:
                yield verdict, {}
                continue
            each = self.perceptual.each if self.perceptual else {}
            yield verdict, verdict.figures.values() | {name: float(it[seen]) for name, it in each.items()}
            seen += 1


def describe_heading(width: int, protocols: Sequence[str]) -> str:
    """Return the line above those of the photographs, whose names have `width` characters at most."""
    return _line("photograph", width, [heading for _, heading in _columns(protocols)], protocols)


def describe_verdict(verdict: Verdict, width: int, protocols: Sequence[str]) -> Iterator[str]:
    """Yield the line of a photograph that was judged, then its notes."""
    assert verdict.figures is not None
    values = verdict.figures.values()
    cells = [_number(values[name], name) for name, _ in _columns(protocols)]
    yield _line(verdict.pair.name, width, cells, protocols)
    yield from (f"  {note}" for note in verdict.notes)


def summary_rows(rows: VerdictRows) -> Iterator[tuple[str, ...]]:
    """Yield the figures of the set: title, value, interval, unit, what is better."""
    for name, interval in rows.intervals.items():
        yield _row(FIGURES[name], interval, name)
    if rows.perceptual is None:
        return
    for name, interval in _mean_intervals(rows.perceptual).items():
        yield _row(_metric(name).figure, interval, "ssim")
    for name, found in rows.perceptual.of_set.items():
        figure = _metric(name).figure
        spread = "" if found.deviation is None else f"+- {found.deviation:.4f}"
        yield figure.title, f"{found.value:.4f}", spread, figure.unit, _ARROWS[figure.better]


def summary_notes(rows: VerdictRows) -> Iterator[str]:
    """Yield what to bear in mind about figures of the set, and what networks could not measure and why."""
    if rows.priors_name:
        yield f"rebalanced AuC (zhang16): priors of {rows.priors_name}"
    if rows.perceptual is None:
        return
    for name, found in rows.perceptual.of_set.items():
        if found.note:
            yield f"{_metric(name).figure.title}: {found.note}"
    yield from rows.perceptual.complaints


def as_csv(rows: VerdictRows) -> str:
    """Return one row a photograph: its files, all its figures, notes, and why it was not judged."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    found = [*rows.values()]
    names = [*dict.fromkeys(name for _, values in found for name in values)]
    table.writerow(["photograph", "true", "result", *names, "notes", "problem"])
    for verdict, values in found:
        cells = [_cell(values.get(name)) for name in names]
        pair = verdict.pair
        table.writerow([pair.name, pair.true, pair.result, *cells, "; ".join(verdict.notes), verdict.problem])
    for name, problem in rows.problems:
        table.writerow([name, "", "", *("" for _ in names), "", str(problem)])
    return text.getvalue()


def as_document(rows: VerdictRows) -> dict[str, Any]:
    """Return everything as values that JSON can hold; a figure that is infinite or unknown is null."""
    document: dict[str, Any] = {
        "tintype": __version__,
        "protocols": list(rows.protocols),
        "priors": rows.priors_name or None,
        "judged": rows.judged,
        "failed": rows.failed,
        "summary": {name: _describe(FIGURES[name], it) for name, it in rows.intervals.items()},
        "photographs": [_as_photograph(verdict, values) for verdict, values in rows.values()],
        "unmatched": [{"name": name, "problem": str(problem)} for name, problem in rows.problems],
    }
    if rows.perceptual is not None:
        document |= _as_perceptual(rows.perceptual)
    return document


def _as_photograph(verdict: Verdict, values: Mapping[str, float]) -> dict[str, Any]:
    return {
        "name": verdict.pair.name,
        "true": str(verdict.pair.true),
        "result": str(verdict.pair.result),
        "figures": {name: _finite(value) for name, value in values.items()},
        "notes": list(verdict.notes),
        "problem": verdict.problem,
    }


def _as_perceptual(found: PerceptualFigures) -> dict[str, Any]:
    means = {name: _describe(_metric(name).figure, it) for name, it in _mean_intervals(found).items()}
    of_set = {
        name: {
            "value": _finite(it.value),
            "deviation": it.deviation,
            "note": it.note,
            "better": _metric(name).figure.better,
        }
        for name, it in found.of_set.items()
    }
    return {
        "networks": means | of_set,
        "weights": dict(found.weights),
        "not_measured": dict(found.not_measured),
    }


def _describe(figure: Figure, interval: Interval) -> dict[str, Any]:
    bounds = {name: _finite(getattr(interval, name)) for name in ("value", "low", "high")}
    return {**bounds, "unit": figure.unit, "better": figure.better, "source": figure.source}


def _metric(name: str) -> Metric:
    from tintype.measure.perceptual.catalog import METRICS  # noqa: PLC0415 - only who asks networks

    return METRICS[name]


def _mean_intervals(found: PerceptualFigures) -> dict[str, Interval]:
    return {name: bootstrap_mean(values) for name, values in found.each.items()}


def _columns(protocols: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, heading in _HEADINGS.items():
        if not name.startswith("auc_") or name.removeprefix("auc_") in protocols:
            yield name, heading


def _line(name: str, width: int, cells: Sequence[str], protocols: Sequence[str]) -> str:
    widths = [max(len(heading), 7) for _, heading in _columns(protocols)]
    columns = (cell.rjust(w) for cell, w in zip(cells, widths, strict=True))
    return "  ".join([name.ljust(max(width, len("photograph"))), *columns])


def _row(figure: Figure, interval: Interval, name: str) -> tuple[str, ...]:
    value, low, high = (_number(it, name) for it in (interval.value, interval.low, interval.high))
    bounds = f"{low} .. {high}" if interval.has_bounds else ""
    return figure.title, value, bounds, figure.unit, _ARROWS[figure.better]


def _number(value: float, name: str) -> str:
    if math.isnan(value):
        return _BLANK
    return f"{value:.4f}" if name in _FINE else f"{value:.2f}"


def _cell(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.8g}"


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
