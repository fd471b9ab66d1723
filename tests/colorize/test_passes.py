import typing

import pytest

from tintype.colorize.passes import QUALITIES, Passes, choose_passes
from tintype.errors import GuidanceError
from tintype.models.card import SizeRule
from tiny_model import create_card


def card(**rule):
    return create_card(size=SizeRule(**{"default": 256, **rule}))


@pytest.mark.parametrize(
    ("quality", "expected"),
    [
        ("fast", Passes((192,))),
        ("normal", Passes((256,))),
        ("best", Passes((192, 256, 384), mirrored=True)),
    ],
)
def test_quality_settles_sizes(quality, expected):
    assert choose_passes(card(), quality=quality) == expected


def test_model_of_a_fixed_size_has_that_size_in_every_quality():
    fixed = card(fixed=True)
    assert [choose_passes(fixed, quality=quality).sizes for quality in QUALITIES] == [(256,)] * 3


def test_sizes_stay_within_what_the_model_takes():
    assert choose_passes(card(minimum=224, maximum=320), quality="best").sizes == (224, 256, 320)


def test_given_sizes_replace_the_quality():
    assert choose_passes(card(), quality="best", sizes=(384, 192)) == Passes((192, 384))
    assert choose_passes(card(), sizes=320, mirrored=True) == Passes((320,), mirrored=True)
    assert choose_passes(card(), quality="best", mirrored=False) == Passes((192, 256, 384))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"quality": "superb"}, "quality is 'superb'; give one of fast, normal, best"),
        ({"sizes": 5000}, "size is 5000; give one from 128 to 1024"),
        ({"sizes": ()}, "give one or more"),
        ({"sizes": (256, 256)}, "each once"),
    ],
)
def test_impossible_passes_are_refused(arguments, words):
    with pytest.raises(GuidanceError, match=words):
        choose_passes(card(), **arguments)


def test_command_line_offers_the_same_qualities():
    from tintype.cli.colorize import colorize

    annotation = typing.get_type_hints(colorize)["quality"]
    assert typing.get_args(annotation) == QUALITIES
