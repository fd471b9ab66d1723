import numpy as np
import pytest
import skimage.data

from tintype.models.examples.create import CONFIGS, create_examples_model
from tintype.photos import Photo

TINY = CONFIGS["charpiat08-test"]


def color_photo(name):
    """Return a photograph of scikit-image at a third of its size, with its color."""
    return Photo.from_array(np.ascontiguousarray(getattr(skimage.data, name)()[::3, ::3]), keep_ab=True)


@pytest.fixture(scope="session")
def coffee():
    return color_photo("coffee")


@pytest.fixture(scope="session")
def coffee_model(coffee, tmp_path_factory):
    return create_examples_model([coffee], "coffee", tmp_path_factory.mktemp("m") / "coffee.npz", config=TINY)
