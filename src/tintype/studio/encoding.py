"""Pictures as they are sent to the page: encoded by what is fastest."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

Format: TypeAlias = Literal["jpeg", "png", "webp"]
"""JPEG is the fastest; PNG is exact."""

FrameFormat: TypeAlias = Literal["jpeg", "png", "webp", "field"]
"""Of what comes live: a field is the color without the lightness, for a page that joins them itself."""

FORMATS: tuple[str, ...] = get_args(Format)

QUALITY = 88
"""Of what is looked at."""

DRAFT_QUALITY = 78
"""Of what is seen for a moment while the pointer moves."""

MEDIA_TYPES: dict[Format, str] = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def encode(codes: NDArray[np.uint8], kind: Format = "jpeg", quality: int = QUALITY) -> bytes:
    """Return a picture file.

    Args:
        codes: (h, w) gray or (h, w, 3) sRGB, uint8.
        kind: of the file.
        quality: 0..100; PNG has none.
    """
    import imagecodecs  # noqa: PLC0415 - loaded by who sends pictures

    codes = np.ascontiguousarray(codes)
    if kind == "jpeg":
        return bytes(imagecodecs.jpeg8_encode(codes, level=quality, subsampling=_sampling(codes, quality)))
    if kind == "png":
        return bytes(imagecodecs.png_encode(codes, level=1))
    colored = codes if codes.ndim == 3 else np.repeat(codes[..., None], 3, axis=2)
    return bytes(imagecodecs.webp_encode(colored, level=quality, lossless=False, method=0))


def _sampling(codes: NDArray[np.uint8], quality: int) -> str | None:
    """Keep color at full resolution, but in drafts."""
    if codes.ndim == 2:
        return None
    return "420" if quality < QUALITY else "444"
