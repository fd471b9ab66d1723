"""Training of cheng15 by a recipe: no steps over batches, but small networks for clusters of photographs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tintype.errors import RecipeError
from tintype.learn.cheng15 import CONFIGS, ChengConfig, train_cheng15
from tintype.learn.course import Progress
from tintype.learn.data.photographs import load_pools
from tintype.learn.recipe import Recipe
from tintype.learn.run import write_record


def train_clusters(
    recipe: Recipe, folder: Path, *, stop_after: float | None = None, progress: Progress | None = None
) -> Path:
    """Train cheng15 on the first ``samples`` photographs of the sources; return the path of the finished model.

    Args:
        recipe: ``network`` names one of `tintype.learn.cheng15.CONFIGS`, which ``network_changes`` changes.
        folder: of the run; the model is ``NAME.npz`` in it, and one that is there already is replaced.
        stop_after: minutes that the networks may take; the model is finished then.
        progress: told after every step.

    Raises:
        RecipeError: an unknown configuration or field.
        DataError: photographs that can't be used.
    """
    config = _config_of(recipe)
    if stop_after:
        config = dataclasses.replace(config, seconds=60 * stop_after)
    pools = load_pools(recipe.data)
    photographs = [photograph for pool in pools for photograph in pool.train][: recipe.samples]
    folder.mkdir(parents=True, exist_ok=True)
    write_record(folder, recipe, pools)

    def tell(_what: str, done: int, total: int) -> None:
        if progress:
            progress(done, total, {})

    path = folder / f"{recipe.name}.npz"
    train_cheng15(photographs, path, name=f"{recipe.name}@0", config=config, on_step=tell, overwrite=True)
    return path


def _config_of(recipe: Recipe) -> ChengConfig:
    if recipe.network not in CONFIGS:
        raise RecipeError(f"recipe: loop = 'clusters' trains {', '.join(CONFIGS)}, not {recipe.network!r}")
    try:
        return dataclasses.replace(CONFIGS[recipe.network], seed=recipe.seed, **recipe.network_changes)
    except TypeError as error:
        raise RecipeError(f"recipe: network_changes: {error}") from error
