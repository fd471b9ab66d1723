"""What all tables share: the photographs, the colorizer, the judge's view of a result."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
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
from tintype.measure.record import PhotoList

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
