"""Where in a TOML file a key stands, so that a mistake can be shown and not only described."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from typing import Any


def find_line(text: str, keys: Sequence[str]) -> int:
    r"""Return the number, from 1, of the line on which a key's statement begins.

    The file is read from its top, a line more each time, until the key is there: however TOML lets it be written
    (a table's head, dotted, quoted, inline, over several lines), the statement that brings it is found.

    Args:
        text: of a file that is sound TOML.
        keys: the key's path, outermost first. For a key that is not there, the line of the innermost table that is,
            or 1.

    >>> find_line('name = "a"\n\n[models]\n"my.model" = [\n1]\n', ["models", "my.model"])
    4
    """
    start, found, depth = 1, 1, 0
    for number, values in _growing(text):
        reached = _depth(values, keys)
        if reached > depth:
            depth, found = reached, start
        start = number + 1
    return found


def _growing(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of each line that ends a statement, and all that was said up to it."""
    lines = text.replace("\r\n", "\n").split("\n")  # as TOML ends lines, and nothing else does
    for number in range(1, len(lines) + 1):
        try:
            yield number, tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:  # in the middle of a statement of several lines
            continue


def _depth(values: Any, keys: Sequence[str]) -> int:
    """Return how many of the keys, from the outermost, are there."""
    for depth, key in enumerate(keys):
        if not isinstance(values, dict) or key not in values:
            return depth
        values = values[key]
    return len(keys)
