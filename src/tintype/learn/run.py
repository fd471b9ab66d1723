"""A training between two steps: its state, its checkpoints, its record."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

import torch
from lightning_fabric import Fabric
from safetensors.torch import save
from torch import Tensor, nn

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.color.lab import srgb_to_lab
from tintype.errors import ModelError, RecipeError, TrainingError, WriteFailedError, shorten
from tintype.learn.data.batches import BatchPlan
from tintype.learn.data.examples import GRID, bin_distribution, encode_bins
from tintype.learn.data.photographs import Pool, digest_of
from tintype.learn.losses.classification import rebalancing_weights
from tintype.learn.losses.perceptual import FeatureDistance
from tintype.learn.networks import create_network
from tintype.learn.networks.encoders import import_timm
from tintype.learn.networks.spectral import SpectralConv
from tintype.learn.networks.traits import NetworkTraits, traits_of
from tintype.learn.optimize import create_optimizer, freeze, parameter_groups, pretrained_encoder
from tintype.learn.read_state import read_state
from tintype.learn.recipe import Recipe, recipe_to_dict
from tintype.learn.release import BEST, LAST
from tintype.learn.shared_norm import share_norms
from tintype.learn.teacher import Teacher
from tintype.photos.atomic import atomic_file

CHECKPOINT = "checkpoint.pt"
PRIOR_PHOTOS = 4000
BOTH, MIXTURE = "both", "mixture"
"""The last phases of the loops that have several."""
SETTLED = (
    *("loop", "network", "network_changes", "seed"),
    *(f"data.{name}" for name in ("sources", "pairs", "sizes", "aspects", "multiple", "held_out")),
)
"""What a training that goes on can't change: its network, and which photographs it was shown."""
DECIDED = ("peak", "weight_decay", "betas")
"""What a recipe decides of an optimizer's groups."""
PACKAGES = ("tintype", "torch", "timm", "lightning-fabric", "numpy", "pillow")


@dataclass
class Run:
    """Everything that a training needs between two steps.

    Attributes:
        recipe: with what the data decided filled in.
        folder: see ``train.py``.
        fabric: device, precision, processes.
        plan: the batches.
        network: what is trained.
        model: the network as Fabric wrapped it.
        optimizer: of the network.
        average: the averaged weights.
        classifier: the encoder as it was before training, where its classifier is to be kept.
        features: the network whose features the perceptual term compares.
        teacher: a finished model to learn from.
        prior: how often each bin occurs, even where that was not measured.
        class_weights: of rare colors, or None.
        centers: (Q, 2) of the bins.
        parts: what a loop keeps beside the network; it goes into the checkpoint.
        step, best, stale, broken, phase: how far it is; ``best`` is lower for better weights.
    """

    recipe: Recipe
    folder: Path
    fabric: Fabric
    plan: BatchPlan
    network: Any
    model: Any
    optimizer: Any
    average: Any
    classifier: nn.Module | None
    features: FeatureDistance | None
    teacher: Teacher | None
    prior: Tensor
    class_weights: Tensor | None
    centers: Tensor
    parts: dict[str, Any] = field(default_factory=dict)
    step: int = 0
    best: float = float("inf")
    stale: int = 0
    broken: int = 0
    phase: str = ""

    @property
    def shown(self) -> int:
        """Number of photographs shown so far, over all processes."""
        return int(self.plan.samples[self.step])

    @property
    def traits(self) -> NetworkTraits:
        """What the network takes and gives."""
        return traits_of(self.network)

    @property
    def is_out_of_patience(self) -> bool:
        """Whether its last phase has been without better weights for as many validations as the recipe allows."""
        turning = self.recipe.adversarial.turning if self.phase == BOTH else 0
        patience = turning or self.recipe.validation.patience
        return self.phase in ("", BOTH, MIXTURE) and 0 < patience <= self.stale

    def update_average(self) -> None:
        """Let the averaged weights follow the network's, after each step."""
        self.average.update(self.network, self.step)
        for layer in self.average.module.modules():
            if isinstance(layer, SpectralConv):
                layer.step()  # the mean of singular vectors is none: it must be one of the averaged weights


def start_run(recipe: Recipe, folder: Path, fabric: Fabric, plan: BatchPlan) -> Run:
    """Build the network and what goes with it.

    Raises:
        RecipeError: a network, or sizes of photographs, that can't be.
    """
    fabric.seed_everything(recipe.seed, verbose=False)
    recipe = complete_recipe(recipe, plan)
    network = create_network(recipe.network, recipe.network_changes)
    if recipe.start and not (folder / CHECKPOINT).exists():
        start_from(network, Path(recipe.start))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    traits, device = traits_of(network), fabric.device
    _check_sizes(recipe, traits)
    prior = _prior_for(recipe, traits, plan)
    _note_prior(network, prior)
    classifier = pretrained_encoder(network).to(device) if _keeps_classifier(recipe, traits) else None
    freeze(network, recipe.optimizer)
    if fabric.world_size > 1:
        share_norms(network)
    optimizer = create_optimizer(parameter_groups(network, recipe.optimizer), recipe.optimizer)
    average = _average_of(network, recipe, plan).to(device)
    model, optimizer = fabric.setup(network, optimizer)
    weights = rebalancing_weights(prior, recipe.loss.rebalance).to(device) if recipe.loss.rebalance else None
    centers = torch.from_numpy(CENTERS.copy()).to(device)
    return Run(
        recipe=recipe,
        folder=folder,
        fabric=fabric,
        plan=plan,
        network=network,
        model=model,
        optimizer=optimizer,
        average=average,
        classifier=classifier,
        features=FeatureDistance(recipe.perceptual).to(device) if recipe.loss.perceptual else None,
        teacher=Teacher(recipe.teacher, device, centers) if recipe.teacher.model else None,
        prior=prior.to(device),
        class_weights=weights,
        centers=centers,
    )


def complete_recipe(recipe: Recipe, plan: BatchPlan) -> Recipe:
    """Fill in what the data decides: as many classes as there are labels, where labels are learned.

    Raises:
        RecipeError: fewer classes than labels, or labels are to be learned and there are none.
    """
    if not recipe.loss.labels:
        return recipe
    count = len(plan.labels)
    asked = recipe.network_changes.get("classes", count)
    if not count or asked < count:
        raise RecipeError(
            f"recipe: the photographs have {count} labels and network_changes.classes is {asked}; set loss.labels "
            "to 0, or leave the classes away"
        )
    return replace(recipe, network_changes={**recipe.network_changes, "classes": asked})


def start_from(network: nn.Module, path: Path) -> None:
    """Begin with another run's weights; what differs in shape, such as a head for other classes, stays as drawn.

    Raises:
        RecipeError: the file can't be read, or fits less than half of the network.
    """
    path = path / LAST if path.is_dir() else path
    try:
        given = read_state(path)
    except ModelError as error:
        raise RecipeError(f"recipe: start is {str(path)!r}, which can't be read: {error}") from error
    own = network.state_dict()
    fitting = {key: value for key, value in given.items() if key in own and own[key].shape == value.shape}
    if 2 * len(fitting) < len(own):
        raise RecipeError(
            f"recipe: start is {str(path)!r}, which fits {len(fitting)} of the network's {len(own)} tensors"
        )
    network.load_state_dict(fitting, strict=False)


def _check_sizes(recipe: Recipe, traits: NetworkTraits) -> None:
    """Refuse sizes that the network does not take; it would say so late, and in words of tensors."""
    step, loss = traits.size.multiple, recipe.loss
    asked = {"data.multiple": recipe.data.multiple, "validation.side": recipe.validation.side}
    if loss.consistency:
        asked["loss.consistent_side"] = loss.consistent_side
    for name, side in asked.items():
        if side % step:
            raise RecipeError(f"recipe: {name} is {side}; {recipe.network} takes multiples of {step}")


def _keeps_classifier(recipe: Recipe, traits: NetworkTraits) -> bool:
    return bool(recipe.loss.distillation) and "classes" in traits.capabilities


def _prior_for(recipe: Recipe, traits: NetworkTraits, plan: BatchPlan) -> Tensor:
    """Measure the prior where something depends on it."""
    if traits.bins or recipe.loop == "variational":
        return measure_prior(plan)
    return torch.full((BIN_COUNT,), 1 / BIN_COUNT)


def _note_prior(network: nn.Module, prior: Tensor) -> None:
    """Give the prior to those parts of a network that compute with it."""
    for name, buffer in network.named_buffers():
        if name.rpartition(".")[2] == "prior" and buffer.shape == prior.shape:
            buffer.copy_(prior)


def measure_prior(plan: BatchPlan) -> Tensor:
    """Return how often each bin occurs in the first photographs of the plan: (Q,), sum 1."""
    plan = plan.whole()
    total, shown = torch.zeros(BIN_COUNT), 0
    for step in range(len(plan)):
        pixels = plan[step].pixels[:, ::GRID, ::GRID]
        ab = plan.recipe.loss.enhance * srgb_to_lab(pixels.float() / 255)[..., 1:].permute(0, 3, 1, 2)
        total += bin_distribution(*encode_bins(ab)).sum(0)
        shown += len(pixels)
        if shown >= PRIOR_PHOTOS:
            break
    return total / total.sum()


def save_run(run: Run) -> None:
    """Save everything needed to go on; the last good checkpoint stays until the new one is whole.

    Raises:
        WriteFailedError: the disk is full or the folder may not be written.
    """
    state = {
        "model": run.network.state_dict(),
        "average": run.average.module.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "step": run.step,
        "best": run.best,
        "stale": run.stale,
        "broken": run.broken,
        "phase": run.phase,
        "parts": {name: part.state_dict() for name, part in run.parts.items()},
        "recipe": recipe_to_dict(run.recipe),
    }
    if run.fabric.is_global_zero:
        _replace(run.folder / CHECKPOINT, lambda file: torch.save(state, file))


def save_weights(run: Run, name: str) -> None:
    """Save the averaged weights as ``name`` in the run's folder, with what is needed to rebuild the network."""
    weights = {key: value.contiguous() for key, value in run.average.module.state_dict().items()}
    metadata = {
        "recipe": json.dumps(recipe_to_dict(run.recipe)),
        "samples": str(run.shown),
        "step": str(run.step),
        "prior": json.dumps(run.prior.tolist() if run.traits.bins else []),
        "labels": json.dumps(run.plan.labels if run.recipe.loss.labels else []),
    }
    # By bytes, for the library's own files can be read by nobody else.
    _replace(run.folder / name, lambda file: file.write(save(weights, metadata)))


def write_record(
    folder: Path, recipe: Recipe, pools: Sequence[Pool], device: str = "cpu", processes: int = 1
) -> None:
    """Write ``record.json``: recipe, data, versions, revision, machine."""
    record = {
        "recipe": recipe_to_dict(recipe),
        "data": {
            "digest": digest_of(pools),
            "sources": {p.source.match: {"train": len(p.train), "held_out": len(p.held_out)} for p in pools},
        },
        "versions": {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "revision": _revision(),
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "device": device,
            "processes": processes,
        },
    }
    text = json.dumps(record, indent=1)
    _replace(folder / "record.json", lambda file: file.write(text.encode()))


def note_broken(folder: Path, count: int) -> None:
    """Say in ``record.json`` how many photographs were broken and passed over, each as often as its turn came."""
    record = folder / "record.json"
    said = json.loads(record.read_text("utf-8")) | {"broken": count}
    _replace(record, lambda file: file.write(json.dumps(said, indent=1).encode()))


def read_broken(folder: Path) -> int:
    """Return what `note_broken` said."""
    return int(json.loads((folder / "record.json").read_text("utf-8"))["broken"])


def _average_of(network: nn.Module, recipe: Recipe, plan: BatchPlan) -> Any:
    """Return an exponential moving average of the weights with the recipe's half-life."""
    import_timm()
    from timm.utils.model_ema import ModelEmaV3  # noqa: PLC0415 - can be imported only after import_timm

    batch = plan.samples[-1] / len(plan)
    decay = 0.5 ** (batch / recipe.optimizer.average)
    return ModelEmaV3(network, decay=decay, use_warmup=True, warmup_power=0.8)


def resume_run(run: Run) -> None:
    """Go on from the checkpoint in the run's folder, where there is one.

    Rates, decay and weights of the loss may be others than before; what was shown, and to what, may not.

    Raises:
        TrainingError: it is damaged, or of another recipe; or weights of a run are there, but none.
    """
    path = run.folder / CHECKPOINT
    if not path.exists():
        _refuse_weights(run.folder)
        return
    try:
        state = _load_checkpoint(path, run.fabric.device)
        _compare_recipes(path, state["recipe"], recipe_to_dict(run.recipe))
        if state["step"] > len(run.plan):
            raise TrainingError(
                f"checkpoint {path} is past samples = {run.recipe.samples}; ask for more samples"
            )
        run.network.load_state_dict(state["model"])
        run.average.module.load_state_dict(state["average"])
        _load_optimizer(run.optimizer, state["optimizer"])
        for name, part in run.parts.items():
            load = _load_optimizer if hasattr(part, "param_groups") else type(part).load_state_dict
            load(part, state["parts"][name])
    except (RuntimeError, KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise TrainingError(
            f"checkpoint {path} does not fit this recipe ({shorten(error)}); use the recipe it was made with, or "
            "another folder"
        ) from error
    run.step, run.best, run.stale = state["step"], state["best"], state["stale"]
    run.broken, run.phase = state["broken"], state.get("phase", "")


def _load_checkpoint(path: Path, device: torch.device) -> Mapping[str, Any]:
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except MemoryError:
        raise
    except OSError as error:
        raise TrainingError(f"checkpoint {path}: {error.strerror or error}; check the permissions") from error
    except Exception as error:  # an unpickler raises whatever the bytes lead it to
        raise TrainingError(
            f"checkpoint {path} is damaged or none; start anew in another folder, with --set start={path.parent} to "
            "begin with the weights that are there"
        ) from error
    if not isinstance(state, Mapping):
        raise TrainingError(f"checkpoint {path} is none; start anew in another folder")
    return state


def _refuse_weights(folder: Path) -> None:
    """Refuse a folder whose weights a training from the beginning would overwrite."""
    for name in (BEST, LAST):
        if (folder / name).exists():
            raise TrainingError(
                f"{folder / name} is there, but no {CHECKPOINT} to go on from; give another folder, or move it away"
            )


def _compare_recipes(path: Path, made: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    for key in SETTLED:
        before, now = made, asked
        for part in key.split("."):
            before, now = before[part], now[part]
        if not _agree(before, now):
            raise TrainingError(
                f"checkpoint {path} was made with {key} = {before!r}, not {now!r}; use the recipe it was made with, "
                "or another folder"
            )


def _agree(made: Any, asked: Any) -> bool:
    """Compare plain values; what an earlier version did not know yet agrees."""
    if isinstance(made, Mapping) and isinstance(asked, Mapping):
        return all(_agree(made[key], asked[key]) for key in made.keys() & asked.keys())
    if isinstance(made, list | tuple) and isinstance(asked, list | tuple):
        return len(made) == len(asked) and all(_agree(*pair) for pair in zip(made, asked, strict=True))
    return bool(made == asked)


def _load_optimizer(optimizer: Any, state: dict[str, Any]) -> None:
    """Load what an optimizer remembers; what the recipe decides stays as the recipe has it now."""
    decided = [{key: group[key] for key in DECIDED if key in group} for group in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, values in zip(optimizer.param_groups, decided, strict=True):
        group.update(values)


def _replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file whole or not at all, so that a full disk never spoils what was there."""
    try:
        with atomic_file(path, overwrite=True) as file:
            try:
                write(file)
            except RuntimeError as error:  # torch hides what the disk said behind a place in its own source
                if isinstance(error.__context__, OSError):
                    raise error.__context__ from None
                raise
    except WriteFailedError as error:
        raise WriteFailedError(f"{error}; the last good one is kept") from error


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _revision() -> str:
    """Return the git revision of the source, with ``+changes`` where it was edited; "unknown" outside a checkout."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        status = subprocess.run(
            [*git, "status", "--porcelain", "."], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + ("+changes" if status.stdout.strip() else "")
