"""Tables of models that were trained within one budget: a row for each, written before the next one is trained.

The columns are those of `Row`. What does not apply to a row says so.
"""

from __future__ import annotations

import argparse
import csv
import fcntl
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from budget import PLANS, Budget, Plan, Trained, read_plans, settle, train_within, usual_minutes
from evaluation import say
from judging import (
    PROTOCOL,
    Judged,
    compare_rebalanced,
    count_gflops,
    fit_tint,
    judge_gray,
    judge_model,
    judge_tint,
    time_model,
)
from learning_curves import write_curve

from tintype.errors import TintypeError
from tintype.measure.auc import Auc
from tintype.measure.figures import PhotographFigures, SetFigures, summarize
from tintype.measure.record import Origin, PhotoList, describe_machine, list_photographs
from tintype.models.catalog import ModelFile, find_model

RESULTS = Path(__file__).parent
BUNDLED = "tintype-small"
NOTHING = "does not apply"
PACKAGES = ("tintype", "torch", "timm", "onnxruntime", "numpy", "pillow", "pyvips")
TASKS = {
    "rehearse": "find out how much fits into the budget, and no more; wants a quiet machine",
    "time": "measure the times of rows again that are there; wants a quiet machine",
    "judge": "judge the models of rows again that are there, with their times; wants a quiet machine",
}
RANKS = ("undertrained", "trained")
"""States that a row gets by what its model is worth."""
BELOW_GRAY = 2.0
"""Percent of raw AuC that a trained model may lie below gray."""


@dataclass(frozen=True)
class Row:
    """A model and what it is worth; all values as text.

    Attributes:
        name: of the row.
        system: of its card.
        state: ``trained``, ``undertrained``, ``examples``, ``bundled`` or ``baseline``; see `describe_state`.
        remark: what a reader should know.
        recipe: name, and then the changes of it.
        changes: separated by spaces, those of the budget included.
        budget: what it was allowed.
        foreseen: minutes that it takes on a machine of its own, as the rehearsal said that settled the samples.
        minutes, cpu_minutes: what it took, whatever else went on.
        samples: photographs shown.
        size: side of the input at which it was judged.
        psnr, auc, rebalanced_auc, colorfulness, colorfulness_over_truth: at the default decoding.
        over_tint, over_tint_low, over_tint_high: rebalanced AuC above that of the best tint, and where this lies with
            95 % confidence, by the photographs that were drawn; what another training would give is not in it.
        decoding: rarity and temperature of it.
        faithful_psnr, faithful_auc, faithful_rebalanced_auc: at vividness 0.
        parameters: number of weights.
        gflops: of 256 x 256 pixels.
        network_ms: of 256 x 256 pixels in ONNX Runtime on two threads.
        photograph_ms: to open and color one of the photographs.
        timed_on: the machine of these times.
        n: number of photographs.
        command, machine, versions, data, model: how it was measured, on what, and the fingerprint of the model.
    """

    name: str
    system: str
    state: str
    remark: str = ""
    recipe: str = NOTHING
    changes: str = NOTHING
    budget: str = NOTHING
    foreseen: str = NOTHING
    minutes: str = NOTHING
    cpu_minutes: str = NOTHING
    samples: str = NOTHING
    size: str = NOTHING
    psnr: str = ""
    auc: str = ""
    rebalanced_auc: str = ""
    colorfulness: str = ""
    colorfulness_over_truth: str = ""
    over_tint: str = NOTHING
    over_tint_low: str = NOTHING
    over_tint_high: str = NOTHING
    decoding: str = NOTHING
    faithful_psnr: str = NOTHING
    faithful_auc: str = NOTHING
    faithful_rebalanced_auc: str = NOTHING
    parameters: str = NOTHING
    gflops: str = NOTHING
    network_ms: str = NOTHING
    photograph_ms: str = NOTHING
    timed_on: str = NOTHING
    n: str = ""
    command: str = ""
    machine: str = ""
    versions: str = ""
    data: str = ""
    model: str = NOTHING


@dataclass(frozen=True)
class Baselines:
    """What a trained model must reach.

    Attributes:
        gray: the figures of photographs that are left gray.
        tinted: those of the same photographs in the best tint.
    """

    gray: Sequence[PhotographFigures]
    tinted: Sequence[PhotographFigures]


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
        add_row(place, row, order)
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
        if baselines:
            judged = judge_model(model, _gflops_of(row), place.objects, say)
            found = describe_judged(judged, baselines)
            if row["state"] in RANKS:
                found["state"] = describe_state(judged, baselines)
        else:
            found = describe_times(*time_model(model, place.objects, say))
        add_row(place, Row(**{**row, **found}), order)
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


def add_row(place: Workplace, row: Row, order: Sequence[str]) -> None:
    """Write a table again with one row more, or with one row measured anew."""
    with _locked(place.table):
        rows = read_rows(place.table) | {row.name: asdict(row)}
        known = [*order, *(other for other in rows if other not in order)]
        _write_rows(place.table, [rows[each] for each in known if each in rows])


def read_rows(table: Path) -> dict[str, dict[str, str]]:
    """Return the rows of a table by name; none where there is no table."""
    if not table.exists():
        return {}
    with table.open(newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def train_row(plan: Plan, place: Workplace, baselines: Baselines) -> Row:
    """Train by a plan, export, judge, keep the learning curve; return the row."""
    from exporting import describe_data, export_trained, network_of  # noqa: PLC0415 - torch

    folder = place.runs / plan.name
    trained = train_within(plan, place.budget, folder, say)
    model = export_trained(plan, trained)
    write_curve(place.curves / f"{plan.name}.csv", trained)
    network = network_of(trained)
    judged = judge_model(model, count_gflops(network) if network else None, place.objects, say)
    row = describe_model(plan.name, model, judged, baselines, place)
    return replace(
        row,
        state=describe_state(judged, baselines),
        remark=plan.remark,
        data=f"{row.data}; trained on {describe_data(trained)}",
        **describe_training(plan, trained, place.budget),
    )


def describe_training(plan: Plan, trained: Trained, budget: Budget) -> dict[str, str]:
    """Return the columns that say how a model was trained."""
    changes = [*plan.common, f"validation.side={plan.size}", *plan.changes, *_settled(plan, trained)]
    first = f"{plan.first}, {trained.before[1].samples} samples, then " if trained.before else ""
    return {
        "recipe": f"{first}{plan.recipe}",
        "changes": " ".join(f"'{change}'" if " " in change else change for change in changes),
        "budget": str(budget),
        "foreseen": f"{trained.foreseen:.1f}",
        "minutes": f"{trained.minutes:.1f}",
        "cpu_minutes": f"{trained.cpu_minutes:.1f}",
        "samples": str(trained.samples),
        "size": str(plan.size),
    }


def describe_model(
    name: str, model: ModelFile, judged: Judged, baselines: Baselines, place: Workplace
) -> Row:
    """Return the columns that any model has."""
    card = model.card
    decoding = card.decoding.get("default")
    return Row(
        name,
        card.system,
        "",
        size=str(card.size.default),
        decoding=f"rarity {decoding.rarity:g}, temperature {decoding.temperature:g}" if decoding else NOTHING,
        parameters=str(judged.parameters) if judged.parameters else NOTHING,
        gflops=NOTHING if judged.gflops is None else f"{judged.gflops:.4g}",
        model=card.sha256,
        **describe_judged(judged, baselines),
        **describe_origin(place),
    )


def describe_judged(judged: Judged, baselines: Baselines) -> dict[str, str]:
    """Return the columns that say what a model's colors are worth, and how long they take."""
    over_tint = compare_rebalanced(judged.photographs, baselines.tinted)
    return {
        **_figures(judged.figures),
        **_colorfulness(judged.figures),
        **(_figures(judged.faithful, "faithful_") if judged.faithful else {}),
        "over_tint": f"{over_tint.value:.4f}",
        "over_tint_low": f"{over_tint.low:.4f}",
        "over_tint_high": f"{over_tint.high:.4f}",
        **describe_times(judged.network_ms, judged.photograph_ms),
    }


def describe_times(network_ms: float | None, photograph_ms: float) -> dict[str, str]:
    """Return the columns of times, and the machine that they are of."""
    network = NOTHING if network_ms is None else f"{network_ms:.4g}"
    return {"network_ms": network, "photograph_ms": f"{photograph_ms:.4g}", "timed_on": describe_machine()}


def describe_origin(place: Workplace) -> dict[str, str]:
    """Return the columns that say how a row was measured."""
    origin = Origin.of_this_run(f"judged on objects {place.objects.digest}", packages=PACKAGES)
    return {"n": str(len(place.objects.paths)), **asdict(origin)}


def describe_state(judged: Judged, baselines: Baselines) -> str:
    """Say whether a model counts as trained; see `state_of`."""
    every = (judged.photographs, baselines.gray, baselines.tinted)
    return state_of(*(summarize(photographs).auc[PROTOCOL] for photographs in every))


def state_of(ours: Auc, gray: Auc, tint: Auc) -> str:
    """Say whether a model counts as trained: rebalanced AuC above the best tint's, raw AuC near that of gray."""
    enough = ours.rebalanced > tint.rebalanced and ours.raw >= gray.raw - BELOW_GRAY
    return "trained" if enough else "undertrained"


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
        _baseline_row("left-gray", baselines.gray, "no color at all", place),
        _baseline_row("one-tint", baselines.tinted, remark, place),
    ]


def bundled_row(place: Workplace, baselines: Baselines, name: str = BUNDLED) -> Row:
    """Judge the bundled model, which had another budget."""
    from exporting import network_of_card  # noqa: PLC0415 - torch

    model = find_model(name)
    judged = judge_model(model, count_gflops(network_of_card(model.card)), place.objects, say)
    recipe: Any = model.card.recipe
    return replace(
        describe_model("bundled", model, judged, baselines, place),
        state="bundled",
        remark=f"{model.card.name}, which comes with Tintype and had a budget of its own",
        recipe=str(recipe["name"]),
        changes="as its card says",
        budget=f"{recipe['samples']} samples",
        samples=str(recipe["samples"]),
    )


def _settled(plan: Plan, trained: Trained) -> Iterator[str]:
    """Yield the changes that followed from the budget."""
    yield f"samples={trained.recipe.samples}"
    if plan.warmup and trained.recipe.loop != "clusters":
        optimizer = trained.recipe.optimizer
        yield f"optimizer.warmup={optimizer.warmup}"
        yield f"optimizer.average={optimizer.average}"
        yield f"validation.every={trained.recipe.validation.every}"
    if trained.recipe.loop == "clusters":
        yield from (f"network_changes.{key}={value}" for key, value in trained.recipe.network_changes.items())


def _baseline_row(name: str, photographs: Sequence[PhotographFigures], remark: str, place: Workplace) -> Row:
    figures = summarize(photographs)
    values = _figures(figures) | _colorfulness(figures) | describe_origin(place)
    return Row(name, NOTHING, "baseline", remark, **values)


def _colorfulness(figures: SetFigures) -> dict[str, str]:
    over_truth = figures.colorfulness / figures.true_colorfulness
    return {"colorfulness": f"{figures.colorfulness:.4g}", "colorfulness_over_truth": f"{over_truth:.4g}"}


def _figures(figures: SetFigures, prefix: str = "") -> dict[str, str]:
    auc = figures.auc[PROTOCOL]
    values = {"psnr": figures.psnr, "auc": auc.raw, "rebalanced_auc": auc.rebalanced}
    return {f"{prefix}{name}": f"{value:.4f}" for name, value in values.items()}


def _write_rows(table: Path, rows: Sequence[dict[str, str]]) -> None:
    partial = table.with_suffix(".partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    partial.replace(table)


@contextmanager
def _locked(table: Path) -> Iterator[None]:
    """Let one process at a time change a table: several may train rows of it."""
    table.parent.mkdir(parents=True, exist_ok=True)
    with table.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


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
