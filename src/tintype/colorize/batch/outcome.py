"""What became of one file, and the report of all."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, TypeAlias

from tintype.colorize.semantics import Sighting
from tintype.errors import OutputExistsError
from tintype.guidance.document import Json, mark_to_document
from tintype.guidance.marks import Mark
from tintype.photos.atomic import atomic_file

Status: TypeAlias = Literal["done", "planned", "skipped", "left alone", "failed"]
"""done: written; planned: would be (a dry run); skipped: it was done before; left alone: it is in color; failed."""

_COLUMNS = (
    *("source", "output", "status", "reason", "width", "height", "pages", "seconds", "model", "digest"),
    *("marks", "confidence", "sees"),
)
_FIRST_COLUMNS = 10  # those of the first reports, by which all are known


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        source: the file.
        output: its colored photograph, also where that was not written.
        status: see `Status`.
        reason: why it failed, was skipped or left alone; empty where it was done.
        notes: what a person should be told, one sentence each.
        outputs: all files that were written.
        width: of the first page, pixels; 0 where it was not read.
        height: of the first page.
        pages: of the file.
        seconds: that it took.
        model: its name.
        digest: of all that changes the pixels of the result.
        marks: that guides (a reference, an album's first photograph ...) placed on the first page.
        sees: what the encoder believes to see on the first page, likeliest first; empty where nobody asked.
    """

    source: str
    output: str
    status: Status
    reason: str = ""
    notes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    width: int = 0
    height: int = 0
    pages: int = 0
    seconds: float = 0.0
    model: str = ""
    digest: str = ""
    marks: tuple[Mark, ...] = ()
    sees: tuple[Sighting, ...] = ()

    def as_row(self) -> dict[str, object]:
        """Return all fields by name: the time to a millisecond, the marks as `mark_row` does."""
        return {item.name: getattr(self, item.name) for item in fields(self)} | {
            "seconds": round(self.seconds, 3),
            "marks": [mark_row(mark) for mark in self.marks],
            "sees": [sighting.as_row() for sighting in self.sees],
        }

    def as_line(self) -> dict[str, object]:
        """Return what one line of a report can hold.

        That is the number and the confidences of the marks, and of what is seen the names and probabilities.
        """
        confidence = " ".join(f"{mark.confidence:.2f}" for mark in self.marks)
        sees = "; ".join(f"{sighting.name} {sighting.probability:.2f}" for sighting in self.sees)
        return self.as_row() | {"marks": len(self.marks) or "", "confidence": confidence, "sees": sees}


def mark_row(mark: Mark) -> Json:
    """Return a mark as in a hints file, of a region or field only its box."""
    pixels = ("runs", "ab", "weights")
    return {key: value for key, value in mark_to_document(mark).items() if key not in pixels}


def check_report(path: Path, *, overwrite: bool = False) -> None:
    """Refuse a report that would replace something else than an earlier report.

    Raises:
        OutputExistsError: it would, and overwriting was not asked for.
    """
    if overwrite or not path.exists():
        return
    try:
        with path.open(newline="", encoding="utf-8") as file:
            is_report = next(csv.reader(file), [])[:_FIRST_COLUMNS] == [*_COLUMNS[:_FIRST_COLUMNS]]
    except (OSError, ValueError, csv.Error):
        is_report = False
    if not is_report:
        raise OutputExistsError(
            f"{path}: this is no report of ours; choose another name or overwrite it with --force"
        )


def write_report(outcomes: Iterable[Outcome], path: Path) -> None:
    """Write a CSV file with one row a source, all at once, in the place of an earlier report.

    Raises:
        WriteFailedError: the disk is full, or the folder may not be written.
    """
    lines = _Lines()
    writer = csv.DictWriter(lines, _COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for outcome in outcomes:
        writer.writerow(outcome.as_line())
    with atomic_file(path, overwrite=True) as file:
        file.write("".join(lines.texts).encode(errors="backslashreplace"))


class _Lines:
    """Collects what a CSV writer writes."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, text: str) -> None:
        self.texts.append(text)
