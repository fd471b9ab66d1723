"""Features of the encoder that comes with Tintype: distances of sets that need no download.

A model that colors sees lightness only, and a colored photograph has the lightness of the true one: asked
plainly, its encoder would find no difference. So it is shown the three separations of each photograph, what a
black-and-white film would have recorded behind a red, a green and a blue filter. Each of them is the kind of
picture that the encoder was trained on, and together they hold all of the color.

The features of a separation are averaged over its cells; those of the three stand side by side. A cell's C
features are scaled to a mean square of 1 instead of unit length, so that the kernel of the kernel distance sees
numbers of the size that it was made for. Figures belong to one version of one model and must name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tintype.colorize.colorizer import DEFAULT_MODEL, Colorizer
from tintype.errors import UnsupportedByModelError
from tintype.measure.perceptual.batches import Codes, Vectors
from tintype.models.catalog import ModelFile


class ModelEncoder:
    """The encoder of a model.

    Args:
        model: name or path of a model that gives features.
        threads: of ONNX Runtime; None for the default.

    Attributes:
        weights: which model it is.

    Raises:
        UnsupportedByModelError: the model gives no features.
        ModelError: no such model, or one that can't be used.
    """

    def __init__(self, model: str | Path | ModelFile = DEFAULT_MODEL, threads: int | None = None) -> None:
        self._colorizer = Colorizer(model, threads=threads)
        card = self._colorizer.card
        if "features" not in card.capabilities:
            raise UnsupportedByModelError(f"{card.name} gives no features; choose a model that does")
        self.weights = f"{card.name} (SHA-256 {self._colorizer.fingerprint[:8]})"

    def __call__(self, pictures: Sequence[Codes]) -> Vectors:
        """Return features (N, 3 C) of photographs, (H, W, 3) uint8 sRGB each."""
        return np.stack([self._see(picture) for picture in pictures])

    def _see(self, picture: Codes) -> Vectors:
        size = self._colorizer.card.size.fit(*picture.shape[:2])
        lightness = np.stack([self._reduce(picture[..., channel], size) for channel in range(3)])
        features = self._colorizer.session.run(lightness[:, None], outputs=("features",))["features"]
        root = np.sqrt(features.shape[1])
        return np.asarray(root * features.mean(axis=(2, 3)).ravel(), np.float32)

    def _reduce(self, separation: Codes, size: tuple[int, int]) -> Vectors:
        """Return the lightness (h, w) of one channel, as that of any gray photograph."""
        return self._colorizer.open(np.ascontiguousarray(separation)).lightness_at(size)
