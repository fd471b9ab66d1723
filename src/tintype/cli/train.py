"""``tintype train``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from tintype.cli.terminal import create_progress, describe_duration, print_line
from tintype.errors import MissingExtraError

Progress = Callable[[int, int, dict[str, float]], None]

_LINE_EVERY = 30.0
_MODULES = (
    "torch",
    "torchvision",
    "timm",
    "lightning_fabric",
    "safetensors",
    "tensorboard",
    "google.protobuf",
)


def train(
    recipe: Annotated[str, Parameter(name="recipe")] = "tintype-small",
    /,
    *,
    changes: Annotated[tuple[str, ...], Parameter("--set")] = (),
    out: Annotated[Path | None, Parameter(["--out", "-o"])] = None,
    stop_after: Annotated[float | None, Parameter(validator=validators.Number(gt=0))] = None,
    accelerator: str = "auto",
    devices: str = "auto",
) -> None:
    """Train a model by a recipe.

    The run's folder holds its record, curves, contact sheets, checkpoints and weights. The same command with the
    same folder goes on at the step where it was stopped. TINTYPE_DATA names the folder of the training data,
    TINTYPE_WEIGHTS that of the pretrained weights.

    Args:
        recipe: Name of a recipe that comes with Tintype, or path of a .toml file.
        changes: A value of the recipe to change, key=value, for example "optimizer.rate=4e-4"; may be repeated.
        out: Folder of the run; runs/NAME if not given.
        stop_after: Minutes after which the run saves and stops, to be gone on with later.
        accelerator: "cpu", "gpu" or what else Lightning Fabric knows.
        devices: Number of devices, or "auto".
    """
    require_extra()
    from tintype.learn.recipe import read_recipe  # noqa: PLC0415
    from tintype.learn.train import is_first_process  # noqa: PLC0415 - very heavy
    from tintype.learn.train import train as run_training  # noqa: PLC0415

    read = read_recipe(recipe, changes)
    folder = out or Path("runs") / read.name
    with watching() as progress:
        best = run_training(
            read,
            folder,
            accelerator=accelerator,
            devices=int(devices) if devices.isdecimal() else devices,
            stop_after=stop_after,
            progress=progress,
        )
    if is_first_process():
        _tell(folder, best)


def _tell(folder: Path, best: Path) -> None:
    from tintype.learn.run import read_broken  # noqa: PLC0415 - very heavy

    if broken := read_broken(folder):
        print_line(f"{broken} broken photographs were passed over")
    if not best.exists():
        print_line(f"stopped before the first weights were judged; the same command goes on in {folder}")
    elif best.suffix == ".npz":
        print_line(f"the model is {best}; 'tintype colorize --model {best}' uses it")
    else:
        print_line(f"the best weights are {best}; 'tintype export {best}' makes a model of them")


def require_extra(what: str = "training") -> None:
    """Raise MissingExtraError where what training, and all that has to do with weights, needs is not installed."""
    missing = [module for module in _MODULES if not _is_there(module)]
    if missing:
        raise MissingExtraError(f"{what} needs {', '.join(missing)}: pip install 'tintype[train]'")


def _is_there(module: str) -> bool:
    from importlib.util import find_spec  # noqa: PLC0415 - asked late, so that a test may change it

    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package around it
        return False


@contextmanager
def watching() -> Iterator[Progress]:
    """Give what a training tells its progress to: a bar on a terminal, a line now and then elsewhere."""
    begun = shown = time.monotonic()
    with create_progress("samples") as bar:
        task = bar.add_task("", total=None)

        def tell(samples: int, total: int, figures: dict[str, float]) -> None:
            nonlocal shown
            text = " ".join(f"{name} {value:.4g}" for name, value in figures.items())
            bar.update(task, completed=samples, total=total, description=text)
            now = time.monotonic()
            if not sys.stderr.isatty() and now - shown >= _LINE_EVERY:
                shown = now
                print_line(f"{samples} of {total} samples, {describe_duration(now - begun)}: {text}")

        yield tell
