"""Fit the score that needs no truth, and measure how often it is right.

    TINTYPE_DATA=... python results/fit_score.py             both, twenty minutes on one quiet core
    TINTYPE_DATA=... python results/fit_score.py measure     only how often the score that is there is right

What real photographs look like is taken from photographs that models are trained on. Faults are put into others,
which were held out: one half of them is fitted to, the other half is measured on. Pairs of which one is known to be
better are fitted by a logistic model without negative weights; each kind of pair counts the same. Written are
``reference.json`` and ``score.json`` beside the code, ``score.csv`` here, and what each result of each photograph was
worth that the best was chosen of, in ``photographs/score.csv``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import score_agreement
import score_fitting
import score_photographs
from score_photographs import Row

from tintype import Colorizer
from tintype.colorize.colorizer import DEFAULT_MODEL
from tintype.learn.data.photographs import Photograph
from tintype.measure.record import (
    Origin,
    list_photographs,
    write_photograph_table,
    write_table,
)
from tintype.measure.unaided.reference import load_reference
from tintype.measure.unaided.score import load_score

HELD_OUT = 40
"""One photograph of so many was held out, as in the recipe of the default model."""

NUMBERS = Path(sys.modules[load_score.__module__].__file__ or "").parent
"""Folder of what is fitted: the package itself."""

ItemT, FoundT = TypeVar("ItemT"), TypeVar("FoundT")


@dataclass(frozen=True)
class Call:
    """What was asked for."""

    root: Path
    model: str
    out: Path
    reference: int
    fitted: int
    measured: int
    chosen: int
    workers: int


def main() -> None:
    """Fit and measure."""
    arguments = vars(_parse())
    parts = arguments.pop("parts") or ["fit", "measure"]
    call = Call(**arguments)
    train, held_out = score_photographs.load(call.root, HELD_OUT)
    if "fit" in parts:
        _fit(call, train, held_out[::2])
    if "measure" in parts:
        _measure(call, held_out[1::2])


def _fit(call: Call, train: Sequence[Photograph], held_out: Sequence[Photograph]) -> None:
    chosen = train[:: max(1, len(train) // call.reference)][: call.reference]
    looks = [*_mapped(call, score_photographs.true_look, chosen, "reference")]
    reference = score_fitting.describe_reference(looks, score_photographs.digest_of(chosen))
    (NUMBERS / "reference.json").write_text(reference, encoding="utf-8")
    load_reference.cache_clear()
    natural = _mapped(call, score_fitting.figures_of, looks, "figures")
    rows = _rows(call, held_out[: call.fitted], faults=2)
    score = score_fitting.fit([*natural], rows)
    (NUMBERS / "score.json").write_text(score, encoding="utf-8")


def _measure(call: Call, held_out: Sequence[Photograph]) -> None:
    load_score.cache_clear()
    score = load_score()
    rows = _rows(call, held_out[: call.measured], faults=4)
    objects = list_photographs(call.root / "eval" / "objects")
    paths = objects.paths[:: max(1, len(objects.paths) // call.chosen)][: call.chosen]
    choices = [*_mapped(call, partial(_choose, call.model), paths, "best of")]
    found = [*score_agreement.agreement(score, rows), *score_agreement.gains(choices)]
    each = score_agreement.photograph_values(choices)
    write_photograph_table(call.out / "photographs" / "score.csv", each)
    write_table(call.out / "score.csv", found, Origin.of_this_run(objects.digest))
    for row in found:
        print(f"  {row.figure}: {row.value:.4g}  n = {row.n}")  # noqa: T201


def _rows(call: Call, photographs: Sequence[Photograph], *, faults: int) -> list[Row]:
    measure = partial(_measure_one, call.model, faults)
    return [*chain.from_iterable(_mapped(call, measure, [*enumerate(photographs)], "faults"))]


def _measure_one(model: str, faults: int, item: tuple[int, Photograph]) -> list[Row]:
    number, photograph = item
    return score_photographs.measure(photograph, number, _colorizer(model), faults)


def _choose(model: str, path: Path) -> score_agreement.Choice:
    return score_agreement.choose(_colorizer(model), path)


@cache
def _colorizer(model: str) -> Colorizer:
    """Load the model once in each process."""
    return Colorizer(model, threads=1)


def _mapped(
    call: Call, function: Callable[[ItemT], FoundT], items: Sequence[ItemT], what: str
) -> Iterable[FoundT]:
    with ProcessPoolExecutor(call.workers) as pool:
        for i, found in enumerate(pool.map(function, items, chunksize=4), start=1):
            print(f"\r{what}: {i}/{len(items)} ", end="", file=sys.stderr, flush=True)  # noqa: T201
            yield found
    print(file=sys.stderr)  # noqa: T201


def _parse() -> Any:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", help="fit, measure; both if none is named")
    parser.add_argument("--root", type=Path, default=os.environ.get("TINTYPE_DATA", "."))
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of score.csv")
    parser.add_argument("--reference", type=int, default=1500, help="photographs of the reference")
    parser.add_argument("--fitted", type=int, default=120, help="photographs that are fitted to")
    parser.add_argument("--measured", type=int, default=80, help="photographs that are measured on")
    parser.add_argument("--chosen", type=int, default=185, help="photographs that the best is chosen of")
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
