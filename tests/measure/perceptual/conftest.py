"""Photographs with a clear licence, and weights made of random numbers: the published ones are not here."""

import hashlib
import warnings
from dataclasses import replace

import numpy as np
import pytest

from tintype.measure.perceptual import weights
from tintype.measure.perceptual.weights import WEIGHTS, WeightsFile


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
    from tintype.measure.perceptual.torchvision_operators import import_torchvision

    import_torchvision()
    folder = tmp_path_factory.mktemp("weights")

    def store(network):
        path = folder / WEIGHTS[network].files[0].name
        if not path.exists():
            _write_random_state(network, path)
        return path

    return store


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


def _write_random_state(network, path):
    """Draw weights through which a picture still shows after 48 layers, unlike those of a new network."""
    import torch

    torch.manual_seed(1)
    state = {name: value for name, value in _create(network).state_dict().items() if _is_needed(name)}
    for name, value in state.items():
        if name.endswith("running_mean"):
            value.normal_(0, 0.1)
        elif name.endswith("running_var"):
            value.uniform_(0.8, 1.2)
        elif value.ndim > 1:
            value.normal_(0, (2 / value[0].numel()) ** 0.5)
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(state, path)
    else:
        torch.save(state, path)


def _is_needed(name):
    """Leave out the last layers of AlexNet and VGG16: 400 MB that LPIPS does not use."""
    return not name.startswith("classifier.") or name in {"classifier.weight", "classifier.bias"}


def _create(network):
    from tintype.measure.perceptual.torchvision_operators import import_torchvision

    models = import_torchvision().models
    if network == "inception_tf":
        return _create_inception_tf()
    if network == "mobilenetv2":
        import timm

        return timm.create_model("mobilenetv2_100")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1"}
        name = names.get(network, "inception_v3")
        return getattr(models, name)(**({"init_weights": False} if name == "inception_v3" else {}))


def _create_inception_tf():
    """torch-fidelity's network without weights: it knows no way to be made so."""
    from unittest.mock import patch

    from torch_fidelity import FeatureExtractorInceptionV3

    with (
        patch("torch.load", return_value={}),
        patch.object(FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None),
    ):
        return FeatureExtractorInceptionV3("x", ["2048"], feature_extractor_weights_path="none")
