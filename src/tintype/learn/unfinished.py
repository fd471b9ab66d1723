"""What a training without checkpoints has computed so far, in a folder, so that one that was killed goes on."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.photos.atomic import atomic_file

Arrays = Mapping[str, NDArray[Any]]


class Unfinished:
    """Arrays by name, each computed once.

    Args:
        folder: where they are kept; None: nowhere.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def keep(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        """Return what was computed before, or compute it and keep it; a damaged file is computed again.

        Raises:
            WriteFailedError: the folder can't be written.
        """
        if self.folder is None:
            return compute()
        path = self.folder / f"{name}.npz"
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
                return dict(kept)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            arrays = compute()
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_file(path, overwrite=True) as file:
            np.savez(file, allow_pickle=False, **arrays)
        return arrays

    def forget(self) -> None:
        """Remove the folder: the training is finished."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
