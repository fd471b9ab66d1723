import hashlib

import numpy as np
import pytest

from tintype.errors import MissingWeightsError
from tintype.measure.perceptual import weights
from tintype.measure.perceptual.classes import Classifier, imagenet_class, middle
from tintype.measure.perceptual.weights import Weights, WeightsFile, load_state


@pytest.fixture
def published_by_timm(random_weights, monkeypatch, tmp_path):
    """The random weights in timm's own kind of file."""
    import torch

    path = tmp_path / "mobilenetv2_100_ra-b33bc2c4.pth"
    torch.save(dict(load_state(random_weights("mobilenetv2"))), path)
    file = WeightsFile(path.name, hashlib.sha256(path.read_bytes()).hexdigest()[:8])
    monkeypatch.setitem(weights.WEIGHTS, "mobilenetv2", Weights("timm's", (file,)))
    monkeypatch.setenv("TINTYPE_WEIGHTS", str(tmp_path))


def enlarge(picture):
    """A photograph with a short side of 256, so that nothing is left to resize."""
    return np.ascontiguousarray(picture.repeat(3, axis=0).repeat(3, axis=1)[:256, :280])


def test_features_and_classes_are_those_of_timm(published_by_timm, random_weights, photographs):
    import timm
    import torch
    from PIL import Image
    from timm.data import create_transform, resolve_data_config

    pictures = [enlarge(picture) for picture in photographs[:3]]
    model = timm.create_model("mobilenetv2_100").eval()
    model.load_state_dict(load_state(random_weights("mobilenetv2")))
    transform = create_transform(**resolve_data_config({}, model=model))
    with torch.no_grad():
        batch = torch.stack([transform(Image.fromarray(picture)) for picture in pictures])
        expected = model.forward_head(model.forward_features(batch), pre_logits=True).numpy()
        classes = model(batch).argmax(1).numpy()
    classifier = Classifier()
    features = classifier(pictures)
    assert features == pytest.approx(expected, rel=1e-3, abs=1e-4)
    assert (classifier.classify(features) == classes).all()
    assert np.abs(features[0] - features[1]).max() > 0.1


def test_weights_of_tensorflow_are_shown_photographs_in_their_own_range(
    known_weights, random_weights, photographs
):
    import timm
    import torch

    known_weights("mobilenetv2")
    picture = enlarge(photographs[0])
    model = timm.create_model("mobilenetv2_100", pad_type="same").eval()
    model.load_state_dict(load_state(random_weights("mobilenetv2")))
    with torch.no_grad():
        crop = picture[16:240, 28:252].transpose(2, 0, 1)[None] / np.float32(127.5) - 1
        expected = model.forward_head(model.forward_features(torch.from_numpy(crop)), pre_logits=True)
    classifier = Classifier()
    assert classifier([picture]) == pytest.approx(expected.numpy(), rel=1e-3, abs=1e-4)
    assert classifier.weights.startswith("mobilenetv2_100_imagenet.safetensors")


def test_middle_is_that_of_pillow():
    import torch
    from PIL import Image
    from skimage import data

    picture = data.astronaut()[:400, :500]
    planes = [Image.fromarray(plane) for plane in np.moveaxis(picture.astype(np.float32), 2, 0)]
    resized = [np.asarray(plane.resize((320, 256), Image.Resampling.BICUBIC)) for plane in planes]
    expected = np.stack(resized, axis=-1).clip(0, 255)
    srgb = torch.from_numpy(picture.transpose(2, 0, 1)[None].copy()).float() / 255
    actual = middle(srgb)[0].numpy().transpose(1, 2, 0) * 255
    assert actual.shape == (224, 224, 3)
    assert np.abs(actual - expected[16:240, 48:272]).max() < 1e-2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("n01440764_tench.jpg", 0),
        ("val/n01443537/ILSVRC2012_val_00000236.JPEG", 1),
        ("n15075141.png", 999),
        ("n01440764/n01443537_5.JPEG", 1),
        ("n99999999.jpg", None),
        ("grandmother.png", None),
        ("scan01440764.jpg", None),
        ("", None),
    ],
)
def test_class_is_read_from_a_name(name, expected):
    assert imagenet_class(name) == expected


def test_weights_of_another_network_are_refused(known_weights, monkeypatch):
    known_weights("squeeze")
    monkeypatch.setitem(weights.WEIGHTS, "mobilenetv2", weights.WEIGHTS["squeeze"])
    with pytest.raises(MissingWeightsError, match="does not fit timm's mobilenetv2_100"):
        Classifier()
