"""The report of a study: one HTML file that holds everything, drawings included, and asks nobody for anything."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from tintype.errors import MissingExtraError
from tintype.measure.study.analysis import Analysis
from tintype.measure.study.findings import findings
from tintype.measure.study.plots import drawings_of
from tintype.measure.study.tables import tables_of
from tintype.photos.atomic import atomic_file


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
