"""``tintype benchmark``."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Group, Parameter, validators

from tintype.cli.complaint import FAILED, WrongCallError, complain
from tintype.cli.terminal import create_progress, print_json, print_line, print_table

if TYPE_CHECKING:
    from tintype.measure.benchmark.contestants import Contestant
    from tintype.measure.benchmark.report import Circumstances, Report
    from tintype.measure.benchmark.run import RunOptions
    from tintype.measure.benchmark.suite import Suite
    from tintype.measure.benchmark.summary import Summary

_WHAT = Group.create_ordered("What is measured")
_REPORT = Group.create_ordered("Report")
_MACHINE = Group.create_ordered("Machine")
_Positive = validators.Number(gte=1)

SHOWN = ("delta_e", "psnr", "ssim", "auc_set", "rebalanced_auc_set", "colorfulness")


def benchmark(
    models: Annotated[tuple[str, ...], Parameter(name="models")] = (),
    /,
    *,
    suite: Annotated[tuple[str, ...], Parameter(group=_WHAT)] = (),
    limit: Annotated[int | None, Parameter(group=_WHAT, validator=_Positive)] = None,
    perceptual: Annotated[bool, Parameter(group=_WHAT)] = False,
    no_probes: Annotated[bool, Parameter(group=_WHAT)] = False,
    no_speed: Annotated[bool, Parameter(group=_WHAT)] = False,
    list_suites: Annotated[bool, Parameter(group=_WHAT)] = False,
    inputs: Annotated[Path | None, Parameter(group=_WHAT)] = None,
    output: Annotated[Path | None, Parameter(["--output", "-o"], group=_REPORT)] = None,
    pictures: Annotated[Literal["all", "shareable", "none"], Parameter(group=_REPORT)] = "all",
    force: Annotated[bool, Parameter(group=_REPORT)] = False,
    json: Annotated[bool, Parameter(group=_REPORT)] = False,
    quiet: Annotated[bool, Parameter(["--quiet", "-q"], group=_REPORT)] = False,
    jobs: Annotated[int | None, Parameter(group=_MACHINE, validator=_Positive)] = None,
    cache: Annotated[Path | None, Parameter(group=_MACHINE)] = None,
) -> int:
    """Compare models over suites of photographs whose true colors are known, and write a report.

    The report is one page, report.html, that holds everything; beside it lie the figures as summary.json and those of
    each photograph as SUITE.csv. What was colored before is taken from a cache, so the same command goes on where it
    was stopped. The photographs left gray always take part.

    Args:
        models: Names of models or paths of .onnx or .npz files, with settings behind commas:
            tintype-small,vividness=1 or tintype-small,size=384 or tintype-small,quality=best. LABEL=FOLDER takes
            results that another program wrote. The default model if nothing is given.
        suite: Name of a suite, or path of a .toml file that describes one; may be repeated. "open" needs no
            photographs of your own.
        limit: Take only so many photographs of each suite, evenly spread, to try it out.
        perceptual: Ask trained networks too (LPIPS, FID, KID, ...): all whose weights are on this machine.
        no_probes: Leave out hints, calibration and doubt.
        no_speed: Leave out speed and memory, which want a quiet machine.
        list_suites: Only list the suites.
        inputs: Only write the gray photographs of a suite into this folder, for other programs to color.
        output: Folder of the report.
        pictures: Which photographs stand in the report: "all"; "shareable", only those of suites that may be passed
            on, so that the page may be, too; or "none".
        force: Replace a report that is there.
        json: Print the figures as JSON.
        quiet: Print errors only.
        jobs: Photographs that are colored at once; one for each core if not given, eight at most.
        cache: Folder of what was colored before; that of this user if not given.
    """
    from tintype.measure.benchmark.contestants import parse_contestants  # noqa: PLC0415 - heavy
    from tintype.measure.benchmark.suite import read_suite  # noqa: PLC0415

    if list_suites:
        return _list_suites(as_json=json)
    if not suite:
        raise WrongCallError("no suite is named; give --suite open, or see --list-suites")
    suites = [read_suite(name) for name in suite]
    if inputs:
        return _write_inputs(suites, inputs, limit)
    if output is None:
        raise WrongCallError("no folder for the report is named; give -o FOLDER")
    contestants = parse_contestants(_with_gray(models or ("tintype-small",)))
    _refuse_report(output, suites, overwrite=force)
    options = _choose_options(jobs, cache, limit, probes=not no_probes)
    report = _measure(suites, contestants, options, perceptual=perceptual, speed=not no_speed)
    return _tell(replace(report, pictures=pictures), output, overwrite=force, as_json=json, quiet=quiet)


def _with_gray(models: Sequence[str]) -> list[str]:
    from tintype.measure.benchmark.contestants import GRAY  # noqa: PLC0415

    return [*models] if GRAY in models else [GRAY, *models]


def _refuse_report(folder: Path, suites: Sequence[Suite], *, overwrite: bool) -> None:
    """Refuse, before anything is measured, what can't be written in the end."""
    from tintype.measure.benchmark.report import report_files, require_extra  # noqa: PLC0415
    from tintype.photos.atomic import refuse_existing  # noqa: PLC0415

    require_extra()
    for name in report_files(suites):
        refuse_existing(folder / name, overwrite=overwrite)


def _choose_options(jobs: int | None, cache: Path | None, limit: int | None, *, probes: bool) -> RunOptions:
    from tintype.measure.benchmark.cache import default_cache_folder  # noqa: PLC0415
    from tintype.measure.benchmark.run import RunOptions  # noqa: PLC0415
    from tintype.models.session import default_threads  # noqa: PLC0415

    return RunOptions(jobs or default_threads(), cache or default_cache_folder(), limit, probes)


def _measure(
    suites: Sequence[Suite],
    contestants: Sequence[Contestant],
    options: RunOptions,
    *,
    perceptual: bool,
    speed: bool,
) -> Report:
    from tintype.measure.benchmark.report import Report  # noqa: PLC0415
    from tintype.measure.benchmark.run import run_suite  # noqa: PLC0415
    from tintype.measure.benchmark.speed import measure_speeds  # noqa: PLC0415
    from tintype.measure.benchmark.summary import summarize_run  # noqa: PLC0415

    summaries, perceived = list[Any](), dict[str, Any]()
    for suite in suites:
        with _progress(f"{suite.name}: coloring", "results") as on_done:
            found = run_suite(suite, contestants, options, on_done)
        with _progress(f"{suite.name}: figures", "contestants") as on_done:
            summaries.append(summarize_run(found, on_done))
        if perceptual:
            from tintype.measure.benchmark.perception import perceive  # noqa: PLC0415 - brings torch

            with _progress(f"{suite.name}: networks", "results") as on_done:
                perceived[suite.name] = perceive(found, options.cache, on_done)
    sides = sorted({side for suite in suites for side in suite.probes.speed_sizes}) if speed else []
    with _progress("speed", "measurements") as on_done:
        speeds = measure_speeds(contestants, sides, on_done)
    return Report(summaries, _describe_circumstances(), speeds, perceived, options.cache)


def _tell(report: Report, folder: Path, *, overwrite: bool, as_json: bool, quiet: bool) -> int:
    from tintype.measure.benchmark.report import report_document, write_report  # noqa: PLC0415

    paths = write_report(report, folder, overwrite=overwrite)
    problems = [problem for summary in report.summaries for problem in summary.run.problems]
    for problem in problems:
        complain(problem)
    if as_json:
        print_json(report_document(report))
    elif not quiet:
        for summary in report.summaries:
            _print_summary(summary)
        print_line(f"report: {paths[0]}")
    return FAILED if problems else 0


def _print_summary(summary: Summary) -> None:
    from tintype.measure.benchmark.plots import digits  # noqa: PLC0415
    from tintype.measure.benchmark.words import tell  # noqa: PLC0415
    from tintype.measure.glossary import FIGURES  # noqa: PLC0415

    print_line(f"{summary.run.suite.name}: {len(summary.run.photographs)} photographs")
    rows = [
        [score.label, *(f"{score.figures[name]:{digits(FIGURES[name])}}" for name in SHOWN)]
        for score in summary.scores
    ]
    print_table(rows, ["", *(FIGURES[name].title for name in SHOWN)])
    for sentence in (*summary.run.notes, *tell(summary)):
        print_line(f"- {sentence.rstrip('.')}.")


def _list_suites(*, as_json: bool) -> int:
    from tintype.measure.benchmark import suite as suites  # noqa: PLC0415

    found = [suites.read_suite(name) for name in suites.list_suites()]
    if as_json:
        keys = ("name", "title", "about", "source", "shareable", "protocol")
        print_json([{key: getattr(it, key) for key in keys} for it in found])
    else:
        rows = [(it.name, str(it.photographs.count or ""), it.photographs.folder, it.title) for it in found]
        print_table(rows, ["name", "photographs", "folder", "what"])
    return 0


def _write_inputs(suites: Sequence[Suite], folder: Path, limit: int | None) -> int:
    from tintype.measure.benchmark.photographs import write_inputs  # noqa: PLC0415

    for suite in suites:
        with _progress(f"{suite.name}: writing", "photographs") as on_done:
            problems = write_inputs(suite, folder / suite.name, limit, on_done)
        for problem in problems:
            complain(problem)
        print_line(f"{suite.name}: {folder / suite.name}")
        if problems:
            return FAILED
    return 0


def _describe_circumstances() -> Circumstances:
    from tintype.measure.benchmark.report import Circumstances  # noqa: PLC0415
    from tintype.measure.record import describe_machine, describe_versions  # noqa: PLC0415

    words = (Path(word).name if "/" in word else word for word in sys.argv[1:])
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return Circumstances(today, f"tintype {' '.join(words)}", describe_machine(), describe_versions())


@contextmanager
def _progress(description: str, what: str) -> Iterator[Callable[[int, int], None]]:
    with create_progress(what) as progress:
        task = progress.add_task(description, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
