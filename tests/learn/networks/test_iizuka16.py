import dataclasses

import pytest
import torch
from torch import nn
from torch.nn import functional

from models_contract import NetworkContract
from tintype.learn.networks.iizuka16 import CONFIGS, IizukaConfig, IizukaNet, find_config
from tintype.models.card import SizeRule
from tiny_model import create_card

TINY = CONFIGS["iizuka16-test"]


class TestIizukaNet(NetworkContract):
    card = create_card(
        name="iizuka16-test@1",
        system="iizuka16",
        bins=0,
        grid=2,
        prior=None,
        vividness_path=(),
        size=SizeRule(multiple=8, default=128, minimum=32, maximum=512),
        capabilities=frozenset({"style", "classes"}),
    )
    lengths = {"style": 4 * TINY.width}  # noqa: RUF012 - as in the contract
    overfit_steps = 400
    overfit_rate = 4e-2

    def create(self):
        return IizukaNet(TINY)

    def rebuild(self, state):
        network = IizukaNet(find_config(state))
        network.load_state_dict(state)
        return network

    def test_card_is_that_of_the_traits(self, network):
        traits = network.traits
        assert (traits.bins, traits.grid, traits.size.multiple) == (0, self.card.grid, 8)
        assert (traits.capabilities, traits.lengths) == (self.card.capabilities, self.lengths)


class TestIizukaNetWithoutClassifier(TestIizukaNet):
    card = dataclasses.replace(TestIizukaNet.card, capabilities=frozenset({"style"}))

    def create(self):
        return IizukaNet(dataclasses.replace(TINY, classes=0))


def tiny(**changes) -> IizukaNet:
    torch.manual_seed(0)
    return IizukaNet(dataclasses.replace(TINY, **changes))


def gray(count=1, height=64, width=64) -> torch.Tensor:
    return torch.rand(count, 1, height, width, generator=torch.Generator().manual_seed(1)) * 100


def parts_taught_by(network: IizukaNet, loss: torch.Tensor) -> set[str]:
    network.zero_grad()
    loss.backward()
    return {name.partition(".")[0] for name, p in network.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("changes", [{}, {"width": 12}, {"side": 96}, {"classes": 0}])
def test_changed_sizes_are_recovered(changes):
    network = tiny(**changes)
    assert find_config(network.state_dict()) == network.config


def test_published_size_has_the_layers_of_the_paper():
    with torch.device("meta"):
        network = IizukaNet()
    layers = {
        part: [
            (m.out_channels, m.kernel_size[0], m.stride[0]) if isinstance(m, nn.Conv2d) else m.out_features
            for m in block.modules()
            if isinstance(m, nn.Conv2d | nn.Linear)
        ]
        for part, block in network.named_children()
    }
    assert layers == {
        "low": [(64, 3, 2), (128, 3, 1), (128, 3, 2), (256, 3, 1), (256, 3, 2), (512, 3, 1)],
        "global_convs": [(512, 3, 2), (512, 3, 1), (512, 3, 2), (512, 3, 1)],
        "global_dense": [1024, 512],
        "global_vector": [256],
        "mid": [(512, 3, 1), (256, 3, 1)],
        "fusion": [(256, 1, 1)],
        "color": [(128, 3, 1), (64, 3, 1), (64, 3, 1), (32, 3, 1), (2, 3, 1)],
        "classifier": [256, 205],
    }
    assert network.global_dense[0][0].in_features == 7 * 7 * 512
    assert network.fusion.mix[0].in_channels == 256 + 256
    upsampled_after = [i for i, m in enumerate(network.color) if isinstance(m, nn.Upsample)]
    assert upsampled_after == [1, 4]
    assert isinstance(network.color[-1], nn.Sigmoid)
    assert sum(p.numel() for p in network.parameters()) == 42_360_591


def test_global_vector_is_joined_at_every_position():
    network = tiny().eval()
    entered = []
    network.fusion.mix.register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0]))
    style = network(gray(2, 64, 96))["style_out"]
    length = style.shape[1]
    assert entered[0].shape == (2, 2 * length, 8, 12)
    for y, x in ((0, 0), (3, 7), (7, 11)):
        torch.testing.assert_close(entered[0][:, :length, y, x], style)


def test_fusion_is_the_same_matrix_at_every_position():
    fusion = tiny().fusion.eval()
    features, vector = torch.rand(1, 32, 3, 5), torch.rand(1, 32)
    shifted = features.roll((1, 2), dims=(2, 3))
    torch.testing.assert_close(fusion(features, vector).roll((1, 2), dims=(2, 3)), fusion(shifted, vector))


def test_global_network_sees_a_copy_of_fixed_size():
    network = tiny().eval()
    seen = []
    network.global_convs.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[2:]))
    network(gray(1, 64, 64))
    network(gray(1, 32, 160))
    assert seen == [(8, 8), (8, 8)]


def test_low_level_weights_serve_photograph_and_copy():
    network = tiny()
    runs = []
    network.low.register_forward_hook(lambda *_: runs.append(1))
    network.train()(gray(2, 96, 96))
    assert len(runs) == 2
    network.train()(gray(2, TINY.side, TINY.side))  # the copy is the photograph
    assert len(runs) == 3


def test_one_run_at_the_size_of_the_copy_gives_what_two_give():
    network = tiny().eval()
    twice = network.see(gray())
    network.training = True  # only here, so that the batch norms stay as they are
    once = network.see(gray())
    torch.testing.assert_close(once, twice)


def test_color_and_scene_teach_the_low_level_features_together():
    network = tiny().train()
    color = {"low", "global_convs", "global_dense", "global_vector", "mid", "fusion", "color"}
    assert parts_taught_by(network, network(gray(4))["ab"].square().mean()) == color
    labels = torch.tensor([3, -100, 1, -100])  # two photographs without a label
    loss = functional.cross_entropy(network(gray(4))["classes"], labels)
    assert parts_taught_by(network, loss) == {"low", "global_convs", "global_dense", "classifier"}


@torch.no_grad()
def test_style_of_another_photograph_changes_color_but_not_its_own_style():
    network = tiny().train()
    network(gray(8))
    network.eval()
    photograph, other = gray(2)[:1], 100 - gray(3)[2:] / 2
    own, style = network(photograph), network(other)["style_out"]
    lent = network(photograph, style)
    assert not torch.allclose(lent["ab"], own["ab"])
    torch.testing.assert_close(lent["style_out"], own["style_out"])
    torch.testing.assert_close(network(photograph, own["style_out"])["ab"], own["ab"])


@torch.no_grad()
def test_style_of_zeros_is_the_photographs_own_for_each_of_a_batch():
    network = tiny().eval()
    style = torch.zeros(2, 4 * TINY.width)
    style[1] = 1
    mixed, own = network(gray(2), style)["ab"], network(gray(2))["ab"]
    torch.testing.assert_close(mixed[0], own[0])
    assert not torch.allclose(mixed[1], own[1])


@torch.no_grad()
def test_color_is_half_the_size_and_within_110_lab_units():
    network = tiny().eval()
    ab = network(gray(1, 64, 96) * 1e4)["ab"]
    assert ab.shape == (1, 2, 32, 48)
    assert ab.abs().max() <= 110


def test_published_configuration_is_that_of_the_paper():
    assert CONFIGS["iizuka16"] == IizukaConfig(width=64, side=224, classes=205)
