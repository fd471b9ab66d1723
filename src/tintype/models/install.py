"""Putting models into the user's folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from tintype.errors import OutputExistsError
from tintype.models.catalog import ModelFile, list_models, read_model, user_folder
from tintype.photos.atomic import atomic_file, explain_failure, refuse_existing


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


def install_model(path: Path, *, overwrite: bool = False) -> ModelFile:
    """Check a model's file and copy it into the user's folder.

    Raises:
        ModelNotFoundError, BrokenModelError: it is no whole model of Tintype.
        OutputExistsError, WriteFailedError: a model of its name is there, or the folder may not be written.
    """
    model = read_model(path)
    model.verify()
    place = place_for(model.card.name, suffix=path.suffix, overwrite=overwrite)
    try:
        with path.open("rb") as source, atomic_file(place, overwrite=overwrite) as target:
            shutil.copyfileobj(source, target)
    except OSError as error:
        raise explain_failure(place, error) from error
    return ModelFile(place, model.card)


def _model_named(name: str) -> Path | None:
    """Return the file in the user's folder that holds the model of a name."""
    folder = user_folder()
    return next((m.path for m in list_models() if m.card.name == name and m.path.parent == folder), None)
