"""``tintype models``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tintype.cli.complaint import complain
from tintype.cli.group import add_command, create_group
from tintype.cli.terminal import print_json, print_line, print_table

if TYPE_CHECKING:
    from tintype.models.card import Card
    from tintype.models.catalog import ModelFile

app = create_group(
    "models", "List the models that are here, show their cards, and make one of example photographs."
)


def list_all(*, json: bool = False) -> None:
    """List the models that are here: the bundled ones and those in your folder.

    Args:
        json: Print the list as JSON.
    """
    from tintype.models.catalog import list_models  # noqa: PLC0415 - heavy

    models = list_models(lambda _, error: complain(str(error)))
    if json:
        print_json([_summarize(model) for model in models])
    elif models:
        print_table(
            [_as_row(model) for model in models], ["name", "MB", "precision", "license", "where", "what"]
        )
    else:
        print_line("no model is installed")


def show(model: Annotated[str, Parameter(name="model")] = "tintype-small", /, *, json: bool = False) -> None:
    """Show the card of a model: who made it of what, what it takes, how good it is, where it fails.

    Args:
        model: Name of a model or path of a .onnx or .npz file.
        json: Print the card as JSON.
    """
    from tintype.models.catalog import find_model  # noqa: PLC0415 - heavy

    found = find_model(model)
    if json:
        print_json(_as_document(found))
        return
    print_table(_card_rows(found))


def from_examples(
    photos: Annotated[tuple[Path, ...], Parameter(name="photos", required=True)],
    /,
    *,
    out: Annotated[Path, Parameter(["--out", "-o"])],
    name: str | None = None,
    license: str = "LicenseRef-examples",
    force: bool = False,
    json: bool = False,
) -> None:
    """Make a model that gives photographs the colors of others, by textures that are alike (Charpiat 2008).

    Args:
        photos: Color photographs that are like those you want to color: the same garden, the same regiment.
        out: The model file; its name ends in .npz. Give it to "tintype colorize --model".
        name: What the model is called, after "charpiat08-"; the file's name if not given.
        license: Of the model, as an SPDX expression: it holds colors and textures of the photographs.
        force: Replace an existing file.
        json: Print the outcome as JSON.
    """
    from tintype.models.examples.create import create_examples_model, name_of_file  # noqa: PLC0415 - heavy

    made = create_examples_model(photos, name or name_of_file(out), out, license=license, overwrite=force)
    if json:
        print_json(_summarize(made))
        return
    print_line(f"{made.path}: {made.card.name}, {_megabytes(made.path)} MB, of {len(photos)} photographs")


def _as_document(model: ModelFile) -> dict[str, object]:
    from json import loads  # noqa: PLC0415 - "json" is an option here

    return {"path": str(model.path), "bundled": model.is_bundled, "card": loads(model.card.to_json())}


def _summarize(model: ModelFile) -> dict[str, object]:
    names = ("name", "summary", "license", "precision", "parameters", "capabilities")
    card = {name: getattr(model.card, name) for name in names}
    place = {"path": model.path, "bytes": model.path.stat().st_size, "bundled": model.is_bundled}
    return {**card, "capabilities": sorted(model.card.capabilities), **place}


def _as_row(model: ModelFile) -> list[str]:
    card = model.card
    where = "bundled" if model.is_bundled else str(model.path.parent)
    return [card.name, _megabytes(model.path), card.precision, card.license, where, card.summary]


def _card_rows(model: ModelFile) -> list[tuple[str, str]]:
    card = model.card
    rows = [
        ("name", card.name),
        ("what", card.summary),
        (
            "file",
            f"{model.path} ({_megabytes(model.path)} MB, {card.precision}, {card.parameters:,} weights)",
        ),
        ("license", card.license),
        ("takes and gives", ", ".join(sorted(card.capabilities)) or "color alone"),
        ("size", _describe_size(card)),
        (
            "vividness",
            ", ".join(
                f"{it.vividness:g}: r {it.rarity:g} T {it.temperature:g}" for it in card.vividness_path
            ),
        ),
        ("data", card.data),
        ("origin", card.origin),
    ]
    rows += [("figures", f"{it.what}: {_describe_values(it.values)} ({it.command})") for it in card.figures]
    rows += [("known failure", text) for text in card.failures]
    return [(name, text) for name, text in rows if text]


def _describe_size(card: Card) -> str:
    rule = card.size
    if rule.fixed:
        return f"{rule.default} x {rule.default} only"
    return f"{rule.default}; {rule.minimum} to {rule.maximum} in steps of {rule.multiple}"


def _describe_values(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f}"


add_command(app, list_all, "list")
add_command(app, show, "show")
add_command(app, from_examples, "from-examples")
