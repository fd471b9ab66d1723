"""Making a model of example photographs: charpiat08 learns by looking once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.color.bins import BIN_COUNT, soft_encode_dense
from tintype.errors import ModelError, ModelNameError, PhotoError
from tintype.models.array_file import fingerprint_of, write_arrays
from tintype.models.card import Card, SizeRule, VividnessStep, is_family
from tintype.models.catalog import ModelFile
from tintype.models.examples.charpiat08 import Charpiat, Memory, window_weights
from tintype.models.examples.charpiat_features import (
    GRID,
    Projection,
    describe_gradients,
    find_variation,
    fit_projection,
)
from tintype.models.examples.clusters import find_clusters, nearest, nearest_few
from tintype.photos.atomic import atomic_file
from tintype.photos.photo import Photo
from tintype.photos.raise_ab import average_cells
from tintype.photos.read import read_photo

Floats = NDArray[np.float32]

SIZE = SizeRule(multiple=2 * GRID, default=256, minimum=64, maximum=512)
VIVIDNESS = (VividnessStep(0.0, 0.0, 1.0), VividnessStep(0.5, 0.0, 0.5), VividnessStep(1.0, 0.4, 0.3))

_WIDTHS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4)  # that the Parzen window may have, in units of the descriptors
_JUDGES = 1000  # cells on which they are compared
_APART = 8  # cells: what lies nearer in the same photograph is no independent example


@dataclass(frozen=True)
class CharpiatConfig:
    """What is remembered of the examples, and how it is asked.

    Attributes:
        bins: of color; the paper has 73 (not verified).
        components: numbers that are kept of the gradients; lightness adds three.
        cells: remembered at most, of all photographs together.
        neighbors: that the Parzen window looks at.
        smoothness: what one Lab unit between neighbors costs where a variation of one is expected; for comparison,
            a color that is e times less probable costs one.
        size: at which the examples are looked at; see ``SizeRule``.
        seed: of what is drawn.
    """

    bins: int = 73
    components: int = 27
    cells: int = 20_000
    neighbors: int = 32
    smoothness: float = 1.0
    size: int = 256
    seed: int = 0


CONFIGS = {"charpiat08": CharpiatConfig(), "charpiat08-test": CharpiatConfig(bins=24, cells=2000, size=96)}
"""The sizes by name; the second one is for tests."""


@dataclass(frozen=True, eq=False)
class _Example:
    """A color photograph: raw descriptors (h, w, D), lightness (H, W) and ab (h, w, 2) of its cells."""

    lightness: Floats
    gradients: Floats
    ab: Floats


@dataclass(frozen=True, eq=False)
class _Cells:
    """The remembered cells: descriptors, colors, variation, and (photograph, row, column)."""

    descriptors: Floats
    ab: Floats
    variation: Floats
    places: Floats


def create_examples_model(
    photographs: Sequence[Photo | str | Path],
    name: str,
    path: str | Path,
    *,
    config: CharpiatConfig | None = None,
    license: str = "LicenseRef-examples",
    overwrite: bool = False,
) -> ModelFile:
    """Make a charpiat08 model of color photographs.

    Args:
        photographs: one or several that are like those to be colored: files, or photographs that were read with
            ``keep_ab``.
        name: what comes after ``charpiat08-`` in the model's name, for example "garden".
        path: of the file that is written; its name ends in .npz.
        config: of `CONFIGS`, or one's own; None for the default.
        license: SPDX expression for the model, which holds colors and textures of the photographs.
        overwrite: replace a file that is there.

    Returns:
        The model, as ``find_model`` would return it.

    Raises:
        ModelError: no photograph, or a name that can't be.
        PhotoError: a photograph that can't be read or has no color.
        OutputExistsError, WriteFailedError: the file is in the way or can't be written.

    Example::

        create_examples_model(["garden.jpg", "roses.jpg"], "garden", "garden.npz")
        Colorizer("garden.npz").colorize("grandmother.tif").write()
    """
    config, path = config or CharpiatConfig(), Path(path)
    if not photographs:
        raise ModelError("no photograph was given to learn from; give one or more color photographs")
    if path.suffix != ".npz":
        raise ModelError(f"{path}: the name of a model of examples ends in .npz; give such a name")
    card = _draft_card(name, config, len(photographs), license)
    examples = [_look(photograph, config.size) for photograph in photographs]
    arrays = _remember(examples, config)
    shares = [soft_encode_dense(example.ab.reshape(-1, 2)).mean(axis=0) for example in examples]
    prior = np.mean(shares, axis=0, dtype=np.float64)
    card = replace(card, prior=tuple((prior / prior.sum()).tolist()), sha256=fingerprint_of(arrays))
    with atomic_file(path, overwrite=overwrite) as stream:
        write_arrays(stream, arrays, card.to_json(indent=1))
    return ModelFile(path, card)


def name_of_file(path: Path) -> str:
    """Return the name for a model that a file's name suggests; empty where nothing of it can be in a name.

    >>> name_of_file(Path("charpiat08-Omas Garten.examples.npz"))
    'omas-garten'
    """
    plain = path.name.lower().removesuffix(".npz").removesuffix(".examples").removeprefix("charpiat08-")
    return "-".join(re.findall(r"[a-z0-9]+", plain))


def _draft_card(name: str, config: CharpiatConfig, count: int, license: str) -> Card:
    if not is_family(name):
        raise ModelNameError(
            f"the name is {name!r}; give --name small letters and digits, with - between words"
        )
    many = "one photograph" if count == 1 else f"{count} photographs"
    return Card(
        name=f"charpiat08-{name}@1",
        system="charpiat08",
        bins=BIN_COUNT,
        grid=GRID,
        size=SIZE,
        capabilities=Charpiat.capabilities,
        license=license,
        summary=f"Colors as in {many} that someone chose (Charpiat 2008).",
        prior=tuple(np.full(BIN_COUNT, 1 / BIN_COUNT).tolist()),
        vividness_path=VIVIDNESS,
        data=f"{many} given by the person who made this model.",
        recipe={"name": "charpiat08", **asdict(config)},
        origin="no backbone",
        failures=(
            "What looks like nothing in the examples gets the colors of what is nearest to it.",
            "Textures are compared, not things: a gray sky takes the color of any smooth light place.",
        ),
    )


def _look(source: Photo | str | Path, size: int) -> _Example:
    """Reduce a photograph to the size at which examples are looked at."""
    photo = source if isinstance(source, Photo) else read_photo(source, keep_ab=True)
    what = photo.path or "a photograph"
    if photo.true_ab is None:
        raise PhotoError(f"{what}: its color was not kept; read it with keep_ab=True")
    if photo.hue_count < 2:
        raise PhotoError(f"{what}: it has no more than one hue; give color photographs as examples")
    height, width = SIZE.fit(photo.height, photo.width, size)
    lightness = reduce(photo.lightness(), (height, width))
    cells = (height // GRID, width // GRID)
    ab = np.stack([average_cells(photo.true_ab[..., i], cells) for i in (0, 1)], axis=-1)
    return _Example(lightness, describe_gradients(lightness), ab)


def reduce(lightness: Floats, size: tuple[int, int]) -> Floats:
    """Resize lightness to (height, width) as the colorizer does: antialiased bicubic of CIE L."""
    picture = Image.fromarray(np.ascontiguousarray(lightness, np.float32))
    reduced = np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BICUBIC))
    return np.asarray(np.clip(reduced, 0, 100), np.float32)


def _remember(examples: list[_Example], config: CharpiatConfig) -> dict[str, NDArray[Any]]:
    """Return the arrays of the model: those of `Memory`."""
    projection = fit_projection([example.gradients for example in examples], config.components)
    cells = _collect(examples, projection, config)
    palette = find_clusters(cells.ab, config.bins, config.seed)
    labels = nearest(cells.ab, palette)
    memory = Memory(
        mean=projection.mean,
        components=projection.components,
        descriptors=cells.descriptors,
        labels=labels.astype(np.uint8 if len(palette) < 256 else np.uint16),
        variation=cells.variation,
        palette=palette,
        bandwidth=_choose_bandwidth(cells, labels, len(palette), config),
        smoothness=config.smoothness,
        neighbors=config.neighbors,
    )
    return memory.to_arrays()


def _collect(examples: list[_Example], projection: Projection, config: CharpiatConfig) -> _Cells:
    """Describe the cells of all photographs, and draw as many as are to be remembered."""
    parts = []
    for number, example in enumerate(examples):
        rows, columns = np.indices(example.ab.shape[:2])
        places = np.stack([np.full_like(rows, number), rows, columns], axis=-1).astype(np.float32)
        found = (
            projection.describe(example.lightness),
            example.ab,
            find_variation(example.ab)[..., None],
            places,
        )
        parts.append([part.reshape(-1, part.shape[-1]) for part in found])
    whole = [np.concatenate(column) for column in zip(*parts, strict=True)]
    random = np.random.default_rng(config.seed)
    kept = np.sort(random.permutation(len(whole[0]))[: config.cells])
    return _Cells(whole[0][kept], whole[1][kept], whole[2][kept, 0], whole[3][kept])


def _choose_bandwidth(cells: _Cells, labels: NDArray[np.intp], count: int, config: CharpiatConfig) -> float:
    """Choose the width of the Parzen window that best predicts cells from others that don't lie near them."""
    random = np.random.default_rng(config.seed + 1)
    asked = random.permutation(len(labels))[:_JUDGES]
    indices, squares = nearest_few(cells.descriptors[asked], cells.descriptors, 4 * config.neighbors)
    apart = np.abs(cells.places[indices] - cells.places[asked, None])
    independent = (apart[..., 0] > 0) | (apart[..., 1:].max(axis=-1) > _APART)
    usable = independent.any(axis=1)
    if not usable.any():
        return _WIDTHS[len(_WIDTHS) // 2]
    squares = np.where(independent, squares, np.float32(1e9))[usable]
    right = labels[indices[usable]] == labels[asked[usable], None]
    return max(_WIDTHS, key=lambda width: _likelihood(window_weights(squares, width), right, count))


def _likelihood(weights: Floats, right: NDArray[np.bool_], count: int) -> float:
    """Return the mean log probability that windows give to the right color, of `count` colors."""
    shares = 0.99 * (weights * right).sum(axis=1) + 0.01 / count
    return float(np.log(shares).mean())
