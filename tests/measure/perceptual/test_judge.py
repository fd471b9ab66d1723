import numpy as np
import pytest

from tintype.errors import TintypeError
from tintype.measure.perceptual.catalog import CLASS_FIGURES, METRICS
from tintype.measure.perceptual.distances import frechet_distance, kernel_distance, precision_and_recall
from tintype.measure.perceptual.encoder import ModelEncoder
from tintype.measure.perceptual.judge import PerceptualJudge, judge_perceptually
from tintype.measure.perceptual.lpips import Lpips
from tintype.measure.perceptual.networks import Networks, Remembering
from tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(autouse=True)
def no_other_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("TINTYPE_WEIGHTS", raising=False)


@pytest.fixture
def recolored(many):
    return [np.ascontiguousarray(picture[..., ::-1]) for picture in many]


def test_figures_are_those_of_the_single_functions(known_weights, model, many):
    known_weights("squeeze")
    recolored = [picture // 4 + np.uint8([90, 80, 70]) for picture in many]
    networks = Networks(["squeeze", "encoder"], model=model)
    found = judge_perceptually(zip(many, recolored, strict=True), networks)
    assert found.count == len(many) == 48
    assert found.each["lpips_squeeze"] == pytest.approx(Lpips("squeeze").distances(many, recolored), abs=1e-6)
    encoder = ModelEncoder(model)
    true, result = encoder(many), encoder(recolored)
    values = {name: figure.value for name, figure in found.of_set.items()}
    precision, recall = precision_and_recall(true, result)
    assert precision != recall
    kernel = kernel_distance(true, result, paired=True)
    expected = {
        "frechet_encoder": frechet_distance(true, result),
        "kid_encoder": kernel.mean,
        "precision_encoder": precision,
        "recall_encoder": recall,
    }
    assert values == pytest.approx(expected)
    assert found.of_set["kid_encoder"].deviation == pytest.approx(kernel.deviation)
    assert found.of_set["kid_encoder"].note == "100 subsets of 24 photographs"
    assert not found.not_measured
    assert found.weights.keys() == {"lpips_squeeze", *expected}
    assert found.weights["kid_encoder"] == networks.weights_of("encoder") == encoder.weights


def test_what_is_missing_is_said_on_one_line_and_the_rest_goes_on(model, many, recolored):
    networks = Networks(["lpips_vgg", "inception_tf", "encoder"], model=model)
    found = judge_perceptually(zip(many, recolored, strict=True), networks)
    assert found.of_set.keys() == {"frechet_encoder", "kid_encoder", "precision_encoder", "recall_encoder"}
    vgg, inception = found.complaints
    assert vgg.startswith(
        "not measured: lpips_vgg: the weights of torchvision's VGG16 are not here: put vgg16"
    )
    assert inception.startswith(
        "not measured: frechet_inception_tf, kid_inception_tf, precision_inception_tf"
    )
    assert "\n" not in vgg + inception


class ByHue:
    """A classifier that sees the strongest channel, and in gray nothing: class 0, 1, 2, or 3."""

    weights = "by hand"

    def __call__(self, pictures):
        return np.stack([picture.mean(axis=(0, 1)) for picture in pictures]).astype(np.float32)

    def classify(self, features):
        return np.where(np.ptp(features, axis=1) < 0.1, 3, features.argmax(axis=1))


def test_classes_are_counted_for_each_photograph(known_weights):
    known_weights("mobilenetv2")
    red, green, gray = (
        np.full((40, 40, 3), color, np.uint8) for color in ((200, 90, 80), (80, 190, 90), (120, 120, 120))
    )
    networks = Networks([*CLASS_FIGURES])
    networks.features["mobilenetv2"] = Remembering(ByHue())
    pairs = [(red, red), (red, green), (green, gray), (gray, gray)]
    names = ["n01440764_tench.jpg", "n01440764/2.jpg", "n01440764.png", "n01491361_tiger_shark.jpg"]
    found = judge_perceptually(pairs, networks, names=names)
    assert {name: values.tolist() for name, values in found.each.items()} == {
        "top1": [1, 0, 0, 1],
        "top1_gray": [0, 0, 0, 1],
        "top1_true": [1, 1, 0, 1],
        "same_class": [1, 0, 0, 1],
        "same_class_gray": [0, 0, 0, 1],
    }
    assert not found.of_set
    assert found.weights["top1"] == "by hand"


def test_names_without_classes_leave_the_other_figures(known_weights, many):
    known_weights("mobilenetv2")
    found = judge_perceptually(
        zip(many[:2], many[:2], strict=True), ["top1", "same_class"], names=["n01440764.jpg", "b.jpg"]
    )
    assert found.each.keys() == {"same_class"}
    assert found.each["same_class"].tolist() == [1, 1]
    assert "1 of 2 file names say no class of ImageNet" in found.not_measured["top1"]


def test_photograph_that_is_too_small_spoils_only_lpips(known_weights, model, many):
    known_weights("squeeze")
    small = [picture[:31] for picture in many[:8]]
    found = judge_perceptually(zip(small, small, strict=True), Networks(["squeeze", "encoder"], model=model))
    assert "needs 32 pixels a side" in found.not_measured["lpips_squeeze"]
    assert found.of_set["frechet_encoder"].value == pytest.approx(0, abs=1e-6)


def test_set_that_is_too_small_is_said(model, many):
    found = judge_perceptually([(many[0], many[1])], Networks(["encoder"], model=model))
    assert found.not_measured.keys() == {name for name, it in METRICS.items() if it.network == "encoder"}
    assert "a set of 1 photographs is too small" in found.not_measured["kid_encoder"]


def test_small_sets_carry_a_warning(model, many, recolored):
    found = judge_perceptually(
        zip(many[:20], recolored[:20], strict=True), Networks(["frechet_encoder"], model=model)
    )
    assert found.of_set["frechet_encoder"].note == (
        "20 photographs, but 24 features: too high; compare with figures of 20 only"
    )


def test_truth_is_looked_at_once_for_all_models(model, many, recolored, monkeypatch):
    networks = Networks(["frechet_encoder"], model=model)
    network = networks.features["encoder"].network
    looked = []
    monkeypatch.setattr(
        networks.features["encoder"],
        "network",
        lambda pictures: looked.append(len(pictures)) or network(pictures),
    )
    first = judge_perceptually(zip(many, recolored, strict=True), networks)
    again = judge_perceptually(zip(many, recolored, strict=True), networks)
    assert first.of_set == again.of_set
    assert looked == [32, 32, 16, 16, 32, 16]


def test_figures_may_be_asked_for_on_the_way(model, many, recolored):
    judge = PerceptualJudge(Networks(["frechet_encoder"], model=model))
    for true, result in zip(many[:10], recolored[:10], strict=True):
        judge.add(true, result)
    early = judge.figures()
    for true, result in zip(many[10:], recolored[10:], strict=True):
        judge.add(true, result)
    expected = judge_perceptually(
        zip(many, recolored, strict=True), Networks(["frechet_encoder"], model=model)
    )
    assert early.count == 10
    assert judge.figures().of_set["frechet_encoder"].value == pytest.approx(
        expected.of_set["frechet_encoder"].value
    )


def test_pictures_that_do_not_fit_are_refused(many):
    judge = PerceptualJudge([])
    with pytest.raises(TintypeError, match="two of the same size in 8-bit color"):
        judge.add(many[0], many[0][:40])
    with pytest.raises(TintypeError, match="float64"):
        judge.add(many[0], many[0] / 255)
    with pytest.raises(TintypeError, match="8-bit color"):
        judge.add(many[0][..., 0], many[0][..., 0])


def test_nothing_asked_is_nothing_said(many):
    found = judge_perceptually([(many[0], many[1])], [])
    assert (found.count, found.each, found.of_set, found.complaints) == (1, {}, {}, ())


def test_progress_is_told(many):
    told = []
    judge_perceptually([(many[0], many[1])] * 3, [], progress=told.append)
    assert told == [1, 2, 3]
