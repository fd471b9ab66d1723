"""How the command line complains: one line on stderr, and an exit status."""

from __future__ import annotations

import os
import sys

from tintype.cli.terminal import escape_controls
from tintype.errors import (
    GuidanceError,
    ModelNameError,
    ModelNotFoundError,
    RecipeError,
    StudyFileError,
    SuiteError,
    TintypeError,
)

DEBUG_VARIABLE = "TINTYPE_DEBUG"
"""With this environment variable set to anything but 0, errors come with their traceback."""

FAILED, WRONG_CALL, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141

STDIO = "\0-"
"""What stands for ``-`` while arguments are parsed: the parser would take it for an option, and a file may have
that name (``./-``); no argument can hold a NUL."""


class WrongCallError(TintypeError):
    """The command was called in a way that makes no sense."""


_WRONG_CALLS = (
    *(WrongCallError, GuidanceError, ModelNameError, ModelNotFoundError),
    *(RecipeError, SuiteError, StudyFileError),
)


def exit_status(error: TintypeError) -> int:
    """Return 2 for an error that lies in the call, 1 for one that lies in a file."""
    return WRONG_CALL if isinstance(error, _WRONG_CALLS) else FAILED


def complain(text: str) -> None:
    """Write one line to stderr."""
    line = escape_controls(" ".join(text.replace(STDIO, "-").split()))
    sys.stderr.write(f"tintype: {line}\n")
    sys.stderr.flush()


def is_debugging() -> bool:
    """Return whether a person wants tracebacks."""
    return os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0")
