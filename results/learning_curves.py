"""Learning curves of trainings within a budget, over all their stages and starts."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
from budget import Trained


def write_curve(path: Path, trained: Trained) -> None:
    """Keep the learning curve of a run, with the minutes of each validation; none of a run without validations."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = trained.folder / "curves.csv"
    if told.exists() and told.read_text(encoding="utf-8").startswith(
        "minutes,"
    ):  # of a training without batches
        shutil.copyfile(told, path)
        return
    rows = _validations(trained)
    if not rows:
        return
    shown, seconds = zip(*trained.timeline, strict=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["minutes", *rows[0]])
        for row in rows:
            minutes = np.interp(float(row["samples"]), shown, seconds) / 60
            writer.writerow([f"{minutes:.2f}", *row.values()])


def _validations(trained: Trained) -> list[dict[str, str]]:
    """Return the validations of all stages, by samples; one that was done again after a kill stands once."""
    found: dict[int, dict[str, str]] = {}
    stages = [trained.before[0]] if trained.before else []
    done = 0
    for folder in [*stages, trained.folder]:
        source = folder / "curves.csv"
        if source.exists():
            with source.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    samples = done + int(row["samples"])
                    found[samples] = {**row, "samples": str(samples)}
        done += trained.before[1].samples if trained.before else 0
    return [found[samples] for samples in sorted(found)]
