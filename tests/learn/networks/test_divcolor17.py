import dataclasses
import math

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from models_contract import NetworkContract, photographs
from tintype.errors import ModelNotFoundError, RecipeError
from tintype.learn.export import create_feeds, export_model
from tintype.learn.losses.variational import gaussian_divergence, nearest_component_loss, sample_code
from tintype.learn.networks import create_network
from tintype.learn.networks.divcolor17 import (
    CONFIGS,
    VARIANCE,
    DivcolorConfig,
    DivcolorNet,
    FieldEncoder,
    Mixture,
    find_config,
    latents_in_order,
)
from tintype.learn.networks.eccv16 import EccvConfig, EccvNet
from tintype.learn.networks.encoders import WEIGHTS_VARIABLE
from tintype.learn.networks.rebuild import rebuild_network
from tintype.models.card import SizeRule
from tintype.models.session import Session
from tiny_model import create_card

TINY = CONFIGS["divcolor17-test"]
SMALL_MOBILE = dataclasses.replace(TINY, backbone="mobilenetv2_035", feature_width=64, same_padding=True)


class TestDivcolorNet(NetworkContract):
    # the card of a real one has one fixed size, see below; the network itself takes any
    card = create_card(
        name="divcolor17-test@1",
        system="divcolor17",
        bins=0,
        grid=4,
        prior=None,
        vividness_path=(),
        size=SizeRule(multiple=4, default=128, minimum=32, maximum=512),
        capabilities=frozenset({"latent"}),
    )
    lengths = {"latent": TINY.code + TINY.components}  # noqa: RUF012 - as in the base
    most_error = 8.0

    def create(self):
        return create_network("divcolor17-test")

    def rebuild(self, state):
        return rebuild_network(state)

    def test_card_is_that_of_the_traits(self, network):
        traits = network.traits
        assert (traits.bins, traits.grid, traits.lengths) == (0, self.card.grid, self.lengths)
        assert traits.capabilities == self.card.capabilities

    @pytest.mark.slow
    def test_graph_of_the_fixed_size_colors_as_torch_does(self, network, tmp_path):
        card = dataclasses.replace(self.card, size=network.traits.size)
        export = export_model(
            *(network, card, tmp_path / "model.onnx"), precision="fp32", lengths=self.lengths
        )
        session, lightness = Session(export.model, threads=1), torch.rand(1, 1, 128, 128) * 100
        for latent in latents_in_order(TINY):
            expected = network(lightness, latent[None])["ab"].detach()
            answer = session.run(lightness.numpy(), latent=latent[None].numpy())["ab"]
            np.testing.assert_allclose(answer, expected, atol=1e-3)


def tiny(**changes) -> DivcolorNet:
    torch.manual_seed(0)
    return DivcolorNet(dataclasses.replace(TINY, **changes)).eval()


def published(config: DivcolorConfig) -> DivcolorNet:
    with torch.device("meta"):
        return DivcolorNet(dataclasses.replace(config, backbone_weights="none"))


def mixture(shares: list[float], code: int = 16) -> Mixture:
    means = torch.arange(len(shares), dtype=torch.float32)[:, None].expand(-1, code)
    return Mixture(torch.tensor([shares]).log(), means[None])


SHARES = [0.4, 0.2, 0.15, 0.1, 0.05, 0.04, 0.03, 0.03]


@pytest.mark.parametrize(
    "changes",
    [
        {"side": 48},
        {"width": 12, "code": 8},
        {"components": 5},
        {"mixture_widths": (8,) * 7, "feature_width": 6},
    ],
)
def test_changed_sizes_are_recovered(changes):
    network = tiny(**changes)
    assert find_config(network.state_dict()) == network.config


def test_another_backbone_is_recovered_with_its_input_range(monkeypatch):
    network = DivcolorNet(SMALL_MOBILE).eval()
    state = network.state_dict()
    assert find_config(state, "mobilenetv2_035") == SMALL_MOBILE
    monkeypatch.setitem(CONFIGS, "divcolor17-mobile-test", SMALL_MOBILE)
    assert find_config(state) == SMALL_MOBILE
    assert network(torch.rand(1, 1, 64, 64) * 100)["ab"].shape == (1, 2, 16, 16)


def test_published_size_has_the_layers_of_the_paper():
    network = published(CONFIGS["divcolor17"])
    kernels = [
        (m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0])
        for part in (network.tower, network.decoder, network.mixture)
        for m in part.modules()
        if isinstance(m, nn.Conv2d)
    ]
    assert kernels == [
        *[(1, 128, 5, 2), (128, 256, 5, 2), (256, 512, 5, 2), (512, 1024, 3, 2)],
        *[(1024 + 64, 512, 3, 1), (1024, 256, 5, 1), (512, 128, 5, 1), (256, 64, 5, 1), (64, 2, 5, 1)],
        *[(512, 384, 5, 1), (384, 320, 5, 1), (320, 288, 5, 1), (288, 256, 5, 2)],
        *[(256, 128, 5, 1), (128, 96, 5, 2), (96, 64, 5, 2)],
    ]
    last = network.mixture.to_mixture[2]
    assert (last.in_features, last.out_features) == (4 * 4 * 64, (64 + 1) * 8)
    assert network.traits.lengths == {"latent": 64 + 8}


def test_published_encoder_has_the_layers_of_the_paper():
    with torch.device("meta"):
        encoder = FieldEncoder(DivcolorConfig())
    last = encoder.to_code[2]
    assert (last.in_features, last.out_features) == (4 * 4 * 1024, 2 * 64)
    assert [unit[0].out_channels for unit in encoder.tower] == [128, 256, 512, 1024]


def test_photograph_enters_as_the_square_that_the_network_sees():
    rule = published(CONFIGS["divcolor17"]).traits.size
    assert rule.fit(2000, 3000) == (256, 256)
    assert (rule.fixed, rule.square) == (True, True)


def test_features_are_those_of_eccv16_with_its_weights(tmp_path, monkeypatch):
    torch.manual_seed(1)
    zhang = EccvNet(EccvConfig(width=4)).eval()
    save_file(zhang.state_dict(), tmp_path / "eccv16.safetensors")
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path))
    network = tiny(backbone_weights="local")
    lightness = torch.rand(1, 1, 64, 64) * 100
    features = network.features(lightness)
    torch.testing.assert_close(zhang.model8(features), zhang(lightness)["bin_logits"])


def test_weights_of_another_eccv16_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path))
    with pytest.raises(ModelNotFoundError, match=r"put eccv16\.safetensors"):
        tiny(backbone_weights="local")
    save_file(EccvNet(EccvConfig(width=8)).state_dict(), tmp_path / "eccv16.safetensors")
    with pytest.raises(ModelNotFoundError, match="no eccv16 of this width"):
        tiny(backbone_weights="local")


@pytest.mark.parametrize(
    ("changes", "text"), [({"side": 40}, "multiple of 16"), ({"backbone_weights": "timm"}, "has no eccv16")]
)
def test_configuration_that_can_not_be_is_refused(changes, text):
    with pytest.raises(RecipeError, match=text):
        DivcolorConfig(**changes)


def test_zeros_are_the_mean_of_the_likeliest():
    code = tiny().mixture.choose(mixture(SHARES), torch.zeros(1, 24))
    assert torch.equal(code, torch.zeros(1, 16))


@pytest.mark.parametrize("shares", [SHARES, [1 - 7e-12, *[1e-12] * 7]])
def test_latents_in_order_are_the_means_in_order(shares):
    choose = tiny().mixture.choose
    codes = torch.cat([choose(mixture(shares), latent[None]) for latent in latents_in_order(TINY)])
    assert codes[:, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]


def test_normal_latents_are_samples_of_the_mixture():
    latents = torch.randn(20_000, 24, generator=torch.Generator().manual_seed(0))
    given = Mixture(*(x.expand(len(latents), *x.shape[1:]) for x in mixture(SHARES)))
    codes = tiny().mixture.choose(given, latents)
    noise = latents[:, :16] * math.sqrt(VARIANCE)
    chosen = (codes - noise).mean(1).round().long()
    shares = chosen.bincount(minlength=8) / len(latents)
    np.testing.assert_allclose(shares, SHARES, atol=0.01)
    assert float((codes - chosen[:, None]).var()) == pytest.approx(VARIANCE, rel=0.02)


def test_gaussians_come_likeliest_first_with_their_own_means():
    network, features = tiny().mixture, torch.randn(2, 32, 16, 16)
    numbers = network.to_mixture(network.units(features))
    found = network(features)
    assert (found.log_shares.diff(dim=1) <= 0).all()
    torch.testing.assert_close(found.log_shares.exp().sum(1), torch.ones(2))
    likeliest = numbers[1, -8:].argmax()
    torch.testing.assert_close(found.means[1, 0], numbers[1, :-8].reshape(8, 16)[likeliest])


def test_eight_latents_give_eight_pictures():
    network, lightness = tiny(), torch.rand(1, 1, 64, 96) * 100
    latents = latents_in_order(TINY)
    ab = network(lightness.expand(8, -1, -1, -1), latents)["ab"]
    assert ab.shape == (8, 2, 16, 24)
    apart = (ab[:, None] - ab[None]).abs().amax((2, 3, 4)) + torch.eye(8)
    assert apart.min() > 1e-3
    torch.testing.assert_close(ab[:1], network(lightness)["ab"])
    assert len(latents_in_order(TINY, 3)) == 3


def test_color_stays_within_128_lab_units():
    network = tiny()
    nn.init.constant_(network.decoder.head.bias, 100.0)
    assert network(torch.rand(1, 1, 32, 32) * 100)["ab"].abs().max() <= 128


def test_mixture_is_given_in_training_alone():
    network, lightness = tiny(), torch.rand(2, 1, 32, 32) * 100
    assert set(network(lightness)) == {"ab"}
    outputs = network.train()(lightness)
    assert set(outputs) == {"ab", "log_shares", "means"}
    assert outputs["means"].shape == (2, 8, 16)


def test_code_takes_the_place_of_the_mixture():
    network, lightness = tiny(), torch.rand(1, 1, 64, 96) * 100
    code = network.mixture.choose(network.mix(lightness), torch.zeros(1, 24))
    torch.testing.assert_close(network(lightness, code=code)["ab"], network(lightness)["ab"])
    assert set(network.train()(lightness.expand(2, -1, -1, -1), code=code.expand(2, -1))) == {"ab"}


def test_encoder_takes_color_fields_of_any_size():
    encoder, field = FieldEncoder(TINY).eval(), torch.randn(1, 2, 32, 32) * 30
    mean, log_variance = encoder(field)
    assert mean.shape == log_variance.shape == (1, 16)
    larger = field.repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(encoder(larger)[0], mean)


@pytest.mark.slow
def test_autoencoder_and_mixture_learn_a_color_field_from_its_gray():
    """The two stages of the paper: codes of color fields, then codes of gray pictures."""
    torch.manual_seed(0)
    network, encoder = tiny(dropout=0.0), FieldEncoder(dataclasses.replace(TINY, dropout=0.0))
    lab = photographs(128).permute(0, 3, 1, 2).contiguous()
    lightness, truth = lab[:, :1], functional.avg_pool2d(lab[:, 1:], 4)
    optimizer = torch.optim.Adam([*network.parameters(), *encoder.parameters()], 3e-3)
    for _ in range(150):
        mean, log_variance = encoder.train()(truth)
        code = sample_code(mean, log_variance)
        ab = network.train()(lightness, code=code)["ab"]
        loss = functional.l1_loss(ab, truth) + 0.01 * gaussian_divergence(mean, log_variance)
        loss = loss + nearest_component_loss(*network.mix(lightness), code.detach(), VARIANCE)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        error = (network.eval()(lightness)["ab"] - truth).abs().mean()
    assert error < 8 < truth.abs().mean()


def test_random_feeds_fit_the_contract_of_the_card():
    feeds = create_feeds(TestDivcolorNet.card, 64, 64, lengths=TestDivcolorNet.lengths)
    assert feeds["latent"].shape == (1, 24)
