"""What cheng15 learns from: photographs reduced to some of their pixels, each with its features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.color.lab import srgb_to_lab
from tintype.errors import DataError
from tintype.learn.cheng_config import SIZE, ChengConfig, OnStep
from tintype.learn.data.photographs import Photograph
from tintype.learn.unfinished import Unfinished
from tintype.models.examples.cheng_features import Encoder, view
from tintype.models.examples.clusters import find_clusters

Floats = NDArray[np.float32]

_MOST_WORDS = 40_000  # features that the vocabulary is found in
_PART = 64  # photographs that are looked at between two files of what is unfinished


@dataclass(frozen=True, eq=False)
class Samples:
    """Photographs reduced to some of their pixels.

    Attributes:
        vectors: (photographs, pixels, D).
        ab: (photographs, pixels, 2), Lab units.
        lightness: (photographs, pixels) CIE L.
        outlines: (photographs, G).
        histograms: (photographs, S).
    """

    vectors: Floats
    ab: Floats
    lightness: Floats
    outlines: Floats
    histograms: Floats


_COLUMNS = tuple(each.name for each in fields(Samples))


def find_vocabulary(
    photographs: Sequence[Photograph], eye: Encoder, config: ChengConfig, tell: OnStep
) -> Floats:
    """Find the things (S, C) that photographs are made of: clusters of features, of unit length."""
    random = np.random.default_rng(config.seed)
    some = random.permutation(len(photographs))[: max(config.things, 256)]
    found: list[Floats] = []
    for number, index in enumerate(some):
        lightness, _ = reduce_photograph(photographs[index], config.size)
        features = eye.features(lightness)
        found.append(features.reshape(-1, features.shape[-1]))
        tell("vocabulary", number + 1, len(some))
    words = np.concatenate(found)
    words = words[random.permutation(len(words))[:_MOST_WORDS]]
    centers = find_clusters(words, config.things, config.seed)
    return np.asarray(centers / np.maximum(np.linalg.norm(centers, axis=1, keepdims=True), 1e-6), np.float32)


def sample_pixels(
    photographs: Sequence[Photograph],
    eye: Encoder,
    vocabulary: Floats,
    config: ChengConfig,
    tell: OnStep,
    *,
    unfinished: Unfinished | None = None,
) -> Samples:
    """Look at every photograph and keep some of its pixels."""
    unfinished, parts = unfinished or Unfinished(), list[Mapping[str, Floats]]()
    for first in range(0, len(photographs), _PART):

        def look(first: int = first) -> Mapping[str, Floats]:
            random = np.random.default_rng((config.seed + 1, first))
            seen = []
            for number, photograph in enumerate(photographs[first : first + _PART], start=first + 1):
                seen.append(_look(photograph, eye, vocabulary, config, random))
                tell("photographs", number, len(photographs))
            columns = zip(*seen, strict=True)
            return {name: np.stack(column) for name, column in zip(_COLUMNS, columns, strict=True)}

        parts.append(unfinished.keep(f"photographs-{first:06d}", look))
    return Samples(*(np.concatenate([part[name] for part in parts]) for name in _COLUMNS))


def _look(
    photograph: Photograph,
    eye: Encoder,
    vocabulary: Floats,
    config: ChengConfig,
    random: np.random.Generator,
) -> tuple[Floats, ...]:
    """Return of one photograph what `Samples` holds of all."""
    lightness, ab = reduce_photograph(photograph, config.size)
    seen = view(lightness, eye.features(lightness), vocabulary)
    rows, across = (random.integers(0, side, config.pixels) for side in lightness.shape)
    return seen.pixels(rows, across), ab[rows, across], lightness[rows, across], seen.outline, seen.histogram


def reduce_photograph(photograph: Photograph, size: int) -> tuple[Floats, Floats]:
    """Return lightness (H, W) and ab (H, W, 2) of a photograph at the size at which it is looked at.

    Raises:
        DataError: it can't be read.
    """
    try:
        picture = photograph.open()
        height, width = SIZE.fit(picture.height, picture.width, size)
        small = picture.resize((width, height), Image.Resampling.BICUBIC)
    except OSError as error:
        raise DataError(f"{photograph.key} can't be read ({error}); leave it out") from error
    lab = srgb_to_lab(np.asarray(small, np.float32) / 255)
    return np.clip(lab[..., 0], 0, 100), np.ascontiguousarray(lab[..., 1:])
