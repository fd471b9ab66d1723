import dataclasses

import pytest
import torch
from torch import nn

from models_contract import NetworkContract
from tintype.errors import BrokenModelError
from tintype.learn.networks.pix2pix import (
    CONFIGS,
    L1_WEIGHT,
    PatchDiscriminator,
    Pix2pixConfig,
    Pix2pixNet,
    create_critic,
    find_config,
)
from tintype.learn.networks.unet import ShuffleUp
from tintype.models.card import SizeRule
from tiny_model import create_card

TINY = CONFIGS["pix2pix-test"]
PRETRAINED = CONFIGS["pix2pix-pretrained-test"]


class TestPix2pixNet(NetworkContract):
    card = create_card(
        name="pix2pix-test@1",
        system="pix2pix",
        bins=0,
        grid=1,
        prior=None,
        vividness_path=(),
        size=SizeRule(multiple=32, default=128, minimum=32, maximum=512),
        capabilities=frozenset(),
    )
    most_error = 8.0

    def create(self):
        return Pix2pixNet(TINY)

    def rebuild(self, state):
        network = Pix2pixNet(find_config(state))
        network.load_state_dict(state)
        return network

    def test_card_is_that_of_the_traits(self, network):
        traits = network.traits
        assert (traits.bins, traits.grid, traits.size.multiple) == (0, self.card.grid, 32)
        assert traits.capabilities == self.card.capabilities


class TestPretrained(TestPix2pixNet):
    overfit_steps = 60

    def create(self):
        network = Pix2pixNet(PRETRAINED)
        awaken(network)
        return network


def awaken(network: nn.Module) -> None:
    """Start the residual branches of the encoder, whose last norms timm sets to zero."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and not module.weight.any():
            nn.init.ones_(module.weight)


def tiny(**changes) -> Pix2pixNet:
    torch.manual_seed(0)
    return Pix2pixNet(dataclasses.replace(TINY, **changes))


def published(name: str) -> Pix2pixNet:
    with torch.device("meta"):
        return Pix2pixNet(dataclasses.replace(CONFIGS[name], backbone_weights="none"))


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def channels(layers: nn.Module, kind: type[nn.Module]) -> list[tuple[int, ...]]:
    found = [m for m in layers.modules() if isinstance(m, kind)]
    assert {(m.kernel_size, m.padding) for m in found} == {((4, 4), (1, 1))}
    return [(m.in_channels, m.out_channels, m.stride[0]) for m in found]


@pytest.mark.parametrize("changes", [{}, {"width": 12}, {"downs": 6}])
def test_changed_sizes_are_recovered(changes):
    network = tiny(**changes)
    assert find_config(network.state_dict()) == network.config


def test_backbone_is_found_in_the_weights():
    config = dataclasses.replace(PRETRAINED, width=64, mean=(0.5, 0.4, 0.3))
    assert find_config(Pix2pixNet(config).state_dict()) == config
    other = Pix2pixNet(dataclasses.replace(config, backbone="mobilenetv2_035", same_padding=True))
    with pytest.raises(BrokenModelError, match="name it"):
        find_config(other.state_dict())
    assert find_config(other.state_dict(), backbone="mobilenetv2_035") == other.config


def test_published_size_has_the_layers_of_the_paper():
    generator = published("pix2pix").generator
    down = [1, 64, 128, 256, 512, 512, 512, 512, 512]
    assert channels(generator.downs, nn.Conv2d) == [(down[i], down[i + 1], 2) for i in range(8)]
    ups = [(512, 512), (1024, 512), (1024, 512), (1024, 512), (1024, 256), (512, 128), (256, 64)]
    assert channels(generator.ups, nn.ConvTranspose2d) == [(*pair, 2) for pair in ups]
    assert channels(generator.head, nn.ConvTranspose2d) == [(128, 2, 2)]
    assert [any(isinstance(m, nn.BatchNorm2d) for m in block) for block in generator.downs] == [
        *[False, True, True, True, True, True, True, False]
    ]
    assert all(any(isinstance(m, nn.BatchNorm2d) for m in block) for block in generator.ups)
    assert [[m.p for m in block if isinstance(m, nn.Dropout)] for block in generator.ups] == [
        *[[0.5], [0.5], [0.5], [], [], [], []]
    ]
    assert {m.negative_slope for m in generator.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}
    assert round(parameters(generator) / 1e6, 2) == 54.41


def test_discriminator_has_the_layers_of_the_paper():
    with torch.device("meta"):
        critic = PatchDiscriminator()
    assert channels(critic, nn.Conv2d) == [
        *[(3, 64, 2), (64, 128, 2), (128, 256, 2), (256, 512, 1), (512, 1, 1)]
    ]
    with_norm = [i for i, m in enumerate(critic.layers) if isinstance(m, nn.BatchNorm2d)]
    assert with_norm == [3, 6, 9]
    assert parameters(critic) == 2_768_705 - 3 * 64 * 16  # that of six channels, less three


def test_discriminator_judges_patches_of_70_pixels():
    critic = create_critic(TINY).eval()
    lightness = (torch.rand(1, 1, 128, 128) * 100).requires_grad_()
    ab = torch.zeros(1, 2, 128, 128, requires_grad=True)
    logits = critic(lightness, ab)
    assert logits.shape == (1, 1, 14, 14)
    logits[0, 0, 7, 7].backward()
    for gradient in (lightness.grad, ab.grad):
        rows, columns = gradient[0].abs().sum(0).nonzero().T
        assert (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) == (70, 70)


def test_discriminator_sees_lightness_and_color_in_the_same_range():
    critic = create_critic(TINY)
    seen = []
    critic.layers[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    critic(torch.full((2, 1, 64, 64), 100.0), torch.full((2, 2, 64, 64), -110.0))
    torch.testing.assert_close(seen[0][0, :, 5, 5], torch.tensor([1.0, -1.0, -1.0]))


def test_discriminator_is_no_part_of_the_network():
    assert not [name for name in tiny().state_dict() if not name.startswith("generator.")]


def test_generator_goes_down_to_a_single_cell():
    network = tiny().eval()
    cells = []
    network.generator.downs[-1].register_forward_hook(lambda *args: cells.append(args[2].shape))
    network(torch.rand(1, 1, 32, 32) * 100)
    assert cells == [(1, 8 * TINY.width, 1, 1)]


def test_skips_join_equal_sizes():
    network = tiny().eval()
    sizes = []
    for up in network.generator.ups:
        up.register_forward_hook(lambda *args: sizes.append(tuple(args[2].shape[1:])))
    network(torch.rand(1, 1, 32, 64) * 100)
    assert sizes == [(64, 2, 4), (32, 4, 8), (16, 8, 16), (8, 16, 32)]


@torch.no_grad()
def test_same_photograph_gets_the_same_color_every_time():
    network, gray = tiny(), torch.rand(1, 1, 64, 64) * 100
    assert not torch.equal(network.train()(gray)["ab"], network(gray)["ab"])  # dropout
    assert torch.equal(network.eval()(gray)["ab"], network(gray)["ab"])


@torch.no_grad()
def test_color_stays_within_110_lab_units():
    ab = tiny().eval()(torch.rand(1, 1, 32, 32) * 1e6)["ab"]
    assert 0 < ab.abs().max() <= 110


def test_weights_are_drawn_as_in_the_paper():
    network = tiny(width=32)
    assert network.generator.downs[3][1].weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert create_critic(network.config).layers[5].weight.std().item() == pytest.approx(0.02, rel=0.05)


def test_published_configurations_name_their_encoder():
    assert CONFIGS["pix2pix"] == Pix2pixConfig()
    assert CONFIGS["pix2pix-pretrained"].backbone == "resnet18"
    assert L1_WEIGHT == 100


def test_pretrained_variant_has_a_resnet18_without_its_classifier():
    network = published("pix2pix-pretrained")
    assert parameters(network.generator.encoder) == 11_689_512 - 513 * 1000
    assert network.generator.encoder.channels == (64, 64, 128, 256, 512)
    assert parameters(network) == 31_120_950


def test_four_pixels_of_a_cell_begin_equal():
    torch.manual_seed(0)
    up = ShuffleUp(8, 5).eval()
    doubled = up(torch.randn(1, 8, 3, 4))
    assert doubled.shape == (1, 5, 6, 8)
    for y, x in ((0, 1), (1, 0), (1, 1)):
        torch.testing.assert_close(doubled[..., y::2, x::2], doubled[..., ::2, ::2])
