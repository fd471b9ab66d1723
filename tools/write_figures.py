"""Write the tables of measured figures into README.md and docs/figures.md, from results/*.csv.

    python tools/write_figures.py

Numbers are never typed by hand: what stands between the two comments of a page is made here, and a test compares it
with results/. README shows what the project asks of its model; docs/figures.md shows everything.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = {ROOT / "README.md": "required", ROOT / "docs" / "figures.md": "all"}
BEGIN = "<!-- figures: written by tools/write_figures.py from results/, do not edit -->"
END = "<!-- end of figures -->"
SHORT = ("automatic", "hints", "samples", "robustness", "promises", "join", "networks")
"""The tables that README shows, in its order."""

COLUMNS = ("figure", "value", "required", "n", "command", "machine", "versions", "data")
NOTHING_YET = """\
The bundled model has not been judged yet: there are no tables in `results/`, and no number stands here that was not
measured. `make results` measures (it needs the evaluation photographs, named by `TINTYPE_DATA`), and
`python tools/write_figures.py` fills this place: figure, value, what is asked for, command, machine and data."""

Row = Mapping[str, str]


def read_tables(folder: Path) -> dict[str, list[Row]]:
    """Return the tables of figures in a folder, by name; other CSV files are passed over."""
    tables: dict[str, list[Row]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if set(COLUMNS) <= set(reader.fieldnames or ()):
                tables[path.stem] = list(reader)
    return tables


def render(tables: Mapping[str, list[Row]], which: str) -> str:
    """Return the tables as Markdown: ``all``, or of those in `SHORT` the rows for which something is ``required``."""
    names = tables if which == "all" else [name for name in SHORT if name in tables]
    parts = [part for name in names for part in _render_table(name, tables[name], which)]
    return "\n\n".join(parts) or NOTHING_YET


def fill(text: str, tables: Mapping[str, list[Row]], which: str) -> str:
    """Return a page with the tables between its two comments."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{render(tables, which)}\n\n{END}{tail}"


def _render_table(name: str, rows: Iterable[Row], which: str) -> Iterator[str]:
    shown = [row for row in rows if row["required"] or which == "all"]
    if not shown:
        return
    title = name.capitalize().replace("_", " ")
    yield f"## {title}" if which == "all" else f"**{title}**"
    yield "\n".join(["| figure | value | asked for | n |", "|---|---|---|---|", *map(_render_row, shown)])
    first = shown[0]
    yield (
        f"*`{first['command']}` on {first['machine']}; {first['versions']}; photographs: {first['data'][:80]}; "
        f"all of it in `results/{name}.csv`.*"
    )


def _render_row(row: Row) -> str:
    cells = (
        row["figure"],
        _short(row["value"]),
        row["required"].replace("<=", "≤").replace(">=", "≥"),
        row["n"],
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _short(value: str) -> str:
    try:
        return f"{float(value):.4g}"
    except ValueError:
        return value


def main() -> None:
    """Fill the pages."""
    tables = read_tables(ROOT / "results")
    for page, which in PAGES.items():
        page.write_text(fill(page.read_text("utf-8"), tables, which), "utf-8")


if __name__ == "__main__":
    main()
