import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from models_contract import NetworkContract
from seeded_weights import fill, fingerprint, hints, lightness
from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.errors import RecipeError
from tintype.learn.networks import create_network
from tintype.learn.networks.rebuild import rebuild_network
from tintype.learn.networks.siggraph17 import (
    CONFIGS,
    SiggraphConfig,
    SiggraphNet,
    decode_classes,
    encode_classes,
    every_second,
    find_config,
)
from tintype.models.card import SizeRule
from tiny_model import create_card

RELEASE = Path(__file__).with_name("release_keys.json")
TINY = CONFIGS["siggraph17-test"]


class TestSiggraphNet(NetworkContract):
    card = create_card(
        name="siggraph17-test@1",
        system="siggraph17",
        bins=0,
        grid=1,
        prior=None,
        vividness_path=(),
        size=SizeRule(multiple=8, default=128, minimum=32, maximum=512),
        capabilities=frozenset({"hints", "palette"}),
    )

    def create(self):
        return create_network("siggraph17-test")

    def rebuild(self, state):
        return rebuild_network(state)

    def test_card_is_that_of_the_traits(self, network):
        traits = network.traits
        assert (traits.bins, traits.grid, traits.size.multiple) == (self.card.bins, self.card.grid, 8)
        assert traits.capabilities == self.card.capabilities


class TestSiggraphNetAsReleased(TestSiggraphNet):
    """Without global hints, as the authors' PyTorch release is."""

    card = dataclasses.replace(TestSiggraphNet.card, capabilities=frozenset({"hints"}))

    def create(self):
        return create_network("siggraph17-test", {"global_hints": False})


def tiny(**changes) -> SiggraphNet:
    torch.manual_seed(0)
    return SiggraphNet(dataclasses.replace(TINY, **changes))


def feeds(count=1, height=32, width=32) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.rand(count, 1, height, width) * 100, torch.zeros(count, 3, height, width)


def gradient_of(network: SiggraphNet, output: str) -> set[str]:
    """Return the blocks that an output teaches."""
    network.zero_grad()
    network.train()(*feeds(2))[output].square().mean().backward()
    return {name.partition(".")[0] for name, p in network.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("changes", [{"width": 12}, {"classes": 313}, {"global_hints": False}])
def test_changed_sizes_are_recovered(changes):
    network = tiny(**changes)
    assert find_config(network.state_dict()) == network.config


@pytest.mark.parametrize(("name", "millions"), [("siggraph17", 34.19), ("siggraph17-global", 35.14)])
def test_published_size_has_the_parameters_of_the_paper(name, millions):
    with torch.device("meta"):
        network = SiggraphNet(CONFIGS[name])
    count = sum(p.numel() for p in network.parameters())
    assert round(count / 1e6, 2) == millions
    head = sum(p.numel() for p in network.model_class.parameters())
    if name == "siggraph17":
        assert round((count - head) / 1e6, 2) == 34.05


def test_published_size_has_the_layers_of_the_paper():
    with torch.device("meta"):
        network = SiggraphNet()
    chains = {
        name: [m.out_channels for m in block if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
        for name, block in network.named_children()
    }
    wide = {f"model{i}": [512] * 3 for i in (4, 5, 6, 7)}
    assert chains == wide | {
        **{"model1": [64, 64], "model2": [128, 128], "model3": [256] * 3},
        **{"model8up": [256], "model3short8": [256], "model8": [256, 256]},
        **{"model9up": [128], "model2short9": [128], "model9": [128]},
        **{"model10up": [128], "model1short10": [128], "model10": [128]},
        **{"model_class": [529], "model_out": [2]},
    }
    dilated = [name for name, m in network.named_modules() if getattr(m, "dilation", 1) == (2, 2)]
    assert dilated == [f"model{i}.{j}" for i in (5, 6) for j in (0, 2, 4)]
    strided = [name for name, m in network.named_modules() if getattr(m, "stride", 1) == (2, 2)]
    assert strided == ["model8up.0", "model9up.0", "model10up.0"]
    assert network.model10[2].negative_slope == 0.2


def test_every_second_pixel_is_picked_not_pooled():
    x = torch.arange(24.0).reshape(1, 1, 4, 6)
    assert every_second(x).flatten().tolist() == [0, 2, 4, 12, 14, 16]


def test_hint_of_full_confidence_enters_as_in_the_release():
    network = tiny(global_hints=False).eval()
    entered = []
    network.model1.register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0]))
    gray, said = feeds()
    said[0, :, 4, 5] = torch.tensor([22.0, -55.0, 1.0])
    network(gray, said)
    assert entered[0][0, :, 4, 5].tolist() == pytest.approx(
        [(float(gray[0, 0, 4, 5]) - 50) / 100, 0.2, -0.5, 1]
    )
    assert not entered[0][0, 1:, 0].any()


def test_color_stays_within_110_lab_units():
    network = tiny(global_hints=False).eval()
    ab = network(torch.rand(1, 1, 32, 32) * 1e4, torch.zeros(1, 3, 32, 32))["ab"]
    assert ab.abs().max() <= 110


def test_class_head_speaks_in_training_alone():
    network = tiny()
    assert network.train()(*feeds(2))["class_logits"].shape == (2, 529, 8, 8)
    assert list(network.eval()(*feeds())) == ["ab"]


def test_teacher_decides_whose_gradient_reaches_the_trunk():
    heads = {"model9up", "model2short9", "model9", "model10up", "model1short10", "model10", "model_out"}
    by_color = tiny(global_hints=False)
    assert gradient_of(by_color, "class_logits") == {"model_class"}
    assert gradient_of(by_color, "ab") == {name for name, _ in by_color.named_children()} - {"model_class"}
    by_classes = tiny(global_hints=False, teacher="classes")
    assert gradient_of(by_classes, "ab") == heads
    trunk = {name for name, _ in by_classes.named_children()} - heads
    assert gradient_of(by_classes, "class_logits") == trunk


def test_teacher_that_is_not_known_is_named():
    with pytest.raises(RecipeError, match="teacher is 'both'"):
        SiggraphConfig(teacher="both")


def test_classes_are_the_cells_of_the_grid():
    ab = torch.tensor([[-110.0, -110.0], [0.0, 0.0], [14.9, -35.1], [110.0, 110.0], [128.0, -128.0]])
    classes = encode_classes(ab.T[None, :, :, None])
    assert classes.flatten().tolist() == [0, 264, 12 * 23 + 7, 528, 22 * 23]
    rounded = decode_classes(classes)[0, :, :, 0].T
    assert rounded[:4].tolist() == [[-110, -110], [0, 0], [10, -40], [110, 110]]


def test_palette_tells_histogram_saturation_and_that_they_are_there():
    say = tiny().eval().model_global.say
    gray = torch.zeros(2, BIN_COUNT + 1)
    gray[:, 101] = torch.tensor([1.0, 1.0])
    gray[0, -1] = 0.5
    told = say(gray)
    assert told.shape == (2, 316)
    assert told[0, 101] == told[0, 313] == told[0, 315] == 0.5
    assert not told[1].any()


def test_saturation_grows_with_the_chroma_of_the_palette():
    saturation = tiny().model_global.saturation.numpy()
    chroma = np.hypot(*CENTERS.T)
    assert saturation[chroma == 0] == pytest.approx(0, abs=1e-5)
    assert 0 <= saturation.min() < saturation.max() <= 1
    assert np.corrcoef(saturation, chroma)[0, 1] > 0.5


def test_global_hints_are_revealed_half_of_the_time_while_training():
    network = tiny().train().model_global
    palette = torch.full((4000, BIN_COUNT + 1), 1 / BIN_COUNT)
    palette[:, -1] = 1
    shown = network.say(palette)[:, [313, 315]].bool()
    assert shown.float().mean(0).tolist() == pytest.approx([0.5, 0.5], abs=0.05)
    assert (shown[:, 0] & shown[:, 1]).float().mean() == pytest.approx(0.25, abs=0.05)


def test_no_palette_is_one_without_strength():
    network = tiny().eval()
    palette, given = torch.zeros(1, BIN_COUNT + 1), feeds()
    torch.testing.assert_close(network(*given)["ab"], network(*given, palette)["ab"])


def test_names_and_shapes_are_those_of_the_release():
    with torch.device("meta"):
        state = SiggraphNet().state_dict()
    assert {name: [*tensor.shape] for name, tensor in state.items()} == json.loads(RELEASE.read_text())[
        "siggraph17"
    ]


@torch.no_grad()
def test_answer_is_that_of_the_authors_code_with_the_same_weights():
    network, gray, said = fill(SiggraphNet()), lightness(32, 48), hints(32, 48)
    known = [
        -56.306637,
        36.671803,
        -12.069514,
        -57.446777,
        13.815809,
        -0.115798,
    ]  # docs/parity.md says whence
    assert fingerprint(network(gray, said)["ab"]) == pytest.approx(known, abs=1e-2)
    known = [-51.706982, 36.263428, -11.599774, -45.138363, 12.077836, -15.385281]
    assert fingerprint(network(gray, said * 0)["ab"]) == pytest.approx(known, abs=1e-2)
    known = [-0.029283, 0.543195, -0.012489, 0.103206, -0.568475, 0.284822]
    classes = network.model_class(network.encode(gray, said, None)[2])
    assert fingerprint(classes) == pytest.approx(known, abs=1e-4)
