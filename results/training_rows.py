"""The rows of tables of models that were trained within one budget: what stands in them, and how they are kept.

What does not apply to a row says so.
"""

from __future__ import annotations

import csv
import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from budget import Budget, Plan, Trained
from judging import PROTOCOL, Judged, compare_rebalanced

from tintype.measure.auc import Auc
from tintype.measure.figures import PhotographFigures, SetFigures, summarize
from tintype.measure.record import Origin, PhotoList, describe_machine
from tintype.models.catalog import ModelFile

NOTHING = "does not apply"
PACKAGES = ("tintype", "torch", "timm", "onnxruntime", "numpy", "pillow", "pyvips")
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


def add_row(table: Path, row: Row, order: Sequence[str]) -> None:
    """Write a table again with one row more, or with one row measured anew."""
    with _locked(table):
        rows = read_rows(table) | {row.name: asdict(row)}
        known = [*order, *(other for other in rows if other not in order)]
        _write_rows(table, [rows[each] for each in known if each in rows])


def read_rows(table: Path) -> dict[str, dict[str, str]]:
    """Return the rows of a table by name; none where there is no table."""
    if not table.exists():
        return {}
    with table.open(newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def describe_training(plan: Plan, trained: Trained, budget: Budget) -> dict[str, str]:
    """Return the columns that say how a model was trained."""
    # A training without batches has no use for what those with batches share.
    shared = [] if trained.recipe.loop == "clusters" else [*plan.common, f"validation.side={plan.size}"]
    changes = [*shared, *plan.changes, *_settled(plan, trained)]
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
    name: str, model: ModelFile, judged: Judged, baselines: Baselines, objects: PhotoList
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
        **describe_origin(objects),
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


def describe_origin(objects: PhotoList) -> dict[str, str]:
    """Return the columns that say how a row was measured."""
    origin = Origin.of_this_run(f"judged on objects {objects.digest}", packages=PACKAGES)
    return {"n": str(len(objects.paths)), **asdict(origin)}


def describe_state(judged: Judged, baselines: Baselines) -> str:
    """Say whether a model counts as trained; see `state_of`."""
    every = (judged.photographs, baselines.gray, baselines.tinted)
    return state_of(*(summarize(photographs).auc[PROTOCOL] for photographs in every))


def state_of(ours: Auc, gray: Auc, tint: Auc) -> str:
    """Say whether a model counts as trained: rebalanced AuC above the best tint's, raw AuC near that of gray."""
    enough = ours.rebalanced > tint.rebalanced and ours.raw >= gray.raw - BELOW_GRAY
    return "trained" if enough else "undertrained"


def describe_baseline(
    name: str, photographs: Sequence[PhotographFigures], remark: str, objects: PhotoList
) -> Row:
    """Return the row of photographs that no model colored."""
    figures = summarize(photographs)
    values = _figures(figures) | _colorfulness(figures) | describe_origin(objects)
    return Row(name, NOTHING, "baseline", remark, **values)


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
