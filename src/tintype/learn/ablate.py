"""Ablations: the same short training again and again, with one choice changed each time, in one table.

A study is a TOML file::

    recipe = "tintype-small"
    common = ["samples=60000", "optimizer.decay=0.5"]

    [variants]
    "as the recipe says" = []
    "class weights in training" = ["loss.rebalance=0.5"]

Each variant has a run of its own, so an interrupted study goes on where it stopped.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tintype.errors import RecipeError
from tintype.learn.recipe import Recipe, read_recipe
from tintype.learn.train import Progress, train


@dataclass(frozen=True)
class Study:
    """What is compared.

    Attributes:
        recipe: the recipe that all variants start from.
        common: changes that all share, as ``key=value``.
        variants: name of each variant and its own changes.
    """

    recipe: str
    common: Sequence[str]
    variants: Mapping[str, Sequence[str]]

    def recipes(self) -> dict[str, Recipe]:
        """Return each variant's recipe; a mistake in any is found before the first is trained."""
        return {
            name: read_recipe(self.recipe, [*self.common, *changes])
            for name, changes in self.variants.items()
        }


def read_study(path: Path) -> Study:
    """Read a study.

    Raises:
        RecipeError: not readable, not TOML, or a key is missing or unknown.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
        study = Study(**{"common": [], **values})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise RecipeError(f"study {path}: {error}; it needs recipe, variants and perhaps common") from error
    if not isinstance(study.variants, dict) or not study.variants:
        raise RecipeError(f"study {path}: [variants] must name at least one variant")
    return study


def ablate(study: Study, folder: Path, table: Path, *, progress: Progress | None = None) -> None:
    """Train every variant and write one table: a row a variant, with its figures at the end of its run.

    Args:
        study: what is compared.
        folder: the runs go into its sub-folders.
        table: CSV; written anew after each run.
        progress: told after every step of every run.
    """
    rows: list[dict[str, str]] = []
    for name, recipe in study.recipes().items():
        run = folder / re.sub(r"\W+", "-", name).strip("-")
        if not _is_finished(run, recipe):
            train(recipe, run, progress=progress)
        changes = " ".join(study.variants[name]) or "none"
        rows.append({"variant": name, "changes": changes, **_last_figures(run)})
        _write_table(table, rows)


def _is_finished(run: Path, recipe: Recipe) -> bool:
    return (run / "curves.csv").exists() and int(_last_figures(run)["samples"]) >= recipe.samples


def _last_figures(run: Path) -> dict[str, str]:
    with (run / "curves.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))[-1]


def _write_table(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
