"""The report of a study: one HTML file that holds everything, drawings included, and asks nobody for anything."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from tintype.errors import MissingExtraError
from tintype.measure.study.analysis import Analysis
from tintype.measure.study.findings import findings
from tintype.measure.study.plots import drawings_of
from tintype.measure.study.tables import tables_of, write_tables
from tintype.photos.atomic import atomic_file, refuse_existing

REPORT = "report.html"


@dataclass(frozen=True)
class Published:
    """What was written.

    Attributes:
        paths: of the files.
        notes: why a file is missing, one line each; empty if none is.
    """

    paths: tuple[Path, ...]
    notes: tuple[str, ...]


def publish(analysis: Analysis, folder: Path, *, overwrite: bool = False) -> Published:
    """Write all that can be said of a study into a folder: tables as CSV, ``analysis.json`` and ``report.html``.

    Without the extra ``measure`` the report is missing, and the notes say so.

    Raises:
        OutputError: a file is in the way, or the folder can't be written; a file in the way stops all of them.
    """
    report = folder / REPORT
    refuse_existing(report, overwrite=overwrite)
    paths = write_tables(analysis, folder, overwrite=overwrite)
    try:
        return Published((*paths, write_report(analysis, report, overwrite=overwrite)), ())
    except MissingExtraError as error:
        return Published(tuple(paths), (f"{REPORT} is not written: {error}",))


def write_report(analysis: Analysis, path: Path, *, overwrite: bool = False) -> Path:
    """Write the report as one HTML file.

    Raises:
        MissingExtraError: Jinja or matplotlib is not installed.
        OutputError: a file is in the way, or the folder can't be written.
    """
    page = render_report(analysis).encode("utf-8")
    with atomic_file(path, overwrite=overwrite) as file:
        file.write(page)
    return path


def render_report(analysis: Analysis) -> str:
    """Return the page.

    Raises:
        MissingExtraError: Jinja or matplotlib is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("the report needs Jinja; pip install 'tintype[measure]'") from error
    source = (resources.files("tintype.measure.study") / "report.html.j2").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string(source).render(
        analysis=analysis,
        findings=findings(analysis),
        tables=tables_of(analysis),
        drawings=drawings_of(analysis),
        long=40,
    )
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"
