"""Tables of models that were trained within one budget: a row for each, written before the next one is trained.

The columns are those of `training_rows.Row`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from budget import PLANS, Budget, Plan, read_plans, settle, train_within, usual_minutes
from evaluation import say
from judging import count_gflops, fit_tint, judge_gray, judge_model, judge_tint, time_model
from learning_curves import write_curve
from training_rows import (
    NOTHING,
    RANKS,
    Baselines,
    Row,
    add_row,
    describe_baseline,
    describe_judged,
    describe_model,
    describe_origin,
    describe_state,
    describe_times,
    describe_training,
    read_rows,
)

from tintype.errors import TintypeError
from tintype.measure.record import PhotoList, list_photographs
from tintype.models.catalog import ModelFile, find_model

RESULTS = Path(__file__).parent
BUNDLED = "tintype-small"
TASKS = {
    "rehearse": "find out how much fits into the budget, and no more; wants a quiet machine",
    "time": "measure the times of rows again that are there; wants a quiet machine",
    "judge": "judge the models of rows again that are there, with their times; wants a quiet machine",
}


@dataclass(frozen=True)
class Workplace:
    """What all rows of a table share.

    Attributes:
        table: the CSV file.
        runs: folder of the trainings.
        budget: of each.
        objects: the photographs that are judged.
        force: measure rows that are there already once more.
        task: ``train``, ``rehearse`` (find out how much fits, and no more), ``time`` (of rows that are there already,
            measure the times again) or ``judge`` (measure all of them again but the training).
    """

    table: Path
    runs: Path
    budget: Budget
    objects: PhotoList
    force: bool = False
    task: str = "train"

    @property
    def curves(self) -> Path:
        """The folder of the learning curves, beside the table."""
        return self.table.parent / "curves"


def read_arguments(what: str, table: str) -> argparse.Namespace:
    """Read the command line of a table's script."""
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="one row; may be repeated"
    )
    parser.add_argument("--force", action="store_true", help="measure rows again that are there")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("runs/systems"), help="folder of the trainings"
    )
    parser.add_argument("--table", type=Path, default=RESULTS / table, help="the CSV file")
    parser.add_argument(
        "--plans", type=Path, default=PLANS, help="what is trained; systems.toml if not given"
    )
    parser.add_argument("--minutes", type=float, default=None, help="the budget, if not that of systems.toml")
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count(), help="of torch; all cores if not given"
    )
    parser.add_argument(
        "--limit", type=int, default=None, help="judge on the first photographs alone, to try it"
    )
    parser.add_argument(
        "--busy", action="store_true", help="believe a rehearsal although others use the machine"
    )
    tasks = parser.add_mutually_exclusive_group()
    for task, text in TASKS.items():
        tasks.add_argument(f"--{task}", dest="task", action="store_const", const=task, help=text)
    parser.set_defaults(task="train")
    arguments = parser.parse_args()
    for variable in ("TINTYPE_DATA", "TINTYPE_WEIGHTS"):
        if variable not in os.environ:
            parser.error(
                f"{variable} is not set; it names the folder of the data, or of the backbones' weights"
            )
    _begin_with_threads(arguments.threads)
    return arguments


def _begin_with_threads(threads: int) -> None:
    """Begin once more where libraries that are loaded already were told of another number of threads."""
    wanted = {"OMP_NUM_THREADS": str(threads), "GOMP_SPINCOUNT": "0"}
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.environ |= wanted
        os.execv(sys.executable, [sys.executable, *sys.argv])


def open_workplace(arguments: argparse.Namespace) -> Workplace:
    """Return what all rows share."""
    found = list_photographs(Path(os.environ["TINTYPE_DATA"]) / "eval" / "objects")
    limit = arguments.limit
    objects = replace(found, paths=found.paths[:limit], lines=found.lines[:limit])
    minutes = arguments.minutes or usual_minutes(arguments.plans)
    budget = Budget(minutes, arguments.threads, arguments.busy)
    return Workplace(arguments.table, arguments.out, budget, objects, arguments.force, arguments.task)


def add_rows(
    place: Workplace, names: Sequence[str], measure: Callable[[str], Row], order: Sequence[str]
) -> int:
    """Measure rows, each of which is written before the next one is begun; those that are there are kept.

    Args:
        place: what all rows share.
        names: of the rows.
        measure: is called with the name of a row that is missing.
        order: names of all rows, in the order in which they stand.

    Returns:
        The exit status: 1 where a row failed, which does not keep the others from being measured.
    """
    failed = 0
    for name in names:
        if name in read_rows(place.table) and not place.force:
            say(f"{name}: is there already\n")
            continue
        try:
            row = measure(name)
        except TintypeError as error:
            say(f"{name}: {error}\n")
            failed = 1
            continue
        add_row(place.table, row, order)
        say(f"{name}: {row.state}, AuC {row.auc}, rebalanced {row.rebalanced_auc}, PSNR {row.psnr}\n")
    return failed


def rehearse_rows(place: Workplace, plans: Sequence[Plan]) -> int:
    """Find out how much fits into the budget, for all plans where that is not known yet; return the exit status."""
    failed = 0
    for plan in plans:
        try:
            found = settle(plan, place.budget, place.runs / plan.name, say)
            say(f"{plan.name}: {found.samples} samples in {found.foreseen / 60:.1f} minutes\n")
        except TintypeError as error:
            say(f"{plan.name}: {error}\n")
            failed = 1
    return failed


def measure_again(place: Workplace, names: Sequence[str], order: Sequence[str]) -> int:
    """Measure rows again whose models are there: their times, or all that does not depend on the training."""
    baselines = find_baselines(place)[0] if place.task == "judge" else None
    for name in names:
        row = read_rows(place.table).get(name)
        model = find_made(name, place.runs) if row else None
        if not row or not model:
            continue
        if model.card.sha256 != row["model"]:
            say(f"{name}: the model that is there is not that of the row, which stays; train it again\n")
            continue
        if baselines:
            judged = judge_model(model, _gflops_of(row), place.objects, say)
            found = describe_judged(judged, baselines)
            found["versions"] = describe_origin(place.objects)["versions"]
            if row["state"] in RANKS:
                found["state"] = describe_state(judged, baselines)
        else:
            found = describe_times(*time_model(model, place.objects, say))
        add_row(place.table, Row(**{**row, **found}), order)
        say(f"{name}: {found['network_ms']} ms the network, {found['photograph_ms']} ms a photograph\n")
    return 0


def _gflops_of(row: dict[str, str]) -> float | None:
    """Return what a row says already."""
    return None if row["gflops"] == NOTHING else float(row["gflops"])


def find_made(name: str, runs: Path) -> ModelFile | None:
    """Return the model of a row, where it was made already."""
    if name == "bundled":
        return find_model(BUNDLED)
    made = [runs / name / f"{name}{suffix}" for suffix in (".onnx", ".npz")]
    return next((find_model(path) for path in made if path.exists()), None)


def train_row(plan: Plan, place: Workplace, baselines: Baselines) -> Row:
    """Train by a plan, export, judge, keep the learning curve; return the row."""
    from exporting import describe_data, export_trained, network_of  # noqa: PLC0415 - torch

    folder = place.runs / plan.name
    trained = train_within(plan, place.budget, folder, say)
    model = export_trained(plan, trained)
    write_curve(place.curves / f"{plan.name}.csv", trained)
    network = network_of(trained)
    judged = judge_model(model, count_gflops(network) if network else None, place.objects, say)
    row = describe_model(plan.name, model, judged, baselines, place.objects)
    return replace(
        row,
        state=describe_state(judged, baselines),
        remark=plan.remark,
        data=f"{row.data}; trained on {describe_data(trained)}",
        **describe_training(plan, trained, place.budget),
    )


def find_baselines(place: Workplace) -> tuple[Baselines, list[Row]]:
    """Return what a trained model must reach, and the rows of gray and of the best tint; fitted once, then kept."""
    from exporting import training_thumbnails  # noqa: PLC0415 - torch

    path = place.runs / "tint.json"
    if not path.exists():
        say("fitting the tint\n")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(fit_tint(training_thumbnails())), encoding="utf-8")
    a, b = json.loads(path.read_text(encoding="utf-8"))
    baselines = Baselines(judge_gray(place.objects), judge_tint(place.objects, (a, b)))
    remark = f"ab = ({a:g}, {b:g}), fitted on training photographs"
    return baselines, [
        describe_baseline("left-gray", baselines.gray, "no color at all", place.objects),
        describe_baseline("one-tint", baselines.tinted, remark, place.objects),
    ]


def bundled_row(place: Workplace, baselines: Baselines, name: str = BUNDLED) -> Row:
    """Judge the bundled model, which had another budget."""
    from exporting import network_of_card  # noqa: PLC0415 - torch

    model = find_model(name)
    judged = judge_model(model, count_gflops(network_of_card(model.card)), place.objects, say)
    recipe: Any = model.card.recipe
    return replace(
        describe_model("bundled", model, judged, baselines, place.objects),
        state="bundled",
        remark=f"{model.card.name}, which comes with Tintype and had a budget of its own",
        recipe=str(recipe["name"]),
        changes="as its card says",
        budget=f"{recipe['samples']} samples",
        samples=str(recipe["samples"]),
    )


def compare(what: str, section: str) -> int:
    """Train and judge all of a section of ``systems.toml``, and write its table: the whole of a script."""
    arguments = read_arguments(what, f"{section}.csv")
    place, plans = open_workplace(arguments), read_plans(section, arguments.plans)
    names = choose_rows(arguments.only, [*plans])
    if place.task == "rehearse":
        return rehearse_rows(place, [plans[name] for name in names])
    if place.task in ("time", "judge"):
        return measure_again(place, names, [*plans])
    baselines, _ = find_baselines(place)

    def measure(name: str) -> Row:
        return train_row(plans[name], place, baselines)

    return add_rows(place, names, measure, [*plans])


def choose_rows(asked: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    """Return the rows that are to be measured, all if none was asked for.

    Raises:
        SystemExit: there is no such row.
    """
    if unknown := sorted(set(asked) - set(known)):
        raise SystemExit(f"there is no row {unknown[0]!r}; give one of {', '.join(known)}")
    return asked or known
