"""What the tests of the benchmark share: a folder of small photographs, a suite over it, a tiny model."""

import numpy as np
import skimage.data
from PIL import Image

from tintype.measure.benchmark.suite import read_suite

NAMES = ("astronaut", "chelsea", "coffee")

SUITE = """
name = "small"
title = "Small <photographs>"
about = "Made for tests."
source = "scikit-image"
shareable = true

[photographs]
folder = "photographs"

[probes]
hint_counts = [0, 1, 10]
samples = 4
speed_sizes = [32]
"""


def write_photographs(folder, side=64):
    """Write three small color photographs as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        codes = getattr(skimage.data, name)()[:300:2, :300:2][:side, :side]
        Image.fromarray(np.ascontiguousarray(codes)).save(folder / f"{name}.png")


def write_suite(folder, text=SUITE):
    """Write photographs and a suite over them; return the suite's path."""
    write_photographs(folder / "photographs")
    path = folder / "small.toml"
    path.write_text(text)
    return path


def create_suite(folder, text=SUITE):
    """Return a suite over three small photographs."""
    return read_suite(str(write_suite(folder, text)))
