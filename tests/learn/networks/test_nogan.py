import dataclasses

import pytest
import torch
from torch import nn

from models_contract import NetworkContract
from tintype.errors import BrokenModelError
from tintype.learn.networks.nogan import CONFIGS, NoganConfig, NoganNet, create_critic, find_config
from tintype.learn.networks.spectral import SelfAttention, SpectralConv
from tintype.learn.networks.unet import ShuffleUp
from tintype.models.card import SizeRule
from tiny_model import create_card

TINY = CONFIGS["nogan-test"]


class TestNoganNet(NetworkContract):
    card = create_card(
        name="nogan-test@1",
        system="nogan",
        bins=0,
        grid=1,
        prior=None,
        vividness_path=(),
        size=SizeRule(multiple=32, default=128, minimum=32, maximum=512),
        capabilities=frozenset(),
    )
    overfit_steps = 100
    most_error = 8.0

    def create(self):
        network = NoganNet(TINY)
        nn.init.constant_(attention_of(network).gamma, 0.5)  # it begins at zero, and so would its gradients
        return network

    def rebuild(self, state):
        network = NoganNet(find_config(state))
        network.load_state_dict(state)
        return network

    def test_card_is_that_of_the_traits(self, network):
        traits = network.traits
        assert (traits.bins, traits.grid, traits.size.multiple) == (0, self.card.grid, 32)
        assert traits.capabilities == self.card.capabilities


def attention_of(network: nn.Module) -> SelfAttention:
    (attention,) = (m for m in network.modules() if isinstance(m, SelfAttention))
    return attention


def tiny(**changes) -> NoganNet:
    torch.manual_seed(0)
    return NoganNet(dataclasses.replace(TINY, **changes))


def published(name: str) -> NoganNet:
    with torch.device("meta"):
        return NoganNet(dataclasses.replace(CONFIGS[name], backbone_weights="none"))


def kinds(network: nn.Module) -> set[type[nn.Module]]:
    return {type(m) for m in network.modules() if isinstance(m, nn.Conv2d | SpectralConv)}


@pytest.mark.parametrize(
    "changes",
    [{}, {"factor": 1.5}, {"factor": 0.7}, {"same_padding": False}, {"mean": (0.485, 0.456, 0.406)}],
)
def test_changed_sizes_are_recovered(changes):
    network = tiny(**changes)
    expected = dataclasses.replace(network.config, critic_width=256)  # weights do not tell the critic's
    assert find_config(network.state_dict()) == expected


def test_factor_that_is_no_short_decimal_gives_the_same_widths():
    state = tiny(factor=2 / 3).state_dict()
    rebuilt = NoganNet(find_config(state)).state_dict()
    assert {n: t.shape for n, t in rebuilt.items()} == {n: t.shape for n, t in state.items()}


def test_backbone_that_is_not_known_is_named():
    state = tiny(backbone="mobilenetv2_050").state_dict()
    with pytest.raises(BrokenModelError, match="name it"):
        find_config(state)
    assert find_config(state, backbone="mobilenetv2_050").backbone == "mobilenetv2_050"


def test_size_of_the_artistic_model_has_its_widths():
    network = published("nogan-resnet34")
    assert network.encoder.channels == (64, 64, 128, 256, 512)
    blocks = [
        (block.up.conv[0].weight_orig.shape[0] // 4, *block.convs[0][0].weight_orig.shape[1::-1])
        for block in network.decoder.blocks
    ]
    assert blocks == [(256, 512, 768), (384, 512, 768), (384, 448, 672), (336, 400, 300)]
    assert [tuple(unit[0].weight_orig.shape[:2]) for unit in network.decoder.refine] == [(303, 303)] * 2
    assert sum(p.numel() for p in network.parameters()) == 63_647_183


def test_our_encoder_is_the_default():
    assert CONFIGS["nogan"] == NoganConfig(backbone_weights="local")
    assert published("nogan").encoder.channels == (16, 24, 32, 96, 320)


def test_every_convolution_of_decoder_and_critic_has_spectral_norm():
    network = tiny()
    for part in (network.decoder, create_critic(TINY)):
        assert kinds(part) == {SpectralConv}
    assert kinds(network.encoder) == {nn.Conv2d}


def test_attention_stands_at_an_eighth_of_the_size():
    network = tiny().eval()
    seen = []
    attention_of(network).register_forward_hook(lambda *args: seen.append(args[2].shape[2:]))
    network(torch.rand(1, 1, 64, 96) * 100)
    assert seen == [(8, 12)]


def test_attention_begins_without_a_share():
    assert attention_of(tiny()).gamma.item() == 0
    assert attention_of(create_critic(TINY)).gamma.item() == 0


@torch.no_grad()
def test_blur_is_the_mean_of_four_pixels():
    torch.manual_seed(0)
    plain = ShuffleUp(8, 2).eval()
    plain.conv[0].weight.copy_(torch.randn(8, 8, 1, 1))  # four different pixels
    blurred = ShuffleUp(8, 2, blur=True).eval()
    blurred.load_state_dict(plain.state_dict())
    x = torch.randn(1, 8, 3, 4)
    sharp, soft = plain(x), blurred(x)
    assert soft.shape == sharp.shape
    torch.testing.assert_close(soft[..., 3, 2], sharp[..., 2:4, 1:3].mean((2, 3)))
    torch.testing.assert_close(soft[..., 0, 0], sharp[..., 0, 0])


def test_critic_has_the_layers_of_its_model():
    with torch.device("meta"):
        critic = create_critic(NoganConfig())
    shapes = [
        (*c.weight_orig.shape[1::-1], c.weight_orig.shape[2], c.stride, c.padding)
        for m in critic.layers
        if not isinstance(m, SelfAttention)
        for c in m.modules()
        if isinstance(c, SpectralConv)
    ]
    assert shapes == [
        (3, 256, 4, 2, 1),
        *[(256, 256, 3, 1, 1), (256, 512, 4, 2, 1)],
        *[(512, 512, 3, 1, 1), (512, 1024, 4, 2, 1)],
        *[(1024, 1024, 3, 1, 1), (1024, 2048, 4, 2, 1)],
        *[(2048, 2048, 3, 1, 1), (2048, 1, 4, 1, 0)],
    ]
    assert attention_of(critic).value.weight_orig.shape[:2] == (512, 512)
    assert [m.p for m in critic.layers if isinstance(m, nn.Dropout2d)] == [0.075, 0.15, 0.15, 0.15]


@torch.no_grad()
def test_critic_gives_a_map_of_opinions_on_lightness_and_color():
    torch.manual_seed(0)
    critic = create_critic(TINY).eval()
    gray, ab = torch.rand(2, 1, 96, 64) * 100, torch.randn(2, 2, 96, 64) * 30
    logits = critic(gray, ab)
    assert logits.shape == (2, 1, 3, 1)
    assert not torch.allclose(critic(gray, -ab), logits)
    assert not torch.allclose(critic(100 - gray, ab), logits)


@torch.no_grad()
def test_color_stays_within_110_lab_units():
    ab = tiny().eval()(torch.rand(1, 1, 32, 32) * 1e4)["ab"]
    assert 0 < ab.abs().max() <= 110
