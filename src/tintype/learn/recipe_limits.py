"""Which values of a recipe are possible: others would fail late, or train something that nobody asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tintype.errors import RecipeError
from tintype.models.card import is_family

if TYPE_CHECKING:
    from tintype.learn.recipe import Recipe

ANY, SHARE = (0.0, math.inf), (0.0, 1.0)
COUNT = (1, math.inf)
LIMITS: dict[str, dict[str, tuple[float, float]]] = {
    "": {"samples": COUNT, "seed": (0, 2**32 - 1), "checkpoint_minutes": ANY},
    "data": {
        "aspects": (1.0, math.inf),
        "multiple": COUNT,
        "held_out": COUNT,
        "workers": ANY,
        "stored_side": COUNT,
    },
    "film": {"strength": ANY, "clean": SHARE},
    "drawing": {"share": SHARE},
    "hints": {
        **dict.fromkeys(("points", "soft", "whole", "many", "anywhere", "doubtful", "palette"), SHARE),
        "most": COUNT,
        "patch_side": ANY,
    },
    "loss": {
        **dict.fromkeys(("classification", "regression", "class_head", "labels", "distillation"), ANY),
        **dict.fromkeys(("consistency", "perceptual", "colorfulness", "gray", "rebalance"), ANY),
        **dict.fromkeys(("distill_every", "rows", "consistent_side"), COUNT),
        "consistent_since": SHARE,
    },
    "teacher": {"weight": ANY},
    "adversarial": dict.fromkeys(
        ("weight", "alone", "critic_alone", "critic_rate", "generator_rate", "critic_below", "turning"), ANY
    ),
    "variational": {"first": SHARE, "kl": ANY, "kl_rise": SHARE, "specificity": ANY, "components": COUNT},
    "optimizer": {
        **dict.fromkeys(("rate", "encoder_rate", "weight_decay", "warmup", "drop"), ANY),
        "decay": SHARE,
        "average": COUNT,
    },
    "validation": {**dict.fromkeys(("every", "photos", "side", "sheet"), COUNT), "patience": ANY},
}
"""Least and most of numbers, by section."""

POSITIVE = {"loss": ("unit", "enhance"), "teacher": ("temperature",), "optimizer": ("clip",)}
"""Numbers that must be above 0, by section."""


def check_recipe(recipe: Recipe) -> None:
    """Check the name, and all numbers that can be judged without network and data.

    Raises:
        RecipeError: one is impossible; the text names it.
    """
    if not is_family(recipe.name):
        raise RecipeError(
            f"recipe: name is {recipe.name!r}, and models are called by it; give small letters and digits, with - "
            "between words"
        )
    for section, limits in LIMITS.items():
        for name, (least, most) in limits.items():
            _check_between(section, name, _section(recipe, section), least, most)
    for section, names in POSITIVE.items():
        for name in names:
            if not getattr(_section(recipe, section), name) > 0:
                raise RecipeError(f"recipe: {section}.{name} must be above 0")
    for section in ("optimizer", "adversarial"):
        betas = _section(recipe, section).betas
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise RecipeError(f"recipe: {section}.betas is {[*betas]}; give two numbers from 0 to under 1")
    for where, part, limits in _list_parts(recipe):
        for name, (least, most) in limits.items():
            _check_between(where, name, part, least, most)


def _section(recipe: Recipe, section: str) -> Any:
    return getattr(recipe, section) if section else recipe


def _list_parts(recipe: Recipe) -> Iterator[tuple[str, Any, dict[str, tuple[float, float]]]]:
    """Yield the entries of lists, with what they are called and their limits."""
    for size in recipe.data.sizes:
        yield (
            "data.sizes",
            size,
            {"side": COUNT, "count": COUNT, "share": ANY, "since": SHARE, "until": SHARE},
        )
    for source in (*recipe.data.sources, *recipe.data.pairs):
        yield "data.sources", source, {"share": ANY, "max_side": COUNT, "min_crop": SHARE}


def _check_between(where: str, name: str, section: Any, least: float, most: float) -> None:
    value = getattr(section, name)
    if value < least or value > most:  # what is no number ends the first step
        called = f"{where}.{name}" if where else name
        limit = f"at least {least:g}" if most == math.inf else f"from {least:.10g} to {most:.10g}"
        raise RecipeError(f"recipe: {called} is {value:.10g}; give a number {limit}")
