"""Putting models into the user's folder."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from tintype.errors import ModelNameError, OutputExistsError
from tintype.models.card import is_name, is_of_system
from tintype.models.catalog import ModelFile, copy_with_card, list_models, read_model, user_folder
from tintype.photos.atomic import atomic_file, explain_failure, refuse_existing


def full_name(name: str, system: str = "", version: str = "1") -> str:
    """Return ``system-size@version`` for what a person called a model.

    Args:
        name: for example "eccv16-mine" or "eccv16-mine@2".
        system: whose weights it has, where that is known already.
        version: where the name has none.

    Raises:
        ModelNameError: no model, or none of this system, can be called so.
    """
    full = name if "@" in name else f"{name}@{version}"
    if not is_name(full):
        raise ModelNameError(
            f"the name is {name!r}; give small letters and digits, with - between words, and @version"
        )
    if system and not is_of_system(full, system):
        raise ModelNameError(f"the name is {name!r}; let it begin with {system}, whose weights these are")
    return full


def place_for(name: str, *, suffix: str = ".onnx", overwrite: bool = False) -> Path:
    """Return the file in the user's folder that a model of a name gets.

    Args:
        name: ``system-size@version``.
        suffix: of the file.
        overwrite: a model of that name may be there, and is replaced.

    Raises:
        OutputExistsError: a model of that name is there.
    """
    taken = _model_named(name)
    if taken and not overwrite:
        raise OutputExistsError(
            f"{taken}: a model named {name} is here already; choose another --name, or replace it with --force"
        )
    if taken and taken.suffix == suffix:
        return taken
    path = user_folder() / f"{name}{suffix}"
    refuse_existing(path, overwrite=overwrite)
    return path


def install_model(path: Path, *, name: str = "", overwrite: bool = False) -> ModelFile:
    """Check a model's file and copy it into the user's folder.

    Args:
        path: of the file.
        name: what it is called here, as of `full_name`; empty for the name on its card.
        overwrite: replace a model of that name.

    Raises:
        ModelNameError: the model can't be called so.
        ModelNotFoundError, BrokenModelError: it is no whole model of Tintype.
        OutputExistsError, WriteFailedError: a model of its name is there, or the folder may not be written.
    """
    model = read_model(path)
    model.verify()
    card = model.card
    if name:
        card = replace(card, name=full_name(name, card.system, card.version))
    place = place_for(card.name, suffix=path.suffix.lower(), overwrite=overwrite)
    try:
        with path.open("rb") as source, atomic_file(place, overwrite=overwrite) as target:
            if card is model.card:
                shutil.copyfileobj(source, target)
            else:
                copy_with_card(path, target, card)
    except OSError as error:
        raise explain_failure(place, error) from error
    return ModelFile(place, card)


def _model_named(name: str) -> Path | None:
    """Return the file in the user's folder that holds the model of a name."""
    folder = user_folder()
    return next((m.path for m in list_models() if m.card.name == name and m.path.parent == folder), None)
