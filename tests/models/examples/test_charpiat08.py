import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import skimage.data

from tintype import Colorizer, Guidance
from tintype.color.bins import Decoding, decode
from tintype.errors import ModelError, OutputExistsError, PhotoError
from tintype.guidance.marks import PointMark
from tintype.models.catalog import find_model, list_models
from tintype.models.contract import check_interface, check_outputs
from tintype.models.examples import charpiat08
from tintype.models.examples.charpiat_features import find_variation
from tintype.models.examples.create import CONFIGS, create_examples_model
from tintype.models.session import Session
from tintype.photos import Photo
from tintype.photos.raise_ab import average_cells

TINY = CONFIGS["charpiat08-test"]


@pytest.fixture(scope="module")
def colorizer(coffee_model):
    return Colorizer(coffee_model)


@pytest.fixture(scope="module")
def colored(colorizer, coffee):
    return colorizer.colorize(coffee, sizes=TINY.size)


def truth(photo, size):
    return np.stack([average_cells(photo.true_ab[..., i], size) for i in (0, 1)], axis=-1)


def error(ab, photo):
    return float(np.linalg.norm(ab - truth(photo, ab.shape[:2]), axis=-1).mean())


def test_example_is_reproduced(colored, coffee):
    assert error(colored.ab, coffee) < 5
    assert error(np.zeros_like(colored.ab), coffee) > 30


def test_unseen_half_takes_the_colors_of_the_other(tmp_path):
    picture = skimage.data.coffee()[::3, ::3]
    left, right = (
        Photo.from_array(np.ascontiguousarray(half), keep_ab=True)
        for half in np.array_split(picture, 2, axis=1)
    )
    model = create_examples_model([left], "left", tmp_path / "left.npz", config=TINY)
    ab = Colorizer(model).colorize(right, sizes=TINY.size).ab
    constant = np.broadcast_to(left.true_ab.mean(axis=(0, 1)), ab.shape)
    assert error(ab, right) < 0.8 * error(constant, right)


def test_default_decoding_is_the_color_of_the_cut():
    palette = np.array([[30.0, 20.0], [-40.0, 30.0], [5.0, -60.0]], np.float32)
    shares = np.array([[0.5, 0.5, 0.0], [0.05, 0.95, 0.0], [0.0, 0.0, 1.0]], np.float32)
    labels = np.array([0, 0, 2])
    logits = charpiat08.encode_answer(shares, palette, labels)
    ab = decode(logits, None, Decoding(0.0, 0.5))
    assert np.abs(ab - palette[labels])[[0, 2]].max() < 3
    # Even where the cell alone would say otherwise:
    assert np.linalg.norm(ab[1] - palette[0]) < np.linalg.norm(ab[1] - palette[1])


def test_suggestions_speak_of_what_the_cut_did_not_choose():
    palette = np.array([[40.0, 30.0], [-40.0, 30.0]], np.float32)
    memory_says = np.array([[0.5, 0.5]], np.float32)
    powers = np.exp(charpiat08.encode_answer(memory_says, palette, np.array([0])))[0]
    far = np.linalg.norm(charpiat08.CENTERS - palette[1], axis=1) < 15
    assert powers[far].sum() > 0.1


def test_contract_is_kept_at_odd_sizes(coffee_model):
    session = Session(coffee_model)
    nodes = session._session
    check_interface(session.card, nodes.get_inputs(), nodes.get_outputs())
    random = np.random.default_rng(0)
    feeds = {"lightness": random.uniform(0, 100, (2, 1, 24, 40)).astype(np.float32)}
    outputs = session.run(**feeds)
    check_outputs(session.card, feeds, outputs)
    assert outputs["bin_logits"].shape == (2, 313, 6, 10)
    alone = session.run(feeds["lightness"][1:])
    np.testing.assert_allclose(alone["bin_logits"][0], outputs["bin_logits"][1], atol=1e-4)


def test_flat_photograph_gets_a_color(coffee_model):
    logits = Session(coffee_model).run(np.full((1, 1, 16, 16), 50, np.float32))["bin_logits"]
    assert np.isfinite(logits).all()


def test_landmark_is_obeyed_and_spreads_to_what_looks_alike(colorizer, coffee, colored):
    height, width = coffee.height, coffee.width
    spot = PointMark(x=width * 0.85, y=height * 0.85, radius=3, color=(50.0, -40.0, 30.0))
    changed = colorizer.colorize(coffee, Guidance((spot,)), sizes=TINY.size).ab
    row, column = int(0.85 * changed.shape[0]), int(0.85 * changed.shape[1])
    np.testing.assert_allclose(changed[row, column], (-40, 30), atol=3)
    moved = np.linalg.norm(changed - colored.ab, axis=-1)
    assert (moved > 20).sum() > 6  # more than the spot
    assert (moved[:, : moved.shape[1] // 3] < 20).mean() > 0.9  # and not all


def test_cut_leaves_a_sure_landmark_alone():
    shares = np.tile(np.array([[0.98, 0.02]], np.float32), (9, 1))
    landmarks = charpiat08.Landmarks(
        np.array([4]), np.array([0]), np.ones(1, np.float32), np.array([[50, 0]], np.float32)
    )
    palette = np.array([[0.0, 0.0], [50.0, 0.0]], np.float32)
    edges = charpiat08.connect_cells(np.full(9, 5, np.float32), (3, 3), 0.1)
    labels = charpiat08.cut(shares, palette, landmarks, edges)
    assert labels.tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_landmark_of_half_confidence_has_half_of_its_cell():
    cells = np.zeros((4, 3), np.float32)
    cells[2:] = 50  # look like nothing else
    prediction = charpiat08.Prediction(
        np.tile(np.float32([0.8, 0.2]), (4, 1)), np.ones(4, np.float32), np.zeros(4, np.float32)
    )
    landmarks = charpiat08.Landmarks(
        np.array([0]), np.array([0]), np.float32([0.5]), np.array([[50, 0]], np.float32)
    )
    shares = charpiat08.add_landmarks(prediction, cells, landmarks, (1, 4), 0.5)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert shares[0, 2] > 0.75
    assert 0.05 < shares[1, 2] < 0.5  # it looks alike
    assert shares[0, 0] == pytest.approx(4 * shares[0, 1])  # the rest is shared as before
    assert shares[2:, 2].max() < 0.01


def test_many_colors_of_landmarks_are_merged():
    hints = np.zeros((3, 64, 64), np.float32)
    hints[:2] = np.random.default_rng(0).uniform(-60, 60, (2, 64, 64))
    hints[2] = 1
    landmarks = charpiat08.find_landmarks(hints)
    assert len(landmarks.cells) == 256
    assert len(landmarks.palette) <= 48
    none = charpiat08.find_landmarks(np.zeros_like(hints))
    assert none.palette.shape == (0, 2)


def test_expected_variation_makes_borders_cheap():
    """The same two colors: where variation is expected the border stays, elsewhere one color wins."""
    shares = np.tile(np.array([[0.6, 0.4]], np.float32), (16, 1))
    shares[8:] = (0.4, 0.6)
    palette = np.array([[0.0, 0.0], [30.0, 0.0]], np.float32)
    nobody = charpiat08.find_landmarks(np.zeros((3, 16, 16), np.float32))
    lively, calm = (
        charpiat08.cut(
            shares, palette, nobody, charpiat08.connect_cells(np.full(16, variation, np.float32), (4, 4), 0.2)
        )
        for variation in (500.0, 0.0)
    )
    assert len(set(lively.tolist())) == 2
    assert len(set(calm.tolist())) == 1


def test_nearer_examples_say_more_of_the_variation():
    memory = charpiat08.Memory(
        mean=np.zeros(1, np.float32),
        components=np.zeros((1, 0), np.float32),
        descriptors=np.float32([[0], [3]]),
        labels=np.array([0, 1]),
        variation=np.float32([10, 40]),
        palette=np.float32([[0, 0], [30, 0]]),
        bandwidth=2.0,
        smoothness=1.0,
        neighbors=2,
    )
    prediction = charpiat08.predict(memory, np.float32([[0]]))
    near, far = 1, np.exp(-9 / 8)
    assert prediction.variation[0] == pytest.approx((10 * near + 40 * far) / (near + far), rel=1e-5)


def test_variation_is_the_gradient_of_color():
    ab = np.zeros((4, 5, 2), np.float32)
    ab[..., 0] = 3 * np.arange(5)
    ab[..., 1] = 4 * np.arange(4)[:, None]
    np.testing.assert_allclose(find_variation(ab), 5, rtol=1e-6)
    np.testing.assert_allclose(find_variation(ab[:1]), 3, rtol=1e-6)


def test_alternatives_and_suggestions_come_with_it(colored):
    one, two = colored.alternatives(2)
    assert np.abs(one.ab - two.ab).mean() > 1
    suggested = colored.suggestions(20, 20)
    assert suggested[0].probability > 0.2
    assert colored.doubt.max() <= 1


def test_the_same_photographs_make_the_same_file(coffee, coffee_model, tmp_path):
    again = create_examples_model([coffee], "coffee", tmp_path / "again.npz", config=TINY)
    assert again.path.read_bytes() == coffee_model.path.read_bytes()
    other = create_examples_model([coffee], "coffee", tmp_path / "other.npz", config=replace(TINY, bins=8))
    assert other.card.sha256 != again.card.sha256


def test_cells_of_several_photographs_are_remembered(coffee, tmp_path):
    cat = Photo.from_array(np.ascontiguousarray(skimage.data.chelsea()[::3, ::3]), keep_ab=True)
    model = create_examples_model([coffee, cat], "two", tmp_path / "two.npz", config=replace(TINY, cells=500))
    with np.load(model.path) as arrays:
        assert len(arrays["descriptors"]) == len(arrays["labels"]) == 500
    assert "2 photographs" in model.card.summary
    assert np.isclose(sum(model.card.prior), 1)


def test_model_is_found_by_path_and_by_name(coffee_model, monkeypatch):
    monkeypatch.setenv("TINTYPE_MODELS", str(coffee_model.path.parent))
    assert find_model(str(coffee_model.path)) == coffee_model
    assert find_model("charpiat08-coffee") == coffee_model
    assert coffee_model in list_models()
    coffee_model.verify()


def test_card_is_readable_without_tintype(coffee_model):
    with zipfile.ZipFile(coffee_model.path) as archive:
        assert json.loads(archive.read("card.json"))["system"] == "charpiat08"


def test_examples_that_cannot_be_are_refused(tmp_path, coffee, coffee_model):
    with pytest.raises(ModelError, match="no photograph was given"):
        create_examples_model([], "x", tmp_path / "x.npz")
    gray = Photo.from_array(skimage.data.camera(), keep_ab=True)
    with pytest.raises(PhotoError, match="give color photographs"):
        create_examples_model([gray], "x", tmp_path / "x.npz", config=TINY)
    with pytest.raises(ModelError, match=r"ends in \.npz"):
        create_examples_model([coffee], "x", tmp_path / "x.onnx")
    with pytest.raises(ModelError, match="small letters"):
        create_examples_model([coffee], "My Garden", tmp_path / "x.npz")
    with pytest.raises(PhotoError, match="keep_ab"):
        create_examples_model([replace(coffee, true_ab=None)], "x", tmp_path / "x.npz")
    with pytest.raises(OutputExistsError):
        create_examples_model([coffee], "coffee", coffee_model.path, config=TINY)
