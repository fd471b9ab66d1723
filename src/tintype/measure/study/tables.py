"""The figures of a study as tables: one description for the terminal, for CSV and for the report."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tintype.measure.statistics import Interval
from tintype.measure.study.analysis import Analysis
from tintype.measure.study.fooled import FooledFigures
from tintype.measure.study.preference import PreferenceFigures
from tintype.photos.atomic import atomic_file, refuse_existing


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        key: its name in a CSV file; an interval also fills ``key_low`` and ``key_high``.
        heading: its name for people.
        value: from a record to what stands in it.
        show: from that to a text for people.
    """

    key: str
    heading: str
    value: Callable[[Any], Any]
    show: Callable[[Any], str] = str


@dataclass(frozen=True)
class Table:
    """Records and how they are written.

    Attributes:
        name: of its CSV file, without suffix.
        title: for people.
        explanation: one or two sentences: what the numbers say.
        columns: in order.
        records: one for each row.
    """

    name: str
    title: str
    explanation: str
    columns: tuple[Column, ...]
    records: tuple[Any, ...]

    @property
    def headings(self) -> list[str]:
        """Names of the columns for people."""
        return [column.heading for column in self.columns]

    @property
    def rows(self) -> list[list[str]]:
        """Cells for people."""
        return [[column.show(column.value(record)) for column in self.columns] for record in self.records]

    def to_csv(self) -> str:
        """Return the table as CSV: shares 0..1, what is not known is empty."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        lines = [self._numbers(record) for record in self.records]
        writer.writerow(lines[0] if lines else [column.key for column in self.columns])
        writer.writerows(line.values() for line in lines)
        return file.getvalue()

    def _numbers(self, record: Any) -> dict[str, str]:
        cells: dict[str, Any] = {}
        for column in self.columns:
            value = column.value(record)
            if isinstance(value, Interval):
                cells |= {
                    column.key: value.value,
                    f"{column.key}_low": value.low,
                    f"{column.key}_high": value.high,
                }
            else:
                cells[column.key] = value
        return {key: _cell(value) for key, value in cells.items()}


def tables_of(analysis: Analysis) -> list[Table]:
    """Return all tables of an analysis; those of trials that were not held are missing."""
    tables = []
    if analysis.fooled:
        tables += [
            _rates(analysis.fooled),
            _differences(analysis.fooled),
            _rates_by_photograph(analysis.fooled),
        ]
    if analysis.preference:
        tables += [
            _scores(analysis.preference),
            _pairs(analysis.preference),
            _pairs_by_photograph(analysis.preference),
        ]
    return [*(table for table in tables if table.records), _agreement(analysis)]


def write_tables(analysis: Analysis, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write each table as CSV, and all figures as ``analysis.json``, into a folder that is made if need be.

    Raises:
        OutputExistsError: a file is there already; none is written then.
        WriteFailedError: the folder can't be written.
    """
    texts = {folder / f"{table.name}.csv": table.to_csv() for table in tables_of(analysis)}
    texts[folder / "analysis.json"] = analysis.to_json()
    for path in texts:
        refuse_existing(path, overwrite=overwrite)
    for path, text in texts.items():
        with atomic_file(path, overwrite=overwrite) as file:
            file.write(text.encode("utf-8"))
    return list(texts)


def show_share(share: float | Interval) -> str:
    """Write a share 0..1 as percent, with its bounds if it has any.

    >>> show_share(Interval(0.323, 0.301, 0.345)), show_share(0.5)
    ('32.3% [30.1%, 34.5%]', '50.0%')
    """
    return f"{share:z.1%}" if isinstance(share, Interval) or not math.isnan(share) else "not known"


def show_number(number: float | Interval) -> str:
    """Write a number with two digits after the point, with its bounds if it has any."""
    if isinstance(number, Interval):
        return "not known" if math.isnan(number.value) else f"{number:z.2f}"
    return "not known" if math.isnan(number) else f"{number:z.2f}"


def show_p(p: float) -> str:
    """Write the probability of chance.

    >>> show_p(0.0002), show_p(0.0312)
    ('< 0.001', '0.031')
    """
    if math.isnan(p):
        return "not known"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _rates(figures: FooledFigures) -> Table:
    return Table(
        "fooled",
        "How often people took the photograph for the machine's work",
        "50% would be a coloring that can't be told from the truth. The first interval takes each answer as "
        "independent (Wilson); the second takes each participant as one, and is the one to cite when they differ.",
        (
            Column("model", "model", lambda r: r.model),
            Column("rate", "fooled", lambda r: r.rate, show_share),
            Column("by_participants", "by participants", lambda r: r.by_participants, show_share),
            Column("fooled", "fooled answers", lambda r: r.fooled),
            Column("answers", "answers", lambda r: r.answers),
            Column("participants", "participants", lambda r: r.participants),
            Column("photographs", "photographs", lambda r: r.photographs),
        ),
        figures.rates,
    )


def _differences(figures: FooledFigures) -> Table:
    return Table(
        "fooled_differences",
        "Do models differ in that?",
        "Mean difference over the participants who judged both. p: how likely chance alone gives as much "
        "(sign-flip test); adjusted for the number of pairs by Holm's method. Below 0.05 is commonly called "
        "significant.",
        (
            Column("one", "model", lambda r: r.one),
            Column("other", "other model", lambda r: r.other),
            Column("difference", "difference", lambda r: r.difference.mean, show_share),
            Column("participants", "participants", lambda r: r.difference.count),
            Column("p", "p", lambda r: r.difference.p, show_p),
            Column("adjusted_p", "adjusted p", lambda r: r.adjusted_p, show_p),
        ),
        figures.differences,
    )


def _rates_by_photograph(figures: FooledFigures) -> Table:
    return Table(
        "fooled_by_photograph",
        "Fooled, by photograph",
        "Few answers each: read the intervals.",
        (
            Column("photograph", "photograph", lambda r: r.photograph),
            Column("model", "model", lambda r: r.model),
            Column("rate", "fooled", lambda r: r.rate, show_share),
            Column("fooled", "fooled answers", lambda r: r.fooled),
            Column("answers", "answers", lambda r: r.answers),
        ),
        figures.photographs,
    )


def _scores(figures: PreferenceFigures) -> Table:
    return Table(
        "scores",
        "Who is preferred: scores of Bradley and Terry",
        "The score 0 is the average of its group. The share says how often it would be preferred to that average.",
        (
            Column("name", "model", lambda r: r.name),
            Column("score", "score", lambda r: r.score, show_number),
            Column(
                "preferred_to_average",
                "preferred to the average",
                lambda r: r.preferred_to_average,
                show_share,
            ),
            Column("wins", "won", lambda r: r.wins),
            Column("comparisons", "comparisons", lambda r: r.comparisons),
            Column("group", "group", lambda r: r.group),
        ),
        figures.scores,
    )


def _pairs(figures: PreferenceFigures) -> Table:
    return Table(
        "preferences",
        "Preferences, pair by pair",
        "The share takes each answer as independent (Wilson); p takes each participant as one (sign-flip test) "
        "and is adjusted for the number of pairs by Holm's method.",
        (
            *_preference_columns(),
            Column("p", "p", lambda r: r.p, show_p),
            Column("adjusted_p", "adjusted p", lambda r: r.adjusted_p, show_p),
        ),
        figures.pairs,
    )


def _pairs_by_photograph(figures: PreferenceFigures) -> Table:
    return Table(
        "preferences_by_photograph",
        "Preferences, by photograph",
        "Few answers each: read the intervals.",
        (Column("photograph", "photograph", lambda r: r.photograph), *_preference_columns()),
        figures.photographs,
    )


def _preference_columns() -> tuple[Column, ...]:
    return (
        Column("one", "model", lambda r: r.one),
        Column("other", "other model", lambda r: r.other),
        Column("share", "preferred to the other", lambda r: r.share, show_share),
        Column("wins", "won", lambda r: r.wins),
        Column("comparisons", "comparisons", lambda r: r.comparisons),
    )


@dataclass(frozen=True)
class _Part:
    name: str
    figures: FooledFigures | PreferenceFigures


def _agreement(analysis: Analysis) -> Table:
    parts: Sequence[tuple[str, FooledFigures | PreferenceFigures | None]] = (
        ("real or colored", analysis.fooled),
        ("preference", analysis.preference),
    )
    return Table(
        "agreement",
        "How far people agree, and how they answered",
        "Agreement is 1 where all say the same and 0 where they agree no more than by chance. Left should be near "
        "50%: nobody leans to a side.",
        (
            Column("kind", "trials", lambda r: r.name),
            Column("answers", "answers", lambda r: r.figures.answers),
            Column("alpha", "Krippendorff's alpha", lambda r: r.figures.alpha, show_number),
            Column("kappa", "Fleiss' kappa", lambda r: r.figures.kappa, show_number),
            Column("left", "left", lambda r: r.figures.left, show_share),
            Column("median_ms", "median time, s", lambda r: r.figures.median_ms, _show_seconds),
        ),
        tuple(_Part(name, figures) for name, figures in parts if figures),
    )


def _show_seconds(milliseconds: float | None) -> str:
    return "not known" if milliseconds is None else f"{milliseconds / 1000:.1f}"


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
