"""What trained networks say of a run, ready for the report: LPIPS, distances of sets, a classifier's opinion."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tintype.measure.benchmark.cache import Cache
from tintype.measure.benchmark.contestants import Contestant, Painter
from tintype.measure.benchmark.photographs import sit
from tintype.measure.benchmark.run import SuiteRun
from tintype.measure.glossary import Figure
from tintype.measure.perceptual.catalog import METRICS
from tintype.measure.perceptual.judge import PerceptualFigures, PerceptualJudge
from tintype.measure.perceptual.networks import Networks
from tintype.measure.perceptual.weights import hub_folder
from tintype.measure.statistics import bootstrap_mean


def perceive(run: SuiteRun, cache: Path, on_done: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Let all networks that are here look at all results.

    Args:
        run: a suite that was run.
        cache: folder of its results.
        on_done: is told about progress.

    Returns:
        Plain values: ``columns`` (names of figures), ``rows`` (label, ``values`` and ``ranges`` as text),
        ``means`` (name -> title, what, source, better), ``weights``, ``missing`` (reason, names).

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

    for contestant in run.contestants:
        found[contestant.label] = _look(run, contestant, cache, networks, on_photograph)
    first = next(iter(found.values()))
    columns = [name for name in METRICS if name in first.each or name in first.of_set]
    return {
        "columns": columns,
        "rows": [{"label": label, **_write(figures)} for label, figures in found.items()],
        "means": {name: _describe(METRICS[name].figure) for name in columns},
        "weights": dict(first.weights),
        "missing": _group(first.not_measured),
    }


def _look(
    run: SuiteRun,
    contestant: Contestant,
    cache: Path,
    networks: Networks,
    on_photograph: Callable[[], None],
) -> PerceptualFigures:
    judge, painter = PerceptualJudge(networks), Painter(contestant, None, Cache(cache))
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
        reasons.setdefault(without_folders(reason), []).append(name)
    return [*reasons.items()]


def without_folders(reason: str) -> str:
    """Leave the folders of this machine out: a report is passed on, and where it was made is nobody's business.

    >>> without_folders("/home/ada/my-weights/vgg16.pth is not the published file")
    'vgg16.pth is not the published file'
    """
    hub = str(hub_folder())
    told = reason.replace(hub + os.sep, "").replace(hub, "the folder checkpoints of torch.hub")
    return _FOLDERS.sub("", told.replace(str(Path.home()), "~"))


_FOLDERS = re.compile(r"(?<![\w.~])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\]+[/\\])*(?=[^\s/\\])")
"""All of an absolute path but its last name."""
