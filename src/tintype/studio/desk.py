"""A photograph that lies open: what is computed once for it, and what was computed last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from threading import RLock
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import srgb_to_lab
from tintype.colorize.colorizer import OpenPhoto
from tintype.colorize.reduction import fit_side, reduce_lightness
from tintype.colorize.result import Colorization
from tintype.colorize.semantics import Semantics
from tintype.photos.join import ColorPicture, Light
from tintype.photos.photo import Photo
from tintype.photos.profile import SRGB
from tintype.photos.raise_ab import AbField, average_cells, fit_field, fit_maps
from tintype.photos.rgb_codes import RgbCoder
from tintype.studio.pyramid import Pyramid

Codes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Value = TypeVar("Value")

Layer: TypeAlias = Literal["color", "gray", "original"]
"""In color; the lightness alone, which is kept; the photograph in the tone that it came in."""

VIEW_SIDE = 1024
"""Longer side of the photograph as it is first seen."""

_VIEWS, _RESULTS, _LOOKS, _STRIPS = 4, 4, 2, 2
_TONE_SIDE = 96
_BAND_PIXELS = 1 << 17


class Latest(Generic[Value]):
    """The last few values that were asked for. Not for several threads at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def find(self, key: Hashable) -> Value | None:
        """Return a value that is there."""
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def keep(self, key: Hashable, value: Value) -> Value:
        """Keep a value and return it; the one that was not asked for longest is forgotten."""
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)
        return value

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return a value, made where it is not there."""
        found = self.find(key)
        return self.keep(key, make()) if found is None else found


@dataclass(frozen=True, eq=False)
class Colored:
    """A colored photograph that can be looked at in any size.

    Attributes:
        result: the photograph and its color.
        cells: (h, w) its lightness, averaged over the cells of the color.
    """

    result: Colorization
    cells: Floats

    @property
    def digest(self) -> str:
        """Of all that changes the pixels, beside the photograph."""
        return self.result.digest

    def field(self, light: Light) -> AbField:
        """Return the color for a level or view of the photograph."""
        return AbField(light.height, light.width, self._maps)

    @cached_property
    def cell_maps(self) -> Floats:
        """The field's maps at the cells, (5, h, w) float32: for a page that joins color and lightness itself."""
        return fit_maps(self.result.ab, self.cells)

    @cached_property
    def _maps(self) -> Floats:
        photo = self.result.photo
        return fit_field(self.result.ab, self.cells, (photo.height, photo.width)).maps


class Desk:
    """One opened photograph; it may be used from several threads at once.

    Args:
        opened: the photograph.
        threads: that work on it at once.

    Attributes:
        opened: the photograph.
        pyramid: its zoom levels.
        lock: held while something is computed that others may wait for.
    """

    def __init__(self, opened: OpenPhoto, threads: int) -> None:
        self.opened = opened
        self.pyramid = Pyramid(opened.photo, threads)
        self.lock = RLock()
        self._threads = threads
        self._views: Latest[Photo] = Latest(_VIEWS)
        self._cells: Latest[Floats] = Latest(_LOOKS)
        self.results: Latest[Colored] = Latest(_RESULTS)
        self.looks: Latest[Colorization] = Latest(_LOOKS)
        self.strips: Latest[list[Colored]] = Latest(_STRIPS)

    @property
    def photo(self) -> Photo:
        """The photograph."""
        return self.opened.photo

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the photograph."""
        return self.opened.size

    @property
    def memory_bytes(self) -> int:
        """About how much memory it takes, without what is computed for a moment."""
        arrays = (self.photo.pixels, self.photo.alpha, self.photo.preview)
        held = sum(array.nbytes for array in arrays if array is not None)
        return held + self.photo.height * self.photo.width // 5 + 30_000_000

    def view(self, side: int = VIEW_SIDE) -> Photo:
        """Return the photograph at the size of a screen, as a source of light.

        Args:
            side: the longer side at most; the photograph is not enlarged.
        """
        with self.lock:
            return self._views.get(side, lambda: self._reduce(side))

    def semantics(self) -> Semantics:
        """Return what the encoder sees, and where; it is asked once.

        Raises:
            UnsupportedByModelError: no model here knows classes.
        """
        with self.lock:
            return self.opened.semantics()

    def colored(self, result: Colorization) -> Colored:
        """Return a result as something to look at."""
        grid = result.ab.shape[:2]
        with self.lock:
            cells = self._cells.get(grid, lambda: average_cells(self.view().lightness(), grid))
        return Colored(result, cells)

    def picture(self, layer: Layer, light: Light, colored: Colored | None) -> ColorPicture:
        """Return a layer at a level or view, 8-bit sRGB; of nothing it is computed before rows are asked for.

        Args:
            layer: which one.
            light: from `view` or `pyramid`.
            colored: needed for the layer ``color`` alone.
        """
        if layer == "color":
            assert colored is not None
            field = colored.field(light)
        else:
            maps = self._tone if layer == "original" else np.zeros((5, 1, 1), np.float32)
            field = AbField(light.height, light.width, maps)
        return ColorPicture(light, field, srgb_coder().encode, np.dtype(np.uint8), self._threads)

    @cached_property
    def _tone(self) -> Floats:
        """The maps of the source's own color, as far as its preview shows it."""
        preview = self.photo.preview
        if preview is None or self.photo.hue_count == 0:
            return np.zeros((5, 1, 1), np.float32)
        size = fit_side(preview.shape[:2], _TONE_SIDE)
        lab = srgb_to_lab(preview.astype(np.float32) / np.float32(255))
        planes = [average_cells(np.ascontiguousarray(lab[..., i]), size) for i in range(3)]
        return fit_field(np.stack(planes[1:], axis=-1), planes[0], self.size).maps

    def _reduce(self, side: int) -> Photo:
        size = fit_side(self.size, side)
        if size == self.size:
            return replace(self.photo, rgb_space=SRGB, bit_depth=8)
        source = self.view() if side < VIEW_SIDE else self.photo
        return Photo(*size, 8, reduce_lightness(source, size, self._threads))


@lru_cache(maxsize=1)
def srgb_coder() -> RgbCoder:
    """Return what turns Lab into 8-bit sRGB; made once, which takes a third of a second."""
    return RgbCoder(SRGB, 8)


def render(picture: ColorPicture, rows: slice, columns: slice, workers: ThreadPoolExecutor) -> Codes:
    """Compute a part of a picture, large ones on several threads.

    Args:
        picture: from `Desk.picture`.
        rows: with start and stop inside of it.
        columns: likewise.
        workers: that may help.

    Returns:
        (h, w, 3) uint8 sRGB.
    """
    height, width = rows.stop - rows.start, columns.stop - columns.start
    if height * width <= _BAND_PIXELS:
        return np.asarray(picture.region(rows, columns))
    rounds = -(-height * width // (_BAND_PIXELS * picture.threads))
    step = -(-height // (rounds * picture.threads))  # so that all threads have the same to do
    codes = np.empty((height, width, 3), np.uint8)

    def fill(top: int) -> None:
        bottom = min(top + step, height)
        codes[top:bottom] = picture.region(slice(rows.start + top, rows.start + bottom), columns)

    for _ in workers.map(fill, range(0, height, step)):
        pass
    return codes


def whole(picture: ColorPicture) -> tuple[slice, slice]:
    """Return all rows and columns of a picture."""
    return slice(0, picture.height), slice(0, picture.width)


def is_gray(layer: Layer, photo: Photo) -> bool:
    """Return whether a layer has no color, so that one channel says it all."""
    return layer == "gray" or (layer == "original" and photo.hue_count == 0)


def as_sent(codes: Codes, *, gray: bool) -> NDArray[Any]:
    """Return codes as they are encoded: (h, w, 3), or (h, w) where the channels are equal."""
    return codes[..., 0] if gray else codes
