"""Every system is built by name and found again in its weights."""

import dataclasses

import pytest
import torch
from torch import nn

from tintype.errors import BrokenModelError, ContractError, RecipeError
from tintype.learn.networks import SYSTEMS, create_network, system_of
from tintype.learn.networks.rebuild import rebuild_network
from tintype.learn.networks.traits import traits_of
from tintype.learn.validate import unguided_inputs
from tintype.models.card import CAPABILITIES

TINY = ["tintype-tiny", *(name for system in SYSTEMS for name in system.configs if name.endswith("-test"))]


def test_every_system_has_a_tiny_size_and_names_that_begin_with_its_own():
    for system in SYSTEMS:
        assert set(system.configs) & set(TINY), system.name
        assert all(name.split("-")[0] == system.name for name in system.configs)


@pytest.mark.parametrize("name", TINY)
def test_network_is_found_in_its_weights(name):
    network = create_network(name)
    rebuilt = rebuild_network(network.state_dict())
    assert type(rebuilt) is type(network)
    assert system_of(rebuilt) is system_of(network)
    for key, tensor in network.state_dict().items():
        torch.testing.assert_close(rebuilt.state_dict()[key], tensor, msg=key)


@pytest.mark.parametrize("name", TINY)
def test_weights_are_of_one_system_only(name):
    network = create_network(name)
    for system in SYSTEMS:
        if not isinstance(network, system.network):
            with pytest.raises(KeyError):
                system.find_config(network.state_dict())


@pytest.mark.parametrize("name", TINY)
def test_traits_are_those_of_a_card(name):
    traits = traits_of(create_network(name))
    assert traits.bins in {0, 313}
    assert traits.capabilities <= CAPABILITIES
    assert traits.size.multiple % traits.grid == 0
    assert set(traits.lengths) <= traits.capabilities


@pytest.mark.parametrize("name", TINY)
def test_network_runs_in_the_precision_of_the_recipes(name):
    network = create_network(name).train()
    lightness = torch.rand(2, 1, 64, 64) * 100
    with torch.autocast("cpu", torch.bfloat16):
        outputs = network(**unguided_inputs(traits_of(network), lightness))
    assert all(output.isfinite().all() for output in outputs.values())


def test_fields_are_changed_by_name():
    network = create_network("eccv16-test", {"width": 4})
    assert network.config.width == 4
    wide = create_network("tintype-tiny", {"widths": [16, 16, 16]})
    assert wide.config.widths == (16, 16, 16)


def test_published_weights_of_a_backbone_are_left_out_on_request(monkeypatch):
    monkeypatch.delenv("TINTYPE_WEIGHTS", raising=False)
    network = create_network("tintype-tiny", {"backbone_weights": "local"}, pretrained=False)
    assert network.config.backbone_weights == "none"
    assert create_network("eccv16-test", pretrained=False).config == create_network("eccv16-test").config


def test_name_that_is_not_known_is_answered_with_all_names():
    with pytest.raises(RecipeError, match=r"network .eccv17. is not known; known are .*eccv16.*siggraph17"):
        create_network("eccv17")


def test_field_that_is_not_known_is_answered_with_its_systems_fields():
    with pytest.raises(RecipeError, match=r"unknown key network_changes.blocks; known are width"):
        create_network("eccv16", {"blocks": 3})


def test_weights_of_no_system_are_refused():
    with pytest.raises(BrokenModelError, match="begin with 'weight'; known are tintype, eccv16"):
        rebuild_network({"weight": torch.zeros(3)})


def test_weights_with_further_ones_are_refused_by_their_system():
    state = create_network("eccv16-test").state_dict() | {"model9.weight": torch.zeros(3)}
    with pytest.raises(BrokenModelError, match=r"eccv16: .*model9\.weight"):
        rebuild_network(state)


def test_network_of_no_system_is_named():
    with pytest.raises(RecipeError, match="Linear is of no system"):
        system_of(nn.Linear(1, 1))
    with pytest.raises(ContractError, match="Linear has no traits"):
        traits_of(nn.Linear(1, 1))


def test_configurations_are_frozen_and_documented():
    for system in SYSTEMS:
        for config in system.configs.values():
            fields = [field.name for field in dataclasses.fields(config)]
            assert all(f"{name}:" in type(config).__doc__ for name in fields), system.name
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(config, fields[0], None)
