import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.guidance.words.meaning import is_known
from tintype.guidance.words.sentences import parse_sentences

WORDS = "a the red dark green coat sky not but and in is , . woman orange forest of with"


def read(text):
    """Return (thing, colors, instead) of each statement; colors that it has not begin with "!"."""
    return [
        (
            statement.thing,
            tuple(("!" if color.is_negated else "") + color.name for color in statement.colors),
            statement.instead,
        )
        for statement in parse_sentences(text, is_known).statements
    ]


def said(thing, *colors):
    return (thing, colors, "")


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("a red coat", [said("coat", "red")]),
        ("autumn forest, woman in a red coat", [said("autumn forest"), said("coat", "red"), said("woman")]),
        ("red, white and blue flags", [said("flags", "red", "white", "blue")]),
        ("a black and white dog", [said("dog", "black", "white")]),
        ("The coat is dark red.", [said("coat", "dark red")]),
        ("eyes are blue; blond hair", [said("eyes", "blue"), said("blond hair")]),
        ("the coat is red, green hills", [said("coat", "red"), said("hills", "green")]),
        ("the coat is red and the hat is dark blue", [said("coat", "red"), said("hat", "dark blue")]),
        ("the coat is red and the hat blue", [said("coat", "red"), said("hat", "blue")]),
        ("the flag is red, white and blue", [said("flag", "red", "white", "blue")]),
        ("woman in red", [said("woman", "red")]),
        ("an olive drab uniform with brown boots", [said("uniform", "olive drab"), said("boots", "brown")]),
        ("a dark red brick house under a pale blue sky", None),
        ("make the sky pale blue", [said("sky", "pale blue")]),
        ("please paint the house white and the door green", [said("house", "white"), said("door", "green")]),
        ("dye her orange dress red", [said("dress", "orange"), said("dress", "red")]),
        ("give her a red coat", [said("coat", "red")]),
        ("let the hills be green", [said("hills", "green")]),
        ("paint on the wall is red", [said("wall", "red"), said("paint")]),
        ("turquoise", [said("", "turquoise")]),
        ("sepia", [said("sepia")]),
    ],
)
def test_colors_are_given_to_their_things(text, statements):
    if statements is None:
        assert read(text)[1] == said("sky", "pale blue")
    else:
        assert read(text) == statements


@pytest.mark.parametrize(
    ("text", "colors"),
    [
        ("the dress is not red", ("!red",)),
        ("the dress isn't red", ("!red",)),
        ("the dress is not red but green", ("!red", "green")),
        ("the dress is neither red nor green", ("!red", "!green")),
    ],
)
def test_colors_are_denied(text, colors):
    assert read(text) == [said("dress", *colors)]


@pytest.mark.parametrize(
    "text",
    [
        "this is not a tench but a goldfish",
        "not a tench but a goldfish",
        "a goldfish, not a tench",
        "the tench is a goldfish",
    ],
)
def test_things_are_corrected(text):
    assert read(text) == [("tench", (), "goldfish")]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("a yellow lemon on an orange plate", [said("lemon", "yellow"), said("plate", "orange")]),
        ("an orange", [said("orange")]),
        ("the plate is orange", [said("plate", "orange")]),
        ("a woman in orange", [said("woman", "orange")]),
        ("a forest path", [said("forest path")]),
        ("a forest green dress", [said("dress", "forest green")]),
        ("a chocolate dress", [said("dress", "chocolate")]),
        ("women in navy blue dresses on grass", [said("dresses", "navy blue"), said("women"), said("grass")]),
        ("a lion in grass", [said("lion"), said("grass")]),
        ("a lion in gold", [said("lion", "gold")]),
        ("a red bird on snow", [said("bird", "red"), said("snow")]),
    ],
)
def test_things_that_are_called_like_colors_are_told_from_colors(text, statements):
    assert read(text) == statements


def test_word_without_a_place_is_named():
    assert parse_sentences("the sky is dark", is_known).unread == ("dark",)
    assert parse_sentences("this is not a tench", is_known).unread == ("not tench",)


@given(st.text(max_size=80))
def test_any_text_is_taken_apart(text):
    for statement in parse_sentences(text, is_known).statements:
        assert statement.text
        assert "\n" not in statement.text


@given(
    st.lists(
        st.sampled_from(WORDS.split()),
        max_size=14,
    )
)
def test_any_order_of_words_is_taken_apart(words):
    for statement in parse_sentences(" ".join(words), is_known).statements:
        assert statement.thing or statement.colors
