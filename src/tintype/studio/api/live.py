"""The live connection: a WebSocket on which the page says what it wants to see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from tintype.errors import StudioLimitError
from tintype.studio.core import Studio
from tintype.studio.viewer import Viewer

_TRY_AGAIN, _NO_TEXT = 1013, 1003


class Live:
    """Live connections."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.websocket("/live")(self.connect)

    async def connect(self, socket: WebSocket) -> None:
        """Serve a connection until it ends."""
        await socket.accept()
        viewer = Viewer(self._studio, socket)
        try:
            self._studio.hub.enter(viewer)
        except StudioLimitError as error:
            return await socket.close(_TRY_AGAIN, str(error))
        try:
            await _serve(socket, viewer)
        finally:
            self._studio.hub.leave(viewer)


async def _serve(socket: WebSocket, viewer: Viewer) -> None:
    """Let messages in and frames out until one of the two ends."""
    async with anyio.create_task_group() as tasks:

        async def end_with(part: Callable[[], Awaitable[object]]) -> None:
            await part()
            tasks.cancel_scope.cancel()

        for part in (viewer.run, viewer.is_overrun.wait, lambda: _listen(socket, viewer)):
            tasks.start_soon(end_with, part)
    with suppress(RuntimeError, WebSocketDisconnect):  # where it is closed already
        await socket.close(_TRY_AGAIN)


async def _listen(socket: WebSocket, viewer: Viewer) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") is None:
                await socket.close(_NO_TEXT, "messages are text, as JSON")
                return
            await viewer.take(message["text"])
