"""The photographs of a suite: finding them, framing them, and making the gray picture that is colored."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from tintype.color.lab import lab_to_srgb
from tintype.errors import SuiteError, UnreadablePhotoError
from tintype.measure.benchmark.open_photographs import center_square, pixel_digest, write_open_photographs
from tintype.measure.benchmark.suite import Degradation, Framing, Suite
from tintype.measure.figures import left_gray, to_codes
from tintype.measure.hints import name_seed
from tintype.photos.atomic import atomic_file
from tintype.photos.film_stock import develop, draw_film

Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Photograph:
    """A file of a suite.

    Attributes:
        name: of the file; the seed of what is drawn for it.
        path: where it lies.
        digest: SHA-256 that the suite's list demands, of the file or of its pixels; empty for any.
    """

    name: str
    path: Path
    digest: str = ""


@dataclass(frozen=True, eq=False)
class Sitting:
    """A photograph framed: what is judged against, and what is colored.

    Attributes:
        name: of the photograph.
        true: (H, W, 3) uint8 sRGB.
        gray: (H, W) uint8, all that a model gets to see.
    """

    name: str
    true: Codes
    gray: Codes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is colored, 64 hexadecimal digits: size and samples."""
        return hashlib.sha256(f"{self.gray.shape}".encode() + self.gray.tobytes()).hexdigest()

    @cached_property
    def true_digest(self) -> str:
        """SHA-256 of the truth, 64 hexadecimal digits."""
        return pixel_digest(self.true)


@dataclass(frozen=True)
class PhotographList:
    """What was found of a suite's photographs.

    Attributes:
        photographs: by name.
        notes: what a reader of the figures should know, one sentence each: photographs that are missing.
    """

    photographs: tuple[Photograph, ...]
    notes: tuple[str, ...] = ()


def find_photographs(suite: Suite, limit: int | None = None) -> PhotographList:
    """Find the photographs of a suite.

    Args:
        suite: the suite; one with a builder is built into the cache folder where its own is not named.
        limit: take only so many, evenly spread, to try something out.

    Raises:
        SuiteError: the folder is not there, or holds none of them.
    """
    folder = _prepared_folder(suite)
    asked = suite.photographs
    files = {p.name: p for p in sorted(folder.rglob(asked.pattern)) if p.suffix.lower() in _SUFFIXES}
    notes: list[str] = []
    if asked.names:
        digests = _read_names(suite)
        missing = [name for name in digests if name not in files]
        found = [Photograph(name, files[name], sha) for name, sha in digests.items() if name in files]
        notes += (
            [f"{len(missing)} photographs of its list are not there, such as {missing[0]}"] if missing else []
        )
    else:
        found = [Photograph(name, files[name]) for name in sorted(files)]
    found = found[: asked.first] if asked.first else found
    if not found:
        raise SuiteError(f"suite {suite.name}: {folder} holds none of its photographs; name another folder")
    if asked.count and len(found) != asked.count and not notes:
        notes.append(f"{len(found)} photographs were found where a complete copy has {asked.count}")
    if limit and limit < len(found):
        notes.append(f"{limit} of {len(found)} photographs were taken, evenly spread: this is a trial run")
    return PhotographList(tuple(spread_evenly(found, limit)), tuple(notes))


def spread_evenly(things: list[Any], count: int | None) -> list[Any]:
    """Take so many of a list, evenly spread; all of them for None, 0, or more than there are.

    >>> spread_evenly([0, 1, 2, 3, 4, 5], 3)
    [0, 2, 4]
    """
    if not count or count >= len(things):
        return things
    return [things[i * len(things) // count] for i in range(count)]


def sit(photograph: Photograph, suite: Suite) -> Sitting:
    """Read a photograph, frame it, and make the gray picture that is colored.

    Profiles are ignored, as all published protocols do.

    Raises:
        UnreadablePhotoError: it can't be read, or is not the one of the suite's list.
    """
    read = _read(photograph)
    true = frame(read, suite.framing)
    if min(true.shape[:2]) < _SMALLEST:
        raise UnreadablePhotoError(f"{photograph.name} is smaller than {_SMALLEST} pixels; leave it out")
    return Sitting(photograph.name, true, degrade(true, suite.degradation, name_seed(photograph.name)))


def frame(codes: Codes, framing: Framing) -> Codes:
    """Cut and resize a photograph (H, W, 3) uint8."""
    from PIL import Image  # noqa: PLC0415 - loaded only by who reads photographs

    if framing.crop == "center-square":
        codes = center_square(codes)
    if not framing.size or codes.shape[:2] == framing.size:
        return codes
    height, width = framing.size
    resized = Image.fromarray(codes).resize((width, height), Image.Resampling[framing.filter.upper()])
    return np.asarray(resized)


def degrade(true: Codes, degradation: Degradation, seed: int) -> Codes:
    """Make the gray picture that is colored.

    Args:
        true: (H, W, 3) uint8 sRGB.
        degradation: what happens to it.
        seed: of what is drawn.

    Returns:
        (H, W) uint8.
    """
    if degradation.kind == "film":
        return as_gray(film_lightness(true, degradation.strength, seed))
    gray = np.ascontiguousarray(left_gray(true)[..., 0])
    return _recompressed(gray, degradation.quality) if degradation.kind == "jpeg" else gray


def film_lightness(true: Codes, strength: float, seed: int) -> NDArray[np.floating[Any]]:
    """Return the lightness (H, W), 0..100, that film, time and a scanner left of a photograph.

    Args:
        true: (H, W, 3) uint8 sRGB.
        strength: see ``tintype.photos.film_stock``; nothing is left clean.
        seed: of what is drawn.
    """
    rng = np.random.default_rng(seed)
    film = draw_film(rng, 1, strength, clean_share=0.0)
    noise = rng.standard_normal((1, *true.shape[:2]), dtype=np.float32)
    lightness: NDArray[np.floating[Any]] = develop((true / 255.0).astype(np.float32)[None], film, noise)[0]
    return lightness


def as_gray(lightness: NDArray[np.floating[Any]]) -> Codes:
    """Return the gray picture (H, W) uint8 of a lightness (H, W), 0..100."""
    lab = np.zeros((*lightness.shape, 3))
    lab[..., 0] = lightness
    return np.ascontiguousarray(to_codes(lab_to_srgb(lab))[..., 0])


def write_inputs(
    suite: Suite, folder: Path, limit: int | None = None, on_done: Callable[[int, int], None] | None = None
) -> list[str]:
    """Write what is to be colored as gray PNG, for other programs.

    Args:
        suite: the photographs and what is done to them.
        folder: where they are written; files of the same name are replaced.
        limit: see ``find_photographs``.
        on_done: is told about progress.

    Returns:
        What failed, one line each.

    Raises:
        SuiteError: the photographs are not there.
        OutputError: the folder can't be written.
    """
    from PIL import Image  # noqa: PLC0415

    photographs, problems = find_photographs(suite, limit).photographs, []
    for count, photograph in enumerate(photographs, start=1):
        try:
            gray = sit(photograph, suite).gray
        except UnreadablePhotoError as error:
            problems.append(str(error))
        else:
            with atomic_file(folder / f"{Path(photograph.name).stem}.png", overwrite=True) as file:
                Image.fromarray(gray).save(file, "PNG")
        if on_done:
            on_done(count, len(photographs))
    return problems


_SMALLEST = 32
_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")


def _prepared_folder(suite: Suite) -> Path:
    folder = suite.folder
    if folder is None:
        built = platformdirs.user_cache_path("tintype", appauthor=False) / suite.photographs.builder
        if not (built / "README.md").is_file():
            write_open_photographs(built)
        return built
    if not folder.is_dir():
        raise SuiteError(f"suite {suite.name}: there is no folder {folder}; name that of its photographs")
    return folder


def _read_names(suite: Suite) -> dict[str, str]:
    """Return name -> SHA-256 or "" of a suite's list."""
    path = suite.path.parent / suite.photographs.names
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{suite.path.name}: the list {path.name} can't be read; put it beside") from error
    parts = [line.split(maxsplit=1) for line in lines if line.strip()]
    return {part[-1].strip(): part[0] if len(part) == 2 else "" for part in parts}


def _read(photograph: Photograph) -> Codes:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415

    try:
        content = photograph.path.read_bytes()
        with Image.open(io.BytesIO(content)) as picture:
            codes = np.asarray(picture.convert("RGB"))
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadablePhotoError(
            f"{photograph.name} can't be read ({_reason(error)}); replace or remove it"
        ) from error
    digests = (pixel_digest(codes), hashlib.sha256(content).hexdigest())
    if photograph.digest and photograph.digest not in digests:
        raise UnreadablePhotoError(f"{photograph.name} is not the photograph of the suite's list; replace it")
    return codes


def _reason(error: Exception) -> str:
    """Say why a file can't be read; Pillow tells the address of the stream where it knows no format."""
    from PIL import UnidentifiedImageError  # noqa: PLC0415

    return "it is no picture" if isinstance(error, UnidentifiedImageError) else str(error)


def _recompressed(gray: Codes, quality: int) -> Codes:
    from PIL import Image  # noqa: PLC0415

    stream = io.BytesIO()
    Image.fromarray(gray).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))
