"""Jobs on the disk, so that a server that is restarted goes on with them: each in a folder of its own.

A folder has the job's id for a name, holds ``job.json``, and the result when that is done.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, ValidationError

from tintype.photos.atomic import atomic_file
from tintype.studio.rendering import Order, Rendering
from tintype.studio.state import Model, State

_RECORD = "job.json"
_ID = re.compile(r"[0-9a-f]{16}")


class ResultRecord(Model):
    """A result that is there."""

    file: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    name: str
    notes: list[str]


class JobRecord(Model):
    """A job as it is stored."""

    photo: str
    order: Order
    state: State
    begun_at: str
    place: int
    result: ResultRecord | None = None
    is_fetched: bool = False

    def rendering(self, folder: Path) -> Rendering | None:
        """Return the result, if it is there."""
        if self.result is None or not (folder / self.result.file).is_file():
            return None
        return Rendering(folder / self.result.file, self.result.name, tuple(self.result.notes))


def record_result(rendering: Rendering) -> ResultRecord:
    """Return a result as it is stored."""
    return ResultRecord(file=rendering.path.name, name=rendering.name, notes=[*rendering.notes])


def write_record(folder: Path, record: JobRecord) -> None:
    """Store a job in its folder, which is made; WriteFailedError where that can't be done."""
    with atomic_file(folder / _RECORD, overwrite=True) as file:
        file.write(record.model_dump_json().encode())


def read_records(folder: Path) -> Iterator[tuple[str, JobRecord]]:
    """Yield the ids of the jobs below a folder and their records, in order; what is no job is deleted."""
    found = {}
    for path in folder.iterdir():
        record = _read_record(path)
        if record is not None:
            found[path.name] = record
        elif path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    yield from sorted(found.items(), key=lambda item: item[1].place)


def clear_result(folder: Path) -> None:
    """Delete what a server that was killed left of a result in a job's folder."""
    for path in folder.iterdir():
        if path.name != _RECORD:
            path.unlink()


def _read_record(path: Path) -> JobRecord | None:
    try:
        text = (path / _RECORD).read_text("utf-8") if _ID.fullmatch(path.name) else ""
        return JobRecord.model_validate_json(text)
    except (OSError, ValidationError, UnicodeDecodeError):
        return None
