"""tintype-attention: a query for each bin."""

import dataclasses

import pytest
import torch

from models_contract import NetworkContract
from tintype.errors import RecipeError
from tintype.learn.networks import create_network
from tintype.learn.networks.rebuild import rebuild_network
from tintype.learn.networks.tintype import CONFIGS, TintypeNet, find_config
from tintype.models.card import SizeRule
from tiny_model import create_card


class TestTintypeAttention(NetworkContract):
    card = create_card(
        name="tintype-attention@1",
        system="tintype",
        size=SizeRule(multiple=32, default=128, minimum=32, maximum=512),
        capabilities=create_card().capabilities | {"context"},
    )
    lengths = create_network("tintype-attention-test").traits.lengths

    def create(self):
        return create_network("tintype-attention-test")

    def rebuild(self, state):
        return rebuild_network(state)


def test_attention_looks_at_the_photograph_before_it_weighs_the_bins():
    network = create_network("tintype-attention-test").eval()
    with torch.no_grad():
        network.colors.answer.weight.mul_(1000)
        maps = [torch.randn(2, c, s, s) for c, s in zip((32, 24, 16), (4, 8, 16), strict=True)]
        palette = torch.zeros(2, 314)
        logits = network.colors(maps, palette)
        assert logits.shape == (2, 313, 16, 16)
        for changed in range(3):
            other = [x.flip(0) * 2 if i == changed else x for i, x in enumerate(maps)]
            moved = network.colors(other, palette)
            assert (moved - logits).abs().max() > 1e-2, changed


def test_color_queries_begin_as_a_layer_with_constant_weights():
    network = create_network("tintype-attention-test").eval()
    inputs = torch.rand(1, 1, 64, 64) * 100, torch.zeros(1, 3, 64, 64), torch.zeros(1, 314)
    with torch.no_grad():
        whole = network(*inputs)["bin_logits"]
        network.colors = None
        assert (network(*inputs)["bin_logits"] - whole).std() < 0.1 * whole.std()


def test_color_width_that_no_head_fits_is_an_error():
    with pytest.raises(RecipeError, match="multiple of 16"):
        create_network("tintype-attention-test", {"color_width": 40})


def test_attention_of_the_published_size_has_one_million_parameters_more():
    small, large = (create_network(n, pretrained=False) for n in ("tintype-small", "tintype-attention"))
    more = sum(p.numel() for p in large.parameters()) - sum(p.numel() for p in small.parameters())
    assert 0.8e6 < more < 1.8e6


@pytest.mark.parametrize(
    "changes", [{"color_layers": 2}, {"color_width": 48}, {"color_layers": 0, "color_width": 128}]
)
def test_changed_sizes_are_recovered(changes):
    config = dataclasses.replace(CONFIGS["tintype-attention-test"], **changes)
    found = find_config(TintypeNet(config).state_dict())
    assert dataclasses.replace(found, ratio=config.ratio) == config
