"""Training within a budget of time: a short rehearsal tells the speed, and the speed how many samples to ask for.

So the schedules of a recipe, which are told in parts of all samples, end where the budget ends. The rehearsal needs a
machine of its own, and says so; what comes after it may be disturbed, killed and gone on with, and learns the same.
"""

from __future__ import annotations

import json
import os
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
CHECKPOINT, DONE = "checkpoint.pt", "done"
PLANS = Path(__file__).with_name("systems.toml")
STEPS = 6
"""Batches of the first, short rehearsal."""
SHARE = 0.05
"""Part of the budget that the second one takes."""
MARGIN = 1.2
"""So much more is asked for than the rehearsal says, that the budget is rather exceeded than missed."""
QUIET = 0.1
"""Part of the processors' time that others may take while a rehearsal tells the speed."""


@dataclass(frozen=True)
class Budget:
    """What every training of a table may take.

    Attributes:
        minutes: of wall time, validations included.
        threads: of torch; the workers that prepare photographs come beside them.
        busy: believe a rehearsal although others use the processors.
    """

    minutes: float
    threads: int
    busy: bool = False

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
        first: name of the recipe of a stage before it, whose weights it begins with; empty: none.
        first_share: part of all samples that the first stage takes.
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
    first: str = ""
    first_share: float = 0.5
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
        others: part of the processors' time that other processes took meanwhile.
    """

    sample: float
    validation: float
    others: float = 0.0

    def samples_within(self, seconds: float, validations: int, least: int = 1) -> int:
        """Return how many samples take a time, validations included; ``least`` where there is no time for more."""
        return max(least, int((MARGIN * seconds - validations * self.validation) / self.sample))

    def seconds_of(self, samples: int, validations: int) -> float:
        """Return how long a training takes on a machine of its own."""
        return samples * self.sample + validations * self.validation


@dataclass
class Spent:
    """Time that a training took, over all its starts; kept in a file, so that a killed one is counted too.

    Attributes:
        path: of the file.
        seconds: of wall time.
        cpu_seconds: of all threads and of the processes that prepared photographs.
        timeline: samples shown and seconds until then, every few seconds; both rise. What was shown and then lost,
            because the process was killed before it was saved, is not in it.
        shown: samples shown so far; fewer than the recipe's where a training ended at its turning point.
        finished: whether the training came to its end.
    """

    path: Path
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    timeline: list[tuple[int, float]] = field(default_factory=list)
    shown: int = 0
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
        elapsed, self.shown = self.elapsed, samples
        while self.timeline and self.timeline[-1][0] >= samples:
            self.timeline.pop()
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
            "shown": self.shown,
            "finished": finished,
        }
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(kept), encoding="utf-8")
        partial.replace(self.path)


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
        folder: of the run, of its last stage.
        recipe: of the last stage, with the samples that it was settled on.
        foreseen: minutes of wall time on a machine of its own, as the rehearsal said.
        minutes: of wall time.
        cpu_minutes: of all threads and processes.
        timeline: see `Spent`; samples of all stages.
        samples: photographs shown, in all stages.
        before: the stage before the last one, its folder and recipe; None where there was none.
    """

    folder: Path
    recipe: Recipe
    foreseen: float
    minutes: float
    cpu_minutes: float
    timeline: tuple[tuple[int, float], ...]
    samples: int
    before: tuple[Path, Recipe] | None = None


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
    """Train by a plan within a budget; a training that was killed goes on, a finished one is returned as it is.

    Raises:
        TrainingError: as of `settle`, or the training failed.
    """
    import torch  # noqa: PLC0415 - after main has set its environment

    torch.set_num_threads(budget.threads)
    settled = settle(plan, budget, folder, say)
    stages = _stages(plan, settled, folder)
    spent = Spent.read(folder / "spent.json")
    if not spent.finished:
        shown = 0
        for place, recipe in stages:
            say(f"{plan.name}: {recipe.samples} samples by {recipe.name}\n")
            _train_stage(recipe, place, spent, shown)
            shown += recipe.samples
        spent.save(finished=True)
        for place, _ in stages:
            (place / CHECKPOINT).unlink(missing_ok=True)  # as large as four networks, and needed no more
    kept, (place, recipe) = Spent.read(spent.path), stages[-1]
    times = settled.foreseen / 60, kept.seconds / 60, kept.cpu_seconds / 60
    before = stages[0] if len(stages) > 1 else None
    shown = settled.samples if settled.changes else kept.shown  # one without batches counts other steps
    return Trained(place, recipe, *times, timeline=tuple(kept.timeline), samples=shown, before=before)


def _train_stage(recipe: Recipe, folder: Path, spent: Spent, shown: int) -> None:
    from tintype.learn.train import train  # noqa: PLC0415 - torch

    def tell(samples: int, total: int, figures: dict[str, float]) -> None:
        spent.tell(shown + samples, total, figures)

    if not (folder / DONE).exists():
        folder.mkdir(parents=True, exist_ok=True)
        train(recipe, folder, accelerator="cpu", devices=1, progress=tell)
        (folder / DONE).touch()


@dataclass(frozen=True)
class Settled:
    """What a rehearsal led to; kept in ``plan.json``.

    Attributes:
        samples: of all stages.
        foreseen: seconds on a machine of its own.
        changes: of a training without batches.
    """

    samples: int
    foreseen: float
    changes: tuple[str, ...] = ()


def settle(plan: Plan, budget: Budget, folder: Path, say: Say) -> Settled:
    """Return how much fits into the budget; what a rehearsal found is kept in the folder.

    Raises:
        TrainingError: the folder holds a training of another plan or budget, or the machine was busy.
    """
    path = folder / "plan.json"
    asked = json.loads(
        json.dumps({"plan": asdict(plan), "minutes": budget.minutes, "threads": budget.threads})
    )
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        kept = {"asked": asked, **_rehearsed(plan, budget, folder, say)}
        path.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    kept = json.loads(path.read_text(encoding="utf-8"))
    if kept["asked"] != asked:
        raise TrainingError(
            f"{folder} holds another training of {plan.name}; move it away or give another -o"
        )
    return Settled(kept["samples"], kept["foreseen"], tuple(kept.get("changes", ())))


def _stages(plan: Plan, settled: Settled, folder: Path) -> list[tuple[Path, Recipe]]:
    """Return folder and recipe of each stage of a training."""
    if settled.changes:
        return [(folder, read_recipe(plan.recipe, [*plan.changes, *settled.changes]))]
    if not plan.first:
        return [(folder, plan.read(settled.samples))]
    before, count = folder / "first", round(plan.first_share * settled.samples)
    first = replace(plan, recipe=plan.first).read(count)
    last = replace(plan.read(settled.samples - count), start=str(before / "last.safetensors"))
    return [(before, first), (folder, last)]


def _rehearsed(plan: Plan, budget: Budget, folder: Path, say: Say) -> dict[str, Any]:
    """Return what is to be kept of a rehearsal."""
    if plan.read().loop == "clusters":
        return rehearse_clusters(plan, budget, folder / "rehearsal")
    speed = rehearse(plan, SHARE * 60 * budget.minutes, folder / "rehearsal", say)
    _check_quiet(plan, budget, speed.others)
    samples = speed.samples_within(60 * budget.minutes, plan.validations, STEPS * _largest_batch(plan))
    return {"samples": samples, "foreseen": speed.seconds_of(samples, plan.validations), **asdict(speed)}


@dataclass
class Others:
    """Watches, from its making on, what other processes take of the processors."""

    _begun: float = field(default_factory=lambda: time.monotonic())  # noqa: PLW0108 - as of Spent
    _busy: float = field(default_factory=lambda: _busy_seconds())  # noqa: PLW0108 - defined below
    _own: float = field(default_factory=lambda: _cpu_seconds())  # noqa: PLW0108 - defined below

    def share(self) -> float:
        """Return the part of all processors' time that they took until now."""
        taken = (_busy_seconds() - self._busy) - (_cpu_seconds() - self._own)
        return max(0.0, taken) / ((time.monotonic() - self._begun) * (os.cpu_count() or 1))


def _check_quiet(plan: Plan, budget: Budget, others: float) -> None:
    if others > QUIET and not budget.busy:
        raise TrainingError(
            f"others took {others:.0%} of the processors during the rehearsal of {plan.name}, which decides how much "
            "fits into the budget; wait until the machine is quiet, or give --busy"
        )


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
    others = Others()
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
    return Speed((done - begun) / (last - first), ended - done, others.share())


def rehearse_clusters(plan: Plan, budget: Budget, folder: Path) -> dict[str, Any]:
    """Return what is settled for a training without batches: half of the time to look, the rest to learn."""
    few, many, others = 24, 1000, Others()
    looking = _time_clusters(plan, folder, few, steps=1)
    step = max(_time_clusters(plan, folder, few, steps=1 + many) - looking, 1e-3) / many  # of every network
    _check_quiet(plan, budget, others.share())
    seconds = MARGIN * 60 * budget.minutes
    samples = min(plan.read().samples, max(few, int(seconds / 2 / (looking / few))))
    left = max(seconds - samples * looking / few, seconds / 4)
    steps = max(1, int(left / step))
    return {
        "samples": samples,
        "foreseen": samples * looking / few + steps * step,
        "others": others.share(),
        "changes": [f"samples={samples}", f"network_changes.steps={steps}"],
    }


def _time_clusters(plan: Plan, folder: Path, photographs: int, steps: int) -> float:
    """Return the seconds of a training without batches."""
    from tintype.learn.train import train  # noqa: PLC0415 - torch

    changes = [
        *plan.changes,
        f"samples={photographs}",
        f"network_changes.steps={steps}",
        "validation.photos=1",
    ]
    begun = time.monotonic()
    try:
        train(read_recipe(plan.recipe, changes), folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return time.monotonic() - begun


def _plan(name: str, values: dict[str, Any], common: Sequence[str]) -> Plan:
    changes = tuple(values.pop("changes", ()))
    return Plan(name, changes=changes, common=tuple(common), **values)


def _cpu_seconds() -> float:
    """Return the time that the processors spent on this process and on those of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _busy_seconds() -> float:
    """Return the time that the processors of this machine spent on anything; 0 where the system does not tell."""
    try:
        first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    except OSError:
        return 0.0
    user, nice, system, _idle, _waiting, *interrupts = (int(ticks) for ticks in first[1:8])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")
