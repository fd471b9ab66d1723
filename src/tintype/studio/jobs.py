"""Work that takes longer than a person looks: results at full size, one after the other; watched, and stopped.

What was ordered is on the disk before it is acknowledged: a server that is restarted goes on with it, and still has
the results that are done.
"""

from __future__ import annotations

import secrets
import shutil
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Literal, TypeAlias

from tintype.errors import NotHereError, StudioLimitError, TintypeError, WriteFailedError
from tintype.photos.encoders.page import Picture
from tintype.photos.xmp_file import sidecar_path
from tintype.studio.engine import Engine, Superseded
from tintype.studio.journal import now_text
from tintype.studio.library import Library
from tintype.studio.orders import JobRecord, clear_result, read_records, record_result, write_record
from tintype.studio.rendering import Order, Rendering, render_result
from tintype.studio.state import State
from tintype.studio.wrapped import ObservedPicture

JobStatus: TypeAlias = Literal["waiting", "running", "done", "failed", "stopped"]

_OPENED, _COLORED, _LAST_STEP = 0.2, 0.5, 0.95
"""How far a job is when its photograph is open, is colored, and all rows are computed: the file is being finished."""


@dataclass
class Job:
    """A result that is, or will be, computed.

    Attributes:
        id: random; part of addresses.
        photo: of which photograph.
        order: what is made of it.
        state: what was said about it when the job was given.
        status: how far it is.
        progress: 0..1.
        message: why it failed, one line.
        begun_at: when it was given: UTC, ISO 8601.
        place: grows from job to job.
        rendering: the result, when it is done.
        is_fetched: whether someone downloaded the result.
    """

    id: str
    photo: str
    order: Order
    state: State
    status: JobStatus = "waiting"
    progress: float = 0.0
    message: str = ""
    begun_at: str = field(default_factory=now_text)
    place: int = field(default_factory=time.time_ns)
    rendering: Rendering | None = None
    is_fetched: bool = False
    is_unwanted: bool = False

    @property
    def is_spent(self) -> bool:
        """Whether nobody waits for anything of it any more."""
        return self.status in ("failed", "stopped") or (self.status == "done" and self.is_fetched)

    def stop(self) -> None:
        """Raise `Superseded` where it is not wanted any more."""
        if self.is_unwanted:
            raise Superseded


class Jobs:
    """The jobs of a studio. All methods may be called from several threads at once.

    Args:
        folder: for jobs and their results.
        library: where photographs come from.
        engine: what colors them.
        most: jobs that wait or are kept with their results.
        most_bytes: of results that are kept. What is finished while there is room is kept, however large it is; a
            result that nobody has fetched is never given up.

    Attributes:
        on_change: called with a job whenever something about it changed.
    """

    def __init__(
        self, folder: Path, library: Library, engine: Engine, most: int, most_bytes: int = 1 << 62
    ) -> None:
        self._folder, self._library, self._engine = folder, library, engine
        self._most, self._most_bytes = most, most_bytes
        self._jobs: dict[str, Job] = {}
        self._lock = RLock()
        self._worker = ThreadPoolExecutor(1, "tintype-save")
        self._is_closing = False
        self.on_change: list[Callable[[Job], None]] = []
        folder.mkdir(parents=True, exist_ok=True)
        for identity, record in read_records(folder):
            self._take_up(identity, record)

    def close(self) -> None:
        """Stop what is running; the next server goes on with it."""
        self._is_closing = True
        for job in self.list():
            job.is_unwanted = True
        self._engine.reconsider()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def give(self, photo: str, order: Order) -> Job:
        """Give a job: a result of a photograph as it stands now.

        Raises:
            NotHereError: there is no such photograph.
            StudioLimitError: too many jobs wait, or have results that nobody has fetched.
            UnsupportedFormatError: the format can't be written.
            WriteFailedError: the disk is full.
        """
        entry, state = self._library.entry(photo), self._library.state(photo)
        order.suffix_for(entry.name, entry.facts["format"])
        job = Job(secrets.token_hex(8), photo, order, state)
        with self._lock:
            self._make_room(jobs=1)
            self._store(job)
            self._jobs[job.id] = job
        self._tell(job)
        self._worker.submit(self._run, job)
        return job

    def list(self) -> list[Job]:
        """Return all jobs, in the order in which they were given."""
        with self._lock:
            return [*self._jobs.values()]

    def get(self, job: str) -> Job:
        """Return a job; NotHereError if there is none of that id."""
        with self._lock:
            if job not in self._jobs:
                raise NotHereError(
                    f"there is no job {job[:40]!r}; its result may have made room for newer ones"
                )
            return self._jobs[job]

    def note_fetched(self, job: str) -> None:
        """Hear that the result of a job was downloaded, so that it may make room for others."""
        with (
            self._lock,
            suppress(NotHereError, WriteFailedError),
        ):  # on a full disk it is known until the server ends
            found = self.get(job)
            if not found.is_fetched:
                found.is_fetched = True
                self._store(found)

    def remove(self, job: str) -> None:
        """Stop a job if it is running, and forget it and its result; NotHereError as `get`."""
        found = self.get(job)
        found.is_unwanted = True
        self._engine.reconsider()
        with self._lock:
            if found.status == "waiting":
                found.status = "stopped"
            self._forget(found)
        self._tell(found)

    def _take_up(self, identity: str, record: JobRecord) -> None:
        """Go on with a job of the server before."""
        folder = self._folder / identity
        job = Job(
            identity,
            record.photo,
            record.order,
            record.state,
            begun_at=record.begun_at,
            place=record.place,
            rendering=record.rendering(folder),
            is_fetched=record.is_fetched,
        )
        self._jobs[identity] = job
        if job.rendering is None:
            clear_result(folder)
            self._worker.submit(self._run, job)
        else:
            job.status, job.progress = "done", 1.0

    def _store(self, job: Job) -> None:
        record = JobRecord(
            photo=job.photo,
            order=job.order,
            state=job.state,
            begun_at=job.begun_at,
            place=job.place,
            result=None if job.rendering is None else record_result(job.rendering),
            is_fetched=job.is_fetched,
        )
        write_record(self._folder / job.id, record)

    def _make_room(self, *, jobs: int) -> None:
        """Forget the oldest jobs that are spent until there is room.

        Args:
            jobs: how many are about to be added.

        Raises:
            StudioLimitError: what is still needed of the others takes it.
        """
        self._forget_spent(lambda: not self._has_room(jobs))
        if not self._has_room(jobs):
            raise StudioLimitError(
                f"{len(self._jobs)} jobs wait or have results that nobody has fetched ({self._size() / 1e6:.0f} MB); "
                "fetch some, or delete them, and try again"
            )

    def _has_room(self, jobs: int) -> bool:
        return len(self._jobs) + jobs <= self._most and self._size() < self._most_bytes

    def _size(self) -> int:
        return sum(size_of(job.rendering) for job in self._jobs.values())

    def _forget_spent(self, is_too_much: Callable[[], bool]) -> None:
        """Forget the oldest jobs that are spent for as long as there is too much."""
        for job in [job for job in self._jobs.values() if job.is_spent]:
            if is_too_much():
                self._forget(job)

    def _forget(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        if job.status != "running":
            shutil.rmtree(self._folder / job.id, ignore_errors=True)

    def _run(self, job: Job) -> None:
        if job.is_unwanted:
            return
        self._advance(job, "running")
        try:
            job.rendering = self._render(job)
            self._store(job)
            self._finish(job, "done")
        except Superseded:
            self._finish(job, "stopped")
        except Exception as error:  # whatever happens to one job, the others go on
            job.message = _explain(error)
            self._finish(job, "stopped" if job.is_unwanted else "failed")

    def _render(self, job: Job) -> Rendering:
        def observe(picture: Picture) -> Picture:
            return ObservedPicture(picture, lambda share: self._note(job, _COLORED + (1 - _COLORED) * share))

        with self._lock:
            self._make_room(jobs=0)
        entry, folder = self._library.entry(job.photo), self._folder / job.id
        desk = self._library.desk(job.photo)
        self._note(job, _OPENED)
        colored = self._engine.color(desk, job.state, stop=job.stop)
        self._note(job, _COLORED)
        rendering = render_result(colored.result, entry.name, job.order, folder, observe)
        return rendering if rendering.sidecar is None else _pack(rendering, rendering.sidecar)

    def _note(self, job: Job, progress: float) -> None:
        """Say how far a job is; Superseded: it is not wanted any more."""
        job.stop()
        progress = min(_LAST_STEP, round(progress, 2))
        if progress > job.progress:
            job.progress = progress
            self._tell(job)

    def _advance(self, job: Job, status: JobStatus) -> None:
        with self._lock:
            job.status = status
        self._tell(job)

    def _finish(self, job: Job, status: JobStatus) -> None:
        with self._lock:
            if status == "done":
                job.progress = 1.0  # first: who asks does not wait for the lock
            job.status = status
            if status == "done" and not job.is_unwanted:
                self._forget_spent(lambda: self._size() > self._most_bytes)
            elif not self._is_closing:
                shutil.rmtree(self._folder / job.id, ignore_errors=True)
        self._tell(job)

    def _tell(self, job: Job) -> None:
        for listener in self.on_change:
            with suppress(RuntimeError):  # a connection that was closed meanwhile
                listener(job)


def size_of(rendering: Rendering | None) -> int:
    """Return the bytes of a result; 0 where it is not, or no longer, there."""
    return rendering.path.stat().st_size if rendering and rendering.path.exists() else 0


def _explain(error: Exception) -> str:
    """Return one line."""
    if isinstance(error, MemoryError):
        return "not enough memory; close other programs"
    text = str(error) if isinstance(error, TintypeError | OSError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())


def _pack(rendering: Rendering, sidecar: Path) -> Rendering:
    """Put a result and the file beside it into one, since one is downloaded."""
    packed = rendering.path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(rendering.path, rendering.name)
        archive.write(sidecar, sidecar_path(Path(rendering.name)))
    return replace(rendering, path=packed, name=f"{Path(rendering.name).stem}.zip", sidecar=None)
