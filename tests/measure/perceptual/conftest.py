"""Photographs with a clear licence, and weights made of random numbers: the published ones are not here."""

import hashlib
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from tintype.measure.perceptual import weights
from tintype.measure.perceptual.weights import WEIGHTS, WeightsFile

RESULTS = Path(__file__).parents[3] / "results"


@pytest.fixture(scope="session", autouse=True)
def torchvision():
    """What depends on torchvision can be imported by itself in any test, whichever runs first."""
    from tintype.measure.perceptual.torchvision_operators import import_torchvision

    return import_torchvision()


@pytest.fixture(scope="session")
def photographs():
    """Six photographs, (96, 96, 3) uint8."""
    from skimage import data
    from sklearn.datasets import load_sample_images

    pictures = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket(), *load_sample_images().images]
    return [np.ascontiguousarray(picture[40:232:2, 60:252:2]) for picture in pictures]


@pytest.fixture(scope="session")
def results(photographs):
    """The same photographs in other colors."""
    return [np.ascontiguousarray(picture[..., [1, 2, 0]]) for picture in photographs]


@pytest.fixture(scope="session")
def many(photographs):
    """48 different photographs, (48, 48, 3) uint8: parts of the six."""
    corners = [(top, left) for top in (0, 16, 32, 48) for left in (0, 48)]
    parts = [picture[top:, left:][:48, :48] for picture in photographs for top, left in corners]
    return [np.ascontiguousarray(part) for part in parts]


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory):
    """A function that stores a random state of a network's torchvision model once and returns its file."""
    spec = spec_from_file_location("random_weights", RESULTS / "random_weights.py")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    folder = tmp_path_factory.mktemp("weights")
    return lambda network: folder / script.write_random_weights(network, folder).name


@pytest.fixture
def known_weights(random_weights, monkeypatch):
    """A function that makes random weights count as the published ones, in TINTYPE_WEIGHTS."""

    def publish(*networks):
        for network in networks:
            path = random_weights(network)
            file = WeightsFile(path.name, hashlib.sha256(path.read_bytes()).hexdigest()[:8])
            monkeypatch.setitem(weights.WEIGHTS, network, replace(WEIGHTS[network], files=(file,)))
            monkeypatch.setenv("TINTYPE_WEIGHTS", str(path.parent))

    return publish
