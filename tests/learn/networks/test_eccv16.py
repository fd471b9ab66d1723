import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from models_contract import NetworkContract
from seeded_weights import fill, fingerprint, lightness
from tintype.color.bins import CENTERS, decode
from tintype.learn.networks import create_network
from tintype.learn.networks.eccv16 import ANNEALED_MEAN, CONFIGS, EccvConfig, EccvNet, find_config
from tintype.learn.networks.rebuild import rebuild_network
from tintype.models.card import SizeRule
from tiny_model import create_card

RELEASE = Path(__file__).with_name("release_keys.json")


class TestEccvNet(NetworkContract):
    overfit_steps = 200
    card = create_card(
        name="eccv16-test@1",
        system="eccv16",
        size=SizeRule(multiple=8, default=128, minimum=32, maximum=512),
        capabilities=frozenset({"samples", "suggestions", "doubt"}),
    )

    def create(self):
        return create_network("eccv16-test")

    def rebuild(self, state):
        return rebuild_network(state)

    def test_card_is_that_of_the_traits(self, network):
        traits = network.traits
        assert (traits.bins, traits.grid, traits.size.multiple) == (self.card.bins, self.card.grid, 8)
        assert traits.capabilities == self.card.capabilities


def test_changed_width_is_recovered():
    config = EccvConfig(width=12)
    assert find_config(EccvNet(config).state_dict()) == config


def test_weights_with_another_number_of_bins_are_of_another_system():
    state = EccvNet(CONFIGS["eccv16-test"]).state_dict()
    with pytest.raises(KeyError):
        find_config(state | {"model8.6.weight": torch.zeros(529, 32, 1, 1)})


def test_published_size_has_the_layers_of_the_paper():
    with torch.device("meta"):
        network = EccvNet()
    convolutions = [
        (m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0], m.dilation[0])
        for m in network.modules()
        if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)
    ]
    assert convolutions == [
        *[(1, 64, 3, 1, 1), (64, 64, 3, 2, 1)],
        *[(64, 128, 3, 1, 1), (128, 128, 3, 2, 1)],
        *[(128, 256, 3, 1, 1), (256, 256, 3, 1, 1), (256, 256, 3, 2, 1)],
        *[(256, 512, 3, 1, 1), (512, 512, 3, 1, 1), (512, 512, 3, 1, 1)],
        *[(512, 512, 3, 1, 2)] * 6,
        *[(512, 512, 3, 1, 1)] * 3,
        *[(512, 256, 4, 2, 1), (256, 256, 3, 1, 1), (256, 256, 3, 1, 1), (256, 313, 1, 1, 1)],
    ]
    fixed = 2 * 313
    assert sum(p.numel() for p in network.parameters()) + fixed == 32_236_011


def test_dilation_lets_a_cell_see_far_without_striding_further():
    torch.manual_seed(0)
    network = EccvNet(CONFIGS["eccv16-test"]).eval()
    lightness = (torch.rand(1, 1, 448, 448) * 100).requires_grad_()
    network(lightness)["bin_logits"][0, :, 56, 56].sum().backward()
    seen = lightness.grad[0, 0].abs().sum(1).nonzero()
    assert 300 < seen.max() - seen.min() < 400  # without dilation 250


def test_annealed_mean_has_the_temperature_of_the_paper():
    assert (ANNEALED_MEAN.rarity, ANNEALED_MEAN.temperature) == (0.0, 0.38)
    logits = torch.zeros(1, 1, 313)
    logits[..., [10, 200]] = torch.tensor([20.0, 20.0 + 0.38 * np.log(3)], dtype=torch.float32)
    ab = decode(logits, None, ANNEALED_MEAN)
    np.testing.assert_allclose(ab[0, 0], 0.25 * CENTERS[10] + 0.75 * CENTERS[200], rtol=1e-4)


def test_mean_color_is_that_of_the_bins_at_full_size():
    network = EccvNet(CONFIGS["eccv16-test"])
    logits = torch.full((1, 313, 2, 3), -50.0)
    logits[:, 77] = 50.0
    ab = network.mean_color(logits)
    assert ab.shape == (1, 2, 8, 12)
    np.testing.assert_allclose(ab[0, :, 3, 5], CENTERS[77], rtol=1e-5)


def test_centers_are_kept_with_the_weights_and_not_trained():
    network = EccvNet(CONFIGS["eccv16-test"])
    assert "model_out.weight" not in dict(network.named_parameters())
    np.testing.assert_allclose(
        network.state_dict()["model_out.weight"][:, :, 0, 0] * 110, CENTERS.T, rtol=1e-6
    )


def test_names_and_shapes_are_those_of_the_release():
    with torch.device("meta"):
        state = EccvNet().state_dict()
    assert {name: [*tensor.shape] for name, tensor in state.items()} == json.loads(RELEASE.read_text())[
        "eccv16"
    ]


@torch.no_grad()
def test_answer_is_that_of_the_authors_code_with_the_same_weights():
    network = fill(EccvNet())
    logits = network(lightness(32, 48))["bin_logits"]
    known = [0.000897, 0.28594, -0.140339, -0.222529, 0.457063, -0.084044]  # docs/parity.md says whence
    assert fingerprint(logits) == pytest.approx(known, abs=1e-4)
    known = [0.083204, 0.108891, 0.0129, -0.004182, 0.220399, 0.198115]
    assert fingerprint(network.mean_color(logits)) == pytest.approx(known, abs=1e-4)
