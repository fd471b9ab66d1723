"""The pictures of a study as they are sent: nothing about them but their colors tells one version from another.

All versions of a photograph are brought to the same size and into sRGB, and encoded alike, without metadata: the
name of a file, its size, its sharpness or its mark would else give the answer away. They are kept in a cache, so
that a server starts quickly the second time.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tintype.color.gamut import limit_chroma
from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.errors import StudyError, TintypeError
from tintype.measure.study.answers import TRUTH
from tintype.photos.atomic import atomic_file
from tintype.photos.photo import Photo
from tintype.photos.read import read_photo
from tintype.studio.study.definition import ABSURD, Definition
from tintype.studio.study.material import Material

Codes = NDArray[np.uint8]
Progress = Callable[[int, int], None]

_FORMAT = "jpeg 95 4:4:4, 2"
"""Changes whenever pictures are made in another way, so that old ones are not taken."""

_CHROMA, _WAVES = 75.0, 2.2


@dataclass(frozen=True)
class Pictures:
    """The prepared pictures.

    Attributes:
        folders: where each photograph's versions lie.
    """

    folders: Mapping[str, Path]

    def read(self, photograph: str, version: str) -> bytes:
        """Return a JPEG file.

        Args:
            photograph: its name in the material.
            version: ``truth``, a model's name, or ``absurd``.
        """
        return _file_of(self.folders[photograph], version).read_bytes()


def prepare_pictures(
    definition: Definition, material: Material, *, cache: Path | None = None, progress: Progress | None = None
) -> Pictures:
    """Make the pictures that a study needs, as far as they are not in the cache.

    Args:
        definition: says how large they are.
        material: the photographs.
        cache: folder to keep them in; None: the user's cache.
        progress: told how many photographs are done, and of how many.

    Raises:
        PhotoError: a file can't be read.
        StudyError: versions of a photograph have different shapes, or a photograph that must be in color is gray.
    """
    preparer = _Preparer(definition, material, cache or _user_cache())
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as threads:
        outcomes: list[Path | TintypeError] = []
        for outcome in threads.map(preparer.prepare, material.names):
            outcomes.append(outcome)
            if progress is not None:
                progress(len(outcomes), len(material.names))
    _complain(dict(zip(material.names, outcomes, strict=True)))
    return Pictures(
        {name: it for name, it in zip(material.names, outcomes, strict=True) if isinstance(it, Path)}
    )


def _complain(outcomes: Mapping[str, Path | TintypeError]) -> None:
    """Raise the error of a photograph; of several, name all at once, so that all can be mended at once."""
    errors = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, TintypeError)}
    if not errors:
        return
    first, *others = errors
    if not others:
        raise errors[first]
    raise StudyError(
        f"{len(errors)} photographs can't be shown. {errors[first]}. The others are {', '.join(others)}"
    )


def paint_absurdly(codes: Codes, seed: int) -> Codes:
    """Give a picture colors that no one can take for right: bands of all hues, at the picture's own lightness.

    Args:
        codes: (h, w, 3) uint8 sRGB.
        seed: of the bands' direction.

    Returns:
        The same shape and type.
    """
    height, width = codes.shape[:2]
    lab = srgb_to_lab(codes.astype(np.float32) / np.float32(255))
    down, right = np.mgrid[0:height, 0:width].astype(np.float32) / max(height, width)
    turn = np.random.default_rng(seed).uniform(0, 2 * np.pi, 2)
    across = np.cos(turn[0]) * right + np.sin(turn[0]) * down
    along = np.cos(turn[0]) * down - np.sin(turn[0]) * right
    hue = 2 * np.pi * _WAVES * (across + 0.12 * np.sin(2 * np.pi * along)) + turn[1]
    lab[..., 1], lab[..., 2] = _CHROMA * np.cos(hue), _CHROMA * np.sin(hue)
    srgb = lab_to_srgb(limit_chroma(lab))
    return np.rint(np.clip(srgb, 0, 1) * 255).astype(np.uint8)


def _user_cache() -> Path:
    import platformdirs  # noqa: PLC0415 - only servers need it

    return Path(platformdirs.user_cache_dir("tintype")) / "studies"


def _file_of(folder: Path, version: str) -> Path:
    return folder / f"{hashlib.sha256(version.encode()).hexdigest()[:16]}.jpg"


@dataclass(frozen=True)
class _Preparer:
    definition: Definition
    material: Material
    cache: Path

    def prepare(self, name: str) -> Path | TintypeError:
        """Make the pictures of a photograph; return their folder, or why there are none."""
        try:
            return self._prepare(name)
        except TintypeError as error:
            return error

    def _prepare(self, name: str) -> Path:
        files = self.material.versions[name]
        folder = self.cache / self._digest(files)
        targets = {version: _file_of(folder, version) for version in (*files, ABSURD)}
        if not all(target.is_file() for target in targets.values()):
            for version, codes in self._render(name, files).items():
                with atomic_file(targets[version], overwrite=True) as stream:
                    stream.write(_encode(codes))
        return folder

    def _digest(self, files: Mapping[str, Path]) -> str:
        digest = hashlib.sha256(f"{_FORMAT}|{self._side}|{self._must_be_colored}".encode())
        for version, path in files.items():
            with path.open("rb") as file:
                digest.update(f"|{version}:{hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
        return digest.hexdigest()[:32]

    @property
    def _side(self) -> int:
        return self.definition.picture_side

    @property
    def _must_be_colored(self) -> bool:
        return any(part.with_photographs for part in self.definition.parts)

    def _render(self, name: str, files: Mapping[str, Path]) -> dict[str, Codes]:
        photos = {version: read_photo(path, keep_ab=True) for version, path in files.items()}
        if self._must_be_colored and photos[TRUTH].hue_count == 0:
            raise StudyError(f"{files[TRUTH]}: is gray, so it is no true color photograph; leave it out")
        size = self._common_size(files, photos)
        rendered = {version: _shrink(photo, size) for version, photo in photos.items()}
        base = rendered[TRUTH] if self._must_be_colored else rendered[next(iter(self.definition.models))]
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
        return {**rendered, ABSURD: paint_absurdly(base, seed)}

    def _common_size(self, files: Mapping[str, Path], photos: Mapping[str, Photo]) -> tuple[int, int]:
        """Return the (height, width) that all versions are shown at: that of the smallest, or less."""
        truth = photos[TRUTH]
        for version, photo in photos.items():
            if not _has_shape_of(photo, truth):
                raise StudyError(
                    f"{files[version]}: is {photo.width} x {photo.height}, its photograph {truth.width} x "
                    f"{truth.height}; bring both to one shape"
                )
        smallest = min(photos.values(), key=lambda photo: photo.height * photo.width)
        scale = min(1.0, self._side / max(smallest.height, smallest.width))
        return max(1, round(smallest.height * scale)), max(1, round(smallest.width * scale))


def _has_shape_of(photo: Photo, truth: Photo) -> bool:
    """Whether one is the other made smaller or larger, up to a pixel by rounding."""
    scale = photo.width / truth.width
    return abs(truth.height * scale - photo.height) <= max(1.0, scale)


def _shrink(photo: Photo, size: tuple[int, int]) -> Codes:
    from PIL import Image  # noqa: PLC0415 - loaded only by who draws

    # Averages over blocks first: the rest is exact at twice the size, and a hundred megapixels stay small.
    srgb = photo.srgb_preview(max(2 * max(size), 1))
    picture = Image.fromarray(np.rint(srgb * 255).astype(np.uint8))
    height, width = size
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def _encode(codes: Codes) -> bytes:
    from PIL import Image  # noqa: PLC0415

    stream = io.BytesIO()
    Image.fromarray(codes).save(stream, "JPEG", quality=95, subsampling=0, optimize=True)
    return stream.getvalue()
