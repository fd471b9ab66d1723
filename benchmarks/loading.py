"""Measure how fast batches are made, and whether making them limits the training.

    python benchmarks/loading.py tintype-small --steps 50
    python benchmarks/loading.py tintype-small --steps 200 --accelerator gpu --set data.workers=8
    python benchmarks/loading.py tintype-small --steps 200 --accelerator gpu --train

Two ways of loading are timed, in samples a second: ``workers`` (processes decode and cut) and ``on_device`` (the
whole set lies on the device as bytes and is cut there); with ``--train`` the training itself in both ways. Loading
limits a training that is slower with workers than with the set on the device. First steps are not counted.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from tintype.learn.data.batches import BatchPlan
from tintype.learn.data.examples import iterate_examples
from tintype.learn.data.photographs import load_pools
from tintype.learn.recipe import Recipe, read_recipe
from tintype.learn.train import train

WARM_UP = 5


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


def main() -> None:
    """Time what the command line asks for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--set", dest="changes", action="append", default=[])
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--accelerator", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--train", action="store_true", help="time the training too")
    arguments = parser.parse_args()
    device = torch.device("cuda" if arguments.accelerator == "gpu" else "cpu")
    figures: dict[str, object] = {
        "device": str(device),
        "machine": platform.machine(),
        "torch": torch.__version__,
    }
    for name, value in (("workers", "false"), ("on_device", "true")):
        recipe = read_recipe(arguments.recipe, [*arguments.changes, f"data.on_device={value}"])
        figures[f"loading, {name}"] = round(time_loading(recipe, device, arguments.steps), 1)
        if arguments.train:
            speed = time_training(recipe, arguments.accelerator, arguments.steps)
            figures[f"training, {name}"] = round(speed, 1)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
