"""Show self-supervision: color photographs without labels, then read the encoder on labeled ones; writes probe.csv.

    TINTYPE_DATA=... TINTYPE_WEIGHTS=... python results/self_supervision.py -o runs/systems

The encoder begins with random weights and learns by coloring alone, within the budget; it is the training
``from-nothing`` of transfer.py, which is taken where it is there. A linear classifier then reads its features on the
200 kinds of objects64, and in the same way those of the same network with random weights and with the weights of
ImageNet. The photographs that the classifier is judged on were kept from both.
"""

from __future__ import annotations

import csv
from dataclasses import asdict
from typing import Any

from budget import read_plans, train_within
from evaluation import say
from exporting import describe_data
from training_rows import PACKAGES
from training_table import open_workplace, read_arguments

from tintype.learn.probe import Reading, probe
from tintype.measure.record import Origin

PLAN = "from-nothing"
LABELED, SIDE, HELD_OUT = "train/objects64-*.tar", 128, 5
_SHARES = ("top1", "interval", "top5", "chance")


def main() -> None:
    """Train, read and write."""
    arguments = read_arguments(__doc__ or "", "probe.csv")
    place, plan = open_workplace(arguments), read_plans("transfer", arguments.plans)[PLAN]
    if place.table.exists() and not place.force:
        say(f"{place.table.name}: is there already\n")
        return
    trained = train_within(plan, place.budget, place.runs / plan.name, say)
    readings = probe(trained.folder / "last.safetensors", LABELED, side=SIDE, held_out=HELD_OUT)
    origin = Origin.of_this_run(f"{LABELED}; trained on {describe_data(trained)}", packages=PACKAGES)
    circumstances = {
        "budget": str(place.budget),
        "minutes": f"{trained.minutes:.1f}",
        "samples": str(trained.samples),
        "side": str(SIDE),
        **asdict(origin),
    }
    rows = [describe_reading(reading) | circumstances for reading in readings]
    place.table.parent.mkdir(parents=True, exist_ok=True)
    with place.table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        say(f"{row['encoder']}: top-1 {row['top1']}, top-5 {row['top5']}\n")


def describe_reading(reading: Reading) -> dict[str, Any]:
    """Return a reading as a row, its shares in percent."""
    return {
        name: f"{100 * value:.2f}" if name in _SHARES else value for name, value in asdict(reading).items()
    }


if __name__ == "__main__":
    main()
