"""A model for the tests of coloring: made by hand, a millisecond a run."""

import numpy as np
import pytest
from skimage import data

from tintype.colorize.colorizer import Colorizer
from tintype.photos.photo import Photo
from tiny_model import write_tiny_model


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "tintype-small.onnx"
    return write_tiny_model(path, name="tintype-small@99", system="tintype")


@pytest.fixture(scope="session")
def colorizer(model):
    return Colorizer(model, threads=1)


@pytest.fixture(scope="session")
def photo():
    return Photo.from_array(np.ascontiguousarray(data.camera()[::4, ::3]))  # (128, 171)


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """A function: the path of a model of a network's tiny size, with random weights."""

    def export(name):
        import torch

        from tintype.learn.export import export_model
        from tintype.learn.networks import create_network
        from tintype.learn.release import draft_card

        torch.manual_seed(0)
        network = create_network(name).eval()
        card = draft_card(network, {"name": name, "loss": {}})
        path = tmp_path_factory.mktemp("exported") / f"{name}.onnx"
        return export_model(network, card, path, precision="fp32", lengths=network.traits.lengths).model.path

    return export


@pytest.fixture
def opened(colorizer, photo):
    return colorizer.open(photo)
