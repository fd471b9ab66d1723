"""The beginning of a study: its file, with all that can be said in it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from string import Template

from tintype.photos.atomic import atomic_file

STUDY_FILE = "study.toml"


def write_example(folder: Path, photographs: Path | None, models: Mapping[str, Path]) -> Path:
    """Write the file of a new study, and the empty folders that it names where none are given.

    Args:
        folder: of the study; it is made.
        photographs: folder of the photographs; None: one inside of the study's.
        models: name and folder of each model; none: tintype-small, inside of the study's.

    Returns:
        The path of the file.

    Raises:
        OutputError: it is there already, or can't be written.
    """
    source = resources.files("tintype.studio.study") / "example.toml"
    own = {"tintype-small": folder / "colored" / "tintype-small"}
    truth = photographs or folder / "photographs"
    text = Template(source.read_text("utf-8")).substitute(
        name=json.dumps(_study_name(folder)),
        photographs=_place(truth, folder),
        models="\n".join(
            f"{json.dumps(name)} = {_place(path, folder)}" for name, path in (models or own).items()
        ),
    )
    path = folder / STUDY_FILE
    with atomic_file(path) as stream:
        stream.write(text.encode())
    for missing in ([] if photographs else [truth]) + ([] if models else [*own.values()]):
        missing.mkdir(parents=True, exist_ok=True)
    return path


def _study_name(folder: Path) -> str:
    """Return a name that the answers can bear, made from that of a folder."""
    name = re.sub(r"[^A-Za-z0-9._@+-]+", "-", folder.resolve().name).strip("-._@+")[:64]
    return name or "study"


def _place(path: Path, folder: Path) -> str:
    """Return a path as it is written into a file in `folder`, as a TOML string."""
    try:
        place = Path(os.path.relpath(path, folder))
    except ValueError:  # on another drive
        place = path.resolve()
    return json.dumps(place.as_posix(), ensure_ascii=False)
