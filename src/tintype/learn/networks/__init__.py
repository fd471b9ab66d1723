"""The networks that can be trained: one file a system, named after its paper."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tintype.errors import RecipeError
from tintype.learn.networks.tintype import CONFIGS, TintypeConfig, TintypeNet


def create_network(name: str, changes: Mapping[str, Any] | None = None) -> TintypeNet:
    """Build a network by the name of its configuration, with some fields changed.

    Raises:
        RecipeError: an unknown name or field.
    """
    if name not in CONFIGS:
        raise RecipeError(f"network {name!r} is not known; known are {', '.join(CONFIGS)}")
    known = {f.name for f in dataclasses.fields(TintypeConfig)}
    for key in changes or {}:
        if key not in known:
            raise RecipeError(
                f"recipe: unknown key network_changes.{key}; known are {', '.join(sorted(known))}"
            )
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in (changes or {}).items()
    }
    return TintypeNet(dataclasses.replace(CONFIGS[name], **values))
