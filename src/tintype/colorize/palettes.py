"""Palettes for a whole photograph: by name, from a color photograph, from swatches, or from a JSON file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import BIN_COUNT, CENTERS, soft_encode_table
from tintype.color.lab import srgb_to_lab
from tintype.errors import GuidanceError
from tintype.guidance.colors import WeightedColor
from tintype.guidance.document import located
from tintype.guidance.guidance import GlobalPalette, Guidance
from tintype.guidance.palettes.named import find_named_palette, list_named_palettes
from tintype.guidance.palettes.swatch_files import is_swatch_name, parse_swatches
from tintype.guidance.palettes.swatches import Swatch
from tintype.photos.photo import Photo
from tintype.photos.read import is_photo_name, read_photo

_SMALLEST_SHARE = 1e-4
_LARGEST_FILE = 10_000_000


@dataclass(frozen=True)
class LoadedPalette:
    """A palette, and what a person should know of it.

    Attributes:
        palette: as guidance.
        title: what it calls itself, or what is said of it; may be empty.
        swatches: its colors with their names, as they were given.
        notes: on the reading, one sentence each.
    """

    palette: GlobalPalette
    title: str = ""
    swatches: tuple[Swatch, ...] = ()
    notes: tuple[str, ...] = ()


def read_palette(name: str) -> GlobalPalette:
    """Return the palette of a name or file; arguments and errors as those of `load_palette`."""
    return load_palette(name).palette


def load_palette(name: str) -> LoadedPalette:
    """Return the palette of a name or file, with what is known of it.

    Args:
        name: of a palette ("autochrome", see ``list_named_palettes``), or path of a color photograph, of a file of
            swatches (GIMP .gpl; Adobe .aco, .ase, .act), or of a JSON file: ``{"colors": [{"color": "#556b2f",
            "weight": 2}, ...], "strength": 0.8}``, or a plain list of colors, ``["#556b2f", [50, 10, -20]]``.

    Raises:
        GuidanceError: no such name or file, a broken file, one without colors, a gray photograph.
        PhotoError: the photograph can't be read.
    """
    path = Path(name)
    if not _is_path(name):
        named = find_named_palette(name)
        return LoadedPalette(named.as_palette(), named.about, _as_swatches(named.as_palette()))
    if not path.is_file():
        raise GuidanceError(
            f"{name}: there is no such palette file; give a color photograph, swatches or a JSON file"
        )
    if is_swatch_name(name):
        return _load_swatches(path)
    palette = palette_of(read_photo(path)) if is_photo_name(path) else parse_palette(_read_text(path), name)
    return LoadedPalette(palette, swatches=_as_swatches(palette))


def _is_path(name: str) -> bool:
    """Tell a file from a name; a file that is called like a palette is given as ``./autochrome``."""
    if Path(name).suffix or "/" in name or os.sep in name:
        return True
    return Path(name).is_file() and name not in {palette.name for palette in list_named_palettes()}


def _load_swatches(path: Path) -> LoadedPalette:
    swatches = parse_swatches(_read_bytes(path), str(path))
    with located(f"{path}: "):
        palette = swatches.as_palette(f"person:{path.name}"[:200])
    return LoadedPalette(palette, swatches.name, swatches.swatches, swatches.notes)


def _as_swatches(palette: GlobalPalette) -> tuple[Swatch, ...]:
    """Return the colors of a palette, those with the largest shares first."""
    ordered = sorted(palette.colors, key=lambda color: -color.weight)
    return tuple(Swatch(color.color) for color in ordered)


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise GuidanceError(f"{path}: {error.strerror or error}; make it readable") from error
    if len(data) > _LARGEST_FILE:
        raise GuidanceError(f"{path}: it has more than {_LARGEST_FILE:,} bytes; give a palette of usual size")
    return data


def _read_text(path: Path) -> str:
    try:
        return _read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise GuidanceError(
            f"{path}: this is no text; give a color photograph, swatches or a JSON file"
        ) from None


def parse_palette(text: str, source: str = "palette") -> GlobalPalette:
    """Return the palette in a JSON text, see `read_palette`.

    Raises:
        GuidanceError: naming the source, the place, the value and the remedy.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GuidanceError(f"{source}: this is no JSON ({error}); mend it") from None
    document = {"colors": [_as_weighted(color) for color in value]} if isinstance(value, list) else value
    if isinstance(document, dict) and document.get("colors") == []:
        raise GuidanceError(f"{source}: this palette has no colors; give one that has some")
    palette = Guidance.from_json(json.dumps({"palette": document}), source).palette
    assert palette is not None
    return palette


def palette_of(photo: Photo) -> GlobalPalette:
    """Return the colors of a color photograph, each with its share.

    Args:
        photo: with a preview, as ``read_photo`` makes it.

    Raises:
        GuidanceError: the photograph is gray or has a single hue.
    """
    name = photo.path or "the palette's photograph"
    if photo.preview is None or photo.hue_count < 2:
        raise GuidanceError(f"{name}: it has no colors to take a palette from; give a color photograph")
    lab = srgb_to_lab(photo.preview.reshape(-1, 3).astype(np.float32) / 255)
    shares, lightness = _histogram(lab)
    origin = f"match:{photo.path.name}"[:200] if photo.path else "match"
    colors = tuple(
        WeightedColor((float(lightness[i]), float(CENTERS[i, 0]), float(CENTERS[i, 1])), float(shares[i]))
        for i in np.flatnonzero(shares > _SMALLEST_SHARE)
    )
    return GlobalPalette(colors, origin=origin)


def _histogram(lab: NDArray[np.floating[Any]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each bin's share of the pixels (N, 3), and their mean lightness."""
    a, b = np.clip(np.rint(lab[:, 1:]) + 128, 0, 255).astype(np.int64).T
    indices, weights = (table[a, b] for table in soft_encode_table())
    shares = np.bincount(indices.ravel(), weights.ravel(), BIN_COUNT)
    light = np.bincount(indices.ravel(), (weights * lab[:, :1]).ravel(), BIN_COUNT)
    return shares / len(lab), np.clip(light / np.maximum(shares, 1e-9), 0, 100)


def _as_weighted(color: Any) -> Any:
    return color if isinstance(color, dict) else {"color": color}
