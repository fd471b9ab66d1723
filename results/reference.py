"""Measure what a reference photograph is worth: halves of one photograph, and references of other subjects.

    TINTYPE_DATA=... python results/reference.py [--model M] [--count 50] [--sheets FOLDER]

Each of the photographs, those of ``eval/objects`` whose names have the lowest SHA-256, is cut in two. One half is
colored like the other one, which it shares no pixel with; then like half of the next photograph, which shows
something else. Judged is PSNR over the same half colored without a reference. The matching was fitted on training
photographs (``fit_matching.py``). What each pair contributes stands in ``photographs/reference.csv``; the files and
their SHA-256 in ``eval-objects.sha256``. ``--sheets`` draws gray, reference, automatic, guided and true side by side,
to be looked at. Never put these into the repository.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from evaluation import (
    Floats,
    colored_codes,
    create_parser,
    gray_input,
    list_objects,
    parse,
    read_codes,
    report,
    say,
    to_lab,
)

from tintype import Colorizer
from tintype.colorize.colorizer import OpenPhoto
from tintype.colorize.referring import Reference, ReferenceGuide
from tintype.errors import GuidanceError
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import Mark, PointMark
from tintype.guidance.matching import RIGHT
from tintype.measure.contact_sheet import SheetRow, draw_contact_sheet
from tintype.measure.fidelity import psnr
from tintype.measure.figures import Codes, left_gray
from tintype.measure.record import PhotoList, Row, write_photograph_table
from tintype.photos.photo import Photo

DECODINGS = {"default": None, "faithful": 0.0}
REQUIRED = {"same": ">= 2", "other": ">= -0.3"}
NAMES = {"same": "another part of the same photograph", "other": "another subject"}
LOSS = 0.3
_SHEET_ROWS = 10


@dataclass
class Found:
    """What came of all pairs of one kind.

    Attributes:
        gains: decoding -> PSNR over automatic of each pair, decibels.
        matched: for each pair, whether anything matched.
        right: for each mark, whether its color is right.
        sure: for each mark, its confidence.
    """

    gains: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in DECODINGS})
    matched: list[bool] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    sure: list[float] = field(default_factory=list)


def main() -> None:
    """Measure, write and draw."""
    arguments = _parse()
    photographs = held_apart(arguments.count)
    colorizer = Colorizer(arguments.model, threads=arguments.threads)
    found, sheet = measure(colorizer, photographs.paths)
    write_photograph_table(arguments.out / "photographs" / "reference.csv", by_photograph(photographs, found))
    rows = [row for kind, each in found.items() for row in _rows(kind, each)]
    report(arguments.out / "reference.csv", rows, f"objects {photographs.digest}", colorizer)
    if arguments.sheets:
        draw_sheets(sheet, arguments.sheets, "reference")


def _parse() -> argparse.Namespace:
    parser = create_parser(__doc__)
    parser.add_argument("--count", type=int, default=50, help="number of photographs")
    parser.add_argument("--sheets", type=Path, help="folder of contact sheets")
    return parse(parser)


def held_apart(count: int) -> PhotoList:
    """Return the photographs whose names have the lowest hashes: chosen by nobody."""
    found = list_objects()
    order = sorted(range(len(found.paths)), key=lambda i: name_hash(found.paths[i]))[:count]
    return PhotoList(tuple(found.paths[i] for i in order), tuple(found.lines[i] for i in order))


def name_hash(path: Path) -> int:
    """Return the SHA-256 of a file's name as a number."""
    return int(hashlib.sha256(path.name.encode()).hexdigest(), 16)


def halves(path: Path) -> tuple[Codes, Codes]:
    """Return the halves of a photograph; its name says how it is cut and which one comes first."""
    return cut(read_codes(path), name_hash(path) >> 8)


def cut(picture: Codes, number: int) -> tuple[Codes, Codes]:
    """Return the halves of a picture: left and right of each other or above, as the bits of a number say."""
    height, width, _ = picture.shape
    if number & 1:
        parts = picture[:, : width // 2], picture[:, width // 2 :]
    else:
        parts = picture[: height // 2], picture[height // 2 :]
    first, second = (np.ascontiguousarray(part) for part in (parts[::-1] if number & 2 else parts))
    return first, second


def measure(colorizer: Colorizer, paths: Sequence[Path]) -> tuple[dict[str, Found], list[SheetRow]]:
    """Color the first half of each photograph like its second one, and like that of the next photograph."""
    found = {kind: Found() for kind in NAMES}
    sheet = []
    for i, path in enumerate(paths):
        say(f"reference: {i + 1}/{len(paths)}")
        true, same = halves(path)
        other = halves(paths[(i + 1) % len(paths)])[1]
        opened = colorizer.open(gray_input(true))
        for kind, picture in (("same", same), ("other", other)):
            guidance = guidance_of(opened, picture)
            note(found[kind], opened, true, guidance)
            if kind == "same":
                shown = [colored_codes(opened.colorize(said)) for said in (Guidance(), guidance)]
                name = f"{path.stem[:24]} {found[kind].gains['default'][-1]:+.1f} dB"
                sheet.append(SheetRow(name, [left_gray(true), picture, *shown, true]))
    return found, sheet


def guidance_of(opened: OpenPhoto, picture: Codes) -> Guidance:
    """Return what a reference says of a photograph: nothing where it is refused for being gray."""
    try:
        guide = ReferenceGuide([Reference(Photo.from_array(picture))])
    except GuidanceError:
        return Guidance()
    return guide.guide(opened).guidance


def note(found: Found, opened: OpenPhoto, true: Codes, guidance: Guidance) -> None:
    """Judge one photograph under what its reference said."""
    found.matched.append(bool(guidance))
    for name, vividness in DECODINGS.items():
        plain, guided = (
            psnr(true / 255, colored_codes(opened.colorize(said, vividness=vividness)) / 255)
            for said in (Guidance(), guidance)
        )
        found.gains[name].append(guided - plain)
    lab = to_lab(true)
    for mark in guidance.marks:
        found.right.append(is_right(mark, lab[..., 1:]))
        found.sure.append(mark.confidence)


def is_right(mark: Mark, ab: Floats) -> bool:
    """Return whether a mark has the color that is in its middle."""
    assert isinstance(mark, PointMark)
    assert mark.color is not None
    row, column, reach = int(mark.y), int(mark.x), max(1, int(mark.radius / 2))
    patch = ab[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1]
    return bool(np.hypot(*(patch.mean(axis=(0, 1)) - mark.color[1:])) < RIGHT)


def by_photograph(photographs: PhotoList, found: dict[str, Found]) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield what each photograph contributes, PSNR over automatic by kind of reference and by decoding."""
    for i, path in enumerate(photographs.paths):
        yield (
            path.name,
            {
                f"{NAMES[kind]}, {decoding} decoding": gains[i]
                for kind, each in found.items()
                for decoding, gains in each.gains.items()
            },
        )


def _rows(kind: str, found: Found) -> Iterator[Row]:
    name, count = NAMES[kind], len(found.matched)
    for decoding, gains in found.gains.items():
        required = REQUIRED[kind] if decoding == "default" else ""
        yield Row(f"{name}, {decoding} decoding: PSNR over automatic", float(np.mean(gains)), required, count)
    gains = found.gains["default"]
    yield Row(f"{name}: median of the gain", float(np.median(gains)), "", count)
    yield Row(f"{name}: lowest decile of the gain", float(np.percentile(gains, 10)), "", count)
    yield Row(f"{name}: worst pair", float(min(gains)), "", count)
    yield Row(
        f"{name}: share that loses more than {LOSS} dB", float(np.mean(np.array(gains) < -LOSS)), "", count
    )
    yield Row(f"{name}: share in which something matches", float(np.mean(found.matched)), "", count)
    if kind == "same" and found.right:
        yield Row(
            f"{name}: share of marks with the right color", float(np.mean(found.right)), "", len(found.right)
        )
        yield Row(f"{name}: mean confidence of marks", float(np.mean(found.sure)), "", len(found.sure))


def draw_sheets(rows: Sequence[SheetRow], folder: Path, name: str) -> None:
    """Draw contact sheets."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = ["gray", "reference", "automatic", "guided", "true"]
    for start in range(0, len(rows), _SHEET_ROWS):
        sheet = draw_contact_sheet(columns, rows[start : start + _SHEET_ROWS], side=256)
        sheet.save(folder / f"{name}-{start // _SHEET_ROWS + 1}.png")


if __name__ == "__main__":
    main()
