import numpy as np
import pytest

from tintype.colorize.colorizer import Colorizer
from tintype.errors import UnsupportedByModelError
from tintype.measure.figures import left_gray
from tintype.measure.perceptual.catalog import reason_against
from tintype.measure.perceptual.encoder import ModelEncoder
from tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


def test_features_are_those_of_the_three_separations(model, photographs):
    colorizer = Colorizer(model)
    expected = [
        colorizer.open(np.ascontiguousarray(photographs[0][..., channel])).features().mean(axis=(0, 1))
        for channel in range(3)
    ]
    features = ModelEncoder(model)(photographs[:2])
    assert features.shape == (2, 24)
    assert features.dtype == np.float32
    assert features[0] == pytest.approx(np.sqrt(8) * np.concatenate(expected), abs=1e-6)


def test_color_is_seen_although_the_lightness_is_the_same(model, photographs):
    encoder = ModelEncoder(model)
    gray = left_gray(photographs[0])
    true, colorless = encoder([photographs[0], gray])
    assert colorless[:8] == pytest.approx(colorless[8:16])
    assert colorless[:8] == pytest.approx(colorless[16:])
    assert np.abs(true - colorless).max() > 1e-3


def test_model_is_named(model):
    assert ModelEncoder(model).weights == f"test-tiny@1 (SHA-256 {model.card.sha256[:8]})"


def test_model_without_features_is_refused(tmp_path):
    blind = frozenset({"hints", "palette", "samples", "suggestions", "doubt", "classes", "class_map"})
    model = write_tiny_model(tmp_path / "blind.onnx", drop_output="features", capabilities=blind)
    with pytest.raises(UnsupportedByModelError, match="test-tiny@1 gives no features"):
        ModelEncoder(model)
    assert "gives no features" in reason_against("encoder", model)
