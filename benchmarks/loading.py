"""Measure how fast batches are made, and whether making them limits the training.

    python benchmarks/loading.py
    python benchmarks/loading.py eccv16 --steps 200 --set data.workers=8 --accelerator gpu --table loading.csv

Two ways of loading are timed, in samples a second: by workers (processes decode and cut) and with the whole set on
the device as bytes, which is cut there; then the training itself in both ways. Loading limits a training that is
slower with workers than with the set on the device. The first steps are not counted. The figures are written to
results/loading.csv.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from tintype.learn.data.batches import BatchPlan
from tintype.learn.data.examples import iterate_examples
from tintype.learn.data.photographs import digest_of, load_pools
from tintype.learn.recipe import Recipe, read_recipe
from tintype.learn.train import train
from tintype.measure.record import Origin, Row, write_table

WARM_UP = 5
PACKAGES = ("tintype", "torch", "numpy", "pillow")
WAYS = {"workers": "false", "the set on the device": "true"}
TABLE = Path(__file__).parents[1] / "results" / "loading.csv"


def time_loading(recipe: Recipe, device: torch.device, steps: int) -> float:
    """Return samples a second of making examples, without learning from them."""
    plan = BatchPlan(recipe, load_pools(recipe.data))
    examples = iterate_examples(plan, 0, device)
    for _ in range(WARM_UP):
        next(examples)
    begun = wait(device)
    shown = sum(len(each.lightness) for each in first(examples, steps))
    return shown / (wait(device) - begun)


def time_training(recipe: Recipe, accelerator: str, steps: int) -> float:
    """Return samples a second of the training itself, without validation."""
    quiet = dataclasses.replace(recipe.validation, every=10**9, photos=1)
    plan = BatchPlan(recipe, load_pools(recipe.data))
    samples = int(plan.samples[min(steps + WARM_UP, len(plan) - 1)])
    short = dataclasses.replace(recipe, validation=quiet, samples=samples, checkpoint_minutes=1e9)
    moments: list[tuple[float, int]] = []

    def note(shown: int, _samples: int, _figures: dict[str, float]) -> None:
        moments.append((time.perf_counter(), shown))

    with tempfile.TemporaryDirectory() as folder:
        train(short, Path(folder), accelerator=accelerator, devices=1, progress=note)
    (begun, before), (ended, after) = moments[WARM_UP], moments[-2]
    return (after - before) / (ended - begun)


def first(examples: Iterator[object], steps: int) -> Iterator[object]:
    """Yield the first examples of an iterator that goes on."""
    for _, each in zip(range(steps), examples, strict=False):
        yield each


def wait(device: torch.device) -> float:
    """Return the time when the device has done all it was asked for."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def measure(name: str, changes: Sequence[str], accelerator: str, steps: int) -> Iterator[Row]:
    """Time a recipe in both ways."""
    device = torch.device("cuda" if accelerator == "gpu" else "cpu")
    trained = {}
    for way, value in WAYS.items():
        recipe = read_recipe(name, [*changes, f"data.on_device={value}"])
        made = time_loading(recipe, device, steps)
        trained[way] = time_training(recipe, accelerator, steps)
        told = f"{recipe.data.workers} {way}" if way == "workers" else way
        yield Row(f"{name}, {told}: samples made a second", made, "", steps)
        yield Row("  samples trained on a second", trained[way], "", steps)
        yield Row(
            "  making them is so many times as fast as training on them", made / trained[way], "", steps
        )
    slow, fast = trained.values()
    yield Row(f"{name}: training with the set on the device, over that with workers", fast / slow, "", steps)


def main() -> None:
    """Time what the command line asks for, print and store."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", nargs="?", default="tintype-small")
    parser.add_argument("--set", dest="changes", action="append", default=[], help="change the recipe")
    parser.add_argument("--steps", type=int, default=50, help="batches that are timed (default: 50)")
    parser.add_argument("--accelerator", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--table", type=Path, default=TABLE, help="where to write the figures")
    options = parser.parse_args()
    rows = [*measure(options.recipe, options.changes, options.accelerator, options.steps)]
    for row in rows:
        sys.stdout.write(row.line(80) + "\n")
    digest = digest_of(load_pools(read_recipe(options.recipe, options.changes).data))
    write_table(options.table, rows, Origin.of_this_run(f"training photographs {digest}", packages=PACKAGES))


if __name__ == "__main__":
    main()
