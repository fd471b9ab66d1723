"""Training within a budget of time: a short rehearsal tells the speed, and the speed how many samples to ask for.

So the schedules of a recipe, which are told in parts of all samples, end where the budget ends.
"""

from __future__ import annotations

import json
import resource
import shutil
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tintype.errors import TrainingError
from tintype.learn.recipe import Recipe, read_recipe

Say = Callable[[str], None]
PLANS = Path(__file__).with_name("systems.toml")
STEPS = 6
"""Batches of the first, short rehearsal."""
SHARE = 0.05
"""Part of the budget that the second one takes."""
MARGIN = 1.03
"""So much more is asked for than the rehearsal says, that the budget is rather exceeded than missed."""


@dataclass(frozen=True)
class Budget:
    """What every training of a table may take.

    Attributes:
        minutes: of wall time, validations included.
        threads: of torch; the workers that prepare photographs come beside them.
    """

    minutes: float
    threads: int

    def __str__(self) -> str:
        """Say it in a table."""
        return f"{self.minutes:g} minutes on {self.threads} cores"


@dataclass(frozen=True)
class Plan:
    """A training of ``systems.toml``.

    Attributes:
        name: of the row.
        size: side of the input at which the model is judged.
        recipe: name of a recipe; empty where nothing is trained.
        changes: of the recipe, this training's own.
        common: changes that all trainings share.
        warmup: part of the samples until the full rate.
        average: half-life of the averaged weights, as a part of the samples.
        validations: how many there are.
        weights: ``last`` or ``best``.
        examples: photographs that a system without training looks at.
        remark: what a reader of the row should know.
    """

    name: str
    size: int
    recipe: str = ""
    changes: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    warmup: float = 0.0
    average: float = 0.0
    validations: int = 10
    weights: str = "last"
    examples: int = 0
    remark: str = ""

    def read(self, samples: int | None = None) -> Recipe:
        """Return the recipe for so many samples; None for those of the recipe itself."""
        changes = [*self.common, f"validation.side={self.size}", *self.changes]
        if samples is not None:
            changes += [
                f"samples={samples}",
                f"optimizer.warmup={round(self.warmup * samples)}",
                f"optimizer.average={max(1, round(self.average * samples))}",
                f"validation.every={-(-samples // self.validations)}",
            ]
        return read_recipe(self.recipe, changes)


@dataclass(frozen=True)
class Speed:
    """What a rehearsal found.

    Attributes:
        sample: seconds for each sample, over all phases of the training.
        validation: seconds of a validation.
    """

    sample: float
    validation: float

    def samples_within(self, seconds: float, validations: int, least: int = 1) -> int:
        """Return how many samples take a time, validations included; ``least`` where there is no time for more."""
        return max(least, int((MARGIN * seconds - validations * self.validation) / self.sample))


@dataclass
class Spent:
    """Time that a training took, over all its starts; kept in a file, so that a killed one is counted too.

    Attributes:
        path: of the file.
        seconds: of wall time.
        cpu_seconds: of all threads and of the processes that prepared photographs.
        timeline: samples shown and seconds until then, every few seconds.
        finished: whether the training came to its end.
    """

    path: Path
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    timeline: list[tuple[int, float]] = field(default_factory=list)
    finished: bool = False
    _begun: float = field(default_factory=lambda: time.monotonic())  # noqa: PLW0108 - asked late, so that a test may set it
    _cpu_begun: float = field(default_factory=lambda: _cpu_seconds())  # noqa: PLW0108 - defined below

    @classmethod
    def read(cls, path: Path) -> Spent:
        """Return what was spent so far; nothing where there is no such file."""
        if not path.exists():
            return cls(path)
        kept = json.loads(path.read_text(encoding="utf-8"))
        kept["timeline"] = [(int(samples), float(seconds)) for samples, seconds in kept["timeline"]]
        return cls(path, **kept)

    @property
    def elapsed(self) -> float:
        """Seconds of wall time until now."""
        return self.seconds + time.monotonic() - self._begun

    def tell(self, samples: int, total: int, figures: dict[str, float]) -> None:
        """Note how far it is; what a training tells its progress to."""
        del total, figures
        elapsed = self.elapsed
        if not self.timeline or elapsed - self.timeline[-1][1] > 5:
            self.timeline.append((samples, elapsed))
            self.save()

    def save(self, *, finished: bool = False) -> None:
        """Write the file."""
        self.finished = finished
        kept = {
            "seconds": self.elapsed,
            "cpu_seconds": self.cpu_seconds + _cpu_seconds() - self._cpu_begun,
            "timeline": self.timeline,
            "finished": finished,
        }
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(kept), encoding="utf-8")
        partial.replace(self.path)


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
        folder: of the run.
        recipe: with the samples that it was settled on.
        minutes: of wall time.
        cpu_minutes: of all threads and processes.
        timeline: see `Spent`.
    """

    folder: Path
    recipe: Recipe
    minutes: float
    cpu_minutes: float
    timeline: tuple[tuple[int, float], ...]


def read_plans(section: str, path: Path = PLANS) -> dict[str, Plan]:
    """Return the trainings of a section of ``systems.toml``, by name."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    shared = {name: value for name, value in tables["common"].items() if name not in ("changes", "minutes")}
    common = tuple(tables["common"]["changes"])
    return {name: _plan(name, shared | own, common) for name, own in tables[section].items()}


def usual_minutes(path: Path = PLANS) -> float:
    """Return the budget that ``systems.toml`` names."""
    return float(tomllib.loads(path.read_text(encoding="utf-8"))["common"]["minutes"])


def train_within(plan: Plan, budget: Budget, folder: Path, say: Say) -> Trained:
    """Train by a plan within a budget; a training that was killed goes on, a finished one is returned as it is."""
    import torch  # noqa: PLC0415 - after main has set its environment

    from tintype.learn.train import train  # noqa: PLC0415

    torch.set_num_threads(budget.threads)
    folder.mkdir(parents=True, exist_ok=True)
    recipe = settle(plan, budget, folder, say)
    spent = Spent.read(folder / "spent.json")
    if not spent.finished:
        say(f"{plan.name}: {recipe.samples} samples\n")
        train(recipe, folder, accelerator="cpu", devices=1, progress=spent.tell)
        spent.save(finished=True)
    kept = Spent.read(spent.path)
    return Trained(folder, recipe, kept.seconds / 60, kept.cpu_seconds / 60, tuple(kept.timeline))


def settle(plan: Plan, budget: Budget, folder: Path, say: Say) -> Recipe:
    """Return the recipe with as many samples as fit; what a rehearsal found is kept in the folder.

    Raises:
        TrainingError: the folder holds a training of another plan or budget.
    """
    path, asked = folder / "plan.json", {"plan": asdict(plan), "budget": asdict(budget)}
    asked = json.loads(json.dumps(asked))
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["asked"] != asked:
            raise TrainingError(
                f"{folder} holds another training of {plan.name}; move it away or give another -o"
            )
    else:
        kept = {"asked": asked, **_rehearsed(plan, budget, folder, say)}
        path.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    if "changes" in kept:
        return read_recipe(plan.recipe, [*plan.changes, *kept["changes"]])
    return plan.read(kept["samples"])


def _rehearsed(plan: Plan, budget: Budget, folder: Path, say: Say) -> dict[str, Any]:
    """Return what is to be kept of a rehearsal."""
    if plan.read().loop == "clusters":
        return {"changes": rehearse_clusters(plan, budget, folder / "rehearsal")}
    speed = rehearse(plan, SHARE * 60 * budget.minutes, folder / "rehearsal", say)
    samples = speed.samples_within(60 * budget.minutes, plan.validations, STEPS * _largest_batch(plan))
    return {"samples": samples, **asdict(speed)}


def rehearse(plan: Plan, seconds: float, folder: Path, say: Say) -> Speed:
    """Train a few steps, then for about some seconds, through all phases; return the speed of the second time."""
    least = STEPS * _largest_batch(plan)
    speed = _measure(plan, least, folder)
    speed = _measure(plan, speed.samples_within(seconds, 0, least), folder)
    say(
        f"{plan.name}: {1 / speed.sample:.1f} samples a second, a validation takes {speed.validation:.1f} s\n"
    )
    return speed


def _largest_batch(plan: Plan) -> int:
    return max(size.count for size in plan.read().data.sizes)


def _measure(plan: Plan, samples: int, folder: Path) -> Speed:
    from tintype.learn.train import train  # noqa: PLC0415 - torch

    shown: list[tuple[int, float]] = []
    recipe = plan.read(samples)
    recipe = replace(
        recipe,
        validation=replace(recipe.validation, every=10**9),  # one, at the end
        adversarial=replace(recipe.adversarial, turning=0),
    )
    shutil.rmtree(folder, ignore_errors=True)
    try:
        train(
            recipe,
            folder,
            accelerator="cpu",
            devices=1,
            progress=lambda done, *_: shown.append((done, time.monotonic())),
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ended = time.monotonic()
    (first, begun), (last, done) = shown[0], shown[-1]
    return Speed((done - begun) / (last - first), ended - done)


def rehearse_clusters(plan: Plan, budget: Budget, folder: Path) -> list[str]:
    """Return the changes of a training without steps over batches: half of the time to look, the rest to learn."""
    from tintype.learn.train import train  # noqa: PLC0415 - torch

    few, begun = 24, time.monotonic()
    train(read_recipe(plan.recipe, [f"samples={few}", "network_changes.steps=1"]), folder)
    photograph = (time.monotonic() - begun) / few
    shutil.rmtree(folder)
    seconds = MARGIN * 60 * budget.minutes
    samples = min(plan.read().samples, max(few, int(seconds / 2 / photograph)))
    left = max(seconds - samples * photograph, seconds / 4)
    return [f"samples={samples}", "network_changes.steps=1000000000", f"network_changes.seconds={left:.1f}"]


def _plan(name: str, values: dict[str, Any], common: Sequence[str]) -> Plan:
    changes = tuple(values.pop("changes", ()))
    return Plan(name, changes=changes, common=tuple(common), **values)


def _cpu_seconds() -> float:
    """Return the time that the processors spent on this process and on those of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
