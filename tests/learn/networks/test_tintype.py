import dataclasses

import pytest
import torch

from models_contract import NetworkContract
from tintype.errors import BrokenModelError
from tintype.learn.networks import create_network
from tintype.learn.networks.rebuild import rebuild_network
from tintype.learn.networks.tintype import CONFIGS, TintypeNet, find_config, give_recognizer
from tintype.models.card import SizeRule
from tiny_model import create_card


class TestTintypeNet(NetworkContract):
    card = create_card(
        name="tintype-tiny@1",
        system="tintype",
        size=SizeRule(multiple=32, default=128, minimum=32, maximum=512),
        capabilities=create_card().capabilities | {"context"},
    )
    lengths = create_network("tintype-tiny").traits.lengths

    def create(self):
        return create_network("tintype-tiny")

    def rebuild(self, state):
        return rebuild_network(state)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"classes": 0},
        {"same_padding": False},
        {"recognizer": True},
        {"blocks": 2, "ratio": 1.7},
        {"widths": (48, 8, 40)},
    ],
)
def test_changed_sizes_are_recovered(changes):
    config = dataclasses.replace(CONFIGS["tintype-tiny"], **changes)
    found = find_config(TintypeNet(config).state_dict())
    assert dataclasses.replace(found, ratio=config.ratio) == config
    assert int(found.ratio * found.widths[0]) == int(config.ratio * config.widths[0])


def test_backbone_that_is_not_known_is_named():
    network = create_network("tintype-tiny", {"backbone": "mobilenetv2_050"})
    with pytest.raises(BrokenModelError, match="name it"):
        rebuild_network(network.state_dict())
    rebuilt = rebuild_network(network.state_dict(), backbone="mobilenetv2_050")
    assert rebuilt.config.backbone == "mobilenetv2_050"


def test_weights_of_another_network_are_refused():
    with pytest.raises(BrokenModelError, match="fit no network of Tintype"):
        rebuild_network({"weight": torch.zeros(3)})


def test_context_of_another_look_takes_the_place_of_the_own_where_there_is_one():
    network = create_network("tintype-tiny").eval()
    feeds = {name: torch.from_numpy(array) for name, array in TestTintypeNet().feeds(64, 96, count=2).items()}
    context = feeds.pop("context")
    with torch.no_grad():
        alone = network(**feeds)
        own = network(**feeds, context=alone["context_out"])
        first = network(**feeds, context=torch.stack([context[0], torch.zeros_like(context[1])]))
    torch.testing.assert_close(own["bin_logits"], alone["bin_logits"])
    torch.testing.assert_close(first["bin_logits"][1], alone["bin_logits"][1])
    assert (first["bin_logits"][0] - alone["bin_logits"][0]).abs().max() > 0.01
    torch.testing.assert_close(first["context_out"], alone["context_out"])


def test_map_of_classes_is_given_outside_of_training():
    network = create_network("tintype-tiny")
    feeds = TestTintypeNet().feeds()
    tensors = {name: torch.from_numpy(array) for name, array in feeds.items()}
    assert "class_map" not in network.train()(**tensors)
    assert network.eval()(**tensors)["class_map"].shape[1:] == (10, 2, 3)
    assert "class_map" in network.traits.capabilities


def test_network_without_classes_has_no_map_of_them():
    network = create_network("tintype-tiny", {"classes": 0})
    assert not network.traits.capabilities & {"classes", "class_map"}


def test_classes_of_imagenet_are_named():
    assert create_network("tintype-tiny").traits.class_list == ""
    assert create_network("tintype-tiny", {"classes": 1000}).traits.class_list == "imagenet-1k"


class TestTintypeNetWithRecognizer(TestTintypeNet):
    def create(self):
        return create_network("tintype-tiny", {"recognizer": True})


def test_recognizer_gives_the_classes_of_the_untouched_backbone_and_nothing_else():
    torch.manual_seed(0)
    network = create_network("tintype-tiny").eval()
    feeds = {name: torch.from_numpy(array) for name, array in TestTintypeNet().feeds().items()}
    given = give_recognizer(network, "none")
    with torch.no_grad():
        before, after = network(**feeds), given(**feeds)
        expected = given.recognizer.body(network.gray_input(feeds["lightness"]))
    torch.testing.assert_close(after["classes"], expected)
    assert not torch.allclose(before["classes"], after["classes"])
    for name in ("bin_logits", "features"):
        torch.testing.assert_close(before[name], after[name])


def test_recognizer_does_not_learn():
    network = create_network("tintype-tiny", {"recognizer": True}).train()
    feeds = {name: torch.from_numpy(array) for name, array in TestTintypeNet().feeds(count=2).items()}
    assert set(network(**feeds)) == {"bin_logits", "context_out", "features"}
    assert not any(p.requires_grad for p in network.recognizer.parameters())
