"""Write what the documentation shows of all systems: pictures, drawings, tables. Run it when systems.csv has changed.

    TINTYPE_DATA=... TINTYPE_WEIGHTS=... python results/systems_page.py -o runs/systems
    python results/systems_page.py --text

The first command colors ten photographs by every model that systems.py left in the folder, draws the learning curves
and the diversity, and writes the pages; the second one writes the pages alone. What stands between two comments of
docs/systems/compared.md and of the page of each system is made here, and a test compares it with results/.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from budget import read_plans
from training_rows import NOTHING, read_rows

from tintype.errors import TintypeError
from tintype.learn.recipe import read_recipe
from tintype.measure.benchmark.open_photographs import describe_licenses

RESULTS = Path(__file__).parent
DOCS = RESULTS.parent / "docs"
BEGIN = "<!-- systems: written by results/systems_page.py, do not edit -->"
END = "<!-- end of systems -->"
NOTHING_YET = "Nothing has been trained within the budget yet: `make systems` does it, in about seven hours."
COLUMNS = {
    "state": "",
    "samples": "photographs shown",
    "minutes": "minutes",
    "psnr": "PSNR",
    "auc": "AuC",
    "rebalanced_auc": "rebalanced AuC",
    "over_tint": "above the tint",
    "faithful_psnr": "PSNR, faithful",
    "colorfulness_over_truth": "colorfulness",
    "parameters": "parameters",
    "gflops": "GFLOPs",
    "network_ms": "ms, network",
    "photograph_ms": "ms, photograph",
    "machine": "processor",
}
"""Columns of systems.csv and how the page calls them."""
DIGITS = {
    **dict.fromkeys(("psnr", "auc", "rebalanced_auc", "faithful_psnr", "colorfulness_over_truth"), 2),
    **dict.fromkeys(("minutes", "gflops"), 1),
    **dict.fromkeys(("network_ms", "photograph_ms"), 0),
}
COMPARED = (
    "samples",
    "minutes",
    "psnr",
    "auc",
    "rebalanced_auc",
    "over_tint",
    "faithful_psnr",
    "colorfulness_over_truth",
    "parameters",
)
PAIRS = {
    "transfer.csv": (
        "Transfer",
        "One network, trained twice within the same budget: its encoder begins with random weights, or with those "
        "that learned to tell the kinds of ImageNet, and then moves at a quarter of the rate of the rest. One "
        "photograph of five is held out of both, for the probe below.",
    ),
    "distillation.csv": (
        "Distillation",
        "A student of 0.3 million parameters, trained twice within the same budget: by photographs alone, or also by "
        "the answers of the bundled model, which take their part of the time, so that it sees fewer photographs.",
    ),
}
"""Tables of two trainings: title and what it is about."""
ENOUGH = 1.5
"""Times as many photographs as were shown from which on it is more photographs that a system would need."""

Row = Mapping[str, str]


def main() -> None:
    """Write pictures, drawings and pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("runs/systems"), help="folder of the trainings"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the tables")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the documentation")
    parser.add_argument("--text", action="store_true", help="write the pages alone")
    arguments = parser.parse_args()
    pictures = arguments.docs / "pictures" / "systems"
    if not arguments.text:
        draw(arguments.results, pictures)
        color(arguments.results, arguments.out, pictures)
    write_pages(arguments.results, arguments.docs)


def draw(results: Path, pictures: Path) -> None:
    """Draw learning curves and diversity."""
    from systems_drawings import draw_curves, draw_diversity, read_curves, read_diversity  # noqa: PLC0415

    draw_curves(read_curves(results / "curves", [*read_rows(results / "systems.csv")]), pictures)
    if diversity := read_lines(results / "diversity.csv"):
        draw_diversity(read_diversity(diversity), pictures / "diversity.svg")


def color(results: Path, runs: Path, pictures: Path) -> None:
    """Color the photographs by every model that is there."""
    from evaluation import say  # noqa: PLC0415
    from gallery import read_photographs, write_originals, write_sheet  # noqa: PLC0415
    from training_table import find_made  # noqa: PLC0415

    photographs = [*read_photographs().values()]
    write_originals(pictures, photographs)
    for name in read_rows(results / "systems.csv"):
        if model := find_made(name, runs):
            try:
                write_sheet(pictures / f"{name}.webp", model, photographs)
            except (
                TintypeError
            ) as error:  # one that can't be opened does not keep the others from being shown
                say(f"{name}: {error}\n")


def write_pages(results: Path, docs: Path) -> None:
    """Fill the pages in."""
    for path, text in render_pages(results, docs).items():
        path.write_text(text, encoding="utf-8")


def render_pages(results: Path, docs: Path) -> dict[Path, str]:
    """Return the pages as they should be, by path."""
    rows, folder = read_rows(results / "systems.csv"), docs / "systems"
    parts = {folder / "compared.md": "\n\n".join(_render_all(results, docs, rows))}
    for name, row in rows.items():
        if (folder / f"{name}.md").exists():
            parts[folder / f"{name}.md"] = "\n\n".join(_render_system(name, row, docs, "Trained here"))
    return {path: _fill(path.read_text("utf-8"), text) for path, text in parts.items()}


def read_lines(path: Path) -> list[Row]:
    """Return the rows of a table; none where there is no table."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _fill(page: str, text: str) -> str:
    """Return a page with a text between its two comments, which are added at the end where they are missing."""
    if BEGIN not in page:
        page = f"{page.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}"


def _render_all(results: Path, docs: Path, rows: Mapping[str, Row]) -> Iterator[str]:
    if not rows:
        yield NOTHING_YET
        return
    heads = ["", *COLUMNS.values()]
    cells = [[f"`{name}`", *(_say(key, row) for key in COLUMNS)] for name, row in rows.items()]
    yield _tabulate(heads, cells)
    trained = [row for row in rows.values() if row["budget"] != NOTHING and row["minutes"] != NOTHING]
    yield _circumstances([*trained, *rows.values()], "systems.csv")
    for table, (title, says) in PAIRS.items():
        yield from _render_pair(results / table, title, says)
    yield from _render_probe(results / "probe.csv")
    yield from _render_diversity(results, docs)
    yield "## The same photographs by all"
    yield describe_licenses().split("\n\n", 1)[1].strip()
    for name, says in (("gray", "What all are shown"), ("true", "What it was")):
        if (docs / f"pictures/systems/{name}.webp").exists():
            yield f"### {says}\n\n![{says}](../pictures/systems/{name}.webp)"
    for name, row in rows.items():
        yield from _render_system(name, row, docs, f"`{name}`", level=3)


def _circumstances(rows: Sequence[Row], table: str) -> str:
    """Say how a table was measured: the first row's command without its options, machines and versions of all."""
    row, machines = rows[0], " and ".join(dict.fromkeys(row["machine"] for row in rows))
    command = row["command"].split(" --", maxsplit=1)[0]
    budget = "" if row["budget"] == NOTHING else f"A budget of {row['budget']}; "
    timed = dict.fromkeys(row.get("timed_on", "") for row in rows)
    times = " and ".join(machine for machine in timed if machine not in ("", NOTHING))
    return (
        f"*{budget}judged on {row['n']} photographs of `eval/objects`: `{command}` on {machines}"
        f"{f' (times: {times})' if times else ''}; {_merge_versions(rows)}. All columns, and the options of each "
        f"row: `results/{table}`.*"
    )


def _merge_versions(rows: Sequence[Row]) -> str:
    """Return each package once, with all the versions that rows were measured with."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        for package, version in (each.split(" ", maxsplit=1) for each in row["versions"].split(", ")):
            found.setdefault(package, {})[version] = None
    return ", ".join(f"{package} {' and '.join(versions)}" for package, versions in found.items())


def _render_pair(path: Path, title: str, says: str) -> Iterator[str]:
    """Yield a table of two trainings that differ in one thing."""
    rows = read_lines(path)
    if not rows:
        return
    yield f"## {title}"
    yield says
    heads = ["", *(COLUMNS[key] for key in COMPARED)]
    cells = [[row["name"].replace("-", " "), *(_say(key, row) for key in COMPARED)] for row in rows]
    yield _tabulate(heads, cells)
    yield _circumstances(rows, path.name)


def _render_probe(path: Path) -> Iterator[str]:
    """Yield what a linear classifier reads of encoders."""
    rows = read_lines(path)
    if not rows:
        return
    yield "## Self-supervision"
    yield (
        "The encoder begins with random weights and learns by coloring photographs alone, without labels. Then it is "
        "frozen, and a linear classifier learns to name what its features show, and is asked about photographs that "
        "neither has seen: what share of them it names rightly, and how often the right name is among its first "
        "five, in percent. `random` has learned nothing. `published` learned from the labels of ImageNet, of which "
        "these photographs are a part: it says what can be reached, and is no rival."
    )
    heads = ["encoder", "right", "± (95 %)", "among five", "by chance"]
    keys = ("encoder", "top1", "interval", "top5", "chance")
    yield _tabulate(heads, [[row[key] for key in keys] for row in rows])
    some = rows[0]
    yield (
        f"*{some['budget']}, {int(some['samples']):,} photographs shown: `{some['command']}` on {some['machine']}; "
        f"{some['versions']}. `results/{path.name}`.*"
    )


def _tabulate(heads: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, ["---"] * len(heads), *cells))


def _render_diversity(results: Path, docs: Path) -> Iterator[str]:
    rows = read_lines(results / "diversity.csv")
    if not rows:
        return
    yield "## Several samples"
    yield (
        "Each photograph is colored several times at random, as its model believes, and the result nearest to the "
        "truth is kept. Errors are the mean distance of ab, in units of Lab, from the truth; beside them that of the "
        "one result without sampling."
    )
    most: dict[str, Row] = {row["name"]: row for row in rows}
    cells = []
    for name, row in most.items():
        first = next(it for it in rows if it["name"] == name)
        errors = (it["expected_error_of_best"] for it in (first, row))
        values = [f"{float(error):.2f}" for error in (row["automatic_error"], *errors)]
        cells.append([name, row["samples"], *values, f"{float(row['variance']):.1f}"])
    heads = ["", "samples", "error without sampling", "error of one", "error of the best", "variance"]
    yield _tabulate(heads, cells)
    yield (
        f"*{rows[0]['n']} photographs of `eval/objects`: `{rows[0]['command']}` on {rows[0]['machine']}; "
        f"{rows[0]['versions']}. `results/diversity.csv`.*"
    )
    if (docs / "pictures/systems/diversity.svg").exists():
        yield "![error of the best of so many samples](../pictures/systems/diversity.svg)"


def _render_system(name: str, row: Row, docs: Path, title: str, level: int = 2) -> Iterator[str]:
    """Yield what is said and shown of a system, under a title."""
    pictures = docs / "pictures" / "systems"
    if row["state"] == "baseline":
        return
    yield f"{'#' * level} {title}"
    yield _describe(name, row)
    if (pictures / f"{name}.webp").exists():
        yield f"![ten photographs by {name}](../pictures/systems/{name}.webp)"
    if (pictures / f"{name}-curve.svg").exists():
        yield f"![learning curve of {name}](../pictures/systems/{name}-curve.svg)"


def _describe(name: str, row: Row) -> str:
    figures = (
        f"PSNR {_say('psnr', row)}, AuC {_say('auc', row)}, rebalanced {_say('rebalanced_auc', row)}, colorfulness "
        f"{_say('colorfulness_over_truth', row)} of the truth's"
    )
    if row["state"] == "bundled":
        return f"{row['remark']} ({row['budget']}): {figures}."
    if row["state"] == "examples":
        return f"{row['remark'].capitalize()}, {row['samples']} of them: {figures}.{_lack_examples(row)}"
    remark = f" With {row['remark']}." if row["remark"] else ""
    shown = f"in {_say('minutes', row)} minutes, in which it was shown {int(row['samples']):,} photographs"
    return f"**{row['state'].capitalize()}** {shown}: {figures}.{remark}{_need(name, row)}"


def _lack_examples(row: Row) -> str:
    """Say what a system of examples lacks where the best tint beats it."""
    if row.get("over_tint", "") in ("", NOTHING) or float(row["over_tint"]) > 0:
        return ""
    return (
        " That is less than the best tint, so it would not count as trained: it would need examples that show what "
        "the photograph shows, as its paper chose them one by one, instead of the same for all."
    )


def _need(name: str, row: Row) -> str:
    """Say what an undertrained system lacks."""
    if row["state"] != "undertrained":
        return ""
    plan = read_plans("systems")[name]
    asked = sum(read_recipe(recipe).samples for recipe in (plan.first, plan.recipe) if recipe)
    times = asked / int(row["samples"])
    if times < ENOUGH:
        return (
            f" It was shown what its recipe asks for, {asked:,} photographs: it would need a better recipe."
        )
    return (
        f" It would need more photographs: its recipe shows {asked:,}, {times:,.0f} times as many. What it reaches "
        "with them was not measured."
    )


def _say(key: str, row: Row) -> str:
    value = row.get(key, "")
    if value in ("", NOTHING):
        return "-"
    if key == "over_tint":
        half = (
            float(row[f"{key}_high"]) - float(row[f"{key}_low"])
        ) / 2  # the jackknife's interval is symmetric
        return f"{float(value):+.2f}\u00a0±\u00a0{half:.2f}"  # in one line
    if key == "parameters":
        return f"{int(value) / 1e6:.2f} M"
    if key == "machine":  # "Intel(R) Xeon(R) Processor, 4 cores, Linux"
        return value.split(",", maxsplit=1)[0].replace("(R)", "").replace(" Processor", "")
    if key in DIGITS:
        return f"{float(value):.{DIGITS[key]}f}"
    return f"{int(value):,}" if value.isdigit() else value


if __name__ == "__main__":
    main()
