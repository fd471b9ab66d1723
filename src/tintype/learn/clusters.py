"""Training of cheng15 by a recipe: no steps over batches, but small networks for clusters of photographs."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from tintype.errors import RecipeError, TrainingError
from tintype.learn.cheng15 import train_cheng15
from tintype.learn.cheng_config import CONFIGS, ChengConfig
from tintype.learn.course import Progress
from tintype.learn.data.batches import take_whole
from tintype.learn.data.photographs import Pool, digest_of, load_pools
from tintype.learn.recipe import Recipe
from tintype.learn.run import note_broken, write_record
from tintype.learn.unfinished import Unfinished
from tintype.models.card import name_with_system


def train_clusters(
    recipe: Recipe, folder: Path, *, stop_after: float | None = None, progress: Progress | None = None
) -> Path:
    """Train cheng15 on the first ``samples`` photographs of the sources; return the path of the finished model.

    Started again with the same recipe after it was killed, it goes on with the next photographs, or the next cluster.

    Args:
        recipe: ``network`` names one of `tintype.learn.cheng_config.CONFIGS`, which ``network_changes`` changes.
        folder: of the run; the model is ``NAME.npz`` in it.
        stop_after: minutes that the networks may take; the model is finished then.
        progress: told after every step.

    Raises:
        RecipeError: an unknown configuration or field.
        TrainingError: the finished model is there already.
        DataError: photographs that can't be used.
    """
    config = _config_of(recipe)
    path = folder / f"{recipe.name}.npz"
    if path.exists():
        raise TrainingError(f"{path} is there, finished; give another folder, or move it away")
    if stop_after:
        config = dataclasses.replace(config, seconds=60 * stop_after)
    pools = load_pools(recipe.data)
    photographs, broken = take_whole(chain.from_iterable(pool.train for pool in pools), recipe.samples)
    watched, also_broken = take_whole(
        chain.from_iterable(pool.held_out for pool in pools), recipe.validation.photos
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_record(folder, recipe, pools)

    def tell(_what: str, done: int, total: int) -> None:
        if progress:
            progress(done, total, {})

    unfinished = Unfinished(folder / f"unfinished-{_digest(config, pools, len(photographs))}")
    train_cheng15(
        photographs,
        path,
        name=f"{name_with_system(recipe.name, 'cheng15')}@0",
        config=config,
        on_step=tell,
        unfinished=unfinished,
        held_out=watched,
        curve=folder / "curves.csv",
    )
    note_broken(folder, broken + also_broken)
    return path


def _digest(config: ChengConfig, pools: Sequence[Pool], count: int) -> str:
    """Return a few letters for a configuration and the photographs: what is unfinished belongs to these."""
    told = f"{config} {digest_of(pools)} {count}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _config_of(recipe: Recipe) -> ChengConfig:
    if recipe.network not in CONFIGS:
        raise RecipeError(f"recipe: loop = 'clusters' trains {', '.join(CONFIGS)}, not {recipe.network!r}")
    try:
        return dataclasses.replace(CONFIGS[recipe.network], seed=recipe.seed, **recipe.network_changes)
    except TypeError as error:
        raise RecipeError(f"recipe: network_changes: {error}") from error
