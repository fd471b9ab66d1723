"""The web application of the studio: its interface below /api/v1, and the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response

from tintype import __version__
from tintype.studio.api.answers import ErrorAnswer
from tintype.studio.api.entrance import Entrance
from tintype.studio.api.failures import answer_failures
from tintype.studio.api.guides import Guides
from tintype.studio.api.jobs import JobResource
from tintype.studio.api.live import Live
from tintype.studio.api.looks import Looks
from tintype.studio.api.messages import message_schema
from tintype.studio.api.palettes import Palettes
from tintype.studio.api.photos import Photos
from tintype.studio.api.pictures import Pictures
from tintype.studio.api.states import States
from tintype.studio.api.vocabulary import Vocabulary
from tintype.studio.bodies import BodyLimit
from tintype.studio.core import Studio
from tintype.studio.limits import Limits, RequestRate
from tintype.studio.security import Gate, ProtectiveHeaders, content_policy, protective_headers

WEB = Path(str(resources.files("tintype.studio"))) / "web"
PREFIX = "/api/v1"

_PARTS: tuple[Callable[[Studio], Any], ...] = (
    Entrance,
    Photos,
    States,
    Pictures,
    Looks,
    Palettes,
    Guides,
    Vocabulary,
    JobResource,
    Live,
)
_UPLOADS = re.compile(f"{PREFIX}/(photos|palettes|photos/[0-9a-f]+/(reference|scribble))")
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": description}
    for status, description in {
        400: "It can't be understood.",
        401: "The token is missing or wrong.",
        403: "Another origin or host asks.",
        404: "There is no such thing.",
        409: "It was changed meanwhile.",
        413: "It is too large.",
        415: "It is of a kind that is not taken.",
        422: "It makes no sense.",
        429: "It is too much.",
        507: "The disk is full, or fails.",
    }.items()
}


class PageFiles(StaticFiles):
    """The page's files: the browser keeps them, and asks whether they are still the same."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        """Return a file as an answer."""
        answer = super().file_response(*arguments, **options)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def create_app(studio: Studio, web: Path = WEB) -> FastAPI:
    """Return the application, to be run by uvicorn.

    Args:
        studio: from `open_studio`.
        web: folder of the page.
    """
    app = FastAPI(
        title="Tintype studio",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        generate_unique_id_function=_name_operation,
        separate_input_output_schemas=False,
    )
    api = APIRouter(prefix=PREFIX, responses=_ERRORS)
    for part in _PARTS:
        part(studio).add_to(api)
    app.include_router(api)
    app.openapi = lambda: _describe(app)  # type: ignore[method-assign]  # as FastAPI's manual says
    answer_failures(app)
    app.mount("/", PageFiles(directory=web, html=True, check_dir=False), name="page")
    _protect(app, studio)
    return app


def _name_operation(route: APIRoute) -> str:
    return route.name


def _describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of the interface, what goes over live connections included; made once."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        messages = message_schema()
        schema["components"]["schemas"].update(messages.pop("$defs"))
        schema["components"]["schemas"]["LiveMessage"] = messages
        app.openapi_schema = schema
    return app.openapi_schema


def _protect(app: FastAPI, studio: Studio) -> None:
    """Put what refuses requests before the application; what is added last sees them first."""
    limits = studio.limits
    app.add_middleware(BodyLimit, largest=_largest_body(limits), patience=limits.patience_seconds)
    app.add_middleware(RequestRate, per_second=limits.requests_per_second)
    app.add_middleware(Gate, door=studio.door, open_paths=frozenset({f"{PREFIX}/session"}))
    app.add_middleware(
        ProtectiveHeaders, headers=protective_headers(content_policy(images="'self' blob: data:"))
    )


def _largest_body(limits: Limits) -> Callable[[str, str], int]:
    def largest(method: str, path: str) -> int:
        return limits.upload_bytes if method == "POST" and _UPLOADS.fullmatch(path) else limits.document_bytes

    return largest
