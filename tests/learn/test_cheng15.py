import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from models_contract import photographs as lab_photographs
from tintype import Colorizer
from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.errors import BrokenModelError, DataError, UnsupportedByModelError
from tintype.learn.cheng15 import PixelNet, fit_course, train_cheng15
from tintype.learn.cheng_config import CONFIGS
from tintype.learn.cheng_samples import Samples
from tintype.learn.data.photographs import Photograph
from tintype.models.array_file import read_arrays
from tintype.models.catalog import find_model
from tintype.models.contract import check_outputs
from tintype.models.examples.cheng15 import Cheng, Ensemble, color_pixels, distances
from tintype.models.examples.cheng_features import LOCAL_LENGTH, assign, describe_pixels, outline, view
from tintype.models.examples.edge_filters import joint_bilateral
from tintype.models.session import Session
from tiny_model import FEATURES, write_tiny_model

TINY = CONFIGS["cheng15-test"]
PARTS = ("first", "second", "third", "last")
RANDOM = np.random.default_rng(0)
LIGHTNESS = RANDOM.uniform(0, 100, (32, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def album():
    codes = np.rint(np.clip(lab_to_srgb(lab_photographs(96).numpy()), 0, 1) * 255).astype(np.uint8)
    return [Photograph(str(i), _png(picture)) for i, picture in enumerate(codes)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_tiny_model(folder / "eye.onnx", name="test-eye@1")
    return folder


@pytest.fixture(autouse=True)
def models(folder, monkeypatch):
    monkeypatch.setenv("TINTYPE_MODELS", str(folder))


@pytest.fixture(scope="module")
def model(album, folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINTYPE_MODELS", str(folder))
        return train_cheng15(album, folder / "cheng.npz", config=TINY, encoder="test-eye")


def _png(picture):
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    return stream.getvalue()


def ab_error(model, album):
    """Return the mean distance of ab, Lab units, of photographs as a model colors them."""
    colorizer, errors = Colorizer(model), []
    for photograph in album:
        picture = np.asarray(photograph.open())
        truth = srgb_to_lab(picture.astype(np.float32) / 255)[..., 1:]
        ours = colorizer.colorize(picture, sizes=TINY.size).ab
        errors.append(np.linalg.norm(ours - truth, axis=-1).mean())
    return np.mean(errors)


def test_few_steps_learn_much_of_eight_photographs(model, album):
    assert ab_error(model, album) < 8
    assert lab_photographs(96)[..., 1:].norm(dim=-1).mean() > 20


@pytest.mark.slow
def test_more_steps_learn_eight_photographs_by_heart(album, folder, tmp_path):
    config = replace(TINY, steps=1200, pixels=1024, clusters=4)
    assert ab_error(train_cheng15(album, tmp_path / "long.npz", config=config, encoder="test-eye"), album) < 4


def test_contract_is_kept_at_odd_sizes(model):
    session = Session(find_model("cheng15"))
    feeds = {"lightness": RANDOM.uniform(0, 100, (2, 1, 32, 96)).astype(np.float32)}
    outputs = session.run(**feeds)
    check_outputs(session.card, feeds, outputs)
    assert outputs["ab"].shape == (2, 2, 32, 96)
    np.testing.assert_allclose(session.run(feeds["lightness"][1:])["ab"][0], outputs["ab"][1], atol=1e-3)
    with pytest.raises(UnsupportedByModelError):
        session.run(feeds["lightness"], hints=np.zeros((2, 3, 32, 96), np.float32))


def test_color_is_smoothed_along_the_lightness(model):
    session = Session(find_model("cheng15"))
    method = Cheng(session.card, read_arrays(model.path))
    seen = view(LIGHTNESS, method.encoder.features(LIGHTNESS), method.ensemble.vocabulary)
    rough = color_pixels(seen, method.ensemble)
    answer = np.moveaxis(session.run(LIGHTNESS[None, None])["ab"][0], 0, -1)
    np.testing.assert_allclose(answer, joint_bilateral(rough, LIGHTNESS, 4.0, 6.0), atol=1e-3)
    assert np.abs(np.diff(answer, axis=1)).mean() < 0.5 * np.abs(np.diff(rough, axis=1)).mean()


def test_network_has_three_hidden_layers_of_half_the_input():
    network = PixelNet(LOCAL_LENGTH + 47)
    assert LOCAL_LENGTH == 49 + 32
    assert [tuple(p.shape) for p in network.parameters() if p.ndim == 2] == [
        (64, 128),
        (64, 64),
        (64, 64),
        (2, 64),
    ]
    network(torch.randn(8, 128)).square().sum().backward()
    assert all(p.grad.any() for p in network.parameters())


def fitted(samples, config):
    return fit_course(samples, np.eye(3, dtype=np.float32), config, lambda *_: None).ensembles[-1]


def test_numpy_computes_what_torch_trained():
    samples = _samples(8)
    config = replace(TINY, steps=3, rounds=1, clusters=1)
    ensemble = fitted(samples, config)
    network = PixelNet(samples.vectors.shape[-1])
    state = {}
    for layer, name in zip((0, 2, 4, 6), PARTS, strict=True):
        state[f"{layer}.weight"] = torch.from_numpy(getattr(ensemble, name)[0].T.copy())
        state[f"{layer}.bias"] = torch.from_numpy(getattr(ensemble, f"{name}_bias")[0])
    network.load_state_dict(state)
    vectors = samples.vectors[0]
    with torch.no_grad():
        expected = 110 * network(torch.from_numpy((vectors - ensemble.mean) * ensemble.scale)).numpy()
    np.testing.assert_allclose(ensemble.predict(vectors, 0), expected, atol=1e-3)


def test_photographs_colored_well_leave_and_the_others_get_new_networks():
    """Gray photographs are learned at once; the others are noise, which no network learns."""
    samples = _samples(12)
    samples.ab[:5] = 0
    samples.outlines[:5], samples.outlines[5], samples.outlines[6:] = (1, 0), (1, 0.1), (0, 1)
    config = replace(TINY, clusters=2, rounds=2, settled=25, steps=200)
    ensemble = fitted(samples, config)
    # Number 5 was sorted to the gray ones, was not learned with them, and met the rest in the second round.
    np.testing.assert_allclose(sorted(ensemble.outlines.tolist()), [(0, 1), (1, 0), (1, 0.1)], atol=1e-6)
    once = fitted(samples, replace(config, rounds=1))
    np.testing.assert_allclose(sorted(once.outlines.tolist()), [(0, 1), (1, 0.1 / 6)], atol=1e-6)


@pytest.mark.parametrize(("settled", "rounds"), [(0.0, {"round 1"}), (99.0, {"round 1", "round 2"})])
def test_photographs_stay_once_they_are_colored_well_enough(settled, rounds):
    config, told = replace(TINY, clusters=2, rounds=2, settled=settled, steps=3), set()
    fit_course(_samples(6), np.eye(3, dtype=np.float32), config, lambda text, *_: told.add(text))
    assert told == rounds


def test_semantics_follow_the_edges_of_the_lightness():
    lightness = np.repeat(np.float32([20, 80]), 37)[None, :64].repeat(
        32, axis=0
    )  # the edge is amid a cell of features
    features = np.zeros((2, 4, 2), np.float32)
    features[:, :2, 0] = features[:, 2:, 1] = 1
    thing = view(lightness, features, np.eye(2, dtype=np.float32)).semantics[16, :, 0]
    assert np.abs(np.diff(thing)).argmax() == 36


def test_cluster_is_chosen_by_look_and_by_things():
    outlines = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], np.float32)
    histograms = np.array([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]], np.float32)
    nearest = [
        distances(np.array(outline), np.array(histogram), outlines, histograms).argmin()
        for outline, histogram in (
            ((1.0, 0.0), (0.5, 0.5)),
            ((0.0, 1.0), (0.9, 0.1)),
            ((0.0, 1.0), (0.1, 0.9)),
        )
    ]
    assert nearest == [0, 1, 2]


def test_pixel_knows_its_patch_and_its_texture():
    described = describe_pixels(LIGHTNESS)
    assert described.shape == (32, 64, LOCAL_LENGTH)
    np.testing.assert_allclose(
        described[10, 20, :49].reshape(7, 7), (LIGHTNESS[7:14, 17:24] - 50) / 50, atol=1e-6
    )
    assert (np.linalg.norm(described[..., 49:], axis=-1) <= 1).all()


def test_semantics_are_shares_that_follow_the_features():
    vocabulary = np.eye(FEATURES, dtype=np.float32)[:3]
    features = np.zeros((2, 4, FEATURES), np.float32)
    features[:, :2, 0] = features[:, 2:, 1] = 1
    shares = assign(features, vocabulary)
    np.testing.assert_allclose(shares.sum(axis=-1), 1, rtol=1e-5)
    assert (shares.argmax(axis=-1) == [0, 0, 1, 1]).all()
    seen = view(LIGHTNESS, features, vocabulary)
    assert seen.semantics.shape == (32, 64, 3)
    np.testing.assert_allclose(seen.histogram[:2], 0.5, atol=0.01)
    assert seen.pixels(np.array([3, 4]), np.array([5, 6])).shape == (2, LOCAL_LENGTH + 3)


def test_outline_tells_directions_and_not_brightness():
    stripes = np.tile(np.float32([30, 30, 60, 60]), (64, 16))
    across, brighter, turned = (outline(each) for each in (stripes, stripes + 20, stripes.T.copy()))
    assert np.linalg.norm(across) == pytest.approx(1)
    assert np.linalg.norm(across - brighter) < 1e-3
    assert np.linalg.norm(across - turned) > 0.5
    assert np.isfinite(outline(np.full((32, 32), 50, np.float32))).all()


def test_training_twice_gives_the_same_weights(album, tmp_path):
    config = replace(TINY, steps=5, rounds=1)
    one, two = (
        train_cheng15(album, tmp_path / f"{i}.npz", config=config, encoder="test-eye") for i in range(2)
    )
    assert one.card.sha256 == two.card.sha256
    one.verify()


def test_another_encoder_of_the_same_name_is_refused(model, tmp_path, monkeypatch):
    monkeypatch.setenv("TINTYPE_MODELS", str(tmp_path))
    with pytest.raises(BrokenModelError, match="needs the features of test-eye@1, which is not here"):
        Session(model)
    write_tiny_model(tmp_path / "eye.onnx", name="test-eye@1", sha256="0" * 64)
    with pytest.raises(BrokenModelError, match="train it again"):
        Session(model)


def test_broken_and_too_few_photographs_are_named(album, tmp_path):
    with pytest.raises(DataError, match="1 photographs are too few for 2 clusters"):
        train_cheng15(album[:1], tmp_path / "x.npz", config=TINY, encoder="test-eye")
    with pytest.raises(DataError, match="bad can't be read"):
        train_cheng15(
            [Photograph("bad", b"no picture")] * 2, tmp_path / "x.npz", config=TINY, encoder="test-eye"
        )
    write_tiny_model(tmp_path / "blind.onnx", capabilities=frozenset({"hints"}), drop_output="features")
    with pytest.raises(BrokenModelError, match="gives no features"):
        train_cheng15(album, tmp_path / "x.npz", config=TINY, encoder=tmp_path / "blind.onnx")


def test_time_limit_ends_training_early(album, tmp_path):
    steps = []
    config = replace(TINY, steps=10**9, seconds=1.0)
    train_cheng15(
        album, tmp_path / "x.npz", config=config, encoder="test-eye", on_step=lambda *s: steps.append(s)
    )
    assert {what for what, _, _ in steps} >= {"vocabulary", "photographs", "round 1"}


def test_arrays_come_back_from_the_file(model):
    with np.load(model.path) as stored:
        ensemble = Ensemble.from_arrays(dict(stored))
    assert ensemble.first.shape[1:] == (LOCAL_LENGTH + TINY.things, (LOCAL_LENGTH + TINY.things) // 2)
    assert model.card.parameters > 3 * ensemble.last.size


def _samples(count):
    random = np.random.default_rng(1)
    return Samples(
        vectors=random.normal(size=(count, 64, 10)).astype(np.float32),
        ab=random.normal(0, 40, (count, 64, 2)).astype(np.float32),
        lightness=np.full((count, 64), 50, np.float32),
        outlines=random.normal(size=(count, 2)).astype(np.float32),
        histograms=np.full((count, 3), 1 / 3, np.float32),
    )
