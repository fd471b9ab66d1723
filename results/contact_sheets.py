"""Draw contact sheets of the evaluation photographs for people to look at; never into the repository.

    TINTYPE_DATA=... python results/contact_sheets.py OUT [--model M] [--side 256]

Writes OUT/historic-1.jpg ... (gray, faithful, default, vivid) and OUT/objects-1.jpg ... (and the truth).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from evaluation import colored_codes, gray_input, read_codes

from tintype import Colorizer
from tintype.measure.contact_sheet import SheetRow, draw_contact_sheet
from tintype.measure.figures import left_gray
from tintype.measure.record import list_photographs

ROWS = 8
VIVIDNESS = {"faithful": 0.0, "default": None, "vivid": 1.0}


def main() -> None:
    """Color and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default="tintype-small")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    colorizer = Colorizer(arguments.model, threads=arguments.threads)
    for name, has_truth in (("historic", False), ("objects", True)):
        paths = list_photographs(Path(os.environ["TINTYPE_DATA"]) / "eval" / name).paths
        columns = ["gray", *VIVIDNESS, *(["true"] if has_truth else [])]
        for start in range(0, len(paths), ROWS):
            rows = [_row(colorizer, path, has_truth=has_truth) for path in paths[start : start + ROWS]]
            sheet = draw_contact_sheet(columns, rows, side=arguments.side)
            sheet.save(arguments.out / f"{name}-{start // ROWS + 1}.jpg", quality=90)


def _row(colorizer: Colorizer, path: Path, *, has_truth: bool) -> SheetRow:
    true = read_codes(path)
    opened = colorizer.open(gray_input(true))
    colored = [colored_codes(opened.colorize(vividness=vividness)) for vividness in VIVIDNESS.values()]
    return SheetRow(path.stem, [left_gray(true), *colored, *([true] if has_truth else [])])


if __name__ == "__main__":
    main()
