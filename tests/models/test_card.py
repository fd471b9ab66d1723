import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.color.bins import Decoding
from tintype.errors import BrokenModelError, GuidanceError, ModelError
from tintype.models.card import Card, SizeRule, VividnessStep
from tiny_model import create_card


def changed(**changes):
    return json.dumps({**json.loads(create_card().to_json()), **changes})


def test_card_survives_json():
    card = create_card(weights_sha256="ab" * 32)
    assert Card.from_json(card.to_json()) == card
    assert Card.from_json(card.to_json(indent=1)) == card


def test_card_with_only_required_fields_is_read():
    table = json.loads(create_card(bins=0, prior=None, vividness_path=(), capabilities=frozenset()).to_json())
    required = {"name", "system", "bins", "grid", "size", "capabilities", "license"}
    card = Card.from_json(json.dumps({key: value for key, value in table.items() if key in required}))
    assert card.figures == ()
    assert card.decoding == {}


def test_name_is_split_into_family_and_version():
    card = create_card(name="test-very-tiny@1.2")
    assert (card.family, card.version) == ("test-very-tiny", "1.2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "the card is []; give an object"),
        (changed(colour=1), "unknown key 'colour'"),
        (changed(size={"multiple": 32, "biggest": 1}), "unknown key 'size.biggest'"),
        (changed(name=7), "name is 7; give a text"),
        (changed(bins="313"), "bins is '313'; give a number"),
        (changed(bins=True), "bins is True; give a number"),
        (changed(grid=4.0), "grid is 4.0; give a number"),
        (changed(prior="flat"), "prior is 'flat'; give a list"),
        (changed(prior=[0.5, "x"]), "prior[1] is 'x'; give a number"),
        (changed(failures=["a", None]), "failures[1] is None; give a text"),
        (changed(figures=[{"what": "a", "values": {}}]), "'figures[0].command' is missing"),
        (
            changed(figures=[{"what": "a", "command": "b", "values": {"psnr": "high"}}]),
            "figures[0].values.psnr",
        ),
        (changed(recipe=[]), "recipe is []; give an object"),
        (changed(format=2), "update Tintype"),
        (changed(default_vividness=math.nan), "NaN is no number of JSON"),
        (changed(name="Test Tiny"), "name is 'Test Tiny'; give system-size@version"),
        (changed(system="other"), "system is 'other'"),
        (changed(system="tes"), "system is 'tes'"),
        (changed(bins=262), "bins is 262"),
        (changed(grid=5), "grid is 5; it must divide"),
        (changed(grid=0), "grid is 0"),
        (changed(capabilities=["hints", "telepathy"]), "telepathy"),
        (changed(capabilities=["class_map"]), "class_map needs classes"),
        (changed(class_list="birds"), "class_list is 'birds'; known are imagenet-1k"),
        (changed(prior=[1.0]), "prior is '1 numbers'"),
        (changed(prior=[1.0, -1.0] + [1 / 311] * 311), "none negative"),
        (changed(vividness_path=[]), "a model with bins has one"),
        (changed(bins=0, prior=None, vividness_path=[]), "suggestions and doubt need bins"),
        (changed(default_vividness=1.5), "default_vividness is 1.5"),
        (changed(precision="fp8"), "precision is 'fp8'"),
        (changed(size={"multiple": 32, "default": 100}), "size.default is 100"),
        (changed(size={"multiple": 8, "default": 64, "minimum": 8}), "with features, give a multiple of 16"),
        (changed(size={"multiple": 32, "default": 64, "minimum": 128}), "within 128 to 1024"),
    ],
)
def test_card_that_can_not_be_is_refused_with_its_key(text, words):
    with pytest.raises(BrokenModelError, match=re.escape(words)) as caught:
        Card.from_json(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["name", "system", "bins", "grid", "size", "capabilities", "license"])
def test_card_without_a_required_key_is_refused(missing):
    table = json.loads(create_card().to_json())
    del table[missing]
    with pytest.raises(BrokenModelError, match=f"'{missing}' is missing"):
        Card.from_json(json.dumps(table))


@pytest.mark.parametrize(
    "path",
    [
        (VividnessStep(0, 0, 1),),
        (VividnessStep(0, 0, 1), VividnessStep(0.5, 0, 1)),
        (VividnessStep(0, 0, 1), VividnessStep(1, 0, 1), VividnessStep(0.5, 0, 1)),
        (VividnessStep(0, 0, 1), VividnessStep(1, 3, 1)),
        (VividnessStep(0, 0, 0), VividnessStep(1, 1, 1)),
    ],
)
def test_vividness_path_that_does_not_rise_or_decode_is_refused(path):
    with pytest.raises(BrokenModelError, match="vividness_path"):
        create_card(vividness_path=path)


def test_decoding_goes_straight_between_steps():
    card = create_card()
    assert card.decoding_at(0.0) == Decoding(0.0, 1.0)
    assert card.decoding_at(0.25) == Decoding(0.3, 0.8)
    assert card.decoding_at(0.5) == Decoding(0.6, 0.6)
    assert card.decoding_at(1.0) == Decoding(1.0, 0.4)
    assert card.decoding == {
        "faithful": card.decoding_at(0),
        "default": card.decoding_at(0.5),
        "vivid": card.decoding_at(1),
    }


@pytest.mark.parametrize("vividness", [-0.1, 1.1, math.nan])
def test_vividness_outside_of_its_range_is_refused(vividness):
    with pytest.raises(GuidanceError, match="give a number from 0 to 1"):
        create_card().decoding_at(vividness)


def test_vividness_without_bins_is_refused():
    card = create_card(bins=0, prior=None, vividness_path=(), capabilities=frozenset({"hints"}))
    with pytest.raises(GuidanceError, match="no vividness"):
        card.decoding_at(0.5)


@given(
    height=st.integers(1, 60_000),
    width=st.integers(1, 60_000),
    size=st.integers(128, 1024),
    multiple=st.sampled_from([1, 8, 32]),
)
def test_fitted_size_is_near_the_area_and_the_aspect(height, width, size, multiple):
    rule = SizeRule(multiple=multiple)
    h, w = rule.fit(height, width, size)
    ratio = min(max(width / height, 1 / 8), 8)
    assert h % multiple == w % multiple == 0
    side = (
        multiple / 2 / (size / math.sqrt(max(ratio, 1 / ratio)))
    )  # rounding, as a share of the shorter side
    assert abs(math.log(h * w / size**2)) <= 4 * side + 0.05
    assert abs(math.log(w / h / ratio)) <= 2 * side + 0.05


def test_fixed_size_takes_only_its_default():
    rule = SizeRule(fixed=True)
    assert rule.fit(30, 4000) == (256, 256)
    with pytest.raises(ModelError, match="only takes 256"):
        rule.fit(30, 4000, 320)


def test_square_size_ignores_the_aspect():
    assert SizeRule(square=True).fit(30, 4000, 300) == (288, 288)


@pytest.mark.parametrize("size", [0, 127, 1025])
def test_size_outside_of_the_rule_is_refused(size):
    with pytest.raises(ModelError, match="give one from 128 to 1024"):
        SizeRule().fit(100, 100, size)
