import dataclasses
import re
from types import SimpleNamespace

import numpy as np
import pytest

from tintype.errors import ContractError, UnsupportedByModelError
from tintype.models.card import SizeRule
from tintype.models.contract import check_inputs, check_interface, check_outputs, inputs_of, outputs_of
from tiny_model import create_card

FLOAT = "tensor(float)"


def node(name, *shape, kind=FLOAT):
    return SimpleNamespace(name=name, type=kind, shape=list(shape))


def interface():
    inputs = [
        node("lightness", "n", 1, "h", "w"),
        node("hints", "n", 3, None, None),
        node("palette", "n", 314),
    ]
    outputs = [
        node("bin_logits", "n", 313, "a", "b"),
        node("features", "n", 8, "a", "b"),
        node("classes", "n", 10),
        node("class_map", "n", 10, "a", "b"),
    ]
    return inputs, outputs


def feeds(height=64, width=96, n=1):
    return {
        "lightness": np.full((n, 1, height, width), 50, np.float32),
        "hints": np.zeros((n, 3, height, width), np.float32),
        "palette": np.zeros((n, 314), np.float32),
    }


def outputs(n=1):
    return {
        "bin_logits": np.zeros((n, 313, 16, 24), np.float32),
        "features": np.zeros((n, 8, 4, 6), np.float32),
        "classes": np.zeros((n, 10), np.float32),
        "class_map": np.zeros((n, 10, 2, 3), np.float32),
    }


def test_interface_of_a_good_model_passes():
    check_interface(create_card(), *interface())


def test_names_follow_the_capabilities():
    card = create_card(capabilities=frozenset({"style", "latent"}), bins=0, prior=None, vividness_path=())
    assert [t.name for t in inputs_of(card)] == ["lightness", "style", "latent"]
    assert [t.name for t in outputs_of(card)] == ["ab", "style_out"]
    given = ["bin_logits", "features", "classes", "class_map"]
    assert [t.name for t in outputs_of(create_card())] == given
    given.remove("class_map")
    without = create_card(capabilities=create_card().capabilities - {"class_map"})
    assert [t.name for t in outputs_of(without)] == given


@pytest.mark.parametrize(
    ("side", "index", "change", "words"),
    [
        (0, 0, None, "the input 'lightness' is missing; it has ['hints', 'palette']"),
        (1, 0, None, "the output 'bin_logits' is missing"),
        (0, 1, node("mask", "n", 1, "h", "w"), "the input 'hints' is missing"),
        (0, 3, node("mask", "n", 1, "h", "w"), "the input 'mask' is not in the contract"),
        (1, 4, node("ab", "n", 2, "h", "w"), "the output 'ab' is not in the contract"),
        (0, 0, node("lightness", "n", 1, "h", "w", kind="tensor(uint8)"), "it must be tensor(float)"),
        (0, 0, node("lightness", "n", "h", "w"), "has 3 axes; it must have (N, 1, H, W)"),
        (0, 1, node("hints", "n", 2, "h", "w"), "has 2 where 3 is 3"),
        (0, 2, node("palette", "n", 313), "has 313 where Q+1 is 314"),
        (1, 0, node("bin_logits", "n", 262, "h", "w"), "has 262 where Q is 313"),
    ],
)
def test_interface_that_breaks_the_contract_is_refused(side, index, change, words):
    nodes = interface()
    nodes[side][index : index + 1] = [change] if change else []
    with pytest.raises(ContractError, match=re.escape(words)) as caught:
        check_interface(create_card(), *nodes)
    assert "test-tiny@1" in str(caught.value)


def test_good_inputs_and_outputs_pass():
    for n in (1, 3):
        check_inputs(create_card(), feeds(n=n))
        check_outputs(create_card(), feeds(n=n), outputs(n=n))
    check_inputs(create_card(), {"lightness": feeds()["lightness"]})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("lightness", np.zeros((1, 1, 64, 100), np.float32), "100 x 64; give sides that are multiples of 32"),
        ("lightness", np.zeros((1, 1, 0, 64), np.float32), "multiples of 32"),
        ("lightness", np.zeros((0, 1, 64, 64), np.float32), "multiples of 32"),
        ("lightness", np.zeros((64, 64), np.float32), "(64, 64); it must be (N, 1, H, W)"),
        ("lightness", np.zeros((1, 3, 64, 96), np.float32), "it must be (N, 1, H, W)"),
        ("lightness", np.zeros((1, 1, 64, 96)), "lightness is float64; it must be float32"),
        ("lightness", np.full((1, 1, 64, 96), 101, np.float32), "it must stay within 0 to 100"),
        ("lightness", np.full((1, 1, 64, 96), -1, np.float32), "it must stay within 0 to 100"),
        ("lightness", np.full((1, 1, 64, 96), np.nan, np.float32), "holds NaN"),
        ("hints", np.zeros((1, 3, 64, 64), np.float32), "hints has the shape (1, 3, 64, 64)"),
        ("hints", np.zeros((2, 3, 64, 96), np.float32), "hints has the shape"),
        ("hints", np.full((1, 3, 64, 96), 200, np.float32), "within -128 to 128"),
        ("palette", np.zeros((1, 313), np.float32), "it must be (N, Q+1)"),
        ("palette", np.full((1, 314), np.inf, np.float32), "holds NaN or infinity"),
    ],
)
def test_inputs_that_break_the_contract_are_refused(name, value, words):
    with pytest.raises(ContractError, match=re.escape(words)):
        check_inputs(create_card(), {**feeds(), name: value})


def test_palette_is_over_the_bins_also_where_the_model_gives_ab():
    card = create_card(capabilities=frozenset({"palette"}), bins=0, grid=1, prior=None, vividness_path=())
    check_interface(
        card, [node("lightness", "n", 1, "h", "w"), node("palette", "n", 314)], [node("ab", "n", 2, "a", "b")]
    )
    check_inputs(card, {name: feeds()[name] for name in ("lightness", "palette")})
    with pytest.raises(ContractError, match="palette has the shape"):
        check_inputs(card, {"lightness": feeds()["lightness"], "palette": np.zeros((1, 1), np.float32)})


def test_missing_lightness_is_refused():
    with pytest.raises(ContractError, match="lightness is missing"):
        check_inputs(create_card(), {"hints": feeds()["hints"]})


def test_guidance_that_the_model_does_not_take_is_refused():
    card = create_card(capabilities=frozenset({"hints"}))
    with pytest.raises(UnsupportedByModelError, match="takes no palette"):
        check_inputs(card, feeds())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (SizeRule(default=256, fixed=True), "give 256 x 256"),
        (SizeRule(square=True), "give a square"),
    ],
)
def test_size_that_the_rule_forbids_is_refused(rule, words):
    with pytest.raises(ContractError, match=words):
        check_inputs(create_card(size=rule), feeds())


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("bin_logits", np.zeros((1, 313, 64, 96), np.float32), "it must be (N, Q, H/k, W/k)"),
        ("features", np.zeros((1, 8, 16, 24), np.float32), "it must be (N, C, H/16, W/16)"),
        ("features", np.full((1, 8, 4, 6), 1.5, np.float32), "within -1 to 1"),
        ("classes", np.full((1, 10), np.nan, np.float32), "holds NaN"),
        ("ab", np.zeros((1, 2, 16, 24), np.float32), "'ab' is not in the contract"),
    ],
)
def test_outputs_that_break_the_contract_are_refused(name, value, words):
    with pytest.raises(ContractError, match=re.escape(words)):
        check_outputs(create_card(), feeds(), {**outputs(), name: value})


def test_grid_of_the_card_decides_the_outputs_size():
    card = dataclasses.replace(create_card(), grid=8)
    with pytest.raises(ContractError, match="bin_logits"):
        check_outputs(card, feeds(), outputs())
