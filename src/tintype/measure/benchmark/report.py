"""The report: one HTML file that holds everything, pictures and drawings included, and asks nobody for anything."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeAlias

from tintype.errors import MissingExtraError
from tintype.measure.benchmark import plots
from tintype.measure.benchmark.folders import without_folders
from tintype.measure.benchmark.pictures import Album, Strip, draw_palette
from tintype.measure.benchmark.probe import Probe
from tintype.measure.benchmark.speed import Speed
from tintype.measure.benchmark.suite import Suite
from tintype.measure.benchmark.summary import TESTED, Difference, Score, Summary, as_document
from tintype.measure.benchmark.words import tell, tell_difference, tell_p, tell_speed
from tintype.measure.drawing import INK
from tintype.measure.glossary import FIGURES
from tintype.measure.hint_curve import ZHANG17_PROTOCOL, HintStep
from tintype.measure.statistics import Interval
from tintype.photos.atomic import atomic_file

HEADLINES = ("delta_e", "psnr", "rebalanced_auc_set", "colorfulness_difference")
"""The figures that are drawn."""

MAIN_COLUMNS = (
    "delta_e",
    "psnr",
    "ssim",
    "auc_set",
    "rebalanced_auc_set",
    "colorfulness",
    "colorfulness_difference",
)
"""The figures of the first table; the others stand in the second."""

Pictures: TypeAlias = Literal["all", "shareable", "none"]

REPORT, FIGURES_FILE = "report.html", "summary.json"
PAIRS_IN_A_TABLE = 3
MOST_ROWS = 400
"""Photographs that the page lists; more are in the CSV file alone."""


@dataclass(frozen=True)
class Circumstances:
    """How the figures came to be.

    Attributes:
        date: of the run, YYYY-MM-DD.
        command: with which it can be repeated.
        machine: processor, cores, system.
        versions: of Tintype and what it stands on.
    """

    date: str
    command: str
    machine: str
    versions: str


@dataclass(frozen=True, eq=False)
class Report:
    """Everything that a report is made of.

    Attributes:
        summaries: of the suites, in their order.
        circumstances: how the figures came to be.
        speeds: of the models; empty where they were not measured.
        perceptual: by suite: table rows of figures that networks give, and notes on what was not measured.
        cache: folder of the colored results.
        pictures: which photographs stand in it: all, those of suites that may be passed on, or none.
    """

    summaries: Sequence[Summary]
    circumstances: Circumstances
    speeds: Sequence[Speed] = ()
    perceptual: Mapping[str, Any] = field(default_factory=dict)
    cache: Path = Path()
    pictures: Pictures = "all"


def write_report(report: Report, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write the page, the figures as JSON, and for each suite the figures of each photograph as CSV.

    Raises:
        OutputError: a file is in the way, or the folder can't be written.
        MissingExtraError: Jinja or matplotlib is not installed.
    """
    contents = {
        REPORT: render_report(report),
        FIGURES_FILE: json.dumps(report_document(report), indent=2, ensure_ascii=False) + "\n",
        **{f"{it.run.suite.name}.csv": write_rows(it) for it in report.summaries},
    }
    for name, text in contents.items():
        with atomic_file(folder / name, overwrite=overwrite) as file:
            file.write(text.encode("utf-8"))
    return [folder / name for name in contents]


def report_files(suites: Sequence[Suite]) -> list[str]:
    """Return the names of the files of a report."""
    return [REPORT, FIGURES_FILE, *(f"{suite.name}.csv" for suite in suites)]


def require_extra() -> None:
    """Make sure that reports can be written.

    Raises:
        MissingExtraError: Jinja or matplotlib is not installed.
    """
    for package in ("jinja2", "matplotlib"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(f"the report needs {package}; pip install 'tintype[measure]'")


def render_report(report: Report) -> str:
    """Return the page.

    Raises:
        MissingExtraError: Jinja or matplotlib is not installed.
    """
    require_extra()
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - an extra

    source = (resources.files("tintype.measure.benchmark") / "report.html.j2").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["p_value"] = tell_p
    labels, gray = _labels(report.summaries)
    colors = plots.pick_colors(labels, gray)
    page = environment.from_string(source).render(
        report=report,
        figures=FIGURES,
        colors=colors,
        suites=[_compose(summary, report, colors) for summary in report.summaries],
        speed=_compose_speed(report.speeds, colors),
        digits=lambda name: plots.digits(FIGURES[name]),
    )
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


def write_rows(summary: Summary) -> str:
    """Return the figures of each photograph as CSV: contestant, photograph, SHA-256 of its pixels, figures.

    What probes found of a photograph stands behind them, where it was asked: PSNR with so many hints, ab error of the
    best of so many samples, how far these are apart.
    """
    run, stream = summary.run, io.StringIO()
    names, asked = [*summary.scores[0].values], _probe_columns(summary)
    table = csv.writer(stream, lineterminator="\n")
    head = ["suite", "contestant", "photograph", "sha256_of_pixels", *names, "unaided_score"]
    table.writerow([*head, *asked])
    for score in summary.scores:
        for i, entry in enumerate(run.entries[score.label]):
            columns = [*(score.values[name] for name in names), score.look.values]
            values = [f"{column[i]:.6g}" for column in columns]
            probed = _probe_values(summary, entry.probe)
            more = [f"{probed[name]:.6g}" if name in probed else "" for name in asked]
            table.writerow([run.suite.name, score.label, entry.name, entry.true_digest, *values, *more])
    return stream.getvalue()


def _probe_columns(summary: Summary) -> list[str]:
    entries = (entry for score in summary.scores for entry in summary.run.entries[score.label])
    return [*dict.fromkeys(name for entry in entries for name in _probe_values(summary, entry.probe))]


def _probe_values(summary: Summary, probe: Probe | None) -> dict[str, float]:
    if probe is None:
        return {}
    counts = summary.run.suite.probes.hint_counts if len(probe.hint_psnr) else ()
    found = {f"psnr_{count}_hints": float(psnr) for count, psnr in zip(counts, probe.hint_psnr, strict=True)}
    found |= {f"best_of_{k}_ab_error": float(error) for k, error in enumerate(probe.best_errors, start=1)}
    return found | dict(zip(["sample_distance"], probe.sample_distance.tolist(), strict=False))


def report_document(report: Report) -> dict[str, Any]:
    """Return all figures as values that JSON can hold."""
    return {
        **vars(report.circumstances),
        "suites": [
            {**as_document(it), "perceptual": report.perceptual.get(it.run.suite.name)}
            for it in report.summaries
        ],
        "speed": [
            {name: None if _is_nan(value) else value for name, value in vars(speed).items()}
            for speed in report.speeds
        ],
    }


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _labels(summaries: Sequence[Summary]) -> tuple[list[str], list[str]]:
    contestants = summaries[0].run.contestants
    return [c.label for c in contestants], [c.label for c in contestants if c.kind == "gray"]


def _compose(summary: Summary, report: Report, colors: dict[str, str]) -> dict[str, Any]:
    """Gather what the template needs to show a suite."""
    return {
        "summary": summary,
        "suite": summary.run.suite,
        "run": summary.run,
        "told": tell(summary),
        "columns": MAIN_COLUMNS,
        "other_columns": [name for name in FIGURES if name not in MAIN_COLUMNS],
        "best": {name: _best_label(summary, name) for name in FIGURES},
        "dots": [plots.draw_intervals(summary, name, colors) for name in HEADLINES],
        "looks": [("the truth", INK, summary.true_look)]
        + [(score.label, colors[score.label], score.look) for score in summary.scores],
        "comparisons": _compose_comparisons(summary),
        "curves": _compose_curves(summary, colors),
        "hints": _compose_hints(summary),
        "hint_protocol": ZHANG17_PROTOCOL,
        "spread": [
            plots.draw_shares(summary, "delta_e", colors),
            plots.draw_colorfulness(summary, colors),
        ],
        "palettes": [("the truth", draw_palette(summary.true_colors))]
        + [(score.label, draw_palette(score.colors)) for score in _colored(summary)],
        "album": _compose_album(summary, report) if _may_show(summary, report) else None,
        "perceptual": report.perceptual.get(summary.run.suite.name),
        "problems": [without_folders(problem) for problem in summary.run.problems],
        "rows": _compose_rows(summary),
        "protocol": summary.run.suite.describe_protocol(),
    }


def _colored(summary: Summary) -> list[Score]:
    grays = {contestant.label for contestant in summary.run.contestants if contestant.kind == "gray"}
    return [score for score in summary.scores if score.label not in grays]


def _best_label(summary: Summary, name: str) -> str:
    """Return the label of the best contestant in a figure; empty where more is neither better nor worse."""
    if FIGURES[name].better == "neither" or len(summary.scores) < 2:
        return ""
    return summary.ranked(name)[0].label


def _compose_comparisons(summary: Summary) -> list[dict[str, Any]]:
    """Return tables of a few pairs each: a column a pair, a row a figure with the difference and its words."""
    pairs = [*dict.fromkeys((it.one, it.other) for it in summary.differences)]
    chunks = [pairs[i : i + PAIRS_IN_A_TABLE] for i in range(0, len(pairs), PAIRS_IN_A_TABLE)]
    return [
        {
            "pairs": chunk,
            "rows": [(name, [_compose_cell(summary, name, *pair) for pair in chunk]) for name in TESTED],
        }
        for chunk in chunks
    ]


def _compose_cell(summary: Summary, name: str, one: str, other: str) -> tuple[Difference, str]:
    found = next(it for it in summary.differences if (it.figure, it.one, it.other) == (name, one, other))
    return found, tell_difference(found)


def _compose_curves(summary: Summary, colors: dict[str, str]) -> list[tuple[str, str]]:
    """Return drawings and how to read each; those that nobody could take part in are left out."""
    found: list[tuple[str, str]] = []
    hinted = [score.hints for score in summary.scores if score.hints]
    if hinted:
        found.append((plots.draw_hints(summary, colors), _HOW_HINTS.format(len(hinted[0].psnr))))
    if any(score.honesty for score in summary.scores):
        found.append((plots.draw_reliability(summary, colors), _HOW_RELIABILITY))
        found.append((plots.draw_risk(summary, colors), _HOW_RISK))
    if sampled := [score for score in summary.scores if score.samples]:
        apart = (f"{it.label} {it.samples.distance.value:.1f}" for it in sampled if it.samples)
        found.append((plots.draw_samples(summary, colors), _HOW_SAMPLES.format(", ".join(apart))))
    return found


def _compose_hints(summary: Summary) -> list[tuple[int, Any, list[tuple[Interval, Interval | None]]]]:
    """Return for each number of hints what was published, and PSNR and gain of each model that takes hints."""
    curves = [[*score.hints.steps()] for score in summary.scores if score.hints]
    return [
        (steps[0].count, _published(steps[0]), [(step.psnr, step.gain) for step in steps])
        for steps in zip(*curves, strict=True)
    ]


def _published(step: HintStep) -> tuple[float, float] | None:
    """Return what was published for so many hints: PSNR and gain over none."""
    if step.published is None or step.published_gain is None:
        return None
    return step.published, step.published_gain


_HOW_HINTS = (
    "Places are drawn at random and their true color is told to the model, as a person would who knows it. The "
    "steeper, the more a click is worth. Measured over {} photographs; the dashed curve is published and of other "
    "photographs, so compare its shape."
)
_HOW_RELIABILITY = (
    "Where the model says 30%, it should be right in 30 of 100 cases: on the dashed line. Below it the model is too "
    "sure of itself, above it too modest. Larger dots stand for more of the picture."
)
_HOW_RISK = (
    "Keep only the part of the pictures that the model doubts least, and look how wrong that part is. A curve that "
    "starts low and climbs means that doubt shows where to look; on the dashed line doubt would know nothing, and "
    "no doubt can be better than the dotted curve."
)

_HOW_SAMPLES = (
    "The model gives several answers, drawn by how likely it holds them, and the one nearest to the truth counts: "
    "what a person gains who can choose. The dashed line is its usual answer, over all photographs. More answers "
    "always help, even wild ones, so see also how far they are apart (Lab units): {}."
)


def _may_show(summary: Summary, report: Report) -> bool:
    return report.pictures == "all" or (report.pictures == "shareable" and summary.run.suite.shareable)


def _compose_album(summary: Summary, report: Report) -> dict[str, Any]:
    album = Album(summary, report.cache)
    shown = [c.label for c in summary.run.contestants if c.kind != "gray"]
    each: list[tuple[str, list[Strip], list[Strip]]] = [
        (label, album.best(label), album.worst(label)) for label in shown
    ]
    return {"each": each, "disputed": album.disputed()}


def _compose_rows(summary: Summary) -> list[tuple[str, list[tuple[float, float]]]] | None:
    """Return for each photograph its name and (Delta E, PSNR) of each contestant; None for too many."""
    if len(summary.run.photographs) > MOST_ROWS:
        return None
    pairs = [zip(score.values["delta_e"], score.values["psnr"], strict=True) for score in summary.scores]
    names = [photograph.name for photograph in summary.run.photographs]
    return [(name, [*values]) for name, values in zip(names, zip(*pairs, strict=True), strict=True)]


def _compose_speed(speeds: Sequence[Speed], colors: dict[str, str]) -> dict[str, Any] | None:
    if not speeds:
        return None
    drawings = [plots.draw_speed(speeds, colors, what) for what in ("seconds", "megabytes")]
    sides = sorted({speed.side for speed in speeds})
    by_label: dict[str, dict[int, Speed]] = {}
    for speed in speeds:
        by_label.setdefault(speed.label, {})[speed.side] = speed
    return {"drawings": drawings, "told": tell_speed(speeds), "sides": sides, "rows": by_label}
