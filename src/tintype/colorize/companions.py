"""What can be written beside a colored photograph: the color alone, the doubt, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.color.lab import lab_to_srgb
from tintype.colorize.answer import resize_grid
from tintype.colorize.reduction import fit_side, reduce_lightness
from tintype.colorize.result import Colorization
from tintype.photos.atomic import atomic_file
from tintype.photos.encoders.page import Picture
from tintype.photos.join import ColorPicture, tint_layer
from tintype.photos.join import layer as join_layer
from tintype.photos.photo import Encoding, Metadata, Photo
from tintype.photos.profile import SRGB, RgbSpace
from tintype.photos.write import write_photo

VIEW_SIDE = 1536
"""Longer side of each half of a comparison, and of a doubt map, in pixels."""

_GAP = 16
_STRIP_ROWS = 256


@dataclass(frozen=True, eq=False)
class ArrayPicture:
    """Pixels that are there already, as something that can be written.

    Attributes:
        pixels: (height, width, 3) uint8 or uint16.
        rgb_space: what they mean.
    """

    pixels: NDArray[Any]
    rgb_space: RgbSpace = SRGB

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the codes."""
        return self.pixels.dtype

    def strips(self) -> Iterator[NDArray[Any]]:
        """Yield the rows from top to bottom."""
        return (self.pixels[top : top + _STRIP_ROWS] for top in range(0, self.height, _STRIP_ROWS))

    def to_array(self) -> NDArray[Any]:
        """Return all rows."""
        return self.pixels


def view(result: Colorization, side: int = VIEW_SIDE) -> NDArray[np.uint8]:
    """Return a colored photograph at the size of a screen: (h, w, 3) uint8 sRGB.

    Args:
        result: the photograph and its color.
        side: longer side at most; a smaller photograph is not enlarged.
    """
    return view_at(result, fit_side((result.photo.height, result.photo.width), side))


def view_at(result: Colorization, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a colored photograph reduced to (height, width): (h, w, 3) uint8 sRGB."""
    return np.asarray(result.join(_reduced(result.photo, size)).to_array(), np.uint8)


def comparison(result: Colorization, side: int = VIEW_SIDE) -> NDArray[np.uint8]:
    """Return the photograph as it was and colored, side by side: (h, 2 w + 16, 3) uint8 sRGB."""
    after = view(result, side)
    height, width, _ = after.shape
    gap = np.full((height, _GAP, 3), 255, np.uint8)
    return np.concatenate([_before(result.photo, (height, width)), gap, after], axis=1)


def doubt_map(result: Colorization, side: int = VIEW_SIDE) -> NDArray[np.uint8]:
    """Return the doubt as a gray picture: (h, w) uint8, 0 certain, 255 any color.

    Raises:
        UnsupportedByModelError: the model gives no distribution.
    """
    size = fit_side((result.photo.height, result.photo.width), side)
    return np.rint(255 * resize_grid(result.doubt[..., None], size)[..., 0]).astype(np.uint8)


def write_comparison(
    result: Colorization,
    path: Path,
    *,
    overwrite: bool = False,
    mark: bool = True,
    observe: Callable[[Picture], Picture] = lambda picture: picture,
) -> None:
    """Write `comparison`; errors as those of ``Colorization.write``.

    Args:
        result: the photograph and its color.
        path: its suffix names the format.
        overwrite: replace a file of that name.
        mark: say in the file that a machine made the color.
        observe: wraps the picture before its rows are asked for.
    """
    picture = ArrayPicture(comparison(result))
    like = Photo.from_array(picture.pixels)
    marked = result.mark("compare") if mark else None
    write_photo(path, observe(picture), like=like, mark=marked, overwrite=overwrite)


def write_doubt(result: Colorization, path: Path, *, overwrite: bool = False) -> None:
    """Write `doubt_map` as PNG; errors as those of ``Colorization.write``."""
    picture = Image.fromarray(doubt_map(result))
    with atomic_file(path, overwrite=overwrite) as stream:
        picture.save(stream, "PNG")


def write_layer(result: Colorization, path: Path, *, overwrite: bool = False, mark: bool = True) -> None:
    """Write `layer` as PNG; errors as those of ``Colorization.write``."""
    marked = result.mark("layer") if mark else None
    write_photo(path, layer(result), like=without_metadata(result.photo), mark=marked, overwrite=overwrite)


def layer(result: Colorization) -> ColorPicture:
    """Return the color alone: for the blend mode Color over a photograph, or Multiply over a drawing."""
    make = tint_layer if result.is_drawing else join_layer
    return make(result.photo, result.ab, threads=result.threads)


def _before(photo: Photo, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the photograph as it was, in its tone: (h, w, 3) uint8 sRGB."""
    if photo.preview is not None:
        picture = Image.fromarray(photo.preview)
        return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BICUBIC))
    gray = np.zeros((*size, 3), np.float32)
    gray[..., 0] = reduce_lightness(photo, size)
    return np.rint(255 * np.clip(lab_to_srgb(gray), 0, 1)).astype(np.uint8)


def _reduced(photo: Photo, size: tuple[int, int]) -> Photo:
    """Return a photograph reduced to (height, width), without what its file carried."""
    if size == (photo.height, photo.width):
        return replace(photo, rgb_space=SRGB, bit_depth=8)
    return Photo(*size, 8, reduce_lightness(photo, size))


def without_metadata(photo: Photo) -> Photo:
    """Return the photograph without metadata, for what is made of it but is no copy of it."""
    return replace(photo, metadata=Metadata(), encoding=Encoding(), page=0, page_count=1)
