"""Write gray photographs to color in the demo: pictures that come with scikit-image and scikit-learn.

astronaut, chelsea, coffee, rocket and camera are public domain or CC0 (``skimage.data``); china and flower are
CC BY 2.0 by the Flickr users danielbuechele and vultilion (``sklearn.datasets``, images/README.txt).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images

from tintype.color.lab import lightness_to_luminance, linear_to_srgb, srgb_to_lab


def photographs() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield names and pictures."""
    for name in ("astronaut", "chelsea", "coffee", "rocket", "camera"):
        yield name, getattr(skimage.data, name)()
    for path, picture in zip(*(load_sample_images()[key] for key in ("filenames", "images")), strict=True):
        yield Path(path).stem, picture


def to_gray(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the CIE lightness of a picture as 8-bit gray."""
    if picture.ndim == 2:
        return picture
    lightness = srgb_to_lab(picture.astype(np.float32) / 255)[..., 0]
    return np.round(255 * linear_to_srgb(lightness_to_luminance(lightness))).astype(np.uint8)


def main(folder: Path) -> None:
    """Write each photograph into ``folder`` as a gray JPEG."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in photographs():
        Image.fromarray(to_gray(picture)).save(folder / f"{name}.jpg", quality=95)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
