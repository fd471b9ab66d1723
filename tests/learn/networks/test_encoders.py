import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tintype.color.lab import srgb_to_lab
from tintype.errors import BrokenModelError, ModelNotFoundError
from tintype.learn.networks.encoders import GrayRgb, TimmEncoder, find_encoder, import_timm

BACKBONE = "mobilenetv2_035"


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Published weights of a backbone, with a classifier of 1000 classes."""
    torch.manual_seed(0)
    state = import_timm().create_model(BACKBONE).state_dict()
    save_file(state, tmp_path / f"{BACKBONE}_test.safetensors")
    monkeypatch.setenv("TINTYPE_WEIGHTS", str(tmp_path))
    return state


def test_encoder_without_classes_takes_published_weights_and_leaves_the_rest_out(weights):
    state = TimmEncoder(BACKBONE, weights="local", classes=0).body.state_dict()
    assert set(weights) - set(state) == {
        *("conv_head.weight", "classifier.weight", "classifier.bias"),
        *(f"bn2.{name}" for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")),
    }
    assert all(torch.equal(tensor, weights[name]) for name, tensor in state.items())


@pytest.mark.parametrize("backbone", [BACKBONE, "test_resnet"])
def test_features_without_classes_are_the_same(backbone):
    torch.manual_seed(0)
    whole = TimmEncoder(backbone, classes=10).eval()
    bare = TimmEncoder(backbone, classes=0).eval()
    bare.load_state_dict(whole.state_dict(), strict=False)
    rgb = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        for expected, found in zip(whole(rgb), bare(rgb), strict=True):
            torch.testing.assert_close(found, expected)


def test_published_weights_that_are_not_there_are_named(monkeypatch):
    monkeypatch.delenv("TINTYPE_WEIGHTS", raising=False)
    said = r"put mobilenetv2_035\.safetensors into a folder.* --set network_changes\.backbone_weights=timm"
    with pytest.raises(ModelNotFoundError, match=said):
        TimmEncoder(BACKBONE, weights="local", classes=0)


def test_published_weights_that_are_damaged_or_of_another_size_are_named(weights, tmp_path):
    path = tmp_path / f"{BACKBONE}_test.safetensors"
    save_file({name: tensor[..., :1].contiguous() for name, tensor in weights.items() if tensor.ndim}, path)
    with pytest.raises(ModelNotFoundError, match=f"does not fit backbone '{BACKBONE}'"):
        TimmEncoder(BACKBONE, weights="local")
    path.write_text("no weights")
    with pytest.raises(
        BrokenModelError, match=r"_test\.safetensors is no checkpoint; give a file of PyTorch"
    ):
        TimmEncoder(BACKBONE, weights="local")


def test_lightness_is_rendered_as_gray_in_the_range_of_the_backbone():
    gray = GrayRgb((0.5, 0.4, 0.3), (0.1, 0.2, 0.5))
    level = np.float32(0.6)
    lightness = srgb_to_lab(np.full(3, level, np.float32))[0]
    rgb = gray(torch.full((2, 1, 3, 4), float(lightness)))
    assert rgb.shape == (2, 3, 3, 4)
    np.testing.assert_allclose(rgb[1, :, 2, 3], [1, 1, 0.6], atol=1e-4)


@pytest.mark.parametrize("same_padding", [True, False])
def test_encoder_is_found_in_its_weights(same_padding):
    encoder = TimmEncoder(BACKBONE, same_padding=same_padding, classes=7)
    gray = GrayRgb((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    state = {f"encoder.{name}": tensor for name, tensor in encoder.state_dict().items()}
    state |= {f"gray.{name}": tensor for name, tensor in gray.state_dict().items()}
    assert find_encoder(state, ["mobilenetv2_050", BACKBONE], classes=7) == {
        **{"backbone": BACKBONE, "same_padding": same_padding},
        **{"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)},
    }
    with pytest.raises(BrokenModelError, match="none that Tintype knows"):
        find_encoder(state, ["mobilenetv2_050"], classes=7)
