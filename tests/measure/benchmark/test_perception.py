import numpy as np
import pytest
from PIL import Image, ImageOps

from benchmark_samples import NAMES, create_suite
from tintype.measure.benchmark import perception
from tintype.measure.benchmark.cache import Cache
from tintype.measure.benchmark.contestants import Painter
from tintype.measure.benchmark.photographs import sit
from tintype.measure.benchmark.probe import draw_samples
from tintype.measure.benchmark.report import Circumstances, Report, render_report
from tintype.measure.perceptual.catalog import METRICS
from tintype.measure.perceptual.judge import judge_perceptually
from tintype.measure.perceptual.networks import Networks

OF_ENCODER = ["frechet_encoder", "kid_encoder", "precision_encoder", "recall_encoder"]


@pytest.fixture(scope="module")
def suite(place):
    """Six photographs: distances of sets ask for four."""
    suite = create_suite(place / "six")
    for name in NAMES:
        with Image.open(suite.folder / f"{name}.png") as picture:
            ImageOps.invert(picture).save(suite.folder / f"{name} inverted.png")
    return suite


@pytest.fixture(scope="module")
def networks(place):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(place / "somebody"))
        patch.delenv("TINTYPE_WEIGHTS", raising=False)
        yield Networks(["lpips_vgg", "encoder"], model=place / "tiny.onnx")


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def perceived(ran, options, networks, told):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perception, "Networks", lambda _: networks)
        return perception.perceive(ran, options.cache, lambda *done: told.append(done))


def test_every_contestant_is_looked_at(perceived, told):
    assert [row["label"] for row in perceived["rows"]] == ["gray", "test-tiny", "test-tiny, vividness 1"]
    assert told == [(done, 18) for done in range(1, 19)]


def test_figures_are_those_of_the_judge(perceived, ran, options, networks):
    painter = Painter(ran.contestants[1], None, Cache(options.cache))
    sittings = [sit(photograph, ran.suite) for photograph in ran.photographs]
    pairs = [(sitting.true, painter.paint(sitting)) for sitting in sittings]
    expected = judge_perceptually(pairs, networks).of_set
    assert expected
    values = perceived["rows"][1]["values"]
    assert values == {name: f"{figure.value:.4g}" for name, figure in expected.items()}
    assert perceived["columns"] == [name for name in OF_ENCODER if name in expected]
    assert perceived["means"]["frechet_encoder"]["title"] == METRICS["frechet_encoder"].figure.title
    assert perceived["weights"].keys() == expected.keys()


def test_diversity_is_that_of_the_samples(ran, options, networks, monkeypatch):
    seen = []

    class Distance:
        def pairwise(self, pictures):
            seen.append(np.stack(pictures))
            return np.array([0.1, 0.4])

    monkeypatch.setattr(networks, "lpips", {"alex": Distance()})
    monkeypatch.setattr(networks, "weights_of", lambda name: f"weights of {name}")
    monkeypatch.setattr(perception, "Networks", lambda _: networks)
    monkeypatch.setattr(perception, "_look", lambda *_: perception.PerceptualFigures(6, {}, {}, {}, {}))
    found = perception.perceive(ran, options.cache)
    values = [row["values"].get("diversity_alex") for row in found["rows"]]
    assert values == [None, "0.25", "0.25"]
    assert found["columns"] == ["diversity_alex"]
    assert found["weights"] == {"diversity_alex": "weights of alex"}
    assert found["means"]["diversity_alex"]["title"] == "Diversity of answers, LPIPS (AlexNet)"
    assert len(seen) == 2 * len(ran.photographs)
    painter = Painter(ran.contestants[1], None, Cache(options.cache))
    sitting = sit(ran.photographs[0], ran.suite)
    expected = draw_samples(painter, sitting, ran.suite.probes.samples)
    assert np.array_equal(seen[0], expected)
    assert not np.array_equal(expected[0], expected[1])


def test_what_is_missing_is_told_without_folders(perceived, place):
    reasons = {name: reason for reason, names in perceived["missing"] for name in names}
    assert "vgg16-397923af.pth" in reasons["lpips_vgg"]
    assert "TINTYPE_WEIGHTS" in reasons["lpips_vgg"]
    assert str(place) not in str(perceived)


def test_report_shows_what_networks_say(perceived, summary, options):
    circumstances = Circumstances("2026-11-22", "tintype benchmark", "a machine", "python 3")
    page = render_report(
        Report([summary], circumstances, perceptual={"small": perceived}, cache=options.cache)
    )
    assert "What trained networks say" in page
    assert "Frechet distance (Tintype" in page
    assert "lpips_vgg: the weights of torchvision" in page


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            "put a.pth into {hub}, or elsewhere",
            "put a.pth into the folder checkpoints of torch.hub, or elsewhere",
        ),
        ("{hub}/a.pth is not the published file", "a.pth is not the published file"),
        ("/srv/of-ada/w/a.pth can't be read (No such file)", "a.pth can't be read (No such file)"),
        ("~/w/a.pth and/or 3/4 of (/b/c.pth)", "a.pth and/or 3/4 of (c.pth)"),
        ("not installed: lpips; pip install 'tintype[perceptual]'",) * 2,
    ],
)
def test_reasons_name_no_folder(reason, told, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "a home"))
    hub = str(tmp_path / "a home" / "hub" / "checkpoints")
    assert perception.tell_reason(reason.format(hub=hub)) == told


def test_shares_of_photographs_are_told_in_percent():
    assert perception._scale("top1_gray") == perception._scale("same_class") == 100
    assert perception._scale("lpips_alex") == 1
