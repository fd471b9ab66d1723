import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from models_contract import NetworkContract
from seeded_weights import fill, fingerprint, lightness
from tintype.errors import ModelNotFoundError, RecipeError
from tintype.learn.networks import create_network
from tintype.learn.networks.convnext import ConvNext, rename_convnext
from tintype.learn.networks.ddcolor23 import (
    CONFIGS,
    PUBLISHED_SIZE,
    DdcolorConfig,
    DdcolorCritic,
    DdcolorNet,
    find_config,
    place_code,
)
from tintype.learn.networks.encoders import WEIGHTS_VARIABLE, import_timm
from tintype.learn.networks.rebuild import rebuild_network
from tintype.learn.networks.spectral import SpectralConv
from tintype.models.card import SizeRule
from tiny_model import create_card

RELEASE = Path(__file__).with_name("ddcolor_keys.json")
TINY = CONFIGS["ddcolor23-test"]
SMALL_MOBILE = dataclasses.replace(
    TINY, backbone="mobilenetv2_035", same_padding=True, mean=(0.5,) * 3, std=(0.5,) * 3
)


class TestDdcolorNet(NetworkContract):
    card = create_card(
        name="ddcolor23-test@1",
        system="ddcolor23",
        bins=0,
        grid=1,
        prior=None,
        vividness_path=(),
        size=SizeRule(multiple=32, default=128, minimum=32, maximum=512),
        capabilities=frozenset(),
    )
    overfit_steps = 360
    overfit_rate = 2e-3

    def create(self):
        return create_network("ddcolor23-test")

    def rebuild(self, state):
        return rebuild_network(state)

    def test_card_is_that_of_the_traits(self, network):
        traits = network.traits
        assert (traits.bins, traits.grid, traits.size.multiple) == (self.card.bins, self.card.grid, 32)
        assert traits.capabilities == self.card.capabilities


def tiny(**changes) -> DdcolorNet:
    torch.manual_seed(0)
    return DdcolorNet(dataclasses.replace(TINY, **changes))


def published(name: str) -> DdcolorNet:
    with torch.device("meta"):
        return DdcolorNet(dataclasses.replace(CONFIGS[name], backbone_weights="none"))


def settle(network: nn.Module) -> nn.Module:
    """Find the singular vectors that belong to weights that were filled in."""
    for module in network.modules():
        if isinstance(module, SpectralConv):
            for _ in range(30):
                module.step()
    return network


def filled(network: DdcolorNet) -> DdcolorNet:
    mean, std = network.mean.clone(), network.std.clone()
    settle(fill(network))
    network.mean.copy_(mean)
    network.std.copy_(std)
    return network


@pytest.mark.parametrize(
    "changes",
    [
        {"dims": (8, 8, 16, 24), "depths": (2, 1, 1, 1)},
        {"width": 48, "queries": 5},
        {"layers": 6, "hidden": 32, "feed_forward": 40},
    ],
)
def test_changed_sizes_are_recovered(changes):
    network = tiny(**changes)
    assert find_config(network.state_dict()) == network.config


def test_another_backbone_is_recovered_with_its_input_range():
    network = DdcolorNet(SMALL_MOBILE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CONFIGS, "ddcolor23-mobile-test", SMALL_MOBILE)
        assert find_config(network.state_dict()) == dataclasses.replace(
            SMALL_MOBILE, dims=DdcolorConfig.dims, depths=DdcolorConfig.depths
        )
    assert find_config(network.state_dict(), "mobilenetv2_035").backbone == "mobilenetv2_035"
    answer = network.eval()(lightness(32, 64))["ab"]
    assert answer.shape == (1, 2, 32, 64)


@pytest.mark.parametrize(("name", "millions"), [("ddcolor23-tiny", 55.01), ("ddcolor23-large", 227.87)])
def test_published_size_has_the_parameters_of_the_paper(name, millions):
    network = published(name)
    fixed = 2 * network.config.dims[-1]
    assert round((sum(p.numel() for p in network.parameters()) + fixed) / 1e6, 2) == millions


@pytest.mark.parametrize("name", ["ddcolor23-tiny", "ddcolor23-large"])
def test_names_and_shapes_are_those_of_the_release(name):
    state = published(name).state_dict()
    assert {key: [*tensor.shape] for key, tensor in state.items()} == json.loads(RELEASE.read_text())[name]


def test_published_size_has_the_layers_of_the_paper():
    decoder = published("ddcolor23-tiny").decoder
    sizes = [
        (*block.shuf.conv[0].weight_orig.shape[:2], block.conv[0].weight_orig.shape[0])
        for block in decoder.layers
    ]
    assert sizes == [(4 * 512, 768, 512), (4 * 512, 512, 512), (4 * 256, 512, 256)]
    assert decoder.last_shuf.conv[0].weight_orig.shape == (16 * 256, 256, 1, 1)
    colors = decoder.color_decoder
    assert len(colors.transformer_ffn_layers) == 9
    assert colors.transformer_cross_attention_layers[0].multihead_attn.heads == 8


@torch.no_grad()
def test_answer_is_that_of_the_authors_code_with_the_same_weights():
    ab = filled(tiny())(lightness(64, 96))["ab"]
    known = [-0.042976, 0.551159, -0.518503, -0.646232, 0.515703, 0.699587]  # docs/parity.md says whence
    assert fingerprint(ab) == pytest.approx(known, abs=1e-4)


@torch.no_grad()
def test_critic_says_what_the_authors_critic_says():
    critic = settle(fill(DdcolorCritic(8)))
    srgb = torch.rand(1, 3, 96, 128, generator=torch.Generator().manual_seed(1))
    known = [0.144978, 0.008079, 0.139135, 0.139878, 0.151407, 0.155783]
    assert critic(srgb).shape == (1, 15)
    assert fingerprint(critic(srgb)) == pytest.approx(known, abs=1e-5)


def test_critic_teaches_the_colors_it_sees():
    critic, srgb = DdcolorCritic(8).train(), torch.rand(2, 3, 64, 64, requires_grad=True)
    critic(srgb).sum().backward()
    assert srgb.grad.any()
    without = [name for name, p in critic.named_parameters() if not p.grad.any()]
    assert {name.rsplit(".", 2)[1] for name in without} <= {"query", "key", "value"}  # gamma begins at 0


def test_queries_look_at_all_three_scales_in_turn():
    colors, seen = tiny(layers=6).decoder.color_decoder, []
    for layer in colors.transformer_cross_attention_layers:
        layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[2].shape[1]))
    scales = [torch.randn(1, channels, side, side) for channels, side in ((32, 2), (32, 4), (16, 8))]
    assert colors(scales).shape == (1, 8, 16)
    assert seen == [4, 16, 64, 4, 16, 64]


def test_places_span_the_picture_whatever_its_size():
    code = place_code(torch.zeros(1, 1, 4, 6), 16)[0].reshape(4, 6, 16)
    assert torch.equal(code[2, 0, :8], code[2, 5, :8])  # y
    assert torch.equal(code[0, 3, 8:], code[3, 3, 8:])  # x
    np.testing.assert_allclose(code[1, 2, :2], [0, -1], atol=1e-5)  # half way: sine and cosine of pi
    small = place_code(torch.zeros(1, 1, 2, 3), 16)[0].reshape(2, 3, 16)
    torch.testing.assert_close(small[1, 2], code[3, 5])


def test_pixels_of_a_cell_begin_equal():
    up = tiny().decoder.last_shuf
    raised = torch.nn.functional.pixel_shuffle(up.conv(torch.randn(1, 16, 3, 3)), 4)
    cells = raised.unflatten(2, (3, 4)).unflatten(4, (3, 4))
    torch.testing.assert_close(cells, cells[:, :, :, :1, :, :1].expand_as(cells))


def test_weight_without_influence_is_kept_and_not_trained():
    network = tiny()
    assert "encoder.arch.norm.weight" in network.state_dict()
    assert "encoder.arch.norm.weight" not in dict(network.named_parameters())


def test_size_is_that_of_the_training_and_the_published_one_is_at_hand():
    rule = tiny().traits.size
    assert rule.fit(2000, 3000) == (192, 288)
    assert PUBLISHED_SIZE.fit(2000, 3000) == (512, 512)


def test_number_of_channels_that_makes_no_heads_is_refused():
    with pytest.raises(RecipeError, match="hidden is 48; give a multiple of 32"):
        DdcolorConfig(hidden=48)


def timm_convnext() -> nn.Module:
    torch.manual_seed(1)
    create = import_timm().create_model
    network = create("convnext_atto", depths=TINY.depths, dims=TINY.dims, conv_mlp=False, num_classes=7)
    with torch.no_grad():
        for p in network.parameters():
            p.add_(torch.randn_like(p) * 0.1)
    return network.eval()


@torch.no_grad()
def test_weights_of_timm_give_the_features_of_timm():
    network, ours, rgb = timm_convnext(), ConvNext(TINY.depths, TINY.dims), torch.randn(1, 3, 64, 96)
    ours.load(network.state_dict())
    expected = network.forward_intermediates(rgb, intermediates_only=True)
    for i, features in enumerate(expected):
        torch.testing.assert_close(ours(rgb)[i], getattr(ours, f"norm{i}")(features), rtol=1e-4, atol=1e-5)


def test_weights_of_a_backbone_are_found_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path))
    changes = {"backbone": "convnext_test", "backbone_weights": "local"}
    with pytest.raises(ModelNotFoundError, match=r"put convnext_test\.safetensors"):
        tiny(**changes)
    state = timm_convnext().state_dict()
    save_file(state, tmp_path / "convnext_test.safetensors")
    stem = tiny(**changes).encoder["arch"].downsample_layers[0][0].weight
    torch.testing.assert_close(stem.detach(), state["stem.0.weight"])


def test_weights_of_another_convnext_are_refused():
    state = timm_convnext().state_dict()
    with pytest.raises(ModelNotFoundError, match="another ConvNeXt"):
        ConvNext(TINY.depths, (16, 16, 24, 32)).load(state)
    with pytest.raises(ModelNotFoundError, match="no ConvNeXt"):
        ConvNext(TINY.depths, TINY.dims).load({"conv1.weight": torch.zeros(1)})


def test_names_of_the_authors_stay():
    for name in ("stages.0.1.dwconv.weight", "downsample_layers.0.1.bias", "norm.weight"):
        assert rename_convnext(name) == name
