"""How much a studio takes: of bytes, pixels, photographs, marks, requests and memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from tintype.photos.inputs import DEFAULT_MAX_PIXELS
from tintype.studio.security import refuse

_MOST_CLIENTS = 1000


@dataclass(frozen=True)
class Limits:
    """What is refused with one line instead of being tried.

    Attributes:
        upload_bytes: of one photograph.
        max_pixels: that a photograph may declare.
        photos: in the library.
        marks: on one photograph.
        document_bytes: of a request or message that is no photograph.
        viewers: live connections at once.
        jobs: that wait or are kept with their results.
        results_bytes: of results that are kept; what is finished while there is room is, however large it is.
        requests_per_second: of one client, on average; four seconds' worth may come at once.
        patience_seconds: for which a sender may pause.
        memory_bytes: of the photographs that are kept open.
        tile_side: longest side of a picture that is computed for the page, pixels.
    """

    upload_bytes: int = 2_000_000_000
    max_pixels: int = DEFAULT_MAX_PIXELS
    photos: int = 500
    marks: int = 5_000
    document_bytes: int = 4_000_000
    viewers: int = 16
    jobs: int = 50
    results_bytes: int = 8_000_000_000
    requests_per_second: float = 200.0
    patience_seconds: float = 30.0
    memory_bytes: int = 1_000_000_000
    tile_side: int = 2560


class Allowance:
    """Requests that one client has left: it fills steadily, up to a burst.

    Args:
        per_second: how fast it fills.
        seconds: how much of that may come at once.
        clock: in seconds.
    """

    def __init__(
        self, per_second: float, seconds: float = 4.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._most, self._clock = per_second, per_second * seconds, clock
        self._left, self._at = self._most, clock()

    def take(self) -> bool:
        """Take one, if there is one."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RequestRate:
    """Refuses requests of a client that asks for more than its share.

    Args:
        app: what is behind it.
        per_second: of one client, by its address.
    """

    def __init__(self, app: ASGIApp, per_second: float) -> None:
        self._app, self._per_second = app, per_second
        self._clients: OrderedDict[str, Allowance] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on or refuse it; an ASGI application."""
        if scope["type"] != "http" or self._allowance(scope).take():
            return await self._app(scope, receive, send)
        answer = refuse(429, f"more than {self._per_second:g} requests a second; wait a moment", "TooOften")
        answer.headers["Retry-After"] = "1"
        return await answer(scope, receive, send)

    def _allowance(self, scope: Scope) -> Allowance:
        client = (scope.get("client") or ("",))[0]
        allowance = self._clients.pop(client, None) or Allowance(self._per_second)
        self._clients[client] = allowance
        while len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)
        return allowance
