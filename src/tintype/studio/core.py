"""A studio: its library, its model, its jobs, and who looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore

from tintype.colorize.colorizer import DEFAULT_MODEL
from tintype.errors import StudioError
from tintype.studio.engine import Engine
from tintype.studio.hub import Hub
from tintype.studio.jobs import Jobs
from tintype.studio.journal import Journal
from tintype.studio.library import Library
from tintype.studio.limits import Limits
from tintype.studio.security import Door


@dataclass(frozen=True)
class Studio:
    """All that a server needs.

    Attributes:
        folder: where everything is kept.
        journal: what was done.
        library: the photographs.
        engine: the model and the threads.
        jobs: results at full size.
        hub: who is told of changes.
        limits: what is refused.
        door: who may come in.
        busy: held while a picture is computed for the page, so that a hundred tiles at once don't fill the memory.
    """

    folder: Path
    journal: Journal
    library: Library
    engine: Engine
    jobs: Jobs
    hub: Hub
    limits: Limits
    door: Door
    busy: BoundedSemaphore


@contextmanager
def open_studio(
    folder: Path,
    *,
    model: str | Path = DEFAULT_MODEL,
    threads: int | None = None,
    limits: Limits | None = None,
    host: str = "127.0.0.1",
    needs_token: bool = False,
) -> Iterator[Studio]:
    """Open the studio in a folder for as long as the block lasts.

    Args:
        folder: where everything is kept; it is made.
        model: name or path.
        threads: that work at once; None: one for each core.
        limits: what is refused; None for the usual ones.
        host: that the server listens at.
        needs_token: whether only who bears the token may come in.

    Raises:
        StudioInUseError: another studio has the folder open.
        StudioError: the folder can't be used.
        ModelError: the model can't be used.
    """
    limits = limits or Limits()
    with ExitStack() as opened:
        journal = Journal.open(folder)
        opened.callback(journal.close)
        engine = Engine(model, threads)
        opened.callback(engine.close)
        try:
            library = Library(folder, journal, engine, limits)
            jobs = Jobs(folder / "results", library, engine, limits.jobs, limits.results_bytes)
        except OSError as error:
            reason = error.strerror or error
            raise StudioError(f"{folder}: can't be used ({reason}); name another by --data") from error
        opened.callback(jobs.close)
        hub = Hub(limits.viewers)
        library.on_change.append(hub.tell_change)
        jobs.on_change.append(hub.tell_job)
        door = Door(host, journal.token if needs_token else "")
        busy = BoundedSemaphore(engine.threads)
        yield Studio(folder, journal, library, engine, jobs, hub, limits, door, busy)
