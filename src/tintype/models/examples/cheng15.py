"""cheng15: each pixel's color from its patch, its texture and its meaning, by one small network of several.

Zezhou Cheng, Qingxiong Yang, Bin Sheng, "Deep Colorization", ICCV 2015 (arXiv:1605.00075). The training is in
`tintype.learn.cheng15`; what it found lies in arrays, and numpy computes the networks.

Faithful: the vector of a pixel (49 of its patch, 32 of DAISY, 47 semantic ones), three hidden layers of half its
length, one network for each cluster of photographs, chosen by global descriptor and semantic histogram, and the
joint bilateral filter along the lightness at the end.

Different:

- The semantic numbers come from clusters of an encoder's features, see `cheng_features`: no scene parser is at hand.
- The chrominance is CIE ab, not U and V: the lightness that is kept here is that of CIE Lab.
- The global descriptor is a plain one after GIST; the number of clusters and the PSNR that settles a photograph are
  ours.
- Semantic maps are smoothed by a guided filter: it does for 47 maps what a bilateral filter does for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import BrokenModelError, ModelNotFoundError
from tintype.models.card import Card
from tintype.models.catalog import ModelFile, find_model
from tintype.models.examples.cheng_features import Encoder, View, view
from tintype.models.examples.edge_filters import joint_bilateral

Floats = NDArray[np.float32]

AB_UNIT = 110.0
"""What one unit of a network's answer is, in Lab units."""

HIDDEN_LAYERS = 3
_SMOOTH, _EDGE = 4.0, 6.0  # of the chrominance: pixels, CIE L
_ROWS = 32  # that are computed at once
_LIKENESS = 0.5  # weight of the semantic histogram against the global descriptor


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The networks and what chooses among them; the arrays of a model file are its fields.

    Attributes:
        vocabulary: (S, C) the things that features are compared with.
        outlines: (K, G) mean global descriptor of each cluster.
        histograms: (K, S) mean semantic histogram of each cluster.
        mean: (D,) of the vectors.
        scale: (D,) by which they are multiplied once the mean is subtracted.
        first: (K, D, D / 2) weights, first_bias (K, D / 2); then two more layers and the last, to (a, b) / 110.
    """

    vocabulary: Floats
    outlines: Floats
    histograms: Floats
    mean: Floats
    scale: Floats
    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats
    third: Floats
    third_bias: Floats
    last: Floats
    last_bias: Floats

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Ensemble:
        """Return what lies in a model's file; KeyError where an array is missing."""
        return cls(**{item.name: np.asarray(arrays[item.name], np.float32) for item in fields(cls)})

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is stored."""
        return {item.name: np.asarray(getattr(self, item.name), np.float32) for item in fields(self)}

    def choose(self, outline: Floats, histogram: Floats) -> int:
        """Return the cluster that a photograph belongs to."""
        return int(distances(outline, histogram, self.outlines, self.histograms).argmin())

    def predict(self, vectors: Floats, cluster: int) -> Floats:
        """Return the chrominance (n, 2), Lab units, of pixels (n, D)."""
        hidden = (vectors - self.mean) * self.scale
        for name in ("first", "second", "third"):
            hidden = np.maximum(
                hidden @ getattr(self, name)[cluster] + getattr(self, f"{name}_bias")[cluster], 0
            )
        return np.asarray(AB_UNIT * (hidden @ self.last[cluster] + self.last_bias[cluster]), np.float32)


class Cheng:
    """The system, with its networks and the encoder that it asks.

    Raises:
        KeyError: an array is missing.
        BrokenModelError: the encoder is not here, or not the one that was asked in training.
    """

    capabilities: frozenset[str] = frozenset()

    def __init__(self, card: Card, arrays: Mapping[str, NDArray[Any]], threads: int | None = None) -> None:
        self.card = card
        self.ensemble = Ensemble.from_arrays(arrays)
        self.encoder = Encoder(find_encoder(card), threads)

    def run(self, feeds: Mapping[str, Floats]) -> dict[str, Floats]:
        """Color one photograph: `ab` (2, H, W); see `tintype.models.examples.method.Method`."""
        lightness = feeds["lightness"][0]
        seen = view(lightness, self.encoder.features(lightness), self.ensemble.vocabulary)
        ab = color_pixels(seen, self.ensemble)
        refined = joint_bilateral(ab, lightness, _SMOOTH, _EDGE)
        return {"ab": np.ascontiguousarray(np.moveaxis(refined, -1, 0))}


def find_encoder(card: Card) -> ModelFile:
    """Return the model whose features a cheng15 model was trained on.

    Raises:
        BrokenModelError: it is not here, or another of the same name is.
    """
    name, sha256 = str(card.recipe.get("encoder", "")), card.recipe.get("encoder_sha256")
    try:
        found = find_model(name)
    except ModelNotFoundError as error:
        raise BrokenModelError(
            f"{card.name} needs the features of {name}, which is not here: {error}"
        ) from error
    if found.card.sha256 != sha256:
        raise BrokenModelError(
            f"{card.name} was trained on the features of another {name} than the one in {found.path}; train it again"
        )
    return found


def distances(outline: Floats, histogram: Floats, outlines: Floats, histograms: Floats) -> Floats:
    """Return how far a photograph is from clusters: (K,), by global descriptor and Hellinger distance."""
    looks = ((outlines - outline) ** 2).sum(axis=-1)
    things = ((np.sqrt(histograms) - np.sqrt(histogram)) ** 2).sum(axis=-1)
    return np.asarray(looks + _LIKENESS * things, np.float32)


def color_pixels(seen: View, ensemble: Ensemble) -> Floats:
    """Return the chrominance of every pixel (H, W, 2), Lab units, before it is smoothed."""
    cluster = ensemble.choose(seen.outline, seen.histogram)
    height, width = seen.lightness.shape
    strips = []
    for top in range(0, height, _ROWS):
        rows, columns = np.mgrid[top : min(top + _ROWS, height), :width]
        strips.append(ensemble.predict(seen.pixels(rows.ravel(), columns.ravel()), cluster))
    return np.concatenate(strips).reshape(height, width, 2)
