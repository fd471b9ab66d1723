"""Write the tables of measured figures into README.md and docs/figures.md, from results/.

    python tools/write_figures.py

Numbers are never typed by hand: what stands between the two comments of a page is made here, and a test compares it
with results/. README shows the figures that tell most, in one table, and the benchmark over photographs that anyone
may have; docs/figures.md shows everything.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGES = {ROOT / "README.md": "telling", ROOT / "docs" / "figures.md": "all"}
BEGIN = "<!-- figures: written by tools/write_figures.py from results/, do not edit -->"
END = "<!-- end of figures -->"
TELLING: Mapping[str, tuple[str, ...]] = {
    "automatic": (
        *(
            f"{way}: {figure}"
            for way in ("left gray", "default")
            for figure in ("PSNR", "AuC", "rebalanced AuC")
        ),
        "default: colorfulness over truth",
    ),
    "hints": tuple(f"{count} hints, faithful decoding: PSNR over gray" for count in (1, 10, 50)),
    "samples": ("best of 8: share of the automatic error saved",),
    "robustness": ("film: rebalanced AuC lost", "size 384: Delta E 2000 from the default, 224"),
    "promises": tuple(f"TIFF of {bits} bits: largest change of L in any pixel" for bits in (8, 16)),
    "join": (
        "12 MP gray JPEG: times decoding and encoding alone",
        "100 MP 16-bit RGB TIFF: peak memory of the command, MB",
    ),
    "networks": ("the network of ddcolor23-tiny takes so many times as long as tintype-small",),
    "marks": (
        "true color in 6 x 6 cells: change beyond a contour, median of photographs",
        "the last of 30 marks on a view of 1024 pixels: compiled and decoded, ms of the processor",
    ),
    "reference": (
        "another part of the same photograph, default decoding: PSNR over automatic",
        "another subject, default decoding: PSNR over automatic",
    ),
    "album": ("all, default decoding: PSNR over automatic",),
    "words": ("prompts obeyed",),
}
"""The figures that README shows, by their tables, in its order."""

GUIDING = ("marks", "reference", "album", "words")
"""Tables whose figures are told in README together with the table's name, which says what they are of."""

COLUMNS = ("figure", "value", "required", "n", "command", "machine", "versions", "data")
NOTHING_YET = """\
The bundled model has not been judged yet: there are no tables in `results/`, and no number stands here that was not
measured. `make results` measures (it needs the evaluation photographs, named by `TINTYPE_DATA`), and
`python tools/write_figures.py` fills this place: figure, value, what is asked for, command, machine and data."""

BENCHMARK = "benchmark/summary.json"
"""What `tintype benchmark` wrote, in results/."""

OPEN = "open"
"""The suite of photographs that anyone may have: what README shows of the benchmark."""

COMPARED = {
    "delta_e": "Delta E 2000",
    "psnr": "PSNR",
    "ssim": "SSIM",
    "auc_set": "AuC (set)",
    "rebalanced_auc_set": "rebalanced AuC (set)",
    "colorfulness": "colorfulness",
    "colorfulness_difference": "colorfulness difference",
}
"""The columns of the benchmark's tables."""

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


def read_benchmark(folder: Path) -> dict[str, Any]:
    """Return what the benchmark found; nothing where it was not run."""
    path = folder / BENCHMARK
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def render_benchmark(found: Mapping[str, Any], which: str) -> str:
    """Return a table for each suite as Markdown: ``all``, or that of `OPEN` alone for ``telling``."""
    suites = [it for it in found.get("suites", ()) if which == "all" or it["suite"] == OPEN]
    folder = "" if which == "all" else "docs/"
    return "\n\n".join(part for suite in suites for part in _render_suite(found, suite, folder))


def _render_suite(found: Mapping[str, Any], suite: Mapping[str, Any], docs: str) -> Iterator[str]:
    yield f"{'###' if docs else '##'} Benchmark: {suite['title']}"
    heads = ["colored by", *COMPARED.values()]
    rows = [
        [it["label"], *(_bounds(it["figures"][name]) for name in COMPARED)] for it in suite["contestants"]
    ]
    yield "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows))
    yield (
        f"*Means of {suite['photographs']} photographs, and where they lie with 95% confidence: "
        f"`{found['command']}` on {found['machine']}; {found['versions']}; {found['date']}. Each photograph: "
        f"`results/benchmark/{suite['suite']}.csv`; what the figures say: "
        f"[{docs}measuring.md]({docs}measuring.md).*"
    )


def _bounds(figure: Mapping[str, float | None]) -> str:
    value, low, high = (figure[name] for name in ("value", "low", "high"))
    if value is None:
        return "-"
    return f"{value:.4g}" if low is None or high is None else f"{value:.4g} ({low:.4g} to {high:.4g})"


def render(tables: Mapping[str, list[Row]], which: str) -> str:
    """Return the tables as Markdown: ``all``, or the rows that are ``telling`` as one table."""
    if which == "telling":
        return _render_summary(
            [
                {**row, "figure": f"{name}: {row['figure']}"} if name in GUIDING else row
                for name, shown in TELLING.items()
                for row in tables.get(name, [])
                if row["figure"] in shown
            ]
        )
    parts = [part for name in tables for part in _render_table(name, tables[name])]
    return "\n\n".join(parts) or NOTHING_YET


def fill(
    text: str, tables: Mapping[str, list[Row]], which: str, found: Mapping[str, Any] | None = None
) -> str:
    """Return a page with the tables, and those of the benchmark, between its two comments."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    parts = [head + BEGIN, render(tables, which), render_benchmark(found or {}, which), END + tail]
    return "\n\n".join(filter(None, parts))


def _render_summary(rows: list[Row]) -> str:
    """Return one table of rows of several, and how they were measured."""
    if not rows:
        return NOTHING_YET
    commands, machines, models = (
        list(
            dict.fromkeys(row[column].split(",")[0] if column == "versions" else row[column] for row in rows)
        )
        for column in ("command", "machine", "versions")
    )
    return (
        f"{_render_rows(rows)}\n\n"
        f"*Measured with {_listed([f'`{command}`' for command in commands])} on {_listed(machines)}; "
        f"{_listed([name for name in models if '@' in name])}. Versions and photographs: "
        "[docs/figures.md](docs/figures.md).*"
    )


def _render_table(name: str, rows: Iterable[Row]) -> Iterator[str]:
    rows = list(rows)
    if not rows:
        return
    yield f"## {name.capitalize().replace('_', ' ')}"
    yield _render_rows(rows)
    first = rows[0]
    yield (
        f"*`{first['command']}` on {first['machine']}; {first['versions']}; photographs: {_brief(first['data'])}; "
        f"all of it in `results/{name}.csv`.*"
    )


def _brief(data: str) -> str:
    """Return what was measured on with digests of 16 digits: enough to compare, short enough to read."""
    return re.sub(r"\b([0-9a-f]{16})[0-9a-f]{48}\b", r"\1", data)


def _render_rows(rows: Iterable[Row]) -> str:
    return "\n".join(["| figure | value | asked for | n |", "|---|---|---|---|", *map(_render_row, rows)])


def _listed(items: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


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
    tables, found = read_tables(ROOT / "results"), read_benchmark(ROOT / "results")
    for page, which in PAGES.items():
        page.write_text(fill(page.read_text("utf-8"), tables, which, found), "utf-8")


if __name__ == "__main__":
    main()
