"""A folder that is ready for a model hub: the model, its weights, its card, its license, their hashes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib import resources
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import nn

from tintype.errors import (
    BrokenModelError,
    ModelError,
    ModelNotFoundError,
    OutputExistsError,
)
from tintype.learn.export import ROUNDING_TOLERANCE, distance_from, embed_card, save_weights
from tintype.learn.importing.recognize import is_published, recognize
from tintype.learn.networks import system_of
from tintype.learn.networks.rebuild import rebuild_network
from tintype.learn.networks.traits import traits_of
from tintype.learn.read_state import read_state
from tintype.learn.release import load_trained
from tintype.models.array_file import is_array_file, read_arrays, write_arrays
from tintype.models.card import Card
from tintype.models.catalog import ModelFile
from tintype.models.published import RELEASES
from tintype.photos.atomic import explain_failure

WEIGHTS_SUFFIX = ".safetensors"
_LEAST_TOLERANCE = 1e-3
_HUB_LICENSES = frozenset(
    {
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "CC-BY-NC-4.0",
        "MIT",
    }
)
_USE = """\
```sh
tintype models download OWNER/NAME    # of this repository, or: tintype models import {file}
tintype colorize photograph.tif --model {name}
```
"""
_TEXTS = ("Apache-2.0", "BSD-2-Clause")


def publish_model(
    model: ModelFile,
    folder: Path,
    *,
    weights: Path | None = None,
    license: str | None = None,
    license_file: Path | None = None,
) -> list[Path]:
    """Write the folder; it appears whole or not at all.

    Args:
        model: to be published.
        folder: is made, and must be empty.
        weights: what the model was made of: a run's folder, a safetensors file, a checkpoint that was imported; None
            for the safetensors file beside the model. A model of arrays needs none.
        license: SPDX expression, where the card names none; it goes into the published card.
        license_file: the license's text, where it is not one of Apache-2.0 and BSD-2-Clause.

    Returns:
        The files.

    Raises:
        ModelError: no license, or no text of it.
        ModelNotFoundError, BrokenModelError: the weights are not there, are damaged, or are those of another model.
        OutputExistsError, WriteFailedError: the folder holds something, or can't be written.
    """
    named, folder = folder, folder.resolve()  # a link stays, and what it leads to is made
    _refuse_full(named)
    model.verify()
    card = _licensed(model.card, license)
    text = _license_text(card, license_file)
    network = None if is_array_file(model.path) else _load(model, weights)
    making = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        making.mkdir(parents=True)
        _fill(making, model, card, network, text)
        with suppress(FileNotFoundError):
            folder.rmdir()
        making.rename(folder)
    except OSError as error:
        raise explain_failure(folder, error) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return sorted(named.iterdir())


def _refuse_full(folder: Path) -> None:
    if folder.resolve() == Path.cwd():  # it appears as a whole, in place of the one that is there
        raise OutputExistsError(f"{folder} is the folder that you are in; name a new one")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputExistsError(f"{folder} is there and not empty; name a new folder")
    except OSError as error:
        raise explain_failure(folder, error) from error


def _licensed(card: Card, license: str | None) -> Card:
    if card.license != "unknown" and license not in {None, card.license}:
        raise ModelError(f"the card of {card.name} says {card.license}, not {license}; leave --license out")
    chosen = license or card.license
    if chosen == "unknown":
        raise ModelError(
            f"the card of {card.name} names no license; name one with --license, for example Apache-2.0"
        )
    return replace(card, license=chosen)


def _license_text(card: Card, file: Path | None) -> str:
    """Return the text of the license, with the names that it wants."""
    if file:
        try:
            return file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no text"
            raise ModelNotFoundError(f"{file}: {reason}; give the text of the license") from error
    release = RELEASES.get(card.system)
    copyright = release.copyright if release and release.license == card.license else ""
    if card.license in _TEXTS:
        text = (resources.files("tintype.learn") / "licenses" / f"{card.license}.txt").read_text("utf-8")
        if copyright or "{copyright}" not in text:
            return text.replace("{copyright}", copyright)
    raise ModelError(
        f"the license of {card.name} is {card.license}, whose text or owner is not known here; give --license-file"
    )


def _load(model: ModelFile, weights: Path | None) -> nn.Module:
    """Load the network that a model was made of, and make sure that it is the one."""
    path = weights or model.path.with_suffix(WEIGHTS_SUFFIX)
    if not path.exists():
        raise ModelNotFoundError(
            f"{path} is not there; name with --weights what {model.card.name} was made of: a run's folder, "
            "a .safetensors file or the checkpoint that was imported"
        )
    network = _load_network(path)
    others = f"{path} holds weights of another model than {model.card.name}"
    if (system := system_of(network).name) != model.card.system:
        raise BrokenModelError(f"{others}, of {system}; name the right ones with --weights")
    try:
        distances = distance_from(network, model, traits_of(network).lengths)
    except ModelError as error:  # of another size: what the one takes does not fit the other
        raise BrokenModelError(f"{others}, of another size; name the right ones with --weights") from error
    tolerance = max(ROUNDING_TOLERANCE[model.card.precision], _LEAST_TOLERANCE)
    name = max(distances, key=lambda key: distances[key])
    if not distances[name] <= tolerance:
        raise BrokenModelError(
            f"{others}: {name} differs by {distances[name]:.2g}, "
            f"at most {tolerance:g} is allowed; name the right ones with --weights"
        )
    return network


def _load_network(path: Path) -> nn.Module:
    if path.is_dir() or "recipe" in _metadata(path):
        return load_trained(path)[0]
    state = read_state(path)
    return recognize(state, str(path)).network if is_published(state) else rebuild_network(state).eval()


def _metadata(path: Path) -> Mapping[str, str]:
    """Return what a safetensors file says of itself; nothing for other files."""
    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError):  # another kind of file, or one that reading it will name
        return {}


def _fill(folder: Path, model: ModelFile, card: Card, network: nn.Module | None, license: str) -> None:
    path = folder / f"{card.family}{model.path.suffix}"
    if network is None:
        with path.open("wb") as file:
            write_arrays(file, read_arrays(model.path), card.to_json(indent=1))
    else:
        shutil.copyfile(model.path, path)
        saved = save_weights(network, card, path.with_suffix(WEIGHTS_SUFFIX))
        path.with_suffix(".json").unlink()  # the same card as the one that all share
        card = embed_card(path, replace(saved, parameters=card.parameters)).card
    (folder / "card.json").write_text(card.to_json(indent=1) + "\n", encoding="utf-8")
    (folder / "LICENSE").write_text(license, encoding="utf-8")
    (folder / "README.md").write_text(write_readme(card, path.name), encoding="utf-8")
    sums = [f"{_hash(file)}  {file.name}\n" for file in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def write_readme(card: Card, file: str) -> str:
    """Return the page that a hub shows of a model: what it is, how it is used, how good it is, where it fails.

    Args:
        card: of the model.
        file: name of the model's file.
    """
    parts = [
        _front_matter(card),
        f"# {card.family}\n\n{card.summary}\n",
        f"Version {card.version}, {card.parameters:,} weights. It colors black-and-white photographs with Tintype.\n",
        _USE.format(file=file, name=card.family),
        f"## What it takes and gives\n\n{_interface(card)}",
        _figures(card),
        _section("Where it fails", "".join(f"- {_line(text)}\n" for text in card.failures)),
        _section("What it learned from", f"{_line(card.data)}\n" if card.data else ""),
        _section("Where it comes from", f"{_line(card.origin)}\n" if card.origin else ""),
        f"## License\n\n{card.license}; see `LICENSE`. `SHA256SUMS` names the hash of every file.\n",
    ]
    return "\n".join(filter(None, parts))


def _front_matter(card: Card) -> str:
    known = card.license in _HUB_LICENSES
    named = (
        f"license: {card.license.lower()}"
        if known
        else f"license: other\nlicense_name: {json.dumps(card.license)}"
    )
    tags = "\n".join(f"- {tag}" for tag in ("image-colorization", "onnx", card.system))
    return f"---\n{named}\nlibrary_name: tintype\npipeline_tag: image-to-image\ntags:\n{tags}\n---\n"


def _interface(card: Card) -> str:
    rule = card.size
    size = f"{rule.default} only" if rule.fixed else f"{rule.default}; {rule.minimum} to {rule.maximum}"
    gives = f"a distribution over {card.bins} colors" if card.bins else "one color"
    return (
        f"Lightness (CIE L) at size {size}, sides multiples of {rule.multiple}; it gives {gives} for each cell of "
        f"{card.grid} x {card.grid} pixels. Capabilities: {', '.join(sorted(card.capabilities)) or 'color alone'}. "
        f"Stored as {card.precision}. All of this stands in `card.json` and in the model's file itself.\n"
    )


def _figures(card: Card) -> str:
    rows = [
        f"| {_cell(figure.what)} | {_cell(name)} | {value:g} | `{_cell(figure.command)}` |\n"
        for figure in card.figures
        for name, value in figure.values.items()
    ]
    return _section(
        "Figures", "| what | figure | value | command |\n|---|---|---|---|\n" + "".join(rows) if rows else ""
    )


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text}" if text else ""


def _line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
