"""From errors to answers: one line as JSON, with a status that programs understand."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from tintype.errors import (
    ChangedMeanwhileError,
    GuidanceError,
    ModelError,
    NotHereError,
    OutputError,
    PhotoError,
    PhotoTooLargeError,
    StudioLimitError,
    TintypeError,
    UnsupportedFormatError,
)
from tintype.studio.security import refuse

_STATUSES: tuple[tuple[type[TintypeError], int], ...] = (
    (NotHereError, 404),
    (ChangedMeanwhileError, 409),
    (StudioLimitError, 429),
    (PhotoTooLargeError, 413),
    (UnsupportedFormatError, 415),
    (PhotoError, 422),
    (GuidanceError, 422),
    (ModelError, 422),
    (OutputError, 507),
)
_WORDS = {404: "NotHere", 405: "NotAllowed", 408: "TooSlow", 413: "TooLarge", 415: "NotJson"}


def answer_failures(app: FastAPI) -> None:
    """Let an application answer every error in one way."""
    app.exception_handler(TintypeError)(_answer_known)
    app.exception_handler(OSError)(_answer_known)
    app.exception_handler(RequestValidationError)(_answer_invalid)
    app.exception_handler(HTTPException)(_answer_http)
    app.exception_handler(Exception)(_answer_fault)


def status_of(error: TintypeError | OSError) -> int:
    """Return the status of an answer about an error."""
    if isinstance(error, OSError):
        return 507
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 422)


def describe_failure(error: Exception) -> tuple[str, str]:
    """Return the kind of an error and its one line, for answers and messages; show where a fault of ours is."""
    if isinstance(error, TintypeError):
        return type(error).__name__, str(error)
    if isinstance(error, ValidationError):
        return "Invalid", describe_faults(error.errors())
    if isinstance(error, OSError):
        return (
            "OSError",
            f"{error.filename or 'the disk'}: {error.strerror or error}; check disk and permissions",
        )
    if os.environ.get("TINTYPE_DEBUG", "0") not in ("", "0"):
        traceback.print_exception(error)
    return "Fault", " ".join(f"{type(error).__name__}: {error}; this is a fault of Tintype".split())


def describe_faults(faults: Sequence[Any]) -> str:
    """Return the first of pydantic's faults as one line: where, and what."""
    first = faults[0]
    place = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    message = first["msg"].removeprefix("Value error, ")
    return " ".join(f"{place}: {message}{more}".split())[:500]


def _answer_known(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TintypeError | OSError)
    kind, message = describe_failure(error)
    return refuse(status_of(error), message, kind)


def _answer_invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return refuse(422, describe_faults(error.errors()), "Invalid")


def _answer_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    answer = refuse(error.status_code, str(error.detail), _WORDS.get(error.status_code, "Refused"))
    answer.headers.update(error.headers or {})
    return answer


def _answer_fault(_: Request, error: Exception) -> JSONResponse:
    kind, message = describe_failure(error)
    return refuse(500, message, kind)
