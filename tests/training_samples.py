"""What the tests of training share: small photographs and a recipe that trains on them in seconds."""

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch

from tintype.learn.networks import SYSTEMS
from tintype.learn.recipe import Recipe, read_recipe
from tintype.learn.run import CHECKPOINT

SIDE = 96
FAST = (
    "network=tintype-tiny",
    "samples=64",
    "precision=32-true",
    "data.workers=0",
    "data.held_out=8",
    "data.multiple=32",
    "validation.every=32",
    "validation.photos=2",
    "validation.side=64",
    "validation.sheet=2",
    "optimizer.warmup=8",
    "loss.distill_every=2",
)

TINY = (
    "precision=32-true",
    "samples=16",
    "data.workers=0",
    "data.held_out=8",
    "data.multiple=32",
    "data.sizes=[{side = 64, count = 4}]",
    'data.sources=[{match = "photos-*.tar"}]',
    "data.pairs=[]",
    "validation.every=8",
    "validation.photos=2",
    "validation.side=64",
    "validation.sheet=1",
    "perceptual.backbone=test_resnet",
    "perceptual.weights=none",
    "perceptual.layers=[0, 1]",
    "perceptual.layer_weights=[1.0, 1.0]",
    "variational.components=4",
)
"""Of any recipe, beside the tiny size of its network."""


def tiles() -> list[np.ndarray]:
    """Cut the color photographs of scikit-image into squares, (96, 96, 3) uint8."""
    pictures = (
        skimage.data.astronaut(),
        skimage.data.chelsea(),
        skimage.data.coffee(),
        skimage.data.rocket(),
    )
    return [
        picture[y : y + SIDE, x : x + SIDE]
        for picture in pictures
        for y in range(0, picture.shape[0] - SIDE, 2 * SIDE)
        for x in range(0, picture.shape[1] - SIDE, 2 * SIDE)
    ]


def add_member(shard: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    shard.addfile(info, io.BytesIO(data))


def steps_saved(folder: Path) -> int:
    """Return the step of a run's checkpoint; -1 where there is none."""
    path = folder / CHECKPOINT
    return int(torch.load(path, weights_only=True)["step"]) if path.exists() else -1


def spoil(shard: Path, spoiled: Path) -> None:
    """Write a shard again with photographs cut off, one in eight."""
    with tarfile.open(shard) as whole, tarfile.open(spoiled, "w") as file:
        for i, member in enumerate(m for m in whole if m.name.endswith(".png")):
            content = whole.extractfile(member)
            assert content is not None
            data = content.read()
            add_member(file, member.name, data if i % 8 else data[:100])


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, as on a full disk."""
    resource = pytest.importorskip("resource", reason="only Unix can limit the size of files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fast_recipe(shards: Path, *changes: str) -> Recipe:
    sizes = "data.sizes=[{side = 64, count = 8, share = 0.5}, {side = 96, count = 8, share = 0.5}]"
    sources = '[{match = "photos-*.tar"}]'
    return read_recipe(
        "tintype-small", [*FAST, f'data.root="{shards}"', f"data.sources={sources}", sizes, *changes]
    )


def tiny_of(network: str) -> str:
    """Return the name of the tiny size of a network's system."""
    if network == "tintype-attention":
        return f"{network}-test"
    system = next(s for s in SYSTEMS if network in s.configs)
    return "tintype-tiny" if system.name == "tintype" else f"{system.name}-test"


def tiny_recipe(name: str, shards: Path, *changes: str) -> Recipe:
    """Return a recipe of the package, made to train the tiny size of its network in a second."""
    network = tiny_of(read_recipe(name).network)
    wide = () if network == "tintype-tiny" else ("network_changes={}",)
    where = (f'data.root="{shards}"', f"network={network}", "start=")
    return read_recipe(name, [*TINY, *wide, *where, *changes])
