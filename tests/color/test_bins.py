"""The ab bins: encoding, priors, decoding, entropy."""

import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax
from scipy.stats import entropy as scipy_entropy

from tintype.color.bins import (
    BIN_COUNT,
    CENTERS,
    Decoding,
    decode,
    entropy,
    mean_ab,
    probabilities,
    smooth_prior,
    soft_encode,
    soft_encode_dense,
    soft_encode_table,
)
from tintype.color.lab import srgb_to_lab
from tintype.errors import GuidanceError

PLAIN = Decoding(rarity=0.0, temperature=1.0)

ab_values = arrays(np.float64, (7, 2), elements=st.floats(-128, 127))
logit_rows = arrays(np.float64, (3, BIN_COUNT), elements=st.floats(-30, 30))


def some_logits(dtype=np.float64):
    return (np.random.default_rng(0).standard_normal((4, 5, BIN_COUNT)) * 3).astype(dtype)


def some_prior():
    prior = np.random.default_rng(1).random(BIN_COUNT) ** 6
    return prior / prior.sum()


def test_centers_are_those_of_the_release_in_its_order():
    # SHA-256 of the 313 rows "a,b" of pts_in_hull.npy, one a line.
    text = "\n".join(f"{a:.0f},{b:.0f}" for a, b in CENTERS)
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert digest == "97faed47b05f266f9eadba38f5fd770838ef47f0e2246bb78827ba8d645fb837"
    assert CENTERS.shape == (BIN_COUNT, 2) == (313, 2)
    assert CENTERS.dtype == np.float32


def test_bins_reach_every_color_of_srgb():
    axis = np.linspace(0, 1, 20)
    cube = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    distances = np.linalg.norm(srgb_to_lab(cube)[:, None, 1:] - CENTERS, axis=-1)
    assert distances.min(axis=1).max() < 14


@given(ab=ab_values)
def test_soft_encode_finds_the_nearest_bins_with_gaussian_weights(ab):
    indices, weights = soft_encode(ab)
    squares = ((ab[:, None] - CENTERS) ** 2).sum(axis=-1)
    np.testing.assert_allclose(np.take_along_axis(squares, indices, 1), np.sort(squares, axis=1)[:, :5])
    expected = np.exp(-np.take_along_axis(squares, indices, 1) / 50)
    np.testing.assert_allclose(weights, expected / expected.sum(axis=1, keepdims=True), atol=1e-12)


def test_soft_encode_of_a_center_is_symmetric_around_it():
    indices, weights = soft_encode(np.array([0.0, 0.0]))
    assert CENTERS[indices[0]].tolist() == [0, 0]
    assert sorted(CENTERS[indices[1:]].tolist()) == [[-10, 0], [0, -10], [0, 10], [10, 0]]
    assert weights[1:].tolist() == pytest.approx([weights[0] * np.exp(-2)] * 4)


def test_soft_encode_in_torch_equals_numpy():
    ab = np.random.default_rng(0).uniform(-90, 90, (40, 2)).astype(np.float32)
    indices, weights = soft_encode(torch.tensor(ab))
    assert indices.dtype == torch.int64
    assert weights.dtype == torch.float32
    np.testing.assert_array_equal(indices.numpy(), soft_encode(ab)[0])
    np.testing.assert_allclose(weights.numpy(), soft_encode(ab)[1], rtol=1e-5)


def test_soft_encode_takes_other_numbers_of_neighbors():
    indices, weights = soft_encode(np.zeros((2, 3, 2)), neighbors=10)
    assert indices.shape == weights.shape == (2, 3, 10)
    np.testing.assert_allclose(weights.sum(axis=-1), 1)


def test_soft_encode_table_holds_soft_encode_of_whole_numbers():
    indices, weights = soft_encode_table()
    assert indices.shape == weights.shape == (256, 256, 5)
    ab = np.array([(-128, 127), (0, 0), (37, -52), (127, 127)])
    expected = soft_encode(ab.astype(np.float32))
    np.testing.assert_array_equal(indices[ab[:, 0] + 128, ab[:, 1] + 128], expected[0])
    np.testing.assert_array_equal(weights[ab[:, 0] + 128, ab[:, 1] + 128], expected[1])


def test_soft_encode_table_cannot_be_spoiled_by_its_users():
    with pytest.raises(ValueError, match="read-only"):
        soft_encode_table()[1][0, 0] = 0


def test_dense_encoding_puts_the_weights_at_their_bins():
    ab = np.array([[12.0, -31.0], [70.0, 3.0]])
    indices, weights = soft_encode(ab.astype(np.float32))
    dense = soft_encode_dense(ab)
    assert dense.shape == (2, BIN_COUNT)
    np.testing.assert_array_equal(np.take_along_axis(dense, indices, 1), weights)
    np.testing.assert_allclose(dense.sum(axis=1), 1, atol=1e-6)


def test_encoding_then_averaging_keeps_colors_inside_the_bins():
    ab = np.random.default_rng(0).uniform(-40, 40, (200, 2))
    assert np.abs(mean_ab(soft_encode_dense(ab)) - ab).max() < 3


def test_smooth_prior_mixes_with_the_uniform_distribution():
    prior = some_prior()
    np.testing.assert_allclose(smooth_prior(prior), 0.5 * prior + 0.5 / BIN_COUNT)
    np.testing.assert_allclose(smooth_prior(prior, uniform=0), prior)
    assert smooth_prior(prior, uniform=0.3).sum() == pytest.approx(1)


@pytest.mark.parametrize(("rarity", "temperature"), [(0, 1), (0.5, 1), (1, 0.38), (2, 5)])
def test_probabilities_follow_the_definition(rarity, temperature):
    logits, prior = some_logits(), some_prior()
    scores = (logits - rarity * np.log(0.5 * prior + 0.5 / BIN_COUNT)) / temperature
    found = probabilities(logits, prior, Decoding(rarity, temperature))
    np.testing.assert_allclose(found, softmax(scores, axis=-1), atol=1e-12)


@given(logits=logit_rows, temperature=st.floats(0.01, 10))
def test_probabilities_sum_to_one(logits, temperature):
    shares = probabilities(logits.astype(np.float32), some_prior(), Decoding(0.6, temperature))
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=-1), 1, atol=1e-5)


def test_rarity_has_no_effect_without_a_prior():
    logits = some_logits()
    np.testing.assert_array_equal(
        probabilities(logits, None, Decoding(1, 1)), probabilities(logits, None, PLAIN)
    )


def test_full_rarity_turns_the_prior_itself_into_the_uniform_distribution():
    prior = some_prior()
    shares = probabilities(np.log(smooth_prior(prior)), prior.tolist(), Decoding(rarity=1.0, temperature=1.0))
    np.testing.assert_allclose(shares, 1 / BIN_COUNT)


def test_decode_at_temperature_one_is_the_mean():
    logits = some_logits()
    np.testing.assert_allclose(decode(logits, None, PLAIN), softmax(logits, axis=-1) @ CENTERS, atol=1e-9)


def test_decode_at_the_lowest_temperature_is_the_peak():
    logits = some_logits() * 10
    peak = CENTERS[logits.argmax(axis=-1)]
    np.testing.assert_allclose(decode(logits, None, Decoding(0, 0.01)), peak, atol=0.5)


def test_decode_of_one_bin_is_its_center():
    for index in range(0, BIN_COUNT, 40):
        logits = np.full(BIN_COUNT, -50.0)
        logits[index] = 50
        np.testing.assert_allclose(decode(logits, some_prior(), Decoding()), CENTERS[index], atol=1e-9)


def test_decode_with_other_centers_uses_them():
    logits = np.array([[0.0, 0.0]])
    assert decode(logits, None, PLAIN, centers=np.array([[0, 0], [10, 20]])).tolist() == [[5, 10]]


def test_more_rarity_gives_more_chroma():
    prior = soft_encode_dense(np.array([0.0, 0.0])) * 0.99 + 0.01 / BIN_COUNT
    logits = np.log(0.9 * prior + 0.1 * soft_encode_dense(np.array([50.0, 30.0])))
    chroma = [np.linalg.norm(decode(logits, prior, Decoding(rarity, 1.0))) for rarity in (0, 0.3, 0.6, 1)]
    assert chroma == sorted(chroma)
    assert chroma[-1] > 2 * chroma[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_decoding_in_torch_equals_numpy_and_keeps_the_dtype(dtype):
    logits, prior = some_logits(dtype), some_prior()
    shares = probabilities(torch.tensor(logits), prior, Decoding())
    ab = decode(torch.tensor(logits), prior, Decoding())
    assert shares.dtype == ab.dtype == getattr(torch, dtype)
    assert probabilities(logits, prior, Decoding()).dtype == decode(logits, prior, Decoding()).dtype == dtype
    np.testing.assert_allclose(shares.numpy(), probabilities(logits, prior, Decoding()), atol=1e-6)
    np.testing.assert_allclose(ab.numpy(), decode(logits, prior, Decoding()), atol=1e-4)
    np.testing.assert_allclose(entropy(shares).numpy(), entropy(shares.numpy()), atol=1e-6)


def test_gradient_flows_through_decoding_and_entropy():
    logits = torch.tensor(some_logits()[0, :2], requires_grad=True)
    (
        decode(logits, some_prior(), Decoding()).sum() + entropy(probabilities(logits, None, PLAIN)).sum()
    ).backward()
    assert torch.isfinite(logits.grad).all()
    assert logits.grad.abs().max() > 0


def test_huge_logits_do_not_overflow():
    logits = np.array([[1e4, -1e4, 0.0]], dtype=np.float32)
    np.testing.assert_array_equal(probabilities(logits, None, Decoding(0, 0.01)), [[1, 0, 0]])


def test_entropy_is_zero_when_certain_and_one_when_ignorant():
    certain = np.zeros((2, BIN_COUNT))
    certain[:, 7] = 1
    assert entropy(certain).tolist() == [0, 0]
    assert entropy(np.full(BIN_COUNT, 1 / BIN_COUNT)) == pytest.approx(1)


@given(logits=logit_rows)
def test_entropy_agrees_with_scipy(logits):
    shares = probabilities(logits, None, PLAIN)
    np.testing.assert_allclose(entropy(shares), scipy_entropy(shares, axis=-1, base=BIN_COUNT), atol=1e-9)


def test_gradient_of_entropy_is_finite_when_certain():
    shares = torch.tensor([1.0, 0.0, 0.0], requires_grad=True)
    entropy(shares).backward()
    assert torch.isfinite(shares.grad).all()


@pytest.mark.parametrize("rarity", [-0.1, 2.1, float("nan")])
def test_impossible_rarity_is_named(rarity):
    with pytest.raises(GuidanceError, match=f"rarity is {rarity}; give a number from 0 to 2"):
        Decoding(rarity=rarity)


@pytest.mark.parametrize("temperature", [0, -1, 11, float("inf"), float("nan")])
def test_impossible_temperature_is_named(temperature):
    with pytest.raises(GuidanceError, match=f"temperature is {temperature}; give a number from 0.01 to 10"):
        Decoding(temperature=temperature)
