import importlib.util
import subprocess
import sys

import pytest

from tintype.errors import MissingExtraError, MissingWeightsError, ModelNotFoundError, TintypeError
from tintype.measure.figures import FIGURES
from tintype.measure.perceptual.catalog import (
    METRICS,
    NETWORKS,
    available_metrics,
    choose_metrics,
    reason_against,
    require,
)


@pytest.fixture
def no_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("TINTYPE_WEIGHTS", raising=False)


def test_every_figure_says_what_it_means():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.network in NETWORKS
        assert metric.figure.what.endswith(".")
        assert metric.figure.source
    assert len({metric.figure.title for metric in METRICS.values()}) == len(METRICS)
    assert METRICS.keys().isdisjoint(FIGURES)


def test_every_figure_names_its_network():
    for name, metric in METRICS.items():
        assert name.endswith(metric.network) or metric.network == "mobilenetv2"


def test_metrics_are_chosen_by_figure_or_network():
    assert [it.name for it in choose_metrics(["encoder"])] == [
        "frechet_encoder",
        "kid_encoder",
        "precision_encoder",
        "recall_encoder",
    ]
    assert [it.name for it in choose_metrics(["top1", "lpips_vgg"])] == ["lpips_vgg", "top1"]
    assert choose_metrics() == tuple(METRICS.values())


def test_unknown_metric_is_named():
    with pytest.raises(TintypeError, match="there is no metric 'lpip'; there are lpips_alex"):
        choose_metrics(["lpip"])


def test_missing_weights_are_the_reason(no_weights):
    found = {it.metric.name: it for it in available_metrics()}
    assert "alexnet-owt-7be5be79.pth" in found["lpips_alex"].reason
    assert not found["lpips_alex"].is_available
    assert found["frechet_encoder"].is_available
    with pytest.raises(MissingWeightsError):
        require("vgg")


def test_missing_package_is_the_reason(known_weights, monkeypatch):
    known_weights("alex")
    assert reason_against("alex") == ""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in {"torch", "lpips"} else find_spec(name)
    )
    assert reason_against("alex") == "not installed: torch, lpips; pip install 'tintype[perceptual]'"
    with pytest.raises(MissingExtraError):
        require("encoder")


def test_missing_model_is_the_reason():
    with pytest.raises(ModelNotFoundError):
        require("encoder", "no-such-model")
    assert "no-such-model" in reason_against("encoder", "no-such-model")


def test_what_can_be_measured_is_told_without_torch():
    code = (
        "import sys; from tintype.measure.perceptual import catalog, judge\n"
        "catalog.available_metrics(); print(sorted({'torch', 'scipy', 'timm', 'lpips'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
