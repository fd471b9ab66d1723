"""Colored results and measured probes by the digest of all that decided them: a run goes on where it stopped."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from tintype.errors import OutputError
from tintype.photos.atomic import atomic_file

Codes = NDArray[np.uint8]
Arrays = Mapping[str, NDArray[Any]]

FORMAT = 1
"""Raised whenever what is stored means something else."""


def default_cache_folder() -> Path:
    """Return the folder of this user's cache; it need not exist, and may be deleted at any time."""
    return platformdirs.user_cache_path("tintype", appauthor=False) / "benchmark"


def cache_key(*parts: Any) -> str:
    """Return the SHA-256, 64 hexadecimal digits, of values that JSON can hold."""
    return hashlib.sha256(json.dumps([FORMAT, *parts], sort_keys=True).encode()).hexdigest()


class Cache:
    """Files by key. A damaged one counts as absent; one that can't be written is done without.

    Args:
        folder: where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load_codes(self, key: str) -> Codes | None:
        """Return a picture (H, W, 3) uint8, or None."""
        from PIL import Image  # noqa: PLC0415 - loaded only by who needs it

        try:
            with Image.open(self._path(key, ".png")) as picture:
                return np.asarray(picture.convert("RGB"))
        except (OSError, SyntaxError, ValueError):
            return None

    def store_codes(self, key: str, codes: Codes) -> None:
        """Keep a picture (H, W, 3) uint8, without loss."""
        from PIL import Image  # noqa: PLC0415

        stream = io.BytesIO()
        Image.fromarray(codes).save(stream, "PNG", compress_level=1)
        self._store(self._path(key, ".png"), stream.getvalue())

    def load_arrays(self, key: str) -> dict[str, NDArray[Any]] | None:
        """Return arrays by name, or None."""
        try:
            # Of a damaged file numpy would leave the handle open.
            content = io.BytesIO(self._path(key, ".npz").read_bytes())
            with np.load(content, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
            return None

    def store_arrays(self, key: str, arrays: Arrays) -> None:
        """Keep arrays by name."""
        stream = io.BytesIO()
        np.savez_compressed(stream, allow_pickle=False, **arrays)
        self._store(self._path(key, ".npz"), stream.getvalue())

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / key[:2] / f"{key}{suffix}"

    def _store(self, path: Path, content: bytes) -> None:
        try:
            with atomic_file(path, overwrite=True) as file:
                file.write(content)
        except OutputError:
            return  # a full disk costs the cache, not the figures
