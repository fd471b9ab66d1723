"""Arrays as pages, for photographs that were never files."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import UnreadablePhotoError
from tintype.photos.formats.stored_page import StoredPage, fetch_from
from tintype.photos.photo import Encoding
from tintype.photos.profile import RgbSpace
from tintype.photos.source_color import ColorPlan, MatrixColor


def describe_array(array: NDArray[Any], space: RgbSpace, name: str) -> tuple[StoredPage, ColorPlan, str]:
    """Return an array (see ``Photo.from_array``) as a page, what its codes mean, and its digest.

    Raises:
        UnreadablePhotoError: another shape or type, or no pixels.
    """
    codes = _to_codes(array, name)
    height, width = codes.shape[:2]
    channels = 1 if codes.ndim == 2 else codes.shape[2]
    kind = "gray" if channels == 1 else "rgb"
    bits = 8 * codes.dtype.itemsize
    page = StoredPage(
        height,
        width,
        bits,
        "gray" if channels == 1 else "rgb",
        fetch_from(lambda: codes),
        has_alpha=channels == 4,
        encoding=Encoding(format="PNG", bits=bits, color=kind),
    )
    return page, ColorPlan(MatrixColor(space), space), _digest(codes)


def _to_codes(array: NDArray[Any], name: str) -> NDArray[Any]:
    fits = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
    if fits and array.size and array.dtype in (np.uint8, np.uint16):
        return array
    if fits and array.size and np.issubdtype(array.dtype, np.floating) and np.isfinite(array).all():
        return np.asarray(np.rint(np.clip(array, 0, 1) * 65535), np.uint16)
    raise UnreadablePhotoError(
        f"{name}: {array.dtype} of shape {array.shape} is no photograph; give (height, width) or "
        "(height, width, 3) of uint8, uint16 or float from 0 to 1"
    )


def _digest(codes: NDArray[Any]) -> str:
    digest = hashlib.sha256(f"{codes.shape} {codes.dtype.str}".encode())
    digest.update(np.ascontiguousarray(codes).data)
    return digest.hexdigest()
