"""What trained networks say of a run, ready for the report: LPIPS, distances of sets, a classifier's opinion."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tintype.measure.benchmark.cache import Cache
from tintype.measure.benchmark.contestants import Painter
from tintype.measure.benchmark.folders import without_folders
from tintype.measure.benchmark.photographs import sit, spread_evenly
from tintype.measure.benchmark.probe import draw_samples
from tintype.measure.benchmark.run import SuiteRun
from tintype.measure.glossary import Figure
from tintype.measure.perceptual.catalog import METRICS
from tintype.measure.perceptual.judge import PerceptualFigures, PerceptualJudge
from tintype.measure.perceptual.networks import Networks
from tintype.measure.perceptual.weights import hub_folder
from tintype.measure.statistics import Interval, bootstrap_mean

DIVERSITY = "diversity_"
"""Before the name of a network of LPIPS: how far the samples of a model are apart."""


def perceive(run: SuiteRun, cache: Path, on_done: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Let all networks that are here look at all results.

    Args:
        run: a suite that was run.
        cache: folder of its results.
        on_done: is told about progress.

    Returns:
        Plain values: ``columns`` (names of figures), ``rows`` (label, ``values`` and ``ranges`` as text),
        ``means`` (name -> title, what, source, better), ``weights``, ``missing`` (reason, names). Where LPIPS can
        be measured, so is how far the samples of each model are apart by it: ``diversity_NETWORK``.

    Raises:
        TintypeError: a model failed.
    """
    networks = Networks(None)
    total, done, found = len(run.contestants) * len(run.photographs), 0, dict[str, PerceptualFigures]()

    def on_photograph() -> None:
        nonlocal done
        done += 1
        if on_done:
            on_done(done, total)

    rows: list[dict[str, Any]] = []
    for contestant in run.contestants:
        painter = Painter(contestant, None, Cache(cache))
        found[contestant.label] = _look(run, painter, networks, on_photograph)
        rows.append({"label": contestant.label, **_write(found[contestant.label])})
        _add_intervals(rows[-1], _judge_diversity(run, painter, networks))
    first = next(iter(found.values()))
    columns = [name for name in METRICS if name in first.each or name in first.of_set]
    diversities = {f"{DIVERSITY}{name}": name for name in networks.lpips if _has_diversity(rows, name)}
    return {
        "columns": [*columns, *diversities],
        "rows": rows,
        "means": {name: _describe(METRICS[name].figure) for name in columns}
        | {column: _describe(_diversity_figure(name)) for column, name in diversities.items()},
        "weights": dict(first.weights)
        | {column: networks.weights_of(name) for column, name in diversities.items()},
        "missing": _group(first.not_measured),
    }


def _judge_diversity(run: SuiteRun, painter: Painter, networks: Networks) -> dict[str, Interval]:
    """Measure how far the samples of a model are apart, by each LPIPS that is here; nothing for who gives none."""
    probes, found = run.suite.probes, dict[str, list[float]]()
    if (
        painter.colorizer is None
        or not painter.colorizer.card.bins
        or probes.samples < 2
        or not networks.lpips
    ):
        return {}
    for photograph in spread_evenly(list(run.photographs), probes.photographs):
        samples = draw_samples(painter, sit(photograph, run.suite), probes.samples)
        for name, lpips in networks.lpips.items():
            found.setdefault(f"{DIVERSITY}{name}", []).append(float(lpips.pairwise(samples).mean()))
    return {column: bootstrap_mean(np.array(values)) for column, values in found.items()}


def _add_intervals(row: dict[str, Any], intervals: Mapping[str, Interval]) -> None:
    for column, interval in intervals.items():
        row["values"][column] = _number(interval.value)
        if interval.has_bounds:
            row["ranges"][column] = f"{_number(interval.low)} to {_number(interval.high)}"


def _has_diversity(rows: Iterable[Mapping[str, Any]], network: str) -> bool:
    return any(f"{DIVERSITY}{network}" in row["values"] for row in rows)


def _diversity_figure(network: str) -> Figure:
    return Figure(
        "",
        "neither",
        "How different the other answers of a model look from each other; 0 is no choice at all.",
        "mean LPIPS of all pairs of samples (Zhu et al. 2017)",
        f"Diversity of answers, {METRICS[f'lpips_{network}'].figure.title}",
    )


def _look(
    run: SuiteRun, painter: Painter, networks: Networks, on_photograph: Callable[[], None]
) -> PerceptualFigures:
    judge = PerceptualJudge(networks)
    for photograph in run.photographs:
        sitting = sit(photograph, run.suite)
        judge.add(sitting.true, painter.paint(sitting), photograph.name)
        on_photograph()
    return judge.figures()


def _write(figures: PerceptualFigures) -> dict[str, dict[str, str]]:
    values, ranges = {}, {}
    for name, each in figures.each.items():
        interval, scale = bootstrap_mean(each), _scale(name)
        values[name] = _number(interval.value * scale)
        if interval.has_bounds:
            ranges[name] = f"{_number(interval.low * scale)} to {_number(interval.high * scale)}"
    for name, figure in figures.of_set.items():
        values[name] = _number(figure.value)
        if figure.note:
            ranges[name] = figure.note
    return {"values": values, "ranges": ranges}


def _scale(name: str) -> float:
    """Return 100 for shares of photographs, which are told in percent."""
    return 100.0 if name.startswith(("top1", "same_class")) else 1.0


def _number(value: float) -> str:
    """Write with four digits that mean something.

    >>> _number(0.123456), _number(23.4567), _number(0.0)
    ('0.1235', '23.46', '0')
    """
    return f"{value:.4g}"


def _describe(figure: Figure) -> dict[str, str]:
    return {"title": figure.title, "what": figure.what, "source": figure.source, "better": figure.better}


def _group(missing: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Put figures that are missing for one reason together."""
    reasons: dict[str, list[str]] = {}
    for name, reason in missing.items():
        reasons.setdefault(tell_reason(reason), []).append(name)
    return [*reasons.items()]


def tell_reason(reason: str) -> str:
    """Say why something is missing without the folders of this machine."""
    hub = str(hub_folder())
    return without_folders(
        reason.replace(hub + os.sep, "").replace(hub, "the folder checkpoints of torch.hub")
    )
