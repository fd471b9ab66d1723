"""Measure the default model on the evaluation photographs and write the tables of this folder.

    TINTYPE_DATA=... python results/evaluate.py                 all tables
    TINTYPE_DATA=... python results/evaluate.py automatic       one of them

Each table is a CSV: figure, value, what the project requires, number of photographs, and how it was measured.
The lists of photographs with their SHA-256 are written beside the tables; their digests stand in each row. What each
photograph contributes stands in ``photographs/``, a table of the same name. All take about an hour on four cores.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import automatic
import promises
import robustness
import sampling
import true_hints
from evaluation import Evaluation, create_parser, parse, report, say

from tintype import Colorizer
from tintype.measure.record import (
    PhotoList,
    Row,
    list_photographs,
    write_photograph_table,
)

TABLES: dict[str, Callable[[Evaluation], list[Row]]] = {
    "automatic": automatic.measure,
    "hints": true_hints.measure,
    "samples": sampling.measure,
    "robustness": robustness.measure,
    "promises": promises.measure,
}


def main() -> None:
    """Measure and write."""
    arguments = _parse()
    evaluation = _prepare(arguments)
    for name in arguments.tables or TABLES:
        started = time.monotonic()
        evaluation = replace(evaluation, noted={})
        rows = TABLES[name](evaluation)
        report(arguments.out / f"{name}.csv", rows, _data(evaluation, name), evaluation.colorizer)
        write_photograph_table(arguments.out / "photographs" / f"{name}.csv", evaluation.noted.items())
        say(f"{name}: {time.monotonic() - started:.0f} s\n")


def _parse() -> argparse.Namespace:
    parser = create_parser(__doc__)
    parser.add_argument("tables", nargs="*", help=f"of {', '.join(TABLES)}; all if none is named")
    parser.add_argument("--limit", type=int, default=None, help="only the first photographs, to try it out")
    arguments = parse(parser)
    if unknown := [name for name in arguments.tables if name not in TABLES]:
        parser.error(f"there is no table {unknown[0]!r}; give {', '.join(TABLES)}")
    return arguments


def _prepare(arguments: argparse.Namespace) -> Evaluation:
    data = Path(os.environ["TINTYPE_DATA"]) / "eval"
    lists = {name: _list(data / name, arguments.limit) for name in ("objects", "historic")}
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, photographs in lists.items():
        (arguments.out / f"eval-{name}.sha256").write_text(photographs.text, encoding="utf-8")
    colorizer = Colorizer(arguments.model, threads=arguments.threads)
    return Evaluation(colorizer, lists["objects"], lists["historic"], say)


def _list(folder: Path, limit: int | None) -> PhotoList:
    photographs = list_photographs(folder)
    return replace(photographs, paths=photographs.paths[:limit], lines=photographs.lines[:limit])


def _data(evaluation: Evaluation, table: str) -> str:
    data = f"objects {evaluation.objects.digest}"
    return f"{data}, historic {evaluation.historic.digest}" if table == "promises" else data


if __name__ == "__main__":
    main()
