"""Look at one photograph: is it worth training on, and what is stored of it. Runs in worker processes."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass, replace
from enum import StrEnum
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from tintype.color.difference import colorfulness
from tintype.color.lab import srgb_to_lab
from tintype.errors import shorten
from tintype.learn.data import photographs
from tintype.learn.data.build_options import BuildOptions
from tintype.learn.data.fingerprint import Prints, fingerprint

SUFFIXES = photographs.SUFFIXES | {".heic", ".heif"}
# Without such a list Pillow would also hand a file that only claims to be a photograph to Ghostscript.
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "AVIF", "JPEG2000", "HEIF")
_GRAY_MODES = ("1", "L", "LA", "La", "I", "F")
_GRAY = 3.0
_TONE_SIDE = 64


class Verdict(StrEnum):
    """What became of a photograph."""

    KEPT = "kept"
    OTHER = "not a photograph"
    BROKEN = "broken"
    TOO_SMALL = "too small"
    TOO_LARGE = "too large"
    GRAY = "gray"
    TONED = "toned"
    DULL = "dull"
    NEAR_COPY = "near copy"
    EXCLUDED = "near copy of an excluded photograph"


@dataclass(frozen=True)
class Screened:
    """What was found out about one photograph.

    Attributes:
        verdict: KEPT, or why it is left out.
        detail: one line that says more, or nothing.
        sha256: of the file, hex; empty if it could not be read.
        width, height: pixels of the original as it is meant to be seen; 0 if unknown.
        colorfulness: as Hasler and Suesstrunk measure it, at the stored size; None if it came to nothing
            before.
        prints: (2, 32) fingerprint, if kept.
        data: what to store, if kept.
    """

    verdict: Verdict
    detail: str = ""
    sha256: str = ""
    width: int = 0
    height: int = 0
    colorfulness: float | None = None
    prints: Prints | None = None
    data: bytes = b""


def screen_photograph(path: Path, options: BuildOptions) -> Screened:
    """Read a photograph, judge it and encode it; whatever is wrong with the file becomes a verdict."""
    if path.suffix.lower() not in SUFFIXES:
        return Screened(Verdict.OTHER)
    try:
        content = path.read_bytes()
    except OSError as error:
        return Screened(Verdict.BROKEN, shorten(error.strerror or error))
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _screen(content, sha256, options)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        return Screened(Verdict.TOO_LARGE, shorten(error), sha256)
    except UnidentifiedImageError:
        return Screened(Verdict.BROKEN, "not a picture of a known format", sha256)
    except Exception as error:  # a decoder that was handed a broken file may raise anything
        return Screened(Verdict.BROKEN, shorten(error), sha256)


def fingerprint_of(path: Path) -> Prints | None:
    """Return the fingerprint (2, 32) of a photograph, or None if it can't be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fingerprint(_to_srgb(_open(path.read_bytes(), 256)[0], 256))
    except Exception:  # as above: the caller says which file it was
        return None


def _screen(content: bytes, sha256: str, options: BuildOptions) -> Screened:
    picture, (width, height) = _open(content, options.short_side)
    found = Screened(Verdict.KEPT, "", sha256, width, height)
    if min(width, height) < options.min_side:
        return replace(found, verdict=Verdict.TOO_SMALL, detail=f"{width}x{height}")
    if options.min_colorfulness > 0 and picture.mode.partition(";")[0] in _GRAY_MODES:
        return replace(found, verdict=Verdict.GRAY, detail=f"mode {picture.mode}")
    picture = _to_srgb(picture, options.short_side)
    verdict, colorful, detail = _judge(picture, options)
    if verdict is not Verdict.KEPT:
        return replace(found, verdict=verdict, detail=detail, colorfulness=colorful)
    prints, data = fingerprint(picture), _encode(picture, options)
    return replace(found, colorfulness=colorful, prints=prints, data=data)


def _judge(picture: Image.Image, options: BuildOptions) -> tuple[Verdict, float, str]:
    """Return the verdict on color, the colorfulness, and what led to it."""
    colorful = colorfulness(np.asarray(picture, np.float32) / 255)
    if colorful < options.min_colorfulness:
        verdict = Verdict.GRAY if colorful < _GRAY else Verdict.DULL
        return verdict, colorful, f"colorfulness {colorful:.1f}"
    spread = tone_spread(picture) if options.min_tone_spread else np.inf
    if spread < options.min_tone_spread:
        return Verdict.TONED, colorful, f"color follows lightness within {spread:.1f} Lab units"
    return Verdict.KEPT, colorful, ""


def tone_spread(picture: Image.Image) -> float:
    """Return how far the colors of an RGB picture are from being a smooth function of their lightness.

    Toned prints and duotones come to 1 to 2 Lab units (root mean square after a fit of third degree to a and
    b), one color photograph in a hundred to less than 2.5, half of them to more than 11.
    """
    small = picture.resize((_TONE_SIDE, _TONE_SIDE), Image.Resampling.BOX)
    lab = srgb_to_lab(np.asarray(small, np.float64) / 255).reshape(-1, 3)
    powers = np.vander(lab[:, 0] / 50 - 1, 4)
    # Four equations instead of thousands: quick, and too small for threads that would fight the other workers.
    fit = np.linalg.lstsq(powers.T @ powers, powers.T @ lab[:, 1:], rcond=None)[0]
    return float(np.sqrt(((lab[:, 1:] - powers @ fit) ** 2).sum(axis=1).mean()))


def _open(content: bytes, short_side: int) -> tuple[Image.Image, tuple[int, int]]:
    """Return the picture, not decoded yet, and its upright size; it may be decoded smaller than that."""
    Image.init()
    _register_heif()
    formats = [name for name in _FORMATS if name in Image.OPEN]
    picture = Image.open(BytesIO(content), formats=formats)
    # Pillow has already turned the size of a TIFF, but not that of the other formats.
    turned = picture.format != "TIFF" and picture.getexif().get(0x0112, 1) >= 5
    upright = picture.size[::-1] if turned else picture.size
    # A JPEG is decoded at a half, quarter or eighth where that is still twice what is asked for.
    scale = 2 * short_side / min(picture.size)
    picture.draft(None, (round(picture.width * scale), round(picture.height * scale)))
    return picture, upright


def _register_heif() -> None:
    try:
        from pillow_heif import register_heif_opener  # noqa: PLC0415  (an extra)
    except ImportError:  # the extra "heif" is not installed: such files are reported as broken
        return
    register_heif_opener()


def _to_srgb(picture: Image.Image, short_side: int) -> Image.Image:
    """Turn upright, resize, bring to 8-bit sRGB, and leave all metadata behind."""
    profile = picture.info.get("icc_profile")
    picture = ImageOps.exif_transpose(picture)
    if picture.mode not in ("RGB", "RGBA", "CMYK", "LAB", "L"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    scale = min(1.0, short_side / min(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", size, "white"), picture).convert("RGB")
    return Image.fromarray(np.asarray(_managed(picture, profile).convert("RGB")))


def _managed(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert from the embedded profile; without one, or with one that does not fit, it is taken for sRGB."""
    if not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        managed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return managed or picture


def _encode(picture: Image.Image, options: BuildOptions) -> bytes:
    stream = BytesIO()
    if options.format == "jpeg":
        picture.save(stream, "JPEG", quality=options.quality, subsampling=0, optimize=True)
    else:
        picture.save(stream, "WEBP", quality=options.quality)
    return stream.getvalue()
