"""From the plain values of a recipe's file to its dataclasses, with every mistake named."""

from __future__ import annotations

import dataclasses
import tomllib
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from tintype.errors import RecipeError

T = TypeVar("T")


def apply_change(values: dict[str, Any], change: str) -> None:
    """Apply ``key=value``, where the key may name a value within sections and the value is TOML, or else text.

    Raises:
        RecipeError: it is no such thing.
    """
    key, equals, text = change.partition("=")
    if not equals:
        raise RecipeError(f"--set {change!r}: write key=value, for example samples=200000")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *path, last = key.strip().split(".")
    for part in path:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            raise RecipeError(f"--set {change!r}: {part!r} is a value, not a section")
    values[last] = value


def build(kind: type[T], values: Any, where: str = "") -> T:
    """Build a dataclass, and those within it, of plain values.

    Args:
        kind: the dataclass.
        values: by field; what is not given keeps its default.
        where: what stands before the names in messages.

    Raises:
        RecipeError: no section, an unknown key, or a value of another type.
    """
    if not isinstance(values, dict):
        raise RecipeError(f"recipe: {where or 'top'} must be a section, got {values!r}")
    hints = get_type_hints(kind)
    names = {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in values:
        if key not in names:
            raise RecipeError(f"recipe: unknown key {where}{key}; known are {', '.join(sorted(names))}")
    built = {key: _convert(hints[key], value, f"{where}{key}") for key, value in values.items()}
    try:
        return kind(**built)
    except TypeError as error:
        raise RecipeError(f"recipe: {where or 'top'}: {error}") from error


def _convert(kind: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return build(kind, value, f"{where}.")  # type: ignore[arg-type]
    origin = get_origin(kind)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise RecipeError(f"recipe: {where} must be a list, got {value!r}")
        return tuple(_convert(get_args(kind)[0], entry, where) for entry in value)
    if origin in (Union, UnionType):
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    wanted = origin or kind
    if (wanted in (int, float, str, bool) and not isinstance(value, wanted)) or (
        wanted is int and isinstance(value, bool)
    ):
        raise RecipeError(f"recipe: {where} must be {wanted.__name__}, got {value!r}")
    return value
