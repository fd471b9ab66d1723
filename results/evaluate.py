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
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import automatic
import promises
import robustness
import sampling
import true_hints
from evaluation import Evaluation

from tintype import Colorizer
from tintype.measure.record import (
    Origin,
    PhotoList,
    Row,
    describe_command,
    describe_machine,
    describe_versions,
    list_photographs,
    write_photograph_table,
    write_table,
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
        write_table(arguments.out / f"{name}.csv", rows, _origin(evaluation, name))
        write_photograph_table(arguments.out / "photographs" / f"{name}.csv", evaluation.noted.items())
        _say(f"{name}: {time.monotonic() - started:.0f} s\n")
        for row in rows:
            value = row.value if isinstance(row.value, str) else f"{row.value:.4g}"
            print(f"  {row.figure}: {value}  {row.required}")  # noqa: T201


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", help=f"of {', '.join(TABLES)}; all if none is named")
    parser.add_argument("--model", default="tintype-small", help="name or path of a model")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of the tables")
    parser.add_argument("--limit", type=int, default=None, help="only the first photographs, to try it out")
    parser.add_argument("--threads", type=int, default=None, help="all cores if not given")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.tables if name not in TABLES]:
        parser.error(f"there is no table {unknown[0]!r}; give {', '.join(TABLES)}")
    if "TINTYPE_DATA" not in os.environ:
        parser.error("TINTYPE_DATA is not set; set it to the folder of the evaluation photographs")
    return arguments


def _prepare(arguments: argparse.Namespace) -> Evaluation:
    data = Path(os.environ["TINTYPE_DATA"]) / "eval"
    lists = {name: _list(data / name, arguments.limit) for name in ("objects", "historic")}
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, photographs in lists.items():
        (arguments.out / f"eval-{name}.sha256").write_text(photographs.text, encoding="utf-8")
    colorizer = Colorizer(arguments.model, threads=arguments.threads)
    return Evaluation(colorizer, lists["objects"], lists["historic"], _say)


def _list(folder: Path, limit: int | None) -> PhotoList:
    photographs = list_photographs(folder)
    return replace(photographs, paths=photographs.paths[:limit], lines=photographs.lines[:limit])


def _origin(evaluation: Evaluation, table: str) -> Origin:
    data = f"objects {evaluation.objects.digest}"
    if table == "promises":
        data += f", historic {evaluation.historic.digest}"
    versions = (
        f"{evaluation.colorizer.card.name} {evaluation.colorizer.fingerprint[:12]}, {describe_versions()}"
    )
    return Origin(describe_command(), describe_machine(), versions, data)


def _say(text: str) -> None:
    if sys.stderr.isatty() or text.endswith("\n"):
        print(f"\r{text}", end="", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
