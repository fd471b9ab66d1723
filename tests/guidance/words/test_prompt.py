import numpy as np
import pytest

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.errors import GuidanceError
from tintype.guidance.words.prompt import LONGEST_PROMPT, read_prompt

PRIOR = np.full(BIN_COUNT, 1 / BIN_COUNT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the prompt is empty; write what has which color in English"),
        ("  \n ", "the prompt is empty"),
        ("x" * (LONGEST_PROMPT + 1), "the prompt has 2001 characters; say it with at most 2000"),
        ("ein rotes Kleid im Wald", "'ein rotes Kleid im Wald' is not understood; write what has"),
        ("красное платье", "is not understood"),
        ("赤いコート", "is not understood"),
        ("!!! ???", "is not understood"),
        ("qwertz asdf", "is not understood"),
        ("le chat est rouge", 'most of the prompt is not understood: "le chat est"; write'),
        ("une femme en robe rouge", 'most of the prompt is not understood: "une", "femme"; write'),
    ],
)
def test_prompt_that_says_nothing_is_one_clear_line(text, words):
    with pytest.raises(GuidanceError, match=words.replace("?", r"\?").replace("!", "!")) as caught:
        read_prompt(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_words_that_are_not_understood_are_named():
    prompt = read_prompt("a red coat beside a gizmotron, the old zork is green")
    assert prompt.unread == ("gizmotron", "zork")
    assert prompt.notes == ('not understood in the prompt: "gizmotron", "zork"',)
    assert [phrase.statement.thing for phrase in prompt.phrases] == ["coat"]


def test_prompt_that_is_understood_has_no_notes():
    assert read_prompt("a red coat").notes == ()


def test_named_colors_are_the_palette():
    (phrase,) = read_prompt("a red coat").phrases
    assert not phrase.is_denial
    assert not phrase.is_mention
    for color in phrase.palette(PRIOR):
        assert color.color[1] > 10


def test_several_colors_share_the_palette():
    (phrase,) = read_prompt("a blue and white dress").phrases
    colors = phrase.palette(PRIOR)
    blue = sum(color.weight for color in colors if color.color[2] < -8)
    assert blue / sum(color.weight for color in colors) == pytest.approx(0.5, abs=0.05)


def test_denied_color_leaves_all_others():
    (phrase,) = read_prompt("the coat is not red").phrases
    assert phrase.is_denial
    colors = np.array([color.color[1:] for color in phrase.palette(PRIOR)])
    assert 200 < len(colors) < BIN_COUNT
    strong = colors[np.hypot(*colors.T) > 20]
    hues = np.degrees(np.arctan2(strong[:, 1], strong[:, 0]))
    assert np.abs((hues - 40 + 180) % 360 - 180).min() > 30


def test_denied_gray_leaves_the_strong_colors():
    (phrase,) = read_prompt("the coat is not gray").phrases
    chroma = [np.hypot(*color.color[1:]) for color in phrase.palette(PRIOR)]
    assert min(chroma) > 10
    assert len(chroma) < len(CENTERS)


def test_color_that_is_denied_and_replaced_is_the_new_one():
    (phrase,) = read_prompt("the coat is not red but green").phrases
    assert not phrase.is_denial
    assert all(color.color[1] < 0 for color in phrase.palette(PRIOR))


def test_correction_takes_the_colors_of_the_truth():
    (phrase,) = read_prompt("this is not a tench but a goldfish").phrases
    assert phrase.meaning.words == "tench"
    assert phrase.instead.words == "goldfish"
    warm = sum(c.weight for c in phrase.palette(PRIOR) if c.color[1] > 10 and c.color[2] > 10)
    assert warm > 0.3 * sum(c.weight for c in phrase.palette(PRIOR))


def test_mention_has_the_colors_of_its_thing():
    (phrase,) = read_prompt("autumn").phrases
    assert phrase.is_mention
    warm = sum(c.weight for c in phrase.palette(PRIOR) if c.color[2] > 10)
    assert warm > 0.8 * sum(c.weight for c in phrase.palette(PRIOR))
