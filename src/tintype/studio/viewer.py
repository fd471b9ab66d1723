"""A live connection: the page's messages in, states and frames out.

Messages are taken one after the other. What is to be seen is computed beside that, on a thread of the connection's
own: there is one wish at a time, a newer one takes its place, and the thread gives the older one up at the next
step. A page that reads slowly gets fewer frames, not later ones.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

import anyio
from starlette.websockets import WebSocketDisconnect

from tintype.errors import GuidanceError, NotHereError
from tintype.studio.api.answers import describe_job, describe_position
from tintype.studio.api.failures import describe_failure
from tintype.studio.api.messages import Close, Make, Open, Step, Try, Turn, find_serial, parse_message
from tintype.studio.core import Studio
from tintype.studio.engine import Superseded
from tintype.studio.jobs import Job
from tintype.studio.journal import Position
from tintype.studio.library import read_state
from tintype.studio.painter import Painter, Wish
from tintype.studio.state import Operation, State, apply_operations

_MOST_WAITING = 2000


class Socket(Protocol):
    """What is needed of a WebSocket."""

    async def send_text(self, data: str) -> None:
        """Send a message."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a frame."""


class Viewer:
    """One connection; made and used on the server's event loop, told of changes from any thread.

    Args:
        studio: what is looked at.
        socket: where everything is sent.
    """

    def __init__(self, studio: Studio, socket: Socket) -> None:
        self._studio, self._socket = studio, socket
        self._painter = Painter(studio)
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "tintype-viewer")
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_MOST_WAITING)
        self._sending = asyncio.Lock()
        self._following = asyncio.Lock()  # so that what is read later of a photograph is told later
        self._shown: Wish | None = None
        self._trial: Try | None = None
        self._state = State()
        self._revision = -1
        self._wish: Wish | None = None
        self._painted: Wish | None = None
        self._turn = 0
        self._awake = asyncio.Event()
        self.is_overrun = asyncio.Event()

    async def run(self) -> None:
        """Send what is to be sent until this is cancelled."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._send_events)
                tasks.start_soon(self._paint)
        except* WebSocketDisconnect:  # whoever read is gone
            pass
        finally:
            self._turn += 1  # whatever is being computed is no longer wanted
            self._studio.engine.reconsider()
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def take(self, text: str) -> None:
        """Do what a message says; what is wrong with it is answered."""
        try:
            await self._do(parse_message(text))
        except Exception as error:  # whatever it is, the connection goes on
            self._report(error, find_serial(text))

    def note_change(self, photo: str | None) -> None:
        """Hear that a photograph changed; None: the album."""
        self._loop.call_soon_threadsafe(self._hear, photo)

    def note_job(self, job: Job) -> None:
        """Hear that something about a job changed."""
        event = {"type": "job", "job": describe_job(job).model_dump()}
        self._loop.call_soon_threadsafe(self._tell, event)

    async def _do(self, message: Open | Turn | Try | Make | Step | Close) -> None:
        if isinstance(message, Open):
            return await self._open(message)
        if isinstance(message, Close):
            self._shown = None
            return self._want(None)
        if self._shown is None:
            raise GuidanceError("no photograph is open on this connection; send 'open' first")
        return await self._go_on(self._shown, message)

    async def _go_on(self, shown: Wish, message: Turn | Try | Make | Step) -> None:
        if isinstance(message, Turn):
            self._shown = replace(shown, view=message.view)
            return self._want(self._look())
        if isinstance(message, Try):
            self._want(self._look(message.serial, message.operations, is_fleeting=True))
            self._trial = message if message.operations else None
            return None
        async with self._following:
            self._trial = None
            try:
                if isinstance(message, Make):
                    self._want(self._look(message.serial, message.operations))
                position = await self._off(self._store, shown.photo, message)
            except Exception:  # whatever it is, it was not stored: the page goes back, and `take` says why
                self._show_what_holds()
                raise
            self._acknowledge(position, message.serial)
            return self._show_what_holds()

    async def _open(self, message: Open) -> None:
        async with self._following:
            position = await self._off(self._studio.library.position, message.photo)
            self._shown = Wish(message.photo, read_state(position), message.view, message.format)
            self._trial = None
            self._acknowledge(position, 0)
            self._want(replace(self._shown, is_fleeting=True))

    def _store(self, photo: str, message: Make | Step) -> Position:
        if isinstance(message, Step):
            return self._studio.library.step_by(photo, message.by)
        return self._studio.library.amend(
            photo, message.operations, label=message.label, change_id=message.id, base=message.base
        )

    async def _off(self, function: Any, *arguments: Any) -> Any:
        """Call a function on another thread, since it waits for the disk."""
        return await asyncio.to_thread(function, *arguments)

    def _acknowledge(self, position: Position, serial: int) -> None:
        """Tell where the photograph stands."""
        assert self._shown is not None
        self._state, self._revision = read_state(position), position.revision
        answer = describe_position(self._shown.photo, position, self._studio.engine.digest(self._state))
        self._tell({"type": "state", "serial": serial, **answer.model_dump(mode="json")})

    def _hear(self, photo: str | None) -> None:
        if photo is None:
            self._tell({"type": "album"})
        else:
            self._loop.create_task(self._catch_up(photo))

    async def _catch_up(self, photo: str) -> None:
        """Show what a photograph is like by now, if it is not known yet from this connection's own change."""
        async with self._following:
            if self._shown is None or self._shown.photo != photo:
                return self._tell({"type": "changed", "photo": photo})
            try:
                position = await self._off(self._studio.library.position, photo)
            except NotHereError:
                return self._tell({"type": "gone", "photo": photo})
            except Exception as error:
                return self._report(error, 0)
            if self._shown is not None and position.revision > self._revision:
                self._acknowledge(position, 0)
                self._show_what_holds()
            return None

    def _look(
        self, serial: int = 0, operations: Iterable[Operation] | None = None, *, is_fleeting: bool = False
    ) -> Wish:
        """Return the wish to see what is stored with some operations on top; None: those that are being tried."""
        assert self._shown is not None
        trial = self._trial
        if operations is None and trial is not None:
            serial, operations = trial.serial, trial.operations
        state = apply_operations(self._state, operations or ())
        state.check(self._studio.limits.marks)
        return replace(self._shown, state=state, serial=serial, is_fleeting=is_fleeting)

    def _show_what_holds(self) -> None:
        """Show what is stored, and tried, by now, where that is not what is shown or on its way."""
        wish = self._look()
        if self._wish is None or self._wish.state != wish.state:
            self._want(wish)

    def _want(self, wish: Wish | None) -> None:
        """Let a wish take the place of the one before, unless what is being painted fulfills it, too."""
        self._wish = wish
        if wish is None or self._painted is None or not self._painted.shows_the_same(wish):
            self._turn += 1
            self._awake.set()
            self._studio.engine.reconsider()

    async def _paint(self) -> None:
        while True:
            await self._awake.wait()
            self._awake.clear()
            if self._wish is None:
                continue
            self._painted, turn = self._wish, self._turn
            try:
                await self._fulfill(self._wish, turn)
            except Superseded:
                pass
            except Exception as error:  # whatever it is, the connection goes on
                self._report(error, self._serial_of(self._painted, turn))
            finally:
                self._painted = None

    async def _fulfill(self, wish: Wish, turn: int) -> None:
        def stop() -> None:
            if self._turn != turn:
                raise Superseded

        def stop_at_release() -> None:
            """Paint to the end what is quick while the pointer moves on: it is to be seen how."""
            if self._wish is None or not self._wish.is_fleeting:
                stop()

        needs_draft = await self._compute(self._painter.needs_draft, wish)
        if needs_draft:
            draft = await self._compute(self._painter.paint, wish, stop_at_release, draft=True)
            await self._send_frame(draft.pack(wish.serial))
        frame = await self._compute(self._painter.paint, wish, stop if needs_draft else stop_at_release)
        sent = -1
        while sent != (serial := self._serial_of(wish, turn)):  # asked for again while it was sent
            sent = serial
            await self._send_frame(frame.pack(serial))

    def _serial_of(self, wish: Wish, turn: int) -> int:
        """Return which message a wish that was begun in a turn answers by now."""
        return self._wish.serial if self._wish is not None and self._turn == turn else wish.serial

    async def _compute(self, function: Any, *arguments: Any, **options: Any) -> Any:
        return await self._loop.run_in_executor(self._thread, lambda: function(*arguments, **options))

    async def _send_frame(self, frame: bytes) -> None:
        async with self._sending:
            await self._socket.send_bytes(frame)

    async def _send_events(self) -> None:
        while True:
            event = await self._events.get()
            async with self._sending:
                await self._socket.send_text(json.dumps(event, separators=(",", ":")))

    def _tell(self, event: dict[str, Any]) -> None:
        with suppress(asyncio.QueueFull):
            return self._events.put_nowait(event)
        return self.is_overrun.set()  # the page does not read: it is better off with a new connection

    def _report(self, error: Exception, serial: int) -> None:
        kind, text = describe_failure(error)
        self._tell({"type": "error", "serial": serial, "error": kind, "message": text})
