"""Running a batch for ``tintype colorize``: what is shown while it runs, and when it has ended."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tintype import __version__
from tintype.cli.complaint import FAILED, complain
from tintype.cli.terminal import create_progress, describe_duration, print_json, print_line
from tintype.colorize.batch.outcome import Outcome, check_report, write_report
from tintype.colorize.batch.plan import Job, Plan
from tintype.colorize.batch.run import BatchOptions, run_plan
from tintype.errors import WriteFailedError
from tintype.models.catalog import ModelFile

_SUMMARY = {
    "done": "colored",
    "planned": "would be colored",
    "skipped": "skipped (done before)",
    "left alone": "left alone (in color already)",
    "failed": "failed",
}


@dataclass
class BatchCall:
    """A call of ``tintype colorize`` and what has come of it so far.

    Attributes:
        plan: what is colored.
        model: what with.
        options: how.
        report: CSV file to be written.
        as_json: print the outcome as JSON.
        quiet: print errors only.
        to_stdout: whether stdout carries the result.
        outcomes: of the files that are through.
        start: when it began.
    """

    plan: Plan
    model: ModelFile
    options: BatchOptions
    report: Path | None = None
    as_json: bool = False
    quiet: bool = False
    to_stdout: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    start: float = field(default_factory=time.perf_counter)

    @property
    def counts(self) -> Counter[str]:
        """How many files there are of each status."""
        return Counter(outcome.status for outcome in self.outcomes)


def color_all(call: BatchCall) -> int:
    """Color everything, show what is going on, write the report; return the exit status.

    Raises:
        TintypeError: the model can't be loaded, or the report can't be written.
    """
    if call.report:
        check_report(call.report, overwrite=call.options.overwrite)
    with _reporting(call):
        _work(call)
    if call.to_stdout:
        return _send(call.outcomes[0])
    return FAILED if call.counts["failed"] else 0


@contextmanager
def _reporting(call: BatchCall) -> Iterator[None]:
    """Tell how it went, also where it was stopped."""
    try:
        yield
    finally:
        if call.report and call.outcomes and not call.options.dry_run:
            write_report(call.outcomes, call.report)
        if call.as_json:
            print_json(_as_document(call))
        elif not call.quiet and len(call.plan.jobs) + len(call.plan.problems) > 1:
            print_line(_summarize(call), to_stderr=call.to_stdout)


def _work(call: BatchCall) -> None:
    """Color everything; show each outcome as a line, below them a progress bar."""
    with create_progress("photographs") as progress:
        task = progress.add_task("", total=len(call.plan.jobs) + len(call.plan.problems))

        def on_start(job: Job) -> None:
            progress.update(task, description=job.source.name)

        for outcome in run_plan(call.plan, call.model, call.options, on_start):
            call.outcomes.append(outcome)
            _show(call, outcome)
            progress.advance(task)


def _show(call: BatchCall, outcome: Outcome) -> None:
    if outcome.status == "failed":
        complain(outcome.reason)
    if call.quiet or call.as_json or outcome.status == "failed":
        return
    lines = [*_describe(outcome)]
    for line in lines[1:] if call.to_stdout else lines:
        print_line(line, to_stderr=call.to_stdout)


def _describe(outcome: Outcome) -> Iterator[str]:
    if outcome.status in ("done", "planned"):
        duration = f" ({describe_duration(outcome.seconds)})" if outcome.status == "done" else ""
        yield f"{outcome.status}: {outcome.source} -> {', '.join(outcome.outputs)}{duration}"
    elif outcome.status == "skipped":
        yield f"skipped: {outcome.source}: {outcome.output} {outcome.reason.removeprefix('it ')}"
    else:
        yield f"{outcome.status}: {outcome.reason}"
    for note in outcome.notes:
        yield f"  {outcome.source}: {note}"


def _summarize(call: BatchCall) -> str:
    parts = [f"{call.counts[status]} {words}" for status, words in _SUMMARY.items() if call.counts[status]]
    waiting = len(call.plan.jobs) + len(call.plan.problems) - len(call.outcomes)
    parts += [f"{waiting} not begun"] if waiting else []
    return f"{', '.join(parts)}; {describe_duration(time.perf_counter() - call.start)}"


def _as_document(call: BatchCall) -> dict[str, Any]:
    return {
        "tintype": __version__,
        "model": call.model.card.name,
        "seconds": round(time.perf_counter() - call.start, 3),
        "summary": {status: call.counts[status] for status in _SUMMARY},
        "files": [outcome.as_row() for outcome in call.outcomes],
    }


def _send(outcome: Outcome) -> int:
    """Send the only result through stdout."""
    if outcome.status == "left alone":
        complain(outcome.reason)  # whoever waits for a picture gets none
    if outcome.status != "done":
        return 0 if outcome.status == "planned" else FAILED
    try:
        with Path(outcome.output).open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise WriteFailedError(f"stdout: {error.strerror}; send the result elsewhere") from error
    return 0
