"""Guidance as JSON: strict reading, one way of writing.

``hints.schema.json`` beside this file says the same to editors and other programs (JSON Schema 2020-12); only
what a schema can't say is known here alone: runs and cells that fill their box, files that are there, keys that
occur twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

from tintype.errors import GuidanceError, PhotoError
from tintype.guidance.colors import WeightedColor, parse_color, shown
from tintype.guidance.marks import FieldMark, GrownMark, LassoMark, Mark, MaskMark, PointMark, StrokeMark

DOCUMENT_VERSION = 1
"""Version of the format that is written; a newer one is refused."""

Json: TypeAlias = dict[str, Any]

_PAINTED = ("color", "palette", "confidence", "origin")
_KINDS: dict[str, tuple[type[Mark], tuple[str, ...], tuple[str, ...]]] = {
    "point": (PointMark, ("x", "y"), ("radius", *_PAINTED)),
    "stroke": (StrokeMark, ("points",), ("radius", *_PAINTED)),
    "lasso": (LassoMark, ("points",), _PAINTED),
    "grown": (GrownMark, ("x", "y"), ("tolerance", "radius", *_PAINTED)),
    "mask": (MaskMark, ("x", "y", "width", "height", "runs"), ("frame", *_PAINTED)),
    "field": (
        FieldMark,
        ("x", "y", "width", "height", "columns", "rows", "ab", "weights"),
        ("confidence", "origin"),
    ),
}


def hints_schema() -> Json:
    """Return the JSON Schema of the format."""
    text = files("tintype.guidance").joinpath("hints.schema.json").read_text(encoding="utf-8")
    schema: Json = json.loads(text)
    return schema


@contextmanager
def located(place: str) -> Iterator[None]:
    """Put the place before the message of a GuidanceError that is raised inside."""
    try:
        yield
    except GuidanceError as error:
        raise type(error)(f"{place}{error}") from None


def load_json(text: str) -> Any:
    """Parse JSON.

    Raises:
        GuidanceError: not JSON (with line and column), NaN or infinity, a key that occurs twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise GuidanceError(
            f"line {error.lineno}, column {error.colno} is no JSON: {error.msg}; mend it there"
        ) from None
    except (RecursionError, ValueError) as error:
        raise GuidanceError(f"this is no usable JSON ({error}); write it anew") from None


def parse_document(text: str) -> Json:
    """Parse the JSON of guidance, whose outermost value is an object; errors as those of `load_json`."""
    document: Json = load_json(text)
    check_keys(document, (), ("$schema", "version", "marks", "palette", "style"))
    if not isinstance(document.get("$schema", ""), str):
        raise GuidanceError(f"$schema is {shown(document['$schema'])}; give an address or leave it out")
    check_version(document.get("version", DOCUMENT_VERSION), DOCUMENT_VERSION)
    return document


def check_version(version: Any, newest: int) -> None:
    """Raise GuidanceError unless a file is of the version that this program reads."""
    if isinstance(version, bool) or version != newest:
        raise GuidanceError(
            f"version is {shown(version)}; this program reads version {newest}, a newer file needs a newer Tintype"
        )


def check_keys(value: Any, required: Iterable[str], optional: Iterable[str]) -> None:
    """Raise GuidanceError unless the value is a JSON object with the required keys and no unknown ones."""
    if not isinstance(value, dict):
        raise GuidanceError(f"this is {shown(value)}; give an object with {_listed((*required, *optional))}")
    known = (*required, *optional)
    for key in value:
        if key not in known:
            raise GuidanceError(f"the key {shown(key)} is unknown; {_suggestion(key, known)}")
    for key in required:
        if key not in value:
            raise GuidanceError(f"the key '{key}' is missing; add it")


def parse_marks(value: Any, folder: Path | None = None) -> tuple[Mark, ...]:
    """Turn a JSON array into marks.

    Args:
        value: the array.
        folder: where the files of masks are looked for; None refuses them.

    Raises:
        GuidanceError: naming the mark and the key.
    """
    return tuple(_each("marks", value, lambda mark: parse_mark(mark, folder)))


def parse_mark(value: Any, folder: Path | None = None) -> Mark:
    """Turn a JSON object into a mark, see `parse_marks`."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise GuidanceError(f'kind is {shown(kind)}; give "kind": {_listed(_KINDS, "or")}')
    if kind == "mask" and "file" in value:
        return _read_mask(value, folder)
    mark, required, optional = _KINDS[kind]
    check_keys(value, ("kind", *required), optional)
    return mark(**_parse_values(value))


def parse_colors(value: Any) -> tuple[WeightedColor, ...]:
    """Turn a JSON array into weighted colors."""
    return tuple(_each("palette", value, _parse_weighted))


def mark_to_document(mark: Mark) -> Json:
    """Turn a mark into a JSON object with all of its keys but those that are None."""
    kind = next(kind for kind, (known, *_) in _KINDS.items() if isinstance(mark, known))
    return {"kind": kind} | _painted_to_document(vars(mark))


def colors_to_document(colors: Iterable[WeightedColor]) -> list[Json]:
    """Turn weighted colors into a JSON array."""
    return [{"color": list(color.color), "weight": color.weight} for color in colors]


def canonical_json(document: Json) -> str:
    """Write JSON in one way: sorted keys, no spaces, shortest numbers that read back the same."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def _painted_to_document(values: Json) -> Json:
    document = {key: value for key, value in values.items() if value is not None}
    if "palette" in document:
        document["palette"] = colors_to_document(document["palette"])
    return document


def _read_mask(value: Json, folder: Path | None) -> Mark:
    """Return the mask of a picture that a hints file names."""
    from tintype.guidance.masks import read_mask  # noqa: PLC0415 - reading pictures is heavy

    check_keys(value, ("kind", "file"), _PAINTED)
    name = value["file"]
    if not isinstance(name, str) or not name or "\0" in name:
        raise GuidanceError(f"file is {shown(name)}; give the path of a picture")
    if folder is None:
        raise GuidanceError(f"file is {shown(name)}; only a hints file can name a picture, give 'runs' here")
    painted = {key: item for key, item in _parse_values(value).items() if key != "file"}
    try:
        return read_mask(folder / name, **painted)
    except PhotoError as error:
        raise GuidanceError(str(error)) from error


def _parse_values(value: Json) -> Json:
    return {key: _parse_painted(key, item) for key, item in value.items() if key != "kind"}


def _parse_painted(key: str, value: Any) -> Any:
    # A null would mean "not given" to the constructors; in a file it is a mistake.
    if value is None:
        raise GuidanceError(f"{key} is null; give a value or leave the key out")
    if key == "color":
        return parse_color(value)
    return parse_colors(value) if key == "palette" else value


def _parse_weighted(value: Any) -> WeightedColor:
    check_keys(value, ("color",), ("weight",))
    return WeightedColor(parse_color(value["color"]), value.get("weight", 1.0))


def _each(name: str, value: Any, parse: Callable[[Any], Any]) -> Iterator[Any]:
    if not isinstance(value, list):
        raise GuidanceError(f"{name} is {shown(value)}; give a list")
    for i, item in enumerate(value):
        with located(f"{name}[{i}]: "):
            yield parse(item)


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    document = dict(pairs)
    if len(document) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise GuidanceError(f"the key {shown(twice)} occurs twice in one object; keep one")
    return document


def _refuse_constant(name: str) -> Any:
    raise GuidanceError(f"{name} is no number; give a finite one")


def _suggestion(key: str, known: Iterable[str]) -> str:
    close = get_close_matches(key, list(known), n=1)
    return f"did you mean '{close[0]}'?" if close else f"known keys are {_listed(known)}"


def _listed(names: Iterable[str], last: str = "and") -> str:
    quoted = [f"'{name}'" for name in names]
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}" if len(quoted) > 1 else "".join(quoted)
