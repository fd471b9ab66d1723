"""Palettes for a whole photograph: from a color photograph, or from a JSON file."""

from __future__ import annotations

import json
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
from tintype.photos.photo import Photo
from tintype.photos.read import is_photo_name, read_photo

_SMALLEST_SHARE = 1e-4
_LARGEST_JSON = 10_000_000


def read_palette(name: str) -> GlobalPalette:
    """Return the palette that a file holds.

    Args:
        name: path of a color photograph, or of a JSON file: ``{"colors": [{"color": "#556b2f", "weight": 2},
            ...], "strength": 0.8}``, or a plain list of colors, ``["#556b2f", [50, 10, -20]]``.

    Raises:
        GuidanceError: no such file, no JSON, a gray photograph.
        PhotoError: the photograph can't be read.
    """
    path = Path(name)
    if not path.is_file():
        raise GuidanceError(f"{name}: there is no such palette file; give a color photograph or a JSON file")
    if is_photo_name(path):
        return palette_of(read_photo(path))
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_JSON).decode("utf-8-sig")
    except OSError as error:
        raise GuidanceError(f"{name}: {error.strerror or error}; make it readable") from error
    except UnicodeDecodeError:
        raise GuidanceError(f"{name}: this is no text; give a color photograph or a JSON file") from None
    return parse_palette(text, name)


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
    with located(f"{source}: "):
        palette = Guidance.from_json(json.dumps({"palette": document}), "palette").palette
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
