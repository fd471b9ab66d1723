"""Masks: regions that were painted in another program, as a picture of the photograph's size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import GuidanceError
from tintype.guidance.marks import MaskMark
from tintype.photos.photo import Photo
from tintype.photos.read import PhotoInput, read_photo

_ROWS = 1024


def read_mask(picture: PhotoInput, **painted: Any) -> MaskMark:
    """Read a region from a picture of any format that photographs can have.

    Args:
        picture: what ``read_photo`` reads.
        painted: color or palette, confidence, origin.

    Returns:
        The mark; it knows the picture's size, and is refused for photographs of another one.

    Raises:
        GuidanceError: nothing is marked.
        PhotoError: the picture can't be read.
    """
    photo = read_photo(picture, ignore_profile=True)
    marked = marked_pixels(photo)
    if not marked.any():
        name = photo.path or "the mask"
        raise GuidanceError(
            f"{name}: nothing is marked; paint the region white, or make all but the region transparent"
        )
    return MaskMark.from_array(marked, frame=(photo.width, photo.height), **painted)


def marked_pixels(picture: Photo) -> NDArray[np.bool]:
    """Return what a picture marks: (height, width) bool.

    Where some of it is transparent, the opaque part is marked; else the part that is lighter than half of the
    lightest pixel: white on black, 1 among 0, also after a lossy format has blurred it.

    Args:
        picture: of any kind, such as a mask painted in another program.
    """
    if picture.alpha is not None and picture.alpha.min() < picture.alpha.max():
        return np.asarray(picture.alpha > picture.alpha.max() / 2)
    strips = [slice(top, top + _ROWS) for top in range(0, picture.height, _ROWS)]
    lightest = max(float(picture.lightness(strip).max()) for strip in strips)
    return np.concatenate([picture.lightness(strip) > lightest / 2 for strip in strips])
