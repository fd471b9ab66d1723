import copy
import json
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn
from torch.nn import functional

from tintype.errors import (
    BrokenModelError,
    ContractError,
    ModelNotFoundError,
    OutputExistsError,
    RecipeError,
    WriteFailedError,
)
from tintype.learn import export
from tintype.learn.export import create_feeds, embed_card, export_model, load_weights, save_weights
from tintype.learn.storage import bound_softmax, store_half
from tintype.models.card import Figures, SizeRule
from tintype.models.catalog import read_model
from tintype.models.session import Session
from tiny_model import create_card

CARD = create_card(
    size=SizeRule(multiple=32, default=64, minimum=32, maximum=512),
    capabilities=create_card().capabilities - {"class_map"},
)


class Network(nn.Module):
    """The contract's signature in five layers, one of them attention."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(4, 32, 4, stride=4)
        self.norm = nn.BatchNorm2d(32)
        self.middle = nn.Conv2d(32, 32, 3, padding=1)
        self.head = nn.Conv2d(32, 313, 1)
        self.to_class = nn.Linear(32, 10)
        self.palette = nn.Linear(313, 32)

    def forward(self, lightness, hints, palette):
        x = self.norm(self.stem(torch.cat([lightness / 100, hints / 110], 1)))
        x = x + (self.palette(palette[:, :313]) * palette[:, 313:])[:, :, None, None]
        coarse = functional.avg_pool2d(x, 4)
        n, c, h, w = coarse.shape
        tokens = coarse.flatten(2).transpose(1, 2)[:, None]
        mixed = functional.scaled_dot_product_attention(tokens, tokens, tokens)[:, 0]
        grid = mixed.transpose(1, 2).reshape(n, c, h, w)
        x = functional.relu(self.middle(x + functional.interpolate(grid, scale_factor=4.0, mode="bilinear")))
        return {
            "classes": self.to_class(x.mean((2, 3))),
            "bin_logits": self.head(x),
            "features": functional.normalize(coarse, dim=1),
        }


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Network()


@pytest.fixture(scope="module")
def programs():
    """What was traced: it takes seconds, so that only the first export does it."""
    return []


@pytest.fixture(scope="module")
def exported(network, programs, tmp_path_factory):
    def trace(*arguments):
        programs.append(real(*arguments))
        return programs[0]

    real = export._trace
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "_trace", trace)
        return export_model(network, CARD, tmp_path_factory.mktemp("out") / "tiny.onnx")


@pytest.fixture
def traced(exported, programs, monkeypatch):
    """Spare a test the tracing of the network."""
    monkeypatch.setattr(export, "_trace", lambda *_: programs[0])


def run_torch(network, feeds):
    network.eval()
    with torch.no_grad():
        return {
            k: v.numpy() for k, v in network(**{k: torch.from_numpy(v) for k, v in feeds.items()}).items()
        }


@pytest.mark.parametrize(("height", "width", "count"), [(32, 32, 1), (96, 160, 2), (64, 416, 1)])
def test_exported_model_runs_as_torch_at_any_size(network, exported, height, width, count):
    feeds = create_feeds(CARD, height, width, count=count, seed=9)
    actual = Session(exported.model, threads=1).run(**feeds)
    for name, expected in run_torch(network, feeds).items():
        np.testing.assert_allclose(actual[name], expected, atol=5e-3)


def test_agreement_and_facts_are_told(network, exported):
    assert set(exported.differences) == set(exported.rounding) == {"bin_logits", "features", "classes"}
    assert max(exported.differences.values()) < 1e-4
    assert 0 < max(exported.rounding.values()) < 1e-2
    card = exported.model.card
    assert card.precision == "fp16"
    assert card.parameters == sum(p.numel() for p in network.parameters())
    assert read_model(exported.model.path) == exported.model
    exported.model.verify()


def test_graph_is_valid_tidy_and_in_half_precision(exported):
    model = onnx.load(exported.model.path)
    onnx.checker.check_model(model, full_check=True)
    assert [p.key for p in model.metadata_props] == ["tintype.card"]
    shapes = {
        v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim]
        for v in (*model.graph.input, *model.graph.output)
    }
    assert shapes["hints"] == ["batch", 3, "height", "width"]
    assert shapes["bin_logits"] == ["batch", 313, "height/4", "width/4"]
    assert shapes["features"] == ["batch", 32, "height/16", "width/16"]
    assert b"site-packages" not in exported.model.path.read_bytes()
    large = [w for w in model.graph.initializer if np.prod(w.dims) >= 1024]
    assert {w.data_type for w in large} == {onnx.TensorProto.FLOAT16}


def test_half_precision_halves_the_file_and_fp32_agrees_to_the_bit_of_rounding(
    network, exported, tmp_path, traced
):
    whole = export_model(network, CARD, tmp_path / "whole.onnx", precision="fp32")
    assert max(whole.rounding.values()) == 0
    half, full = (item.model.path.stat().st_size for item in (exported, whole))
    weights = sum(p.numel() for p in network.parameters() if p.numel() >= 1024)
    assert full - half == pytest.approx(2 * weights, rel=0.05)
    assert whole.model.card.sha256 != exported.model.card.sha256


def test_int8_is_calibrated_and_smaller_still(network, tmp_path, traced):
    feeds = [create_feeds(CARD, 64, 64, seed=i) for i in range(4)]
    small = export_model(network, CARD, tmp_path / "small.onnx", precision="int8", calibration=feeds)
    assert small.model.card.precision == "int8"
    assert 0 < max(small.rounding.values()) < 0.25
    types = {w.data_type for w in onnx.load(small.model.path).graph.initializer if np.prod(w.dims) >= 1024}
    assert onnx.TensorProto.INT8 in types
    kept = export_model(
        *(network, CARD, tmp_path / "kept.onnx"),
        precision="int8",
        calibration=feeds,
        keep_float=["head", "palette"],
    )
    names = {w.name: w.data_type for w in onnx.load(kept.model.path).graph.initializer}
    assert names["network.head.weight.half"] == onnx.TensorProto.FLOAT16


def test_network_stays_as_it_was(network, tmp_path, traced):
    network.train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    export_model(network, CARD, tmp_path / "m.onnx")
    assert network.training
    assert all(p.requires_grad for p in network.parameters())
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_graph_that_differs_from_the_network_is_refused(network, tmp_path, traced):
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.head.bias += 0.01
    with pytest.raises(ContractError, match=r"the graph differs from the network: bin_logits by 0\.01"):
        export_model(other, CARD, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_graph_is_not_blamed_for_what_float32_rounds_off(network, tmp_path):
    """A head that stretches by so much is no nearer to itself when its sums are taken in another order."""
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.head.weight *= 1e5
    exported = export_model(other, CARD, tmp_path / "m.onnx", precision="fp32")
    assert 1e-3 < exported.differences["bin_logits"] < 1


class Headless(Network):
    def forward(self, lightness, hints, palette):
        return {"bin_logits": super().forward(lightness, hints, palette)["bin_logits"]}


class Coarse(Network):
    def forward(self, lightness, hints, palette):
        outputs = super().forward(lightness, hints, palette)
        return {**outputs, "bin_logits": functional.avg_pool2d(outputs["bin_logits"], 2)}


class Untraceable(Network):
    """Branches on what the photograph holds."""

    def forward(self, lightness, hints, palette):
        if lightness.mean() > 200:
            lightness = lightness / 2
        return super().forward(lightness, hints, palette)


class Unguided(Network):
    def forward(self, lightness):
        zeros = lightness.new_zeros
        n, _, h, w = lightness.shape
        return super().forward(lightness, zeros(n, 3, h, w), zeros(n, 314))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Headless, "the network is not what its card says: 'features'"),
        (Coarse, "bin_logits has the shape"),
        (Unguided, "the network is not what its card says: .*'hints'"),
        (Untraceable, "the network can't be exported: .*guard"),
    ],
)
def test_network_that_breaks_the_contract_leaves_no_file(kind, words, tmp_path):
    with pytest.raises(ContractError, match=words) as caught:
        export_model(kind(), CARD, tmp_path / "m.onnx")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_weight_too_large_for_half_precision_is_refused(tmp_path):
    weight = onnx.numpy_helper.from_array(np.full(2000, 1e5, np.float32), "head")
    graph = onnx.helper.make_graph([], "g", [], [], [weight])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "m.onnx")
    with pytest.raises(ContractError, match=r"the weight head holds 1e\+05, too large for float16"):
        store_half(tmp_path / "m.onnx", tmp_path / "half.onnx")


def test_precision_that_spoils_the_result_is_refused(network, tmp_path, monkeypatch, traced):
    monkeypatch.setitem(export.ROUNDING_TOLERANCE, "fp16", 1e-6)
    with pytest.raises(ContractError, match="fp16 changes the result"):
        export_model(network, CARD, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_impossible_requests_are_refused(network, tmp_path):
    with pytest.raises(RecipeError, match="precision is 'fp4'"):
        export_model(network, CARD, tmp_path / "m.onnx", precision="fp4")
    with pytest.raises(RecipeError, match="needs calibration photographs"):
        export_model(network, CARD, tmp_path / "m.onnx", precision="int8")


def test_existing_file_stays_unless_overwriting_is_asked_for(network, tmp_path, traced):
    path = tmp_path / "m.onnx"
    path.write_text("mine")
    with pytest.raises(OutputExistsError, match="overwrite"):
        export_model(network, CARD, path)
    assert path.read_text() == "mine"
    export_model(network, CARD, path, overwrite=True)
    assert read_model(path).card.name == CARD.name


def test_folder_that_can_not_be_written_is_told(network, tmp_path, traced):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteFailedError, match=r"can't be written .*; a part of the path is a file"):
        export_model(network, CARD, tmp_path / "file" / "m.onnx")
    with pytest.raises(WriteFailedError, match="can't be written"):
        save_weights(network, CARD, tmp_path / "file" / "m.safetensors")


def test_interrupted_writing_leaves_the_old_file_and_nothing_else(network, tmp_path, traced, monkeypatch):
    def stop(source, target, card):
        target.write(b"half")
        raise KeyboardInterrupt

    path = tmp_path / "m"
    path.write_text("old")
    monkeypatch.setattr(export, "copy_with_card", stop)
    with pytest.raises(KeyboardInterrupt):
        export_model(network, CARD, path, overwrite=True)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("m", "old")]


def test_figures_can_be_added_to_an_exported_model(network, tmp_path, traced):
    made = export_model(network, CARD, tmp_path / "m.onnx").model
    figures = (Figures("objects", "tintype measure", {"psnr": 22.5}),)
    changed = embed_card(made.path, create_card(figures=figures, precision="fp16"))
    assert read_model(made.path).card.figures == figures
    assert changed.card.sha256 == made.card.sha256
    changed.verify()


def test_fixed_size_stays_fixed_in_the_graph(network, tmp_path):
    card = replace(CARD, size=SizeRule(multiple=32, default=64, minimum=64, maximum=64, fixed=True))
    made = export_model(network, card, tmp_path / "m.onnx").model
    lightness = onnx.load(made.path).graph.input[0].type.tensor_type.shape.dim
    assert [d.dim_param or d.dim_value for d in lightness] == ["batch", 1, 64, 64]


def test_weights_and_card_survive_saving(network, tmp_path):
    card = save_weights(network, CARD, tmp_path / "tiny.safetensors")
    state, read = load_weights(tmp_path / "tiny.safetensors")
    assert read == card
    assert card.weights_sha256
    assert state.keys() == network.state_dict().keys()
    for name, tensor in network.state_dict().items():
        assert torch.equal(state[name], tensor)
    with pytest.raises(OutputExistsError):
        save_weights(network, CARD, tmp_path / "tiny.safetensors")


def test_weights_that_do_not_fit_their_card_are_refused(network, tmp_path):
    path = tmp_path / "tiny.safetensors"
    with pytest.raises(ModelNotFoundError, match="weights and card lie together"):
        load_weights(path)
    card = save_weights(network, CARD, path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BrokenModelError, match="does not fit its card"):
        load_weights(path)
    path.write_bytes(b"")
    table = json.loads(card.to_json())
    table["weights_sha256"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    path.with_suffix(".json").write_text(json.dumps(table))
    with pytest.raises(BrokenModelError, match="is damaged"):
        load_weights(path)


def test_softmax_is_kept_off_denormal_numbers(tmp_path):
    """Scores that are far apart leave shares of 1e-40; with them a product takes many times as long."""
    shape = [1, 4, 128, 128]
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node("Softmax", ["scores"], ["shares"], axis=-1),
            onnx.helper.make_node("Softmax", ["scores"], ["across"], axis=1),
        ],
        "g",
        [onnx.helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, shape)],
        [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, shape) for n in ("shares", "across")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=9)
    scores = np.random.default_rng(0).uniform(-100, 0, shape).astype(np.float32)
    results = []
    for changed in (model, bound_softmax(onnx.ModelProto.FromString(model.SerializeToString()))):
        onnx.checker.check_model(changed, full_check=True)
        session = onnxruntime.InferenceSession(
            changed.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        results.append(session.run(None, {"scores": scores}))
    (shares, across), (bounded, untouched) = results
    assert (shares < np.finfo(np.float32).tiny).any()
    assert bounded.min() > 1e-30
    np.testing.assert_allclose(bounded, shares, atol=1e-20)
    np.testing.assert_array_equal(untouched, across)
