"""Judging pairs for ``tintype measure``: what is shown while it runs, and when it has ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from tintype.cli.complaint import FAILED, STDIO, complain
from tintype.cli.terminal import create_progress, describe_duration, print_json, print_line, print_table
from tintype.cli.verdict_tables import (
    VerdictRows,
    as_csv,
    as_document,
    describe_heading,
    describe_verdict,
    summary_notes,
    summary_rows,
)
from tintype.measure.codes import Codes, Terms
from tintype.measure.pairs import Matching, Pair
from tintype.measure.verdicts import Verdict, judge_pairs, measure_intervals
from tintype.photos.atomic import atomic_file, refuse_existing

if TYPE_CHECKING:
    from tintype.measure.perceptual.judge import PerceptualJudge


@dataclass
class MeasureCall:
    """A call of ``tintype measure`` and what has come of it so far.

    Attributes:
        matching: what is judged, and what found no partner.
        terms: on which pictures may be compared.
        protocols: of AuC.
        priors: of protocol ``zhang16``; None without it.
        priors_name: where they are from.
        metrics: names of figures or networks that are asked too; None for all, empty for none.
        threads: None for one a core.
        csv: file for the figures of each photograph; `STDIO` for stdout.
        as_json: print everything as JSON.
        quiet: leave out the lines of the photographs.
        overwrite: replace the CSV file.
        verdicts: of the pairs that are through.
        start: when it began.
    """

    matching: Matching
    terms: Terms
    protocols: tuple[str, ...]
    priors: NDArray[Any] | None = None
    priors_name: str = ""
    metrics: Sequence[str] | None = ()
    threads: int | None = None
    csv: Path | None = None
    as_json: bool = False
    quiet: bool = False
    overwrite: bool = False
    verdicts: list[Verdict] = field(default_factory=list)
    start: float = field(default_factory=time.perf_counter)

    @property
    def has_csv_file(self) -> bool:
        """Whether figures go into a file, not through stdout."""
        return self.csv is not None and str(self.csv) != STDIO

    @property
    def prints_text(self) -> bool:
        """Whether stdout carries lines for a person."""
        return not self.as_json and (self.csv is None or self.has_csv_file)


def judge_all(call: MeasureCall) -> int:
    """Judge everything, show what is going on, write the table; return the exit status.

    Raises:
        TintypeError: there is no such metric, or the table can't be written.
    """
    if call.csv and call.has_csv_file:
        refuse_existing(call.csv, overwrite=call.overwrite)
    networks = None if call.metrics == () else _create_judge(call)
    for _, problem in call.matching.problems:
        complain(str(problem))
    _judge_each(call, networks)
    rows = _sum_up(call, networks)
    _report(call, rows)
    return FAILED if rows.failed else 0


def _create_judge(call: MeasureCall) -> PerceptualJudge:
    from tintype.measure.perceptual.judge import PerceptualJudge  # noqa: PLC0415 - loads torch

    return PerceptualJudge(call.metrics)


def _judge_each(call: MeasureCall, networks: PerceptualJudge | None) -> None:
    """Judge everything; show each verdict as a line, below them a progress bar."""
    width = max((len(pair.name) for pair in call.matching.pairs), default=0)
    shows = call.prints_text and not call.quiet and bool(call.matching.pairs)
    if shows:
        print_line(describe_heading(width, call.protocols))

    def show(pair: Pair, true: Codes, result: Codes) -> None:
        if networks:
            networks.add(true, result, pair.name)

    with create_progress("photographs") as progress:
        task = progress.add_task("", total=len(call.matching.pairs))
        found = judge_pairs(
            call.matching.pairs,
            call.terms,
            protocols=call.protocols,
            threads=call.threads,
            viewer=show if networks else None,
        )
        for verdict in found:
            call.verdicts.append(verdict)
            if verdict.problem:
                complain(verdict.problem)
            elif shows:
                for line in describe_verdict(verdict, width, call.protocols):
                    print_line(line)
            progress.advance(task)


def _sum_up(call: MeasureCall, networks: PerceptualJudge | None) -> VerdictRows:
    judged = [verdict.figures for verdict in call.verdicts if verdict.figures is not None]
    return VerdictRows(
        verdicts=call.verdicts,
        problems=call.matching.problems,
        protocols=call.protocols,
        priors_name=call.priors_name,
        intervals=measure_intervals(judged, call.priors) if judged else {},
        perceptual=networks.figures() if networks and judged else None,
    )


def _report(call: MeasureCall, rows: VerdictRows) -> None:
    if call.csv and call.has_csv_file:
        with atomic_file(call.csv, overwrite=call.overwrite) as file:
            file.write(as_csv(rows).encode(errors="backslashreplace"))
    elif call.csv:
        sys.stdout.write(as_csv(rows))
    if call.as_json:
        print_json(as_document(rows))
    elif call.prints_text:
        _print_summary(call, rows)


def _print_summary(call: MeasureCall, rows: VerdictRows) -> None:
    if rows.judged:
        if not call.quiet:
            print_line("")
        print_table(summary_rows(rows), ["figure", "value", "95% interval", "unit", "better"])
        for note in summary_notes(rows):
            print_line(note)
        print_line("")
    seconds = describe_duration(time.perf_counter() - call.start)
    print_line(f"{rows.judged} judged, {rows.failed} failed; {seconds}")
