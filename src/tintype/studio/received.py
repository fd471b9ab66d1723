"""Files that were sent and are only looked at: under a name like their own, in a folder of their own, then gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tintype.errors import TintypeError

Value = TypeVar("Value")

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")
_LENGTH = 60


def use_received(received: Path, name: str, use: Callable[[Path], Value]) -> Value:
    """Use a file that was received under its own name, in a folder of its own, and delete it.

    Args:
        received: the file.
        name: for people, without folders; it decides on the suffix and is what notes and errors call the file.
        use: is given the file.
    """
    folder = received.with_name(f"{received.name}-named")
    folder.mkdir()
    path = folder / f"{safe_stem(name)}{safe_suffix(name)}"
    received.rename(path)
    try:
        return use(path)
    except TintypeError as error:
        raise type(error)(str(error).replace(f"{folder}/", "")) from error
    finally:
        path.unlink()
        folder.rmdir()


def safe_suffix(name: str) -> str:
    """Return the suffix of a name where it is one of letters and digits."""
    suffix = Path(name).suffix
    return suffix if _SUFFIX.fullmatch(suffix) else ""


def safe_stem(name: str) -> str:
    """Return the rest of a name, of letters that every file system takes, not too long.

    >>> safe_stem("Oma & Opa: 1931.jpg"), safe_stem("..")
    ('Oma _ Opa_ 1931', 'file')
    """
    stem = re.sub(r"[^\w .()-]", "_", Path(name).stem)[:_LENGTH].strip(" .")
    return stem or "file"
