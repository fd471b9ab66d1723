"""The page of the documentation that describes the studio's interface, made from its OpenAPI description.

python -m tintype.studio.reference docs/studio-api.md
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from tintype.studio.app import PREFIX, create_app
from tintype.studio.core import open_studio
from tintype.studio.state import MarkDocument, PaletteDocument

Json = dict[str, Any]

_TITLES = {
    "api.entrance": "The studio",
    "api.photos": "The album",
    "api.states": "What was said about a photograph",
    "api.pictures": "Pictures",
    "api.looks": "Looking closer",
    "api.palettes": "Palettes",
    "api.guides": "Words, references, albums, scribbles, pins, projects",
    "api.vocabulary": "Words that are understood",
    "api.jobs": "Saving",
}
_SHAPES = tuple(
    (TypeAdapter(kind).json_schema(), f"a {name} of a [hints file](guidance.md)")
    for name, kind in (("mark", MarkDocument), ("palette", PaletteDocument))
)
"""Schemas that are described elsewhere, and what they are."""

_HIDDEN = ("LiveMessage",)


def describe_interface(model: str | Path = "tintype-small") -> tuple[Json, dict[str, str]]:
    """Return the OpenAPI description, and for each operation the part of the interface that it belongs to."""
    with tempfile.TemporaryDirectory() as folder, open_studio(Path(folder), model=model, threads=1) as studio:
        app = create_app(studio)
        parts = {
            route.name: route.endpoint.__module__.removeprefix("tintype.studio.")
            for route in _routes(app.routes)
        }
        return app.openapi(), parts


def create_reference(head: str, model: str | Path = "tintype-small") -> str:
    """Return the page as Markdown: what people wrote, and below it what the description says."""
    description, parts = describe_interface(model)
    lines = [*_describe_operations(description, parts), *_describe_values(description)]
    return f"{head.rstrip()}\n\n{SEPARATOR}\n\n" + "\n".join(lines).rstrip() + "\n"


SEPARATOR = "<!-- What follows is made by python -m tintype.studio.reference docs/studio-api.md -->"
"""Stands between what people wrote and what the program says."""


def _routes(routes: Any) -> Iterator[Any]:
    """Yield the routes of an application that are functions of ours, those of its routers too."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _routes(inner.routes)
        elif hasattr(route, "endpoint"):
            yield route


def _describe_operations(description: Json, parts: dict[str, str]) -> Iterator[str]:
    for part, title in _TITLES.items():
        yield from (f"## {title}", "")
        for path, methods in description["paths"].items():
            for method, operation in methods.items():
                if parts[operation["operationId"]] == part:
                    yield from _describe_operation(f"{method.upper()} {path.removeprefix(PREFIX)}", operation)


def _describe_operation(call: str, operation: Json) -> Iterator[str]:
    yield from (f"### `{call}`", "", operation["description"].replace("\n", " "), "")
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            needed = "" if parameter["required"] else f"; {_default(parameter['schema'])}"
            text = _sentence(parameter.get("description", ""))
            yield f"- `{parameter['name']}` ({_type(parameter['schema'])}{needed}){text}"
    body = operation.get("requestBody")
    if body:
        yield f"- body: {_content(body)}"
    status, answer = next((key, it) for key, it in operation["responses"].items() if key.startswith("2"))
    yield from (f"- answer {status}: {_content(answer)}", "")


def _content(message: Json) -> str:
    """Return what a body or an answer is."""
    content = message.get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if set(schema) <= {"type"} or "application/json" not in content:
        return " or ".join(f"`{kind}`" for kind in content) or "anything"
    return _type(schema)


def _describe_values(description: Json) -> Iterator[str]:
    yield from ("## Values", "", "In the order of their names; what is not named here is refused.", "")
    for name, schema in sorted(description["components"]["schemas"].items()):
        if name in _HIDDEN:
            continue
        yield from (f"### {name}", "", _flat(schema.get("description", "")), "")
        required = schema.get("required", [])
        for key, field in schema.get("properties", {}).items():
            needed = "" if key in required else f"; {_default(field)}"
            yield f"- `{key}` ({_type(field)}{needed}){_sentence(field.get('description', ''))}"
        yield ""


def _type(schema: Json) -> str:
    """Return the type of a value in words."""
    bare = {key: value for key, value in schema.items() if key != "title"}
    for shape, words in _SHAPES:
        if bare == shape:
            return words
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        return f"[{target}](#{target.lower()})"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(_type(it) for it in schema[key])
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{json.dumps(it)}`" for it in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        inner = schema.get("items") or schema["prefixItems"][0]
        return f"list of {_type(inner)}"
    return f"{schema.get('type', 'any')}{_range(schema)}"


def _range(schema: Json) -> str:
    low = schema.get("minimum", schema.get("minLength"))
    high = schema.get("maximum", schema.get("exclusiveMaximum", schema.get("maxLength")))
    if low is None and high is None:
        return ""
    unit = " letters" if schema["type"] == "string" else ""
    return (
        f", {_number(low)} to {_number(high)}{unit}" if low is not None else f", up to {_number(high)}{unit}"
    )


def _number(value: float | None) -> str:
    return "any" if value is None else f"{value:.12g}"


def _default(schema: Json) -> str:
    return f"`{json.dumps(schema['default'])}`" if schema.get("default") is not None else "may be left out"


def _sentence(text: str) -> str:
    return f": {_flat(text)}" if text else ""


def _flat(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def main(page: Path) -> None:
    """Write the page anew, below what people wrote."""
    head = page.read_text("utf-8").partition(SEPARATOR)[0]
    page.write_text(create_reference(head), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
