import dataclasses

import pytest
import torch
from torch import nn

from models_contract import NetworkContract
from tintype.errors import BrokenModelError, RecipeError
from tintype.learn.networks.koalarization17 import (
    CONFIGS,
    KoalarizationConfig,
    KoalarizationNet,
    find_config,
)
from tintype.models.card import SizeRule
from tiny_model import create_card

TINY = CONFIGS["koalarization17-test"]


class TestKoalarizationNet(NetworkContract):
    card = create_card(
        name="koalarization17-test@1",
        system="koalarization17",
        bins=0,
        grid=1,
        prior=None,
        vividness_path=(),
        size=SizeRule(multiple=8, default=128, minimum=32, maximum=512),
        capabilities=frozenset(),
    )
    overfit_steps = 400
    overfit_rate = 3e-3

    def create(self):
        return KoalarizationNet(TINY)

    def rebuild(self, state):
        network = KoalarizationNet(find_config(state))
        network.load_state_dict(state)
        return network

    def test_card_is_that_of_the_traits(self, network):
        traits = network.traits
        assert (traits.bins, traits.grid, traits.size.multiple) == (0, self.card.grid, 8)
        assert traits.capabilities == self.card.capabilities


class TestTutorial(TestKoalarizationNet):
    def create(self):
        return KoalarizationNet(dataclasses.replace(TINY, decoder="tutorial"))


def tiny(**changes) -> KoalarizationNet:
    torch.manual_seed(0)
    return KoalarizationNet(dataclasses.replace(TINY, **changes))


def published(name: str, **changes) -> KoalarizationNet:
    with torch.device("meta"):
        return KoalarizationNet(dataclasses.replace(CONFIGS[name], backbone_weights="none", **changes))


def convolutions(block: nn.Module) -> list[tuple[int, ...]]:
    return [
        (m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0])
        for m in block.modules()
        if isinstance(m, nn.Conv2d)
    ]


def kinds(block: nn.Module) -> list[str]:
    return [type(m).__name__ for m in block if not isinstance(m, nn.ReLU)]


@pytest.mark.parametrize(
    "changes",
    [
        *({}, {"decoder": "tutorial"}, {"width": 12}, {"classes": 7}, {"side": 96}),
        *({"same_padding": False}, {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}),
    ],
)
def test_changed_sizes_are_recovered(changes):
    network = tiny(**changes)
    assert find_config(network.state_dict()) == network.config


def test_published_backbone_is_found_in_the_weights():
    network = published("koalarization17")
    state = {name: torch.empty(1) if name == "side" else t for name, t in network.state_dict().items()}
    state |= {"side": torch.tensor(299), "gray.mean": torch.full((3, 1, 1), 0.5)}
    state["gray.std"] = state["gray.mean"]
    assert find_config(state) == network.config


def test_backbone_that_is_not_known_is_named():
    state = tiny(backbone="mobilenetv2_050").state_dict()
    with pytest.raises(BrokenModelError, match="name it"):
        find_config(state)
    assert find_config(state, backbone="mobilenetv2_050").backbone == "mobilenetv2_050"


def test_published_size_has_the_layers_of_the_paper():
    network = published("koalarization17", classes=1001)
    assert convolutions(network.local) == [
        *[(1, 64, 3, 2), (64, 128, 3, 1), (128, 128, 3, 2), (128, 256, 3, 1)],
        *[(256, 256, 3, 2), (256, 512, 3, 1), (512, 512, 3, 1), (512, 256, 3, 1)],
    ]
    assert convolutions(network.fusion) == [(1257, 256, 1, 1)]
    assert convolutions(network.decoder) == [
        *[(256, 128, 3, 1), (128, 64, 3, 1), (64, 64, 3, 1), (64, 32, 3, 1), (32, 2, 3, 1)]
    ]
    names = ["Conv2d", "Upsample", "Conv2d", "Conv2d", "Upsample", "Conv2d", "Conv2d", "Tanh", "Upsample"]
    assert kinds(network.decoder) == names
    assert not any(isinstance(m, nn.BatchNorm2d) for m in (*network.local, *network.decoder))
    extractor = sum(p.numel() for p in network.encoder.parameters())
    assert extractor == 55_843_464 + 1536 + 1  # Inception-ResNet-v2, one class more
    assert sum(p.numel() for p in network.parameters()) - extractor == 6_574_050


def test_tutorial_has_its_own_decoder_and_the_same_encoder():
    paper, tutorial = published("koalarization17"), published("koalarization17-tutorial")
    assert convolutions(tutorial.local) == convolutions(paper.local)
    assert convolutions(tutorial.fusion) == [(1256, 256, 1, 1)]
    assert convolutions(tutorial.decoder) == [
        *[(256, 128, 3, 1), (128, 64, 3, 1), (64, 32, 3, 1), (32, 16, 3, 1), (16, 2, 3, 1)]
    ]
    names = ["Conv2d", "Upsample", "Conv2d", "Upsample", "Conv2d", "Conv2d", "Conv2d", "Tanh", "Upsample"]
    assert kinds(tutorial.decoder) == names


@pytest.mark.parametrize(
    ("name", "backbone", "side"),
    [
        ("koalarization17", "inception_resnet_v2", 299),
        ("koalarization17-tutorial", "inception_resnet_v2", 299),
        ("koalarization17-mobilenetv2", "mobilenetv2_100", 224),
    ],
)
def test_published_configurations_name_their_feature_extractor(name, backbone, side):
    config = CONFIGS[name]
    assert (config.backbone, config.side, config.backbone_weights) == (backbone, side, "local")


@torch.no_grad()
def test_embedding_is_repeated_at_every_position():
    network = tiny().eval()
    entered = []
    network.fusion.register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0]))
    lightness = torch.rand(2, 1, 64, 96) * 100
    network(lightness)
    embedding = network.embed(lightness)
    assert embedding.shape == (2, TINY.classes)
    assert entered[0].shape == (2, 4 * TINY.width + TINY.classes, 8, 12)
    for y, x in ((0, 0), (3, 7), (7, 11)):
        torch.testing.assert_close(entered[0][:, 4 * TINY.width :, y, x], embedding)


@torch.no_grad()
def test_feature_extractor_sees_a_gray_square_in_its_own_range():
    network = tiny().eval()
    seen = []
    network.encoder.body.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network.embed(torch.full((1, 1, 32, 160), 100.0))
    assert seen[0].shape == (1, 3, TINY.side, TINY.side)
    torch.testing.assert_close(seen[0], torch.ones_like(seen[0]), atol=1e-5, rtol=0)
    network.embed(torch.zeros(1, 1, 32, 160))
    torch.testing.assert_close(seen[1], -torch.ones_like(seen[1]), atol=1e-5, rtol=0)


def test_feature_extractor_does_not_learn():
    network = tiny().train()
    before = {name: tensor.clone() for name, tensor in network.encoder.state_dict().items()}
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    network(torch.rand(2, 1, 64, 64) * 100)["ab"].square().mean().backward()
    optimizer.step()
    assert not network.encoder.training
    assert network.local.training
    for name, tensor in network.encoder.state_dict().items():
        assert torch.equal(tensor, before[name]), name


@torch.no_grad()
@pytest.mark.parametrize(("decoder", "limit"), [("paper", 127), ("tutorial", 128)])
def test_color_of_two_by_two_pixels_is_one_within_the_limits(decoder, limit):
    network = tiny(decoder=decoder).eval()
    network.decoder[-3].weight.mul_(1e5)
    ab = network(torch.rand(1, 1, 32, 48) * 100)["ab"]
    assert ab.shape == (1, 2, 32, 48)
    assert ab.abs().max() == limit
    torch.testing.assert_close(ab[..., ::2, ::2], ab[..., 1::2, 1::2])


def test_decoder_that_is_not_known_is_named():
    with pytest.raises(RecipeError, match="decoder is 'thesis'"):
        KoalarizationConfig(decoder="thesis")
