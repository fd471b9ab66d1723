"""What is sent to a server of ours may be neither too large nor too slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tintype.studio.security import refuse


class BodyLimit:
    """Refuses bodies that are larger than announced limits, also where their length is not announced.

    Args:
        app: what is behind it.
        largest: the most bytes, by method and path.
        patience: seconds without a byte after which a sender is given up.
        chunked: whether a body may come without its length.
    """

    def __init__(
        self,
        app: ASGIApp,
        largest: Callable[[str, str], int],
        patience: float = 30.0,
        *,
        chunked: bool = True,
    ) -> None:
        self._app, self._largest, self._patience, self._chunked = app, largest, patience, chunked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on or refuse it; an ASGI application."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        largest = self._largest(scope["method"], scope["path"])
        headers = HTTPConnection(scope).headers
        length = headers.get("content-length", "0")
        is_endless = "transfer-encoding" in headers and not self._chunked
        if is_endless or not length.isdecimal() or int(length) > largest:
            return await _too_large(largest)(scope, receive, send)
        return await self._app(scope, _Counted(receive, largest, self._patience), send)


class _Counted:
    """A stream of messages that ends with an error where the body grows too large or stops."""

    def __init__(self, receive: Receive, largest: int, patience: float) -> None:
        self._receive, self._largest, self._patience = receive, largest, patience
        self._count, self._is_complete = 0, False

    async def __call__(self) -> Message:
        if self._is_complete:  # what follows is the end of the connection, which may take its time
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._patience)
        except TimeoutError:
            raise HTTPException(408, f"nothing came for {self._patience:g} seconds; send it again") from None
        self._count += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._count > self._largest:
            raise HTTPException(413, describe_limit(self._largest))
        return message


def describe_limit(largest: int) -> str:
    """Return the sentence about a body that is too large."""
    shown = f"{largest / 1e6:g} MB" if largest >= 1e6 else f"{largest} bytes"
    return f"this is more than {shown}; send less"


def _too_large(largest: int) -> ASGIApp:
    return refuse(413, describe_limit(largest), "TooLarge")
