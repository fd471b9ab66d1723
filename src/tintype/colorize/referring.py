"""Coloring like a reference: color photographs whose colors a photograph takes where it shows the same.

A `ReferenceGuide` guides each photograph of a batch, or one that is open::

    guide = ReferenceGuide([read_reference("wedding.jpg")])
    guided = guide.guide(opened)
    opened.colorize(guided.guidance)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import srgb_to_lab
from tintype.colorize.guides import Guided, told_confidence
from tintype.colorize.palettes import palette_of
from tintype.errors import GuidanceError, UnsupportedByModelError
from tintype.guidance.cells import Cells, ColoredCells, color_cells, describe_cells
from tintype.guidance.document import located
from tintype.guidance.guidance import GlobalPalette, Guidance, Style
from tintype.guidance.marks import PointMark
from tintype.guidance.masks import marked_pixels
from tintype.guidance.matching import ColorMatch, compare, match_colors
from tintype.guidance.reference import (
    LEAST_AGREEMENT,
    LEAST_CONFIDENCE,
    NamedMatch,
    match_origin,
    place_marks,
)
from tintype.photos.photo import Photo
from tintype.photos.read import DEFAULT_MAX_PIXELS, read_photo

if TYPE_CHECKING:
    from tintype.colorize.colorizer import OpenPhoto

REFERRING = 2
"""Version of the matching; raised whenever the same photographs give other marks."""

_SIDE = 512  # pixels at which a reference's colors are taken
_PALETTE_STRENGTH = 0.5


@dataclass(frozen=True, eq=False)
class Reference:
    """A color photograph to take colors from.

    Attributes:
        photo: with its color: a preview as ``read_photo`` makes it, or `true_ab`.
        name: what notes and the marks' origin call it.
        region: (height, width) of the photograph; only where it is not zero colors are taken. None: everywhere.

    Raises:
        GuidanceError: the photograph is gray, or the region is of another size or empty.
    """

    photo: Photo
    name: str = "the reference"
    region: NDArray[np.bool] | None = None

    def __post_init__(self) -> None:
        label = str(self.photo.path or self.name)
        if self.photo.hue_count == 0:
            raise GuidanceError(f"{label}: it is gray; give a reference in color")
        if self.region is not None:
            _check_region(self.region, self.photo, label)

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of the photograph and the region."""
        region = b"" if self.region is None else np.packbits(self.region != 0).tobytes()
        return hashlib.sha256(self.photo.sha256.encode() + region).hexdigest()

    def colors(self, size: tuple[int, int]) -> ColoredCells:
        """Return the color of its cells, (height, width) of them."""
        srgb = self.photo.srgb_preview(_SIDE)
        return color_cells(srgb_to_lab(srgb)[..., 1:], size, self.region)

    def palette(self) -> GlobalPalette | None:
        """Return its colors as a whole; None where only a region is meant, or there is a single hue."""
        if self.region is not None or self.photo.hue_count < 2 or self.photo.preview is None:
            return None
        return replace(palette_of(self.photo), origin=match_origin(self.name))


def read_reference(path: str | Path, region: str = "", *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Reference:
    """Read a reference.

    Args:
        path: of a color photograph.
        region: of it whose colors are taken: "x,y,width,height" in pixels, or the path of a mask, a picture of
            the same size that is white there; empty for all of it.
        max_pixels: as in ``read_photo``.

    Raises:
        GuidanceError: it is gray, or the region does not fit.
        PhotoError: it, or the mask, can't be read.
    """
    photo = read_photo(Path(path), max_pixels=max_pixels)
    return Reference(photo, Path(path).name, _read_region(region, photo) if region else None)


def _read_region(text: str, photo: Photo) -> NDArray[np.bool]:
    numbers = text.split(",")
    if len(numbers) == 4 and all(number.strip().isdecimal() for number in numbers):
        return _box([int(number) for number in numbers], photo)
    if not Path(text).is_file():
        raise GuidanceError(f"{text}: this is no region; give x,y,width,height or the file of a mask")
    with located(f"{text}: "):
        mask = marked_pixels(read_photo(Path(text), ignore_profile=True))
        _check_region(mask, photo, str(photo.path))
    return mask


def _box(numbers: Sequence[int], photo: Photo) -> NDArray[np.bool]:
    x, y, width, height = numbers
    if x + width > photo.width or y + height > photo.height or not width * height:
        raise GuidanceError(
            f"{photo.path}: the region {x},{y},{width},{height} is not inside of its {photo.width} x {photo.height} "
            "pixels; give x,y,width,height"
        )
    mask = np.zeros((photo.height, photo.width), np.bool)
    mask[y : y + height, x : x + width] = True
    return mask


def _check_region(region: NDArray[Any], photo: Photo, name: str) -> None:
    if region.shape != (photo.height, photo.width):
        shape = " x ".join(str(side) for side in reversed(region.shape))
        raise GuidanceError(
            f"the mask is {shape} pixels and {name} is {photo.width} x {photo.height}; give one of the same size"
        )
    if not region.any():
        raise GuidanceError(f"nothing is marked of {name}; paint the region white")


@dataclass(eq=False)
class ReferenceGuide:
    """References that guide photographs: what matches takes their colors; it may be used from several threads.

    Attributes:
        references: one or more; where several match, the surest match decides.
    """

    references: Sequence[Reference]
    _cells: dict[str, list[tuple[Cells, ColoredCells]]] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)

    @property
    def digest(self) -> str:
        """What identifies the references, hexadecimal."""
        parts = [f"reference {REFERRING}", *(reference.digest for reference in self.references)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def guide(self, opened: OpenPhoto) -> Guided:
        """Match a photograph with the references.

        Returns:
            Marks (origin ``match:wedding.jpg``, confidence as the probability that the color is right), a palette
            from the reference that agrees best, and for each reference a note of what came of it. For a model that
            takes a style and gives no features: the mean of the references' styles.

        Raises:
            UnsupportedByModelError: the model gives no features to match by and takes no style, or the style of a
                region is wanted.
        """
        if {"style", "features"} & opened.colorizer.card.capabilities == {"style"}:
            return self._lend_style(opened)
        target = describe_photo(opened)
        matches = [
            NamedMatch(match_origin(reference.name), match_colors(compare(target, cells), colors))
            for reference, (cells, colors) in zip(self.references, self._described(opened), strict=True)
        ]
        marks = place_marks(matches, opened.size)
        notes = [
            note
            for reference, named in zip(self.references, matches, strict=True)
            for note in _tell(reference, named, marks)
        ]
        return Guided(Guidance(marks, self._palette([named.match for named in matches])), tuple(notes))

    def _lend_style(self, opened: OpenPhoto) -> Guided:
        """Return the style of the references, whose colors such a model does not look at."""
        names = ", ".join(reference.name for reference in self.references)
        if any(reference.region is not None for reference in self.references):
            raise UnsupportedByModelError(
                f"{names}: {opened.colorizer.card.name} takes the style of whole photographs; leave the region out"
            )
        styles = [opened.colorizer.open(reference.photo).style().vector for reference in self.references]
        style = Style(tuple(np.mean(styles, axis=0).tolist()), match_origin(self.references[0].name))
        return Guided(Guidance(style=style), (f"{names}: the photograph takes the style, not the colors",))

    def _described(self, opened: OpenPhoto) -> list[tuple[Cells, ColoredCells]]:
        model = opened.colorizer.fingerprint
        with self._lock:  # each reference is looked at once for each model
            if model not in self._cells:
                cells = [describe_photo(opened.colorizer.open(one.photo)) for one in self.references]
                colors = [one.colors(seen.size) for one, seen in zip(self.references, cells, strict=True)]
                self._cells[model] = list(zip(cells, colors, strict=True))
            return self._cells[model]

    def _palette(self, matches: Sequence[ColorMatch]) -> GlobalPalette | None:
        """Return the palette of the reference that agrees best, as strong as marks leave it something to say."""
        best, reference = max(zip(matches, self.references, strict=True), key=lambda pair: pair[0].agreement)
        palette = reference.palette() if best.agreement >= LEAST_AGREEMENT else None
        if palette is None:
            return None
        silent = np.mean([match.confidence < LEAST_CONFIDENCE for match in matches])
        return replace(palette, strength=round(_PALETTE_STRENGTH * best.agreement * float(silent), 3))


def describe_photo(opened: OpenPhoto) -> Cells:
    """Return a photograph as cells that can be matched.

    Raises:
        UnsupportedByModelError: the model gives no features.
    """
    size = opened.colorizer.card.size.fit(*opened.size, None)
    return describe_cells(opened.features(), opened.lightness_at(size))


def _tell(reference: Reference, named: NamedMatch, marks: Sequence[PointMark]) -> Iterator[str]:
    own = [mark for mark in marks if mark.origin == named.origin]
    if not own:
        yield (
            f"{reference.name}: nothing in it matches this photograph, which takes no color from it; "
            "give it as a palette to take its colors as a whole"
        )
        return
    yield (
        f"{reference.name}: {len(own)} {'marks' if len(own) > 1 else 'mark'} by matching, {told_confidence(own)}; "
        f"the photographs agree by {named.match.agreement:.2f}"
    )
    if reference.photo.hue_count == 1:
        yield f"{reference.name}: it has a single hue; if that is the tone of a print, leave it out"
