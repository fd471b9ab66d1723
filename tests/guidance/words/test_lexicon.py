import numpy as np
import pytest

from tintype.guidance.colors import parse_color
from tintype.guidance.words.lexicon import MODIFIERS, NamedColor, find_color, known_names, match_color


def hue(lab):
    return np.degrees(np.arctan2(lab[2], lab[1]))


@pytest.mark.parametrize("name", ["olive drab", "feldgrau", "horizon blue", "navy", "madder red", "scarlet"])
def test_dyes_and_uniforms_win_over_the_colors_of_a_screen(name):
    screen = {"navy": "#000080", "scarlet": "#be0119", "olive drab": "#6b8e23"}
    found = find_color(name.split())
    assert found.name == name
    if name in screen:
        assert found.lab != parse_color(screen[name])


@pytest.mark.parametrize(
    ("words", "degrees"),
    [
        ("red", 40),
        ("orange", 56),
        ("yellow", 100),
        ("green", 140),
        ("blue", -85),
        ("purple", -40),
        ("pink", -5),
    ],
)
def test_basic_colors_have_their_hue(words, degrees):
    found = find_color([words])
    assert not found.is_gray
    assert abs((hue(found.lab) - degrees + 180) % 360 - 180) < 25


@pytest.mark.parametrize("words", ["white", "black", "gray", "grey"])
def test_grays_have_no_hue(words):
    found = find_color([words])
    assert found.is_gray
    assert all(abs(color.color[1]) <= 4 and abs(color.color[2]) <= 4 for color in found.palette())


def test_modifiers_change_lightness_and_chroma_and_keep_the_hue():
    plain, dark, faded = (
        find_color(words.split()) for words in ("brick red", "dark brick red", "faded brick red")
    )
    assert dark.lab[0] < plain.lab[0]
    assert faded.chroma < 0.6 * plain.chroma
    assert hue(faded.lab) == pytest.approx(hue(plain.lab), abs=1)


@pytest.mark.parametrize("word", [*MODIFIERS, "coat", "", "ish", "selfish", "dark coat"])
def test_other_words_are_no_colors(word):
    assert find_color(word.split()) is None


@pytest.mark.parametrize(
    ("words", "near"),
    [("reddish", "red"), ("yellowish", "yellow"), ("brick-red", "brick red"), ("cream-colored", "cream")],
)
def test_forms_of_a_name_are_understood(words, near):
    found, plain = find_color([words]), find_color(near.split())
    assert abs((hue(found.lab) - hue(plain.lab) + 180) % 360 - 180) < 20


def test_tint_lies_between_both():
    green, brown = find_color(["green"]), find_color(["cordovan"])
    tinted = find_color(["greenish", "cordovan"])
    assert min(green.lab[1], brown.lab[1]) < tinted.lab[1] < max(green.lab[1], brown.lab[1])


def test_longest_name_is_taken():
    found, count = match_color(["dark", "olive", "green", "coat"])
    assert (found.name, count) == ("dark olive green", 3)
    assert match_color(["coat", "red"]) is None


@pytest.mark.parametrize(
    "words", ["blue", "dark blue", "pale blue", "bright blue", "deep blue", "light sky blue"]
)
def test_blue_is_neither_violet_nor_green_where_it_is_paler(words):
    hues = [hue(color.color) % 360 for color in find_color(words.split()).palette()]
    assert min(hues) > 238
    assert max(hues) < 294


def test_palette_spreads_around_the_name():
    strong = NamedColor("red", parse_color("#e50000")).palette()
    hues = [hue(color.color) for color in strong]
    chroma = [np.hypot(*color.color[1:]) for color in strong]
    assert max(abs(h - hue(parse_color("#e50000"))) for h in hues) < 13
    assert min(chroma) < 40
    assert max(chroma) < np.hypot(*parse_color("#e50000")[1:])
    muted = NamedColor("drab", parse_color([50, 2, 10])).palette()
    assert max(np.hypot(*color.color[1:]) for color in muted) > 10.2


def test_every_name_can_be_found():
    missing = [name for name in known_names() if find_color(name.split()) is None and name not in MODIFIERS]
    assert missing == []
    assert len(known_names()) > 1000
