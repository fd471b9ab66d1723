"""Drawings of the page about all systems: how each one learned, and what several samples are worth."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from tintype.measure.drawing import CYCLE, FAINT, drawing

Points = Sequence[tuple[float, float]]


def draw_curves(curves: Mapping[str, Points], folder: Path) -> None:
    """Draw the learning curve of each system into ``NAME-curve.svg``, those of the others behind it."""
    for name in curves:
        with drawing(f"{name} curve", 5.2, 2.2) as (axes, done):
            for other, points in curves.items():
                if other != name:
                    axes.plot(*zip(*points, strict=True), color=FAINT, linewidth=1)
            axes.plot(*zip(*curves[name], strict=True), "o-", color=CYCLE[0], markersize=3)
            axes.set_title(f"{name}: rebalanced AuC on held-out photographs")
            axes.set_xlabel("minutes of training")
            write_svg(folder / f"{name}-curve.svg", done())


def draw_diversity(errors: Mapping[str, Points], path: Path) -> None:
    """Draw the error of the best of so many samples, a line for each source of samples."""
    with drawing("diversity", 6.2, 3.2) as (axes, done):
        for number, (name, points) in enumerate(errors.items()):
            axes.plot(*zip(*points, strict=True), "o-", color=CYCLE[number], markersize=3, label=name)
        axes.set_title("error of the best of so many samples, Lab units of ab")
        axes.set_xlabel("samples")
        axes.legend()
        write_svg(path, done())


def read_curves(folder: Path, names: Sequence[str]) -> dict[str, Points]:
    """Return minutes and rebalanced AuC of each validation, of those of the names that have a learning curve."""
    found: dict[str, Points] = {}
    for name in names:
        path = folder / f"{name}.csv"
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            found[name] = [(float(row["minutes"]), float(row["rebalanced"])) for row in rows]
    return found


def read_diversity(rows: Sequence[Mapping[str, str]]) -> dict[str, Points]:
    """Return the number of samples and the expected error of the best, by the source of the samples."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        point = float(row["samples"]), float(row["expected_error_of_best"])
        found.setdefault(row["name"], []).append(point)
    return {name: list(points) for name, points in found.items()}


def write_svg(path: Path, svg: str) -> None:
    """Write a drawing as a file of its own, on white, so that it can be read on dark pages too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg.replace("<svg ", '<svg style="background: #fff" ', 1), encoding="utf-8")
