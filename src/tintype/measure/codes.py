"""Photographs as all figures see them: 8-bit sRGB, whatever their format, depth and profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from os import PathLike
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import lab_to_srgb
from tintype.errors import PhotoError
from tintype.measure.fidelity import SSIM_WINDOW
from tintype.photos.inputs import DEFAULT_MAX_PIXELS
from tintype.photos.photo import Photo
from tintype.photos.read import read_photo

Codes: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) uint8, sRGB 0..255."""

_STRIP_PIXELS = 1 << 18
_CLIPPED = 1.5 / 255
"""sRGB that far outside of 0..1 was cut off; less is rounding."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A photograph that can be compared.

    Attributes:
        codes: (H, W, 3) uint8, sRGB.
        hue_count: 0 gray, 1 toned, 2 in color.
        notes: what of the file was left out of account, one sentence each.
    """

    codes: Codes = field(repr=False)
    hue_count: int
    notes: tuple[str, ...] = ()


def read_codes(
    path: str | PathLike[str], *, ignore_profile: bool = False, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Picture:
    """Read the first page of a photograph as 8-bit sRGB, upright.

    The profile is applied, relative to its own white; colors outside of sRGB are clipped channel by channel;
    16 bits are rounded to 8. The codes of an 8-bit sRGB file are its own.

    Args:
        path: of the file.
        ignore_profile: take the values for sRGB whatever an embedded profile says.
        max_pixels: what it may declare.

    Raises:
        PhotoError: it can't be read.
    """
    photo = read_photo(path, max_pixels=max_pixels, ignore_profile=ignore_profile, keep_ab=True)
    strips = [_strip(photo, rows) for rows in _rows(photo)]
    share = sum(clipped for _, clipped in strips) / (photo.height * photo.width)
    return Picture(np.concatenate([codes for codes, _ in strips]), photo.hue_count, (*_notes(photo, share),))


def resize_codes(codes: Codes, size: tuple[int, int]) -> Codes:
    """Resize a picture to (height, width): Pillow's bicubic, antialiased, in sRGB."""
    from PIL import Image  # noqa: PLC0415 - loaded only by who resizes

    resized = Image.fromarray(codes).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    return np.asarray(resized)


@dataclass(frozen=True)
class Terms:
    """On which terms two pictures may be compared.

    Attributes:
        resizes: a result of another size is brought to that of the truth; else it is an error.
        accepts_gray: a truth without color is judged too, as published protocols do; else it is an error.
        ignore_profile: see ``read_codes``.
        max_pixels: see ``read_codes``.
    """

    resizes: bool = False
    accepts_gray: bool = False
    ignore_profile: bool = False
    max_pixels: int = DEFAULT_MAX_PIXELS


def read_comparable(
    true: str | PathLike[str], result: str | PathLike[str], terms: Terms | None = None
) -> tuple[Codes, Codes, tuple[str, ...]]:
    """Read a true photograph and its colored version, so that they can be compared pixel by pixel.

    Args:
        true: path of the color photograph.
        result: path of what a program made of it.
        terms: what is accepted; None for the strictest.

    Returns:
        Truth and result as codes of one size, and notes for a person.

    Raises:
        PhotoError: one can't be read, the truth has no color, the sizes differ, or are too small.
    """
    terms = terms or Terms()
    first = _read(true, terms)
    if first.hue_count == 0 and not terms.accepts_gray:
        raise PhotoError(
            f"{true}: the truth is gray, so there is no color to compare with; give the color photograph, or "
            "judge gray ones too with --gray-truth"
        )
    if min(first.codes.shape[:2]) < SSIM_WINDOW:
        raise PhotoError(
            f"{true}: {_describe_size(first.codes)} pixels are too few, windows of {SSIM_WINDOW} x {SSIM_WINDOW} are "
            "compared; give a larger photograph"
        )
    second = _read(result, terms)
    notes = [
        f"{which}: {note}"
        for which, picture in (("truth", first), ("result", second))
        for note in picture.notes
    ]
    codes = second.codes
    if codes.shape != first.codes.shape:
        sizes = f"{_describe_size(codes)}, the truth {_describe_size(first.codes)}"
        if not terms.resizes:
            raise PhotoError(
                f"{result}: the result has {sizes} pixels; give one of the same size, or use --resize"
            )
        codes = resize_codes(codes, first.codes.shape[:2])
        notes.append(f"the result was resized: it had {sizes}")
    return first.codes, codes, tuple(notes)


def _read(path: str | PathLike[str], terms: Terms) -> Picture:
    return read_codes(path, ignore_profile=terms.ignore_profile, max_pixels=terms.max_pixels)


def _rows(photo: Photo) -> Iterator[slice]:
    step = max(1, _STRIP_PIXELS // photo.width)
    return (slice(top, top + step) for top in range(0, photo.height, step))


def _strip(photo: Photo, rows: slice) -> tuple[Codes, int]:
    """Return rows of a photograph as codes, and how many of their colors had to be clipped."""
    lightness = photo.lightness(rows)
    lab = np.zeros((*lightness.shape, 3), np.float32)
    lab[..., 0] = lightness
    if photo.true_ab is not None:
        lab[..., 1:] = photo.true_ab[rows]
    srgb = lab_to_srgb(lab)
    clipped = (np.abs(srgb - 0.5).max(axis=-1) > 0.5 + _CLIPPED).sum()
    codes: Codes = np.rint(255 * np.clip(srgb, 0, 1)).astype(np.uint8)
    return codes, int(clipped)


def _notes(photo: Photo, clipped: float) -> Iterator[str]:
    if photo.page_count > 1:
        yield f"the first of {photo.page_count} pages was taken"
    if photo.alpha is not None and (photo.alpha != np.iinfo(photo.alpha.dtype).max).any():
        yield "its transparency was ignored"
    if clipped > 0.001:
        yield f"{100 * clipped:.1f}% of its colors lie outside of sRGB and were clipped"


def _describe_size(codes: Codes) -> str:
    return f"{codes.shape[1]} x {codes.shape[0]}"
