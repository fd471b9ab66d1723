"""Which models there are: the bundled ones, those in the user's folder, and any file named by its path.

The user's folder is what TINTYPE_MODELS names, or else the usual place for an application's data. A model is
found by the name on its card, not by the file's; a file in the user's folder goes before a bundled one of the
same name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

import platformdirs

from tintype.errors import BrokenModelError, ModelError, ModelNotFoundError
from tintype.models import array_file, onnx_file
from tintype.models.card import CARD_KEY, Card

MODELS_VARIABLE = "TINTYPE_MODELS"
BUNDLED_FOLDER = Path(__file__).parent / "bundled"
_SUFFIXES = (".onnx", array_file.SUFFIX)

OnBroken = Callable[[Path, ModelError], None]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model that lies on this machine: its file and its card."""

    path: Path
    card: Card

    @property
    def is_bundled(self) -> bool:
        """Whether it came with Tintype."""
        return self.path.parent == BUNDLED_FOLDER

    def verify(self) -> None:
        """Compare the file with the fingerprint on its card: reads all of it, some 2 ms a megabyte.

        Raises:
            BrokenModelError: they differ, so the file is damaged or was changed.
        """
        actual = fingerprint(self.path)
        if actual != self.card.sha256:
            raise BrokenModelError(
                f"{self.path} is damaged or was changed: its fingerprint is {actual[:12]}, its card says "
                f"{self.card.sha256[:12] or 'nothing'}; download or export it again"
            )


def fingerprint(path: Path) -> str:
    """Return the SHA-256 (hex) of a model's file without its card.

    Raises:
        ModelNotFoundError, BrokenModelError: as for `read_model`.
    """
    if array_file.is_array_file(path):
        return array_file.fingerprint(path)
    return onnx_file.fingerprint(path)


def copy_with_card(source: Path, target: BinaryIO, card: Card) -> None:
    """Write a model's file to ``target`` with another card; its fingerprint stays.

    Raises:
        ModelNotFoundError, BrokenModelError: as for `read_model`.
    """
    if array_file.is_array_file(source):
        array_file.write_arrays(target, array_file.read_arrays(source), card.to_json(indent=1))
    else:
        onnx_file.copy_with_metadata(source, target, {CARD_KEY: card.to_json()})


def user_folder() -> Path:
    """Return the folder for one's own models; it need not exist."""
    if named := os.environ.get(MODELS_VARIABLE):
        return Path(named).expanduser()
    return platformdirs.user_data_path("tintype", appauthor=False) / "models"


def read_model(path: Path) -> ModelFile:
    """Read the card of a model's file; graph and arrays are not loaded.

    Raises:
        ModelNotFoundError: there is no such file, or it may not be read.
        BrokenModelError: no ONNX file or archive of arrays, no card in it, or one that can't be.
    """
    if array_file.is_array_file(path):
        text = array_file.read_card_text(path)
    else:
        text = onnx_file.read_metadata(path).get(CARD_KEY)
    if text is None:
        raise BrokenModelError(
            f"{path} has no Tintype card; bring it under the contract with 'tintype export'"
        )
    try:
        return ModelFile(path, Card.from_json(text))
    except BrokenModelError as error:
        raise BrokenModelError(f"{path}: {error}") from error


def list_models(on_broken: OnBroken | None = None) -> list[ModelFile]:
    """Return all models of the user's folder and the bundled ones, by name, newest version first.

    Args:
        on_broken: told of each file that is no usable model; without it they are left out.
    """
    models: dict[str, ModelFile] = {}
    for path in _files():
        try:
            model = read_model(path)
        except ModelError as error:
            if on_broken:
                on_broken(path, error)
        else:
            models.setdefault(model.card.name, model)
    newest_first = sorted(models.values(), key=lambda model: _version_key(model.card.version), reverse=True)
    return sorted(newest_first, key=lambda model: model.card.family)


def find_model(name: str | Path) -> ModelFile:
    """Return the model of a name or path.

    Args:
        name: ``system-size`` for the newest version, ``system-size@version``, or the path of a .onnx or
            .npz file.

    Raises:
        ModelNotFoundError: no such model; the text names those that are near.
        BrokenModelError: the file is no usable model.
    """
    if _is_path(name):
        return read_model(Path(name).expanduser())
    broken: list[tuple[Path, ModelError]] = []
    models = list_models(lambda path, error: broken.append((path, error)))
    for model in models:
        if name in {model.card.family, model.card.name}:
            return model
    for path, error in broken:
        if path.stem in {str(name), str(name).partition("@")[0]}:
            raise error
    raise ModelNotFoundError(f"there is no model {name!r}; {_remedy(str(name), models)}")


def _is_path(name: str | Path) -> bool:
    return isinstance(name, Path) or name.lower().endswith(_SUFFIXES) or "/" in name or os.sep in name


def _files() -> Iterator[Path]:
    """Return the models' files, those of the user first."""
    for folder in (user_folder(), BUNDLED_FOLDER):
        try:
            yield from sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
        except OSError:  # the user's folder need not exist, and one that may not be read holds nothing for us
            continue


def _version_key(version: str) -> tuple[tuple[int, str], ...]:
    """Order versions as people do.

    >>> sorted(["1.10", "1.9", "2", "1"], key=_version_key)
    ['1', '1.9', '1.10', '2']
    """
    parts = re.findall(r"\d+|[A-Za-z]+", version)
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def _remedy(name: str, models: list[ModelFile]) -> str:
    names = [model.card.name for model in models] + [model.card.family for model in models]
    if near := get_close_matches(name, dict.fromkeys(names), n=3):
        return f"did you mean {' or '.join(near)}?"
    if models:
        return f"there are {', '.join(model.card.name for model in models)}"
    return f"no model is installed; put one into {user_folder()} or give the path of a .onnx file"
