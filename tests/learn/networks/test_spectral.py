"""Layers under spectral norm, held against torch's own."""

import copy
import warnings

import pytest
import torch
from torch import nn

from tintype.learn.networks.spectral import SelfAttention, SpectralConv


def theirs(conv: nn.Module, layer: SpectralConv) -> nn.Module:
    """Return torch's spectrally normed convolution with the same weights: loading is strict."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        normed = nn.utils.spectral_norm(conv)
    normed.load_state_dict(layer.state_dict())
    return normed


def norm_of(layer: SpectralConv) -> float:
    return float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2))


@pytest.mark.parametrize("training", [True, False])
def test_answer_is_that_of_torch(training):
    torch.manual_seed(0)
    layer = SpectralConv(3, 8, 4, stride=2)
    with torch.no_grad():  # an optimizer's step, after which the singular vectors are those of before
        layer.weight_orig.add_(torch.randn_like(layer.weight_orig) * 0.1)
    other = theirs(nn.Conv2d(3, 8, 4, 2, padding=1), layer)
    x = torch.randn(2, 3, 10, 12)
    for _ in range(3):
        torch.testing.assert_close(layer.train(training)(x), other.train(training)(x))


def test_weights_have_spectral_norm_one_from_the_beginning():
    torch.manual_seed(0)
    layer = SpectralConv(16, 32, 3)
    assert norm_of(layer) == pytest.approx(1, abs=0.1)
    layer.start(torch.randn(32, 16, 3, 3) * 100)
    assert norm_of(layer) == pytest.approx(1, abs=0.1)


def test_two_passes_before_one_step_backward_work():
    layer = SpectralConv(2, 2).train()
    photograph, made = torch.randn(1, 2, 8, 8), torch.randn(1, 2, 8, 8)
    (layer(photograph).sum() - layer(made).sum()).backward()
    assert layer.weight_orig.grad.any()


def test_layer_can_be_copied_after_a_pass():
    layer = SpectralConv(2, 2).train()
    layer(torch.randn(1, 2, 8, 8)).sum().backward()
    other = copy.deepcopy(layer).eval()
    x = torch.randn(1, 2, 8, 8)
    torch.testing.assert_close(other(x), layer.eval()(x))


def test_evaluation_leaves_the_singular_vectors_alone():
    layer = SpectralConv(2, 2).eval()
    before = layer.weight_u.clone()
    layer(torch.randn(1, 2, 8, 8))
    assert torch.equal(layer.weight_u, before)


def test_attention_begins_as_the_identity_and_sees_every_cell():
    torch.manual_seed(0)
    attention, x = SelfAttention(16), torch.randn(1, 16, 4, 6, requires_grad=True)
    torch.testing.assert_close(attention(x), x)
    nn.init.ones_(attention.gamma)
    attention(x)[0, :, 0, 0].sum().backward()
    assert x.grad.abs().sum(1).all()
