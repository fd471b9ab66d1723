"""Measure how drawings are colored: made from the evaluation photographs, in every style, against the best tint.

    TINTYPE_DATA=... python results/sketches.py [--model tintype-sketch] [--beside tintype-small] [--sheet ten.jpg]

No drawing comes with its true colors, but one that is made of a photograph does (``tintype.learn.data.drawings``,
which needs the extra ``train``). Judged is the ab that a model gives each pixel, against the photograph's, by the
protocol ``set``; a constant tint is what a model that sees nothing can reach, so the best of all tints is the mark to
beat. ``--sheet`` draws ten of them to be looked at: photograph, drawing, tinted, and the true colors as a tint. Never
put it into the repository.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from evaluation import create_parser, gray_input, list_objects, parse, read_codes, report, say, to_lab
from numpy.typing import NDArray

from tintype import Colorizer
from tintype.colorize.answer import resize_grid
from tintype.colorize.worlds import SKETCH_MODEL
from tintype.learn.data.drawings import STYLES, make_drawings
from tintype.measure.auc import PIXEL_STEP, THRESHOLDS, ErrorTable, round_bins
from tintype.measure.contact_sheet import SheetRow, draw_contact_sheet
from tintype.measure.figures import Codes
from tintype.measure.record import Row
from tintype.photos.join import tint
from tintype.photos.photo import Photo

Floats = NDArray[np.floating[Any]]

LOOKED_AT = 10
PHOTOGRAPHS = "the photographs themselves"


def main() -> None:
    """Measure, write and draw."""
    arguments = _parse()
    photographs = list_objects()
    paths = photographs.paths[: arguments.limit]
    names = [arguments.model, *arguments.beside]
    colorizers = {name: Colorizer(name, threads=arguments.threads) for name in names}
    rows = [*_measure(paths, colorizers)]
    report(arguments.out / "sketches.csv", rows, f"objects {photographs.digest}", *colorizers.values())
    if arguments.sheet:
        _draw_sheet(paths, colorizers[arguments.model], arguments.sheet)


def _parse() -> argparse.Namespace:
    parser = create_parser(__doc__, SKETCH_MODEL)
    parser.add_argument("--beside", nargs="*", default=["tintype-small"], help="models to compare it with")
    parser.add_argument("--sheet", type=Path, help="draw ten of them here")
    parser.add_argument("--limit", type=int, default=None, help="only the first photographs, to try it out")
    return parse(parser)


def draw(true: Codes, style: str, number: int) -> Codes:
    """Draw a photograph (H, W, 3) in a style: (H, W) uint8; the same each time for a number."""
    lab = torch.from_numpy(to_lab(true)).float().permute(2, 0, 1)[None]
    generator = torch.Generator().manual_seed(number)
    sheet = make_drawings(lab, [style], np.random.default_rng(number), generator)
    return np.rint(2.55 * sheet[0, 0].numpy()).astype(np.uint8)


def best_tint(true_ab: list[Floats]) -> tuple[float, float]:
    """Return the constant (a, b), to a unit, with the highest rebalanced AuC over all photographs."""
    colors = np.concatenate([ab.reshape(-1, 2)[::PIXEL_STEP] for ab in true_ab])
    bins = round_bins(colors)
    weights = 1 / np.bincount(bins)[bins]
    cells, places = np.unique(np.rint(colors), axis=0, return_inverse=True)
    best = (0.0, 0.0)
    for step, reach in ((10, 50), (2, 10)):  # to whole units first, which are fewer
        best = _best_near(best, step, reach, cells, np.bincount(places.ravel(), weights))
    return _best_near(best, 1, 2, colors, weights)


def _best_near(
    middle: tuple[float, float], step: int, reach: int, colors: Floats, weights: Floats
) -> tuple[float, float]:
    around = range(-reach, reach + 1, step)
    near = [(middle[0] + a, middle[1] + b) for a in around for b in around]
    return max(near, key=lambda ab: float(_passed(colors, ab) @ weights))


def _passed(colors: Floats, ab: tuple[float, float]) -> Floats:
    distances = np.hypot(colors[:, 0] - ab[0], colors[:, 1] - ab[1])
    return np.maximum(THRESHOLDS - np.ceil(distances), 0)


def _measure(paths: tuple[Path, ...], colorizers: dict[str, Colorizer]) -> Iterator[Row]:
    """Yield the figures of the best tint, then of each model, style by style."""
    true = [to_lab(read_codes(path))[..., 1:] for path in paths]
    ab = best_tint(true)
    tinted = ErrorTable()
    for each in true:
        tinted.add(each, np.broadcast_to(ab, each.shape))
    mark = tinted.auc()
    yield Row(f"best constant tint ({ab[0]:g}, {ab[1]:g}): rebalanced AuC", mark.rebalanced, "", len(paths))
    yield Row("best constant tint: AuC", mark.raw, "", len(paths))
    for name, colorizer in colorizers.items():
        required = f"> {mark.rebalanced:.2f}" if colorizer is next(iter(colorizers.values())) else ""
        yield from _measure_model(paths, colorizer, name, required)


def _measure_model(paths: tuple[Path, ...], colorizer: Colorizer, name: str, required: str) -> Iterator[Row]:
    whole, tables = ErrorTable(), {style: ErrorTable() for style in (*STYLES, PHOTOGRAPHS)}
    for number, path in enumerate(paths):
        say(f"{name}: {number + 1}/{len(paths)}")
        true = read_codes(path)
        for style, table in tables.items():
            shown = gray_input(true) if style == PHOTOGRAPHS else draw(true, style, number)
            ab = resize_grid(colorizer.colorize(shown).ab, true.shape[:2])
            for each in (table,) if style == PHOTOGRAPHS else (table, whole):
                each.add(to_lab(true)[..., 1:], ab)
    model, count = colorizer.card.name, len(paths)
    yield Row(f"{model}, all styles: rebalanced AuC", whole.auc().rebalanced, required, count * len(STYLES))
    yield Row(f"{model}, all styles: AuC", whole.auc().raw, "", count * len(STYLES))
    for style, table in tables.items():
        yield Row(f"{model}, {style}: rebalanced AuC", table.auc().rebalanced, "", count)


def _draw_sheet(paths: tuple[Path, ...], colorizer: Colorizer, target: Path) -> None:
    """Draw ten photographs, their drawings, and these tinted by the model and by the truth."""
    chosen = paths[:: max(1, len(paths) // LOOKED_AT)][:LOOKED_AT]
    rows = []
    for number, path in enumerate(chosen):
        true = read_codes(path)
        sheet = draw(true, STYLES[number % len(STYLES)], number)
        tinted = colorizer.colorize(sheet, input="sketch").picture().to_array()
        cells = np.ascontiguousarray(to_lab(true)[::4, ::4, 1:], np.float32)
        ideal = tint(Photo.from_array(sheet), cells).to_array()
        drawing = np.repeat(sheet[..., None], 3, axis=2)
        rows.append(SheetRow(path.stem, [true, drawing, np.asarray(tinted), np.asarray(ideal)]))
    columns = ["photograph", "drawing", colorizer.card.name, "its true colors"]
    draw_contact_sheet(columns, rows, side=256).save(target, quality=90)


if __name__ == "__main__":
    main()
