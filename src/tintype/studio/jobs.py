"""Work that takes longer than a person looks: results at full size, one after the other; watched, and stopped."""

from __future__ import annotations

import secrets
import shutil
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Literal, TypeAlias

from tintype.errors import NotHereError, StudioLimitError, TintypeError
from tintype.photos.encoders.page import Picture
from tintype.studio.engine import Engine, Superseded
from tintype.studio.journal import now_text
from tintype.studio.library import Library
from tintype.studio.rendering import Order, Rendering, render_result
from tintype.studio.state import State
from tintype.studio.wrapped import ObservedPicture

JobStatus: TypeAlias = Literal["waiting", "running", "done", "failed", "stopped"]

_FINISHED = ("done", "failed", "stopped")
_LAST_STEP = 0.95  # of the way when all rows are computed and the file is being finished


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
        rendering: the result, when it is done.
    """

    id: str
    photo: str
    order: Order
    state: State
    status: JobStatus = "waiting"
    progress: float = 0.0
    message: str = ""
    begun_at: str = field(default_factory=now_text)
    rendering: Rendering | None = None
    is_unwanted: bool = False


class Jobs:
    """The jobs of a studio. All methods may be called from several threads at once.

    Args:
        folder: for results; what is in it is deleted, and again at the end.
        library: where photographs come from.
        engine: what colors them.
        most: jobs that wait or are kept with their results.

    Attributes:
        on_change: called with a job whenever something about it changed.
    """

    def __init__(self, folder: Path, library: Library, engine: Engine, most: int) -> None:
        self._folder, self._library, self._engine, self._most = folder, library, engine, most
        self._jobs: dict[str, Job] = {}
        self._lock = RLock()
        self._worker = ThreadPoolExecutor(1, "tintype-save")
        self.on_change: list[Callable[[Job], None]] = []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def close(self) -> None:
        """Stop what is running and delete the results."""
        for job in self.list():
            job.is_unwanted = True
        self._worker.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def give(self, photo: str, order: Order) -> Job:
        """Give a job: a result of a photograph as it stands now.

        Raises:
            NotHereError: there is no such photograph.
            StudioLimitError: too many jobs wait.
            UnsupportedFormatError: the format can't be written.
        """
        entry, state = self._library.entry(photo), self._library.state(photo)
        order.suffix_for(entry.name, entry.facts["format"])
        job = Job(secrets.token_hex(8), photo, order, state)
        with self._lock:
            self._make_room()
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

    def remove(self, job: str) -> None:
        """Stop a job if it is running, and forget it and its result; NotHereError as `get`."""
        found = self.get(job)
        found.is_unwanted = True
        with self._lock:
            if found.status == "waiting":
                found.status = "stopped"
            self._forget(found)
        self._tell(found)

    def _make_room(self) -> None:
        """Forget the oldest finished jobs where there are too many."""
        finished = [job for job in self._jobs.values() if job.status in _FINISHED]
        while len(self._jobs) >= self._most:
            if not finished:
                raise StudioLimitError(f"{self._most} jobs are waiting; let some finish, or stop them")
            self._forget(finished.pop(0))

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
            self._finish(job, "done")
        except Superseded:
            self._finish(job, "stopped")
        except Exception as error:  # whatever happens to one job, the others go on
            job.message = _explain(error)
            self._finish(job, "stopped" if job.is_unwanted else "failed")

    def _render(self, job: Job) -> Rendering:
        entry = self._library.entry(job.photo)
        colored = self._engine.color(self._library.desk(job.photo), job.state)
        folder = self._folder / job.id
        folder.mkdir()

        def observe(picture: Picture) -> Picture:
            return ObservedPicture(picture, lambda share: self._note(job, share))

        rendering = render_result(colored.result, entry.name, job.order, folder, observe)
        return rendering if rendering.sidecar is None else _pack(rendering, rendering.sidecar)

    def _note(self, job: Job, share: float) -> None:
        if job.is_unwanted:
            raise Superseded
        progress = min(_LAST_STEP, round(share * _LAST_STEP, 2))
        if progress > job.progress:
            job.progress = progress
            self._tell(job)

    def _advance(self, job: Job, status: JobStatus) -> None:
        with self._lock:
            job.status = status
        self._tell(job)

    def _finish(self, job: Job, status: JobStatus) -> None:
        with self._lock:
            job.status = status
            job.progress = 1.0 if status == "done" else job.progress
            if job.is_unwanted or status != "done":
                shutil.rmtree(self._folder / job.id, ignore_errors=True)
        self._tell(job)

    def _tell(self, job: Job) -> None:
        for listener in self.on_change:
            with suppress(RuntimeError):  # a connection that was closed meanwhile
                listener(job)


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
        archive.write(sidecar, Path(rendering.name).with_suffix(sidecar.suffix))
    return replace(rendering, path=packed, name=f"{Path(rendering.name).stem}.zip", sidecar=None)
