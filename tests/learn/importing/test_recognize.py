import json
from pathlib import Path

import pytest
import torch

from released_samples import released, released_state
from seeded_weights import hints, lightness
from tintype.color.bins import CENTERS
from tintype.errors import BrokenModelError
from tintype.learn.importing.recognize import identify, is_published, recognize
from tintype.learn.networks import create_network
from tintype.learn.networks.siggraph17 import SiggraphConfig, SiggraphNet

FIXTURES = Path(__file__).parent.parent / "networks"
SYSTEMS = ["eccv16", "siggraph17", "ddcolor23"]


def keys_of_releases():
    files = [json.loads((FIXTURES / name).read_text()) for name in ("release_keys.json", "ddcolor_keys.json")]
    return {size: dict(keys) for file in files for size, keys in file.items()}


def empty(keys):
    """Return tensors of these shapes that take no memory."""
    return {name: torch.zeros(()).expand(shape) for name, shape in keys.items()}


@pytest.mark.parametrize("size", ["eccv16", "siggraph17", "ddcolor23-tiny", "ddcolor23-large"])
def test_release_is_identified_by_its_names_and_shapes(size):
    found = identify(empty(keys_of_releases()[size]), "weights.pth")
    assert (found.kind.system, found.size) == (size.partition("-")[0], size)


def test_head_that_the_released_ddcolor_carries_is_left_out():
    keys = keys_of_releases()["ddcolor23-large"]
    head = {"encoder.arch.head_cls.weight": (1000, 1536), "encoder.arch.head_cls.bias": (1000,)}
    found = identify(empty(keys | head), "weights.pth")
    assert found.size == "ddcolor23-large"
    assert found.state.keys() == keys.keys()


@pytest.mark.parametrize("system", SYSTEMS)
def test_network_gives_the_answer_of_the_weights(system):
    found = recognize(released_state(system), "weights.pth")
    expected = released(system)
    inputs = [lightness(64, 96)] + ([hints(64, 96)] if system == "siggraph17" else [])
    with torch.no_grad():
        for name, tensor in expected(*inputs).items():
            assert torch.equal(found.network(*inputs)[name], tensor)
    assert found.system == system
    assert not found.network.training
    remarks = {"ddcolor23": ("2 weights on which no answer depends were left out",)}
    assert found.remarks == remarks.get(system, ())


def test_bins_in_another_order_are_brought_into_ours():
    state, order = released_state("eccv16"), torch.randperm(313, generator=torch.Generator().manual_seed(0))
    moved = {name: state[name][order] for name in ("model8.6.weight", "model8.6.bias")}
    moved["model_out.weight"] = state["model_out.weight"][:, order] + 1e-4
    found = recognize(state | moved, "weights.pth")
    with torch.no_grad():
        expected = released("eccv16")(lightness(64, 64))["bin_logits"]
        assert torch.equal(found.network(lightness(64, 64))["bin_logits"], expected)
    assert torch.equal(found.network.model_out.weight, released("eccv16").model_out.weight)
    assert found.remarks == ("its bins were in another order and were brought into ours",)


@pytest.mark.parametrize(
    "change",
    [lambda w: w * 1.05, lambda w: w.flip(0), torch.zeros_like, lambda w: w + float("nan")],
)
def test_bins_of_other_colors_are_refused(change):
    state = released_state("eccv16")
    state["model_out.weight"] = change(state["model_out.weight"])
    with pytest.raises(BrokenModelError, match="weights of eccv16, but its bins are other colors: none is"):
        recognize(state, "weights.pth")


def test_two_bins_of_one_color_are_refused():
    state = released_state("eccv16")
    state["model_out.weight"] = state["model_out.weight"].clone()
    state["model_out.weight"][:, 0] = state["model_out.weight"][:, 1]
    with pytest.raises(BrokenModelError, match="its bins are other colors"):
        recognize(state, "weights.pth")
    assert len(CENTERS) == 313


def test_class_head_of_another_grid_is_refused():
    state = SiggraphNet(SiggraphConfig(width=8, classes=313)).state_dict()
    with pytest.raises(BrokenModelError, match="its class head has 313 classes and not 529"):
        recognize(state, "weights.pth")


def test_vectors_that_are_no_singular_ones_are_refused():
    state = released_state("ddcolor23")
    state["refine_net.0.0.weight_u"] = state["refine_net.0.0.weight_u"] * 2
    with pytest.raises(
        BrokenModelError, match=r"refine_net.0.0.weight_u and weight_v are no singular vectors"
    ):
        recognize(state, "weights.pth")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("model4.2.bias", None, r"1 missing \(model4.2.bias\)"),
        (
            "model4.2.weight",
            lambda w: w[:-1],
            r"1 of another shape \(model4.2.weight is 63x64x3x3 and not 64x64x3x3\)",
        ),
        ("model1.0.weight", None, "model1.0.weight is missing"),
        ("model8.6.weight", lambda w: w[:300], "model8.6.weight is of another shape"),
        ("model1.0.weight", lambda w: w[:4], "of another shape"),
        ("model1.0.weight", lambda w: w.sum(), "their shapes can't be"),
        ("model9.0.weight", lambda w: torch.ones(1), r"1 unknown \(model9.0.weight\)"),
        ("model2.4.running_var", lambda w: -w, "model2.4.running_var holds a variance below 0"),
        ("model2.0.weight", lambda w: w * float("inf"), "model2.0.weight holds NaN or infinity"),
    ],
)
def test_weights_that_do_not_fit_are_told_in_one_line(name, change, words):
    state = released_state("eccv16")
    old = state.pop(name, None)
    if change:
        state[name] = change(old)
    with pytest.raises(
        BrokenModelError, match=f"^weights.pth has weights of eccv16, but .*{words}"
    ) as caught:
        recognize(state, "weights.pth")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("system", SYSTEMS)
def test_half_precision_is_widened_and_the_count_of_batches_is_not_missed(system):
    state = {name: t.half() if t.is_floating_point() else t for name, t in released_state(system).items()}
    old = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    found = recognize(old, "weights.pth")
    assert {p.dtype for p in found.network.parameters()} == {torch.float32}


def test_weights_of_an_unpublished_system_are_told():
    state = create_network("pix2pix-test").state_dict()
    assert not is_published(state)
    with pytest.raises(
        BrokenModelError, match=r"of no published system .*known are siggraph17, eccv16, ddcolor23"
    ):
        recognize(state, "weights.pth")
