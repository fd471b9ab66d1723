"""Tables of measured figures that say how they came to be: command, machine, versions, data."""

from __future__ import annotations

import csv
import hashlib
import math
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tintype.errors import DataError

NAMED_VERSIONS = ("tintype", "numpy", "onnxruntime", "pillow", "pyvips")


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        figure: what was measured.
        value: what was found.
        required: what the project asks for, as text (">= 65.7"); empty where nothing is asked.
        n: number of photographs, or of what else was measured.
    """

    figure: str
    value: float | str
    required: str
    n: int

    def line(self, width: int = 0) -> str:
        """Return figure, value and what is asked for as a line for the screen, the figure in so many columns."""
        value = self.value if isinstance(self.value, str) else f"{self.value:.4g}"
        return f"{self.figure:{width}} {value:>10}  {self.required}"


@dataclass(frozen=True)
class Origin:
    """What all rows of a table share.

    Attributes:
        command: with which they can be measured again.
        machine: see ``describe_machine``.
        versions: see ``describe_versions``.
        data: digest of the photographs, see ``list_photographs``.
    """

    command: str
    machine: str
    versions: str
    data: str

    @classmethod
    def of_this_run(
        cls, data: str, *, models: Sequence[str] = (), packages: Sequence[str] = NAMED_VERSIONS
    ) -> Origin:
        """Return what describes this program, on this machine, on some data.

        Args:
            data: digest of the photographs, or what was measured on instead.
            models: what else was run, and its version: the models that were judged, a browser.
            packages: whose versions matter.
        """
        versions = ", ".join([*models, describe_versions(packages)])
        return cls(describe_command(), describe_machine(), versions, data)


def write_table(path: Path, rows: Iterable[Row], origin: Origin) -> None:
    """Write figures as CSV: figure, value, required, n, command, machine, versions, data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([field.name for field in (*fields(Row), *fields(Origin))])
        for row in rows:
            value = f"{row.value:.6g}" if isinstance(row.value, float) else row.value
            table.writerow([row.figure, value, row.required, row.n, *astuple(origin)])


def write_photograph_table(path: Path, values: Iterable[tuple[str, Mapping[str, float]]]) -> None:
    """Write figures of single photographs as CSV: a row for each, empty where it lacks a figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = [*values]
    names = [*dict.fromkeys(name for _, figures in found for name in figures)]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["photograph", *names])
        for photograph, figures in found:
            cells = (figures.get(name, math.nan) for name in names)
            table.writerow([photograph, *("" if math.isnan(cell) else f"{cell:.6g}" for cell in cells)])


@dataclass(frozen=True)
class PhotoList:
    """Photographs of a folder, and which they are.

    Attributes:
        paths: sorted by name.
        lines: one "SHA-256  name" for each, as ``sha256sum`` writes and checks them.
    """

    paths: tuple[Path, ...]
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines as a file."""
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def digest(self) -> str:
        """SHA-256 of the list, 64 hexadecimal digits: equal for equal names and contents."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def list_photographs(
    folder: Path, suffixes: Sequence[str] = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")
) -> PhotoList:
    """List the photographs of a folder.

    Raises:
        DataError: there are none; names the folder.
    """
    found = [path for path in folder.glob("*") if path.suffix.lower() in suffixes]
    if not found:
        raise DataError(f"{folder} holds no photographs; set TINTYPE_DATA to the folder of the data")
    paths = tuple(sorted(found, key=lambda path: path.name))
    return PhotoList(paths, tuple(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}" for p in paths))


def describe_machine() -> str:
    """Return processor, number of cores and system."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()}"


def describe_versions(packages: Sequence[str] = NAMED_VERSIONS) -> str:
    """Return "python 3.11.2, numpy 2.4.6, ..." of the packages that are installed."""
    found = [f"{package} {number}" for package in packages if (number := _version(package))]
    return ", ".join([f"python {platform.python_version()}", *found])


def describe_command() -> str:
    """Return how this program was started, without the folders of this machine: those above the current one."""
    script = Path(sys.argv[0])
    if script.is_absolute():
        inside = script.is_relative_to(Path.cwd())
        script = script.relative_to(Path.cwd()) if inside else Path(script.name)
    arguments = (Path(a).name if "/" in a else a for a in sys.argv[1:])
    return " ".join(["python", script.as_posix(), *arguments])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
