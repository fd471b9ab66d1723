"""The first promise: the lightness of every result is the input's, black stays black and white stays white."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from evaluation import Evaluation, Floats, read_codes, to_lab
from numpy.typing import NDArray

from tintype.color.lab import luminance_to_lightness, srgb_to_linear
from tintype.measure.record import Row

LARGEST = {8: 0.27, 16: 0.0011}
FORMATS = ("png", "tif")
LUMINANCE = (0.2126, 0.7152, 0.0722)

Codes = NDArray[Any]


@dataclass
class _Worst:
    """What was found for one format and depth."""

    latest: float = 0.0
    difference: float = 0.0
    clipped: int = 0
    changed: int = 0
    count: int = 0

    def add(self, gray: Codes, result: Codes) -> None:
        peak = np.iinfo(gray.dtype).max
        extreme = (gray == 0) | (gray == peak)
        differences = np.abs(to_lab(result)[..., 0] - _lightness(gray))
        self.latest = float(differences.max())
        self.difference = max(self.difference, self.latest)
        self.clipped += int(extreme.sum())
        self.changed += int((result[extreme] != gray[extreme][:, None]).any(axis=1).sum())
        self.count += 1


def measure(evaluation: Evaluation) -> list[Row]:
    """Color every evaluation photograph as PNG and TIFF of 8 and 16 bits, and read the results back."""
    worst = {(suffix, depth): _Worst() for suffix in FORMATS for depth in LARGEST}
    paths = (*evaluation.objects.paths, *evaluation.historic.paths)
    with tempfile.TemporaryDirectory() as folder:
        for i, path in enumerate(paths, start=1):
            evaluation.say(f"promises: {i}/{len(paths)}")
            true = read_codes(path)
            for (suffix, depth), found in worst.items():
                gray = _gray(true, depth)
                source, target = Path(folder) / f"in.{suffix}", Path(folder) / f"out.{suffix}"
                source.write_bytes(_encode(gray, suffix))
                evaluation.colorizer.colorize(source).write(target, overwrite=True)
                found.add(gray, _decode(target))
                evaluation.note(path.name, {f"{_name(suffix, depth)}: largest change of L": found.latest})
    return [row for key, found in worst.items() for row in _rows(*key, found)]


def _rows(suffix: str, depth: int, found: _Worst) -> Iterator[Row]:
    name = _name(suffix, depth)
    yield Row(
        f"{name}: largest change of L in any pixel", found.difference, f"<= {LARGEST[depth]}", found.count
    )
    yield Row(
        f"{name}: black and white pixels changed, of {found.clipped}", str(found.changed), "0", found.count
    )


def _name(suffix: str, depth: int) -> str:
    return f"{'TIFF' if suffix == 'tif' else 'PNG'} of {depth} bits"


def _gray(true: Codes, depth: int) -> Codes:
    """Return the luminance of a photograph as gray codes, with many more levels at 16 bits."""
    luminance = srgb_to_linear(true / 255.0) @ np.array(LUMINANCE)
    shown = np.where(luminance > 0.0031308, 1.055 * luminance ** (1 / 2.4) - 0.055, 12.92 * luminance)
    peak = 2**depth - 1
    return np.round(np.clip(shown, 0, 1) * peak).astype(np.uint8 if depth == 8 else np.uint16)


def _lightness(gray: Codes) -> Floats:
    lightness: Floats = luminance_to_lightness(srgb_to_linear(gray / float(np.iinfo(gray.dtype).max)))
    return lightness


def _encode(gray: Codes, suffix: str) -> bytes:
    if suffix == "png":
        return bytes(imagecodecs.png_encode(gray))
    stream = io.BytesIO()
    tifffile.imwrite(stream, gray, photometric="minisblack")
    return stream.getvalue()


def _decode(path: Path) -> Codes:
    """Read a result with other libraries than those that wrote it where there is a choice."""
    if path.suffix == ".tif":
        return np.asarray(tifffile.imread(path))
    content = path.read_bytes()
    return np.asarray(imagecodecs.png_decode(content))
