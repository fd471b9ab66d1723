"""What all tables share: the photographs, the colorizer, the judge's view of a result."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype import Colorizer
from tintype.color.lab import srgb_to_lab
from tintype.colorize.result import Colorization
from tintype.measure.figures import Codes, left_gray
from tintype.measure.kernel import HintKernel
from tintype.measure.record import Origin, PhotoList, Row, list_photographs, write_table

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Evaluation:
    """What is judged on what.

    Attributes:
        colorizer: the model.
        objects: color photographs, whose truth is known.
        historic: real black-and-white photographs.
        say: is told how far a table is.
        noted: figures of single photographs: name of the file -> what was measured -> value.
    """

    colorizer: Colorizer
    objects: PhotoList
    historic: PhotoList
    say: Callable[[str], None]
    noted: dict[str, dict[str, float]] = field(default_factory=dict)

    @cached_property
    def kernel(self) -> HintKernel:
        """The baseline without a network, as fit_kernel.py left it."""
        record = json.loads(Path(__file__).with_name("kernel.json").read_text(encoding="utf-8"))
        return HintKernel(**record["kernel"])

    @property
    def count(self) -> int:
        """Number of color photographs."""
        return len(self.objects.paths)

    def note(self, photograph: str, figures: Mapping[str, float]) -> None:
        """Keep figures of a single photograph; those of all stand in ``photographs/`` beside the tables."""
        self.noted.setdefault(photograph, {}).update(figures)

    def photographs(self, what: str) -> Iterator[tuple[str, Codes]]:
        """Yield name and truth, (H, W, 3) uint8, and say how far we are."""
        for i, path in enumerate(self.objects.paths, start=1):
            self.say(f"{what}: {i}/{self.count}")
            yield path.name, read_codes(path)


def create_parser(description: str | None, model: str = "tintype-small") -> argparse.ArgumentParser:
    """Return a parser of what all scripts can be told: model, folder of the tables, threads."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=model, help="name or path of a model")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of the tables")
    parser.add_argument("--threads", type=int, default=None, help="all cores if not given")
    return parser


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return what was told, and see that the photographs are named."""
    arguments = parser.parse_args()
    if "TINTYPE_DATA" not in os.environ:
        parser.error("TINTYPE_DATA is not set; set it to the folder of the evaluation photographs")
    return arguments


def list_objects() -> PhotoList:
    """List the color photographs that all models are judged on."""
    return list_photographs(Path(os.environ["TINTYPE_DATA"]) / "eval" / "objects")


def report(path: Path, rows: Sequence[Row], data: str, *colorizers: Colorizer) -> None:
    """Write a table, with where it comes from, and print its figures."""
    models = [f"{it.card.name} {it.fingerprint[:12]}" for it in colorizers]
    write_table(path, rows, Origin.of_this_run(data, models=models))
    for row in rows:
        print(f"  {row.line()}")  # noqa: T201


def say(text: str) -> None:
    """Tell a person who waits how far it is; what ends a line is told to logs too."""
    if sys.stderr.isatty() or text.endswith("\n"):
        print(f"\r{text}", end="", file=sys.stderr, flush=True)  # noqa: T201


def read_codes(path: Path) -> Codes:
    """Read a photograph as (H, W, 3) uint8 sRGB."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def gray_input(true: Codes) -> Codes:
    """Return what the colorizer is given: (H, W) uint8, nothing of the color is left in it."""
    return np.ascontiguousarray(left_gray(true)[..., 0])


def colored_codes(result: Colorization) -> Codes:
    """Return a result as a person sees it: (H, W, 3) uint8."""
    return np.asarray(result.picture().to_array())


def ab_of(codes: Codes) -> Floats:
    """Return the ab (H, W, 2) of a picture."""
    return to_lab(codes)[..., 1:]


def to_lab(codes: Codes) -> Floats:
    """Return the Lab (H, W, 3), float64, of 8-bit or 16-bit sRGB codes."""
    return srgb_to_lab(codes / float(np.iinfo(codes.dtype).max))
