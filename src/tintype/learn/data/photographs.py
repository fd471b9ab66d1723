"""Training photographs as encoded bytes in memory, from WebDataset shards and plain folders.

Small photographs take little room as they were compressed, and decoding one takes a millisecond, so nothing is
unpacked to disk and every process shares the same pages.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from tintype.errors import DataError, PhotoError
from tintype.learn.recipe import DataRecipe, Pairs, Source
from tintype.photos.read import read_photo

DATA_VARIABLE = "TINTYPE_DATA"
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".bmp", ".avif", ".jp2"})
"""Of the files that Pillow opens by itself."""

_ASPECT_TOLERANCE = 0.02
_ORIENTATION, _FIRST_TURNED = (
    0x0112,
    5,
)  # the EXIF tag, and the first of its values that exchange width and height


@dataclass(frozen=True)
class Photograph:
    """One encoded color photograph.

    Attributes:
        key: its name, for example ``000017_sports_tennis``.
        data: the file's bytes.
        label: what is on it, or "none".
        shown: of a pair, the bytes of the picture that a network is shown instead of its gray.
    """

    key: str
    data: bytes
    label: str = "none"
    shown: bytes | None = None

    def open(self) -> Image.Image:
        """Decode to 8-bit sRGB, upright.

        Raises:
            OSError: the picture is broken.
        """
        picture = Image.open(io.BytesIO(self.data))
        return ImageOps.exif_transpose(picture).convert("RGB")

    def open_shown(self) -> Image.Image:
        """Decode what is shown of a pair to its lightness 0..100, at any bit depth: a picture of floats.

        Raises:
            DataError: it is broken.
        """
        assert self.shown is not None
        try:
            return Image.fromarray(np.ascontiguousarray(read_photo(self.shown).lightness()))
        except PhotoError as error:
            raise DataError(f"the input of the pair {self.key!r} can't be read: {error}") from error


@dataclass(frozen=True)
class Pool:
    """The photographs of one source, split into those to train on and those held out."""

    source: Source | Pairs
    train: Sequence[Photograph]
    held_out: Sequence[Photograph]


def load_pools(recipe: DataRecipe) -> list[Pool]:
    """Load every source of a recipe, then every folder of pairs.

    Raises:
        DataError: a source is missing, broken, or without photographs; a picture without its partner.
    """
    root = Path(recipe.root or os.environ.get(DATA_VARIABLE) or ".")
    loaded: list[tuple[Source | Pairs, list[Photograph]]] = [
        *((source, _load_source(root, source)) for source in recipe.sources),
        *((pairs, load_pairs(root, pairs)) for pairs in recipe.pairs),
    ]
    if not loaded:
        raise DataError("data.sources and data.pairs are both empty; name photographs to learn from")
    return [_split(source, photographs, recipe.held_out) for source, photographs in loaded]


def load_pairs(root: Path, pairs: Pairs) -> list[Photograph]:
    """Load two folders of pictures with the same names.

    Raises:
        DataError: a folder is missing or empty, a picture has no partner, or two partners differ in their aspect.
    """
    shown, color = (_name_files(root / folder) for folder in (pairs.input, pairs.color))
    for there, here, folder in ((shown, color, pairs.color), (color, shown, pairs.input)):
        if alone := sorted(there.keys() - here.keys()):
            raise DataError(
                f"data.pairs: {len(alone)} pictures have no partner in {folder!r}, the first is {alone[0]!r}; add "
                "them, or take these away"
            )
    found = [
        Photograph(name, path.read_bytes(), _label_of(path, root / pairs.color), shown[name].read_bytes())
        for name, path in sorted(color.items())
    ]
    for photograph in found:
        _check_aspects(photograph)
    return found


def _name_files(folder: Path) -> dict[str, Path]:
    """Return the pictures below a folder by their relative names without suffix."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES:
            name = path.relative_to(folder).with_suffix("").as_posix()
            if name in found:
                raise DataError(f"data.pairs: {found[name]} and {path} have the same name; take one away")
            found[name] = path
    if not found:
        raise DataError(f"data.pairs: there are no pictures in {folder}; name two folders of pictures")
    return found


def _check_aspects(pair: Photograph) -> None:
    """Refuse a pair whose pictures can't lie on each other; broken ones are found when they are opened."""
    sizes = [_size_of(data) for data in (pair.data, pair.shown or b"")]
    if all(sizes) and abs(math.log(_aspect(sizes[0]) / _aspect(sizes[1]))) > _ASPECT_TOLERANCE:
        raise DataError(
            f"data.pairs: the pictures {pair.key!r} are {sizes[0][0]} x {sizes[0][1]} in color and {sizes[1][0]} x "
            f"{sizes[1][1]} as input; cut them to the same part"
        )


def _aspect(size: tuple[int, ...]) -> float:
    return size[0] / size[1]


def _size_of(data: bytes) -> tuple[int, ...]:
    """Return the upright (width, height) that a file declares, () where it is broken."""
    try:
        picture = Image.open(io.BytesIO(data))
    except OSError:
        return ()
    turned = picture.getexif().get(_ORIENTATION, 1) >= _FIRST_TURNED
    return picture.size[::-1] if turned else picture.size


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
            if photograph.shown is not None:
                digest.update(hashlib.sha256(photograph.shown).digest())
    return digest.hexdigest()


def _split(source: Source | Pairs, photographs: Sequence[Photograph], one_of: int) -> Pool:
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
            yield Photograph(str(path.relative_to(folder)), path.read_bytes(), _label_of(path, folder))


def _label_of(path: Path, folder: Path) -> str:
    return path.parent.name if path.parent != folder else "none"
