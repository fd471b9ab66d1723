"""What a server of ours lets in and what it tells browsers; the studio and studies share it.

A server on the loopback is reached by every page that the browser on this machine has open. What keeps them out:
the name in the Host header must be one of this machine's (a name of the attacker's that was bound anew to
127.0.0.1 is not), a request with an Origin must come from our own page, browsers' Sec-Fetch-Site is believed, and
no answer carries a header that would open it to other origins. At any other address a token is needed besides.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tintype.studio.listening import is_loopback

API = "/api/"

_REFUSED_SOCKET = 4403  # of the codes that applications may choose; before the handshake the browser sees 403


def content_policy(images: str = "'self' data:") -> str:
    """Return a Content-Security-Policy under which a page loads nothing from elsewhere.

    Args:
        images: where its pictures may come from.
    """
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; font-src 'self'; "
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def protective_headers(policy: str) -> dict[str, str]:
    """Return the headers of every answer.

    Args:
        policy: the Content-Security-Policy.
    """
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }


class ProtectiveHeaders:
    """Adds headers to all answers, and keeps them out of caches where they don't say otherwise."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; an ASGI application."""

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_protected if scope["type"] == "http" else send)


@dataclass(frozen=True)
class Door:
    """Who may come in.

    Attributes:
        host: that the server listens at.
        token: that a request must bear; empty: none.
        cookie: name of the cookie that holds it.
    """

    host: str = "127.0.0.1"
    token: str = field(default="", repr=False)
    cookie: str = "tintype-studio"

    def knows(self, host: str) -> bool:
        """Return whether a Host header, with or without its port, names this machine.

        At the loopback only its names are known. Elsewhere any number may be the machine's (its address in this
        network or the next), but of names only its own: rebinding takes a name.
        """
        name = _host_of(f"//{host}").hostname or ""
        if is_loopback(name):
            return True
        if is_loopback(self.host):
            return False
        return _is_number(name) or name in {self.host.lower(), *_own_names()}

    def has_token(self, given: str) -> bool:
        """Return whether this is the token."""
        return secrets.compare_digest(given.encode(), self.token.encode())

    def admits(self, request: HTTPConnection) -> bool:
        """Return whether a request bears the token, where one is needed: as a cookie or as ``Bearer``."""
        if not self.token:
            return True
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.has_token(request.cookies.get(self.cookie, "")) or self.has_token(bearer)


class Gate:
    """Refuses requests of other origins, for other hosts, and without the token.

    Args:
        app: what is behind it.
        door: who may come in.
        open_paths: paths of the interface that need no token: where one is handed over.
    """

    def __init__(self, app: ASGIApp, door: Door, open_paths: frozenset[str] = frozenset()) -> None:
        self._app, self._door, self._open = app, door, open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on or refuse it; an ASGI application."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        refusal = self._find_fault(HTTPConnection(scope), scope["path"])
        if refusal is None:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            await receive()
            return await send({"type": "websocket.close", "code": _REFUSED_SOCKET, "reason": refusal[1]})
        return await refuse(*refusal)(scope, receive, send)

    def _find_fault(self, request: HTTPConnection, path: str) -> tuple[int, str] | None:
        """Return the status and the reason of a refusal."""
        host = request.headers.get("host", "")
        if not self._door.knows(host):
            return (
                403,
                f"the host {host[:100]!r} is not this studio's; open it by the address that was printed",
            )
        if not is_same_origin(request.headers, is_page=_is_page(request)):
            return 403, "a page of another origin may not ask; open the studio's own page"
        if path.startswith(API) and path not in self._open and not self._door.admits(request):
            return (
                401,
                "the token is missing or wrong; open the address that was printed, with all after the #",
            )
        return None


def is_same_origin(headers: Headers, *, is_page: bool) -> bool:
    """Return whether a request comes from our own page, or from no page at all.

    Args:
        headers: of the request.
        is_page: whether a page is opened, which a link elsewhere may do.
    """
    origin = headers.get("origin")
    if origin is not None and _host_of(origin).netloc.lower() != headers.get("host", "").lower():
        return False
    return is_page or headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def refuse(status: int, message: str, kind: str = "Refused") -> JSONResponse:
    """Return an answer that says why there is none, as all errors are said."""
    return JSONResponse({"error": kind, "message": message}, status)


def _is_page(request: HTTPConnection) -> bool:
    return (
        request.scope.get("method") == "GET"
        and request.headers.get("sec-fetch-mode") == "navigate"
        and not request.scope["path"].startswith(API)
    )


def _host_of(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        parts.hostname  # noqa: B018 - it is here that some nonsense is found
    except ValueError:
        return urlsplit("")
    return parts


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _own_names() -> set[str]:
    name = socket.gethostname().lower()
    return {name, f"{name}.local"}
