"""``tintype models``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from tintype.cli.complaint import WrongCallError, complain
from tintype.cli.group import add_command, create_group
from tintype.cli.terminal import create_progress, print_json, print_line, print_table
from tintype.cli.train import require_extra
from tintype.errors import BrokenModelError

if TYPE_CHECKING:
    from tintype.learn.importing.model import Imported
    from tintype.models.card import Card
    from tintype.models.catalog import ModelFile
    from tintype.models.download import Located

Precision = Literal["fp32", "fp16"]

app = create_group(
    "models",
    "List the models that are here, show their cards, get published ones, make one of example photographs, publish.",
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
    print_line(f"{made.path}: {made.card.name}, {_megabytes(made.path)} MB, examples: {len(photos)}")


def import_files(
    files: Annotated[tuple[Path, ...], Parameter(name="files", required=True)],
    /,
    *,
    name: str | None = None,
    precision: Precision | None = None,
    keep_weights: bool = False,
    force: bool = False,
    json: bool = False,
) -> None:
    """Make a model of weights that others published, in your folder of models.

    Known are eccv16 and siggraph17 (PyTorch), DDColor (tiny and large), and the eccv16 of Caffe. They are recognized
    by names and shapes; nothing in a file is run. A model of Tintype (.onnx, .npz) is checked and copied.

    Args:
        files: A checkpoint (.pth, .pt, .bin, .safetensors), or .prototxt, .caffemodel and pts_in_hull.npy together.
        name: What the model is called, "eccv16-mine" or "eccv16-mine@2"; it must begin with its system.
        precision: How the weights are stored; fp16 if not given.
        keep_weights: Save the weights beside as .safetensors too, to train on from or to publish.
        force: Replace a model of that name.
        json: Print the outcome as JSON.
    """
    from tintype.models.install import install_model  # noqa: PLC0415 - heavy

    if len(files) == 1 and files[0].suffix.lower() in {".onnx", ".npz"}:
        _refuse_settings(files[0].name, precision, keep_weights=keep_weights)
        _tell_model(install_model(files[0], name=name or "", overwrite=force), as_json=json)
        return
    require_extra("importing")
    from tintype.learn.importing.model import import_model  # noqa: PLC0415 - very heavy

    made = import_model(
        files, name=name or "", precision=precision or "fp16", keep_weights=keep_weights, overwrite=force
    )
    _tell_import(made, as_json=json)


def download(
    model: Annotated[str, Parameter(name="model")],
    /,
    *,
    name: str | None = None,
    revision: str | None = None,
    precision: Precision | None = None,
    keep_weights: bool = False,
    force: bool = False,
    json: bool = False,
) -> None:
    """Fetch a published model and put it into your folder of models.

    What was interrupted goes on where it was; nothing is used whose hash is not the one that was stated.

    Args:
        model: eccv16, siggraph17, ddcolor23-tiny, ddcolor23-large, ddcolor23-large-modelscope or
            ddcolor23-large-artistic; or owner/name of a repository that "tintype models publish" made.
        name: What the model is called here, if not as it is published.
        revision: Branch, tag or commit, where the model lies in a repository.
        precision: How the weights of a published model are stored; fp16 if not given.
        keep_weights: Save the weights of a published model as .safetensors too, to train on from or to publish.
        force: Replace a model of that name.
        json: Print the outcome as JSON.
    """
    from tintype.models.download import locate  # noqa: PLC0415 - heavy
    from tintype.models.install import full_name, install_model, place_for  # noqa: PLC0415

    if "/" not in model:
        require_extra("importing")
    else:
        _refuse_settings(model, precision, keep_weights=keep_weights)
        full_name(name or "any")  # what it is made of is known later
    located = locate(model, revision)
    published = located.published
    if published:
        place_for(full_name(name, published.release.system) if name else published.name, overwrite=force)
    path = _fetch(located)
    try:
        if published is None:
            _tell_model(install_model(path, name=name or "", overwrite=force), as_json=json)
        else:
            from tintype.learn.importing.model import import_model  # noqa: PLC0415 - very heavy

            made = import_model(
                [path],
                name=name or "",
                published=published,
                source=located.source,
                precision=precision or "fp16",
                keep_weights=keep_weights,
                overwrite=force,
            )
            _tell_import(made, as_json=json)
    except BrokenModelError:
        path.unlink(missing_ok=True)  # after any other error it need not be fetched again
        raise
    path.unlink(missing_ok=True)


def publish(
    model: Annotated[str, Parameter(name="model")],
    /,
    *,
    out: Annotated[Path, Parameter(["--out", "-o"])],
    weights: Path | None = None,
    license: str | None = None,
    license_file: Path | None = None,
    json: bool = False,
) -> None:
    """Write a folder that is ready for a model hub: ONNX, safetensors, card, license, hashes.

    The weights are held against the model before they are published together.

    Args:
        model: Name of a model or path of a .onnx or .npz file.
        out: The folder; it is made, and must be empty.
        weights: The weights that the model was made of: a run's folder, a .safetensors file, or the checkpoint that
            was imported. If not given, the .safetensors file beside the model.
        license: SPDX expression, where the card names none.
        license_file: Text of the license, where Tintype has it not.
        json: Print the outcome as JSON.
    """
    from tintype.models.catalog import find_model  # noqa: PLC0415 - heavy

    require_extra("publishing")
    from tintype.learn.publish import publish_model  # noqa: PLC0415 - very heavy

    found = find_model(model)
    files = publish_model(found, out, weights=weights, license=license, license_file=license_file)
    if json:
        print_json({"folder": out, "files": files})
        return
    print_line(f"{out}: {', '.join(path.name for path in files)}")
    print_line(f"look at {out / 'README.md'}, then: hf upload OWNER/{found.card.family} {out}")


def _fetch(located: Located) -> Path:
    from tintype.models.download import download as fetch  # noqa: PLC0415 - heavy

    with create_progress("MB") as bar:
        task = bar.add_task(located.source, total=None)
        return fetch(
            located,
            lambda here, total: bar.update(task, completed=here / 1e6, total=total and total / 1e6),
        )


def _refuse_settings(what: str, precision: str | None, *, keep_weights: bool) -> None:
    """Refuse what makes sense for the weights of others alone."""
    for option, given in (("--precision", precision), ("--keep-weights", keep_weights)):
        if given:
            raise WrongCallError(f"{what} is a model already, and stays as it is; leave {option} out")


def _tell_model(model: ModelFile, *, as_json: bool) -> None:
    if as_json:
        print_json(_summarize(model))
        return
    print_line(f"{model.path}: {model.card.name}, {_megabytes(model.path)} MB")


def _tell_import(made: Imported, *, as_json: bool) -> None:
    if as_json:
        print_json({**_summarize(made.model), "remarks": made.remarks, "weights": made.weights})
        return
    for remark in made.remarks:
        print_line(f"note: {remark}", to_stderr=True)
    _tell_model(made.model, as_json=False)
    if made.weights:
        print_line(f"{made.weights}: {_megabytes(made.weights)} MB")


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
add_command(app, import_files, "import")
add_command(app, download, "download")
add_command(app, from_examples, "from-examples")
add_command(app, publish, "publish")
