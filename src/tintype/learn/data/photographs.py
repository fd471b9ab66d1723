"""Training photographs as encoded bytes in memory, from WebDataset shards and plain folders.

Small photographs take little room as they were compressed, and decoding one takes a millisecond, so nothing is
unpacked to disk and every process shares the same pages.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tintype.errors import DataError
from tintype.learn.recipe import DataRecipe, Source

DATA_VARIABLE = "TINTYPE_DATA"
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".bmp", ".avif", ".jp2"})
"""Of the files that Pillow opens by itself."""


@dataclass(frozen=True)
class Photograph:
    """One encoded color photograph.

    Attributes:
        key: its name, for example ``000017_sports_tennis``.
        data: the file's bytes.
        label: what is on it, or "none".
    """

    key: str
    data: bytes
    label: str = "none"

    def open(self) -> Image.Image:
        """Decode to 8-bit sRGB.

        Raises:
            OSError: the picture is broken.
        """
        return Image.open(io.BytesIO(self.data)).convert("RGB")


@dataclass(frozen=True)
class Pool:
    """The photographs of one source, split into those to train on and those held out."""

    source: Source
    train: Sequence[Photograph]
    held_out: Sequence[Photograph]


def load_pools(recipe: DataRecipe) -> list[Pool]:
    """Load every source of a recipe.

    Raises:
        DataError: a source is missing, broken, or without photographs.
    """
    root = Path(recipe.root or os.environ.get(DATA_VARIABLE) or ".")
    return [_split(source, _load_source(root, source), recipe.held_out) for source in recipe.sources]


def is_held_out(key: str, one_of: int) -> bool:
    """Tell whether a photograph is for validation: by the hash of its name, so that the answer never changes."""
    return one_of > 0 and int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % one_of == 0


def digest_of(pools: Sequence[Pool]) -> str:
    """Return one SHA-256 over names and bytes of all photographs, for the record of a run."""
    digest = hashlib.sha256()
    for pool in pools:
        for photograph in (*pool.train, *pool.held_out):
            digest.update(photograph.key.encode())
            digest.update(hashlib.sha256(photograph.data).digest())
    return digest.hexdigest()


def _split(source: Source, photographs: Sequence[Photograph], one_of: int) -> Pool:
    train = [p for p in photographs if not is_held_out(p.key, one_of)]
    if not train:
        raise DataError(f"source {source.match!r} leaves no photographs to train on: give more than {one_of}")
    return Pool(source, train, [p for p in photographs if is_held_out(p.key, one_of)])


def _load_source(root: Path, source: Source) -> list[Photograph]:
    folder = root / source.match
    if folder.is_dir():
        loaded = [*_read_folder(folder)]
    else:
        shards = sorted(folder.parent.glob(folder.name))
        loaded = [photograph for shard in shards for photograph in _read_shard(shard)]
    if not loaded:
        raise DataError(
            f"no photographs at {folder}: name shards or a folder in data.sources, relative to data.root or "
            f"{DATA_VARIABLE}"
        )
    return loaded


def _read_shard(path: Path) -> Iterator[Photograph]:
    try:
        with tarfile.open(path) as shard:
            for member in shard:
                name = Path(member.name)
                if member.isfile() and name.suffix.lower() in SUFFIXES:
                    file = shard.extractfile(member)
                    if file is not None:
                        yield Photograph(name.stem, file.read(), name.stem.rpartition("_")[2] or "none")
    except (OSError, tarfile.TarError) as error:
        raise DataError(f"shard {path} can't be read: {error}") from error


def _read_folder(folder: Path) -> Iterator[Photograph]:
    shards = sorted(folder.glob("*.tar"))
    for shard in shards:
        yield from _read_shard(shard)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES:
            label = path.parent.name if path.parent != folder else "none"
            yield Photograph(str(path.relative_to(folder)), path.read_bytes(), label)
