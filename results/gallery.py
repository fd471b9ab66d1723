"""Color ten photographs that anyone may have by every model of systems.csv: the pictures of the documentation.

The photographs are those of the suite ``open`` (`tintype.measure.benchmark.open_photographs`), which come with Python
packages; their licences and authors stand on the page. Each sheet carries the mark of machine-made color.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from evaluation import gray_input
from numpy.typing import NDArray
from PIL import Image

from tintype import Colorization, Colorizer
from tintype.colorize.companions import view
from tintype.measure.benchmark.open_photographs import open_squares
from tintype.models.catalog import ModelFile
from tintype.photos.metadata import ResultFacts, xmp_with_mark

SIDE, TILE, COLUMNS, GAP = 384, 176, 5, 4
"""Pixels of a photograph that is colored, of its picture on a sheet, pictures in a row, and pixels between them."""
LARGEST = 110_000
"""Bytes of a sheet."""
QUALITIES = (82, 76, 70, 62, 54)

Codes = NDArray[np.uint8]


def read_photographs() -> dict[str, Codes]:
    """Return the photographs by name, each (`SIDE`, `SIDE`, 3) uint8 sRGB."""
    return {
        photograph.name: np.asarray(Image.fromarray(square).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
        for photograph, square in open_squares()
    }


def write_sheet(path: Path, model: ModelFile, photographs: Sequence[Codes]) -> None:
    """Color the photographs by a model and write them as one marked picture."""
    colorizer = Colorizer(model)
    results = [colorizer.open(gray_input(true)).colorize() for true in photographs]
    write_picture(path, arrange([view(result, TILE) for result in results]), results[0])


def write_originals(folder: Path, photographs: Sequence[Codes]) -> None:
    """Write what all models are shown, ``gray.webp``, and what it was, ``true.webp``."""
    tiles = [np.asarray(Image.fromarray(true).resize((TILE, TILE))) for true in photographs]
    write_picture(folder / "true.webp", arrange(tiles))
    grays = [np.repeat(gray_input(tile)[..., None], 3, 2) for tile in tiles]
    write_picture(folder / "gray.webp", arrange(grays))


def arrange(tiles: Sequence[Codes]) -> Codes:
    """Return tiles (`TILE`, `TILE`, 3) in rows of `COLUMNS`, with white between them."""
    rows, step = -(-len(tiles) // COLUMNS), TILE + GAP
    sheet = np.full((rows * step - GAP, COLUMNS * step - GAP, 3), 255, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = (step * place for place in divmod(number, COLUMNS))
        sheet[top : top + TILE, left : left + TILE] = tile
    return sheet


def write_picture(path: Path, pixels: Codes, result: Colorization | None = None) -> None:
    """Write a WebP at the best quality that is small enough, marked where a machine colored it.

    Raises:
        SystemExit: it is too large at any quality.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = ResultFacts(*pixels.shape[:2], media_type="image/webp")
    packet = xmp_with_mark(None, result.mark("docs"), facts) if result else b""
    for quality in QUALITIES:
        Image.fromarray(pixels).save(path, quality=quality, method=6, xmp=packet)
        if path.stat().st_size < LARGEST:
            return
    raise SystemExit(
        f"{path}: {path.stat().st_size} bytes even at quality {QUALITIES[-1]}; make TILE smaller"
    )
