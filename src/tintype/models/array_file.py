"""A model without a graph, as a file: named arrays and a card.

The file is what ``numpy.savez`` writes, an uncompressed ZIP of .npy members, with the card as ``card.json``
beside them, so that it can be read without Tintype. Nothing in it is a pickle, and nothing is believed that
its members say of their size before it was compared with the file's.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from tintype.errors import BrokenModelError, ModelNotFoundError

SUFFIX = ".npz"
_CARD = "card.json"
_MOST_BYTES = 1 << 30
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest of ZIP: the same arrays make the same file

_DAMAGES = (
    *(OSError, ValueError, EOFError, NotImplementedError, RuntimeError),  # UnicodeDecodeError is a ValueError
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(SyntaxError, tokenize.TokenError),  # numpy reads the header of an array as Python reads its text
)
"""What damaged archives raise while they are read."""

Arrays = Mapping[str, NDArray[Any]]


def is_array_file(path: Path) -> bool:
    """Whether a name is that of a model of arrays."""
    return path.suffix.lower() == SUFFIX


def read_card_text(path: Path) -> str | None:
    """Return the card's JSON, or None where the file has none; the arrays are not read.

    Raises:
        ModelNotFoundError: there is no such file, or it may not be read.
        BrokenModelError: it is no archive of arrays.
    """
    with _open(path) as archive:
        return archive.read(_CARD).decode() if _CARD in archive.namelist() else None


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return all arrays by their names; errors as those of `read_card_text`."""
    with _open(path) as archive:
        return {name: _read_array(archive, name) for name in _array_names(archive)}


def fingerprint(path: Path) -> str:
    """Return the SHA-256 (hex) of the arrays, names and types included, without the card, which names it.

    Raises:
        ModelNotFoundError, BrokenModelError: as for `read_card_text`.
    """
    return fingerprint_of(read_arrays(path))


def fingerprint_of(arrays: Arrays) -> str:
    """Return the fingerprint of arrays before they are written.

    >>> fingerprint_of({"a": np.zeros(2)}) == fingerprint_of({"a": np.zeros(3)})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def write_arrays(stream: BinaryIO, arrays: Arrays, card: str) -> None:
    """Write arrays, none of them of objects, and a card's JSON."""
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_CARD, _DATE), card)
        for name in sorted(arrays):
            with archive.open(zipfile.ZipInfo(f"{name}.npy", _DATE), "w", force_zip64=True) as member:
                npy.write_array(member, np.asarray(arrays[name], order="C"), allow_pickle=False)


@contextmanager
def _open(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive; whatever is wrong with it while it is read is named."""
    try:
        stream = path.open("rb")
    except OSError as error:
        raise ModelNotFoundError(f"{path}: {error.strerror or error}; check the path of the model") from error
    try:
        with stream, zipfile.ZipFile(stream) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MOST_BYTES:
                raise BrokenModelError(
                    f"{path} claims to hold more than {_MOST_BYTES >> 20} MB; don't use it"
                )
            yield archive
    except _DAMAGES as error:
        raise BrokenModelError(
            f"{path} is not a whole model of arrays ({error}); make or copy it again"
        ) from error


def _array_names(archive: zipfile.ZipFile) -> list[str]:
    return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    member = f"{name}.npy"
    with archive.open(member) as stream:
        version = npy.read_magic(stream)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, kind = read_header(stream)
        if np.prod(shape, dtype=float) * kind.itemsize > archive.getinfo(member).file_size:
            raise ValueError(f"{name} claims the shape {shape}")
    with archive.open(member) as stream:
        return np.asarray(npy.read_array(stream, allow_pickle=False))
