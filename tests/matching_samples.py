"""Photographs of a few materials, as a network would see them: for the tests of matching."""

import numpy as np

from tintype.guidance.cells import Cells, describe_cells

CHANNELS = 512


def material(seed):
    """Return the look of a material: a unit vector."""
    vector = np.random.default_rng(seed).normal(size=CHANNELS).astype(np.float32)
    return vector / np.linalg.norm(vector)


def scene(plan, lightness, noise=0.03, seed=0) -> Cells:
    """Return the cells of a photograph.

    Args:
        plan: (h, w) int, which material each feature cell shows.
        lightness: material -> CIE L.
        noise: of the features.
        seed: of the noise.
    """
    plan = np.asarray(plan)
    looks = {int(number): material(int(number)) for number in np.unique(plan)}
    features = np.stack([[looks[int(number)] for number in row] for row in plan])
    features = features + noise * np.random.default_rng(seed).normal(size=features.shape)
    features = (features / np.linalg.norm(features, axis=-1, keepdims=True)).astype(np.float32)
    picture = np.kron(np.vectorize(lightness.get)(plan), np.ones((16, 16)))
    return describe_cells(features, picture)


def paint(plan, colors):
    """Return the ab (16 h, 16 w, 2) of a photograph: material -> (a, b)."""
    ab = np.array([[colors[int(number)] for number in row] for row in np.asarray(plan)], np.float32)
    return np.kron(ab, np.ones((16, 16, 1), np.float32))
