"""What cheng15 knows of a pixel and of a photograph.

Of a pixel: the 7 x 7 lightness values around it, a DAISY descriptor of 32 numbers, and how much it belongs to
each of a number of things. The paper takes the last from a scene parser of 47 classes. There is none here, so the
things are found without names: as clusters of what the encoder of another Tintype model sees (its ``features``)
in the training photographs. As in the paper, these maps are smoothed along the edges of the photograph, their
mean is the photograph's semantic histogram, and a global descriptor says how a photograph looks as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.errors import BrokenModelError
from tintype.models.catalog import ModelFile
from tintype.models.examples.daisy import DaisyLayout, describe_places, find_orientations, normalize
from tintype.models.examples.edge_filters import guided_filter
from tintype.models.session import Session

Floats = NDArray[np.float32]

PATCH = 7
LAYOUT = DaisyLayout(radius=12.0, rings=1, petals=3, orientations=8)
LOCAL_LENGTH = PATCH * PATCH + LAYOUT.length
"""Numbers of a pixel besides the semantic ones: 49 + 32."""

_FLAT = 2.0  # gradients, in CIE L a pixel, below which a place counts as flat
_SHARPNESS = 12.0  # of the assignment of features to things
_SMOOTH, _EDGE = 12.0, 6.0  # of the semantic maps: pixels, CIE L
_BLOCKS = 4  # along each side, in the global descriptor
_DIRECTIONS = 8


@dataclass(frozen=True, eq=False)
class View:
    """A photograph as the system sees it.

    Attributes:
        lightness: (H, W) CIE L.
        local: (H, W, `LOCAL_LENGTH`) patch and DAISY of every pixel.
        semantics: (H, W, S) how much it belongs to each thing; the sum is near 1.
        outline: (G,) the global descriptor, unit length.
        histogram: (S,) mean of the semantics, sum 1.
    """

    lightness: Floats
    local: Floats
    semantics: Floats
    outline: Floats
    histogram: Floats

    def pixels(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Floats:
        """Return the vectors (n, `LOCAL_LENGTH` + S) of some pixels."""
        return np.concatenate([self.local[rows, columns], self.semantics[rows, columns]], axis=-1)


class Encoder:
    """The model whose features are asked for, checked to be the one that was asked in training.

    Args:
        model: its file; its card has the capability ``features``.
        threads: for one run.

    Raises:
        BrokenModelError: it gives no features.
    """

    def __init__(self, model: ModelFile, threads: int | None = None) -> None:
        if "features" not in model.card.capabilities:
            raise BrokenModelError(f"{model.card.name} gives no features; choose a model that does")
        self.card = model.card
        self._session = Session(model, threads)

    def features(self, lightness: Floats) -> Floats:
        """Return what it sees of lightness (H, W): (H / 16, W / 16, C), each of unit length."""
        found = self._session.run(np.ascontiguousarray(lightness[None, None]), outputs=("features",))
        return np.ascontiguousarray(np.moveaxis(found["features"][0], 0, -1))


def view(lightness: Floats, features: Floats, vocabulary: Floats) -> View:
    """Look at a photograph.

    Args:
        lightness: (H, W) float32, CIE L; sides are multiples of 32.
        features: (H / 16, W / 16, C) of the encoder.
        vocabulary: (S, C) the things, as mean features of unit length.
    """
    coarse = assign(features, vocabulary)
    semantics = guided_filter(enlarge(coarse, lightness.shape), lightness, _SMOOTH, _EDGE)
    histogram = coarse.mean(axis=(0, 1))
    return View(lightness, describe_pixels(lightness), semantics, outline(lightness), histogram)


def describe_pixels(lightness: Floats) -> Floats:
    """Return patch and DAISY of every pixel: (H, W, `LOCAL_LENGTH`), in units near 1."""
    padded = np.pad(lightness, PATCH // 2, mode="reflect")
    patches = np.lib.stride_tricks.sliding_window_view(padded, (PATCH, PATCH)).reshape(*lightness.shape, -1)
    rows, columns = (np.arange(side) for side in lightness.shape)
    flowers = normalize(describe_places(lightness, rows, columns, LAYOUT), _FLAT)
    return np.concatenate([(patches - 50) / 50, flowers], axis=-1, dtype=np.float32)


def assign(features: Floats, vocabulary: Floats) -> Floats:
    """Return how much features (h, w, C) belong to each thing: (h, w, S), sum 1."""
    scores = _SHARPNESS * features @ vocabulary.T
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def outline(lightness: Floats) -> Floats:
    """Return the global descriptor of a photograph: unit length.

    As in GIST (Oliva and Torralba 2001), the mean strength of gradients in each direction, at two scales, in each
    of 4 x 4 blocks; and the lightness of the blocks.
    """
    height, width = lightness.shape
    coarse = lightness.reshape(height // 4, 4, width // 4, 4).mean(axis=(1, 3), dtype=np.float32)
    strengths = [_blocks(find_orientations(each, _DIRECTIONS)) for each in (lightness, coarse)]
    parts = [part / max(float(np.linalg.norm(part)), 1e-6) for part in strengths]
    light = _blocks(lightness[..., None] - lightness.mean()) / 100
    whole = np.concatenate([*parts, light])
    return np.asarray(whole / max(float(np.linalg.norm(whole)), 1e-6), np.float32)


def enlarge(maps: Floats, size: tuple[int, ...]) -> Floats:
    """Enlarge (h, w, n) to (H, W, n), linearly."""
    resized = [
        Image.fromarray(np.ascontiguousarray(each)).resize((size[1], size[0]), Image.Resampling.BILINEAR)
        for each in np.moveaxis(maps, -1, 0)
    ]
    return np.stack([np.asarray(each) for each in resized], axis=-1)


def _blocks(maps: Floats) -> Floats:
    """Average (H, W, n) over 4 x 4 blocks: one row of numbers."""
    height, width, count = maps.shape
    blocks = maps.reshape(_BLOCKS, height // _BLOCKS, _BLOCKS, width // _BLOCKS, count)
    return np.asarray(blocks.mean(axis=(1, 3)).ravel(), np.float32)
