from dataclasses import replace

import pytest

from tintype.color.bins import Decoding
from tintype.colorize import settings as settings_module
from tintype.colorize.passes import Passes
from tintype.colorize.settings import Settings, choose_decoding, choose_settings
from tintype.errors import GuidanceError, UnsupportedByModelError
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import PointMark
from tiny_model import create_card

CARD = create_card()
BARE = create_card(bins=0, prior=None, vividness_path=(), capabilities=frozenset({"hints"}))
POINT = Guidance((PointMark(1, 2, color=(50, 10, 20)),))


def test_defaults_are_those_of_the_card():
    chosen = choose_settings(CARD)
    assert chosen == Settings(Passes((64,)), CARD.decoding["default"], Guidance())


@pytest.mark.parametrize(
    ("vividness", "expected"), [(0, Decoding(0, 1)), (0.25, Decoding(0.3, 0.8)), (1, Decoding(1, 0.4))]
)
def test_vividness_goes_along_the_path_of_the_card(vividness, expected):
    chosen = choose_decoding(CARD, vividness, None)
    assert (chosen.rarity, chosen.temperature) == pytest.approx((expected.rarity, expected.temperature))


def test_decoding_is_taken_as_given():
    assert choose_decoding(CARD, None, Decoding(0.1, 0.9)) == Decoding(0.1, 0.9)


def test_model_without_a_distribution_has_no_decoding():
    assert choose_settings(BARE).decoding is None


@pytest.mark.parametrize("arguments", [(0.5, None), (None, Decoding())])
def test_vividness_of_a_model_without_a_distribution_is_refused(arguments):
    with pytest.raises(UnsupportedByModelError, match="has no vividness; leave it out"):
        choose_decoding(BARE, *arguments)


@pytest.mark.parametrize("arguments", [(0.5, Decoding()), (1.5, None), (-0.1, None), (float("nan"), None)])
def test_impossible_vividness_is_refused(arguments):
    with pytest.raises(GuidanceError):
        choose_decoding(CARD, *arguments)


def test_digest_tells_apart_all_that_changes_pixels(monkeypatch):
    base = choose_settings(CARD)
    digests = [
        base.digest("a"),
        base.digest("b"),
        base.digest("a", "sample 1, seed 0"),
        replace(base, guidance=POINT).digest("a"),
        replace(base, decoding=Decoding(0.6, 0.61)).digest("a"),
        replace(base, passes=Passes((96,))).digest("a"),
        replace(base, passes=Passes((64,), mirrored=True)).digest("a"),
        replace(base, ignores_profile=True).digest("a"),
    ]
    monkeypatch.setattr(settings_module, "RENDERING", settings_module.RENDERING + 1)
    digests.append(base.digest("a"))
    assert len(set(digests)) == len(digests)
    assert all(len(digest) == 64 for digest in digests)


def test_digest_stays_the_same_from_run_to_run():
    # Changes only with a reason: results of earlier versions would be colored again.
    settings = Settings(Passes((256,)), Decoding(0.6, 0.6), Guidance())
    assert settings.digest("model").startswith("5ba4ea88")
