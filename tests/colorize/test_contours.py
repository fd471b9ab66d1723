import numpy as np
import pytest

from tintype.color.bins import BIN_COUNT, CENTERS, Decoding, decode
from tintype.colorize.contours import Kept, contain, is_contained, join
from tintype.guidance.colors import WeightedColor
from tintype.guidance.compile import compile_guidance
from tintype.guidance.guidance import GlobalPalette, Guidance
from tintype.guidance.marks import FieldMark, MaskMark, PointMark
from tiny_model import create_card

SIZE = (224, 224)
CARD = create_card()
y, x = np.mgrid[:56, :56]
LEFT = (x - 15) ** 2 + (y - 28) ** 2 < 10**2
RIGHT = (x - 40) ** 2 + (y - 28) ** 2 < 10**2
LIGHTNESS = np.where(LEFT | RIGHT, 35, 75).astype(np.float32)
BACKGROUND = np.hypot(x - 15, y - 28) > 12
GRASS = (WeightedColor((50, -40, 40)),)
ABSURD = PointMark(60, 112, 8, color=(35, 80, -60))
LIKELY = PointMark(160, 112, 8, color=(35, 5, 10))


class Leaky:
    """A network that expects gray and tints all of the photograph with the mean of what it is told."""

    def __init__(self):
        self.asked = []

    def ask(self, guidance):
        self.asked.append(guidance)
        colors = [mark.color[1:] for mark in guidance.marks if mark.color]
        wanted = np.mean(colors, axis=0) if colors else np.zeros(2)
        squares = ((CENTERS - wanted) ** 2).sum(axis=1)
        return np.broadcast_to((-squares / 400).astype(np.float32), (56, 56, BIN_COUNT)).copy()


def contained(*marks):
    network = Leaky()
    guidance = Guidance(marks)
    compiled = compile_guidance(guidance, CARD, SIZE, SIZE)
    logits = contain(guidance, compiled, LIGHTNESS, lambda: network.ask(guidance), network.ask)
    return decode(logits, None, Decoding(0, 1)), network


def test_absurd_mark_colors_its_object_and_nothing_else():
    plain = decode(Leaky().ask(Guidance()), None, Decoding(0, 1))
    change = np.linalg.norm(contained(ABSURD)[0] - plain, axis=-1)
    assert change[LEFT].min() > 30
    assert change[BACKGROUND].max() < 2


def test_absurd_mark_does_not_travel_with_a_likely_one():
    likely, _ = contained(LIKELY)
    both, network = contained(LIKELY, ABSURD)
    change = np.linalg.norm(both - likely, axis=-1)
    assert change[LEFT].min() > 20
    assert change[BACKGROUND].max() < 2
    assert [len(guidance.marks) for guidance in network.asked] == [0, 1, 2]


def test_single_mark_asks_twice():
    assert [len(guidance.marks) for guidance in contained(LIKELY)[1].asked] == [0, 1]
    assert [len(guidance.marks) for guidance in contained(ABSURD)[1].asked] == [0, 1]


def test_palettes_stay_in_every_question():
    place = MaskMark(0, 0, 9, 9, (0, 81), palette=GRASS)
    _, network = contained(place, ABSURD)
    assert [len(guidance.marks) for guidance in network.asked] == [1, 2]
    assert network.asked[0].marks == (place,)


@pytest.mark.parametrize("filled", [0.1, 0.9], ids=["few cells", "most cells"])
def test_joined_answers_are_weighted_by_their_share(filled):
    random = np.random.default_rng(0)
    below, above = random.normal(0, 3, (2, 20, 30, 7)).astype(np.float32)
    share = np.where(random.random((20, 30)) < filled, random.random((20, 30)), 0).astype(np.float32)
    expected = (1 - share[..., None]) * below + share[..., None] * above
    kept = below.copy()
    assert join(below, above, share) == pytest.approx(expected, abs=0.01)
    assert np.array_equal(below, kept)


@pytest.mark.parametrize(
    ("card", "guidance", "expected"),
    [
        (CARD, Guidance((ABSURD,)), True),
        (CARD, Guidance((FieldMark(0, 0, 9, 9, 1, 1, "AAAAAA==", "/w=="),)), True),
        (CARD, Guidance((MaskMark(0, 0, 9, 9, (0, 81), palette=GRASS),)), False),
        (CARD, Guidance(palette=GlobalPalette(GRASS)), False),
        (
            create_card(bins=0, prior=None, vividness_path=(), capabilities=frozenset({"hints"})),
            Guidance((ABSURD,)),
            False,
        ),
        (create_card(capabilities=frozenset({"doubt"})), Guidance((ABSURD,)), False),
    ],
)
def test_reach_is_limited_where_hints_meet_a_distribution(card, guidance, expected):
    assert is_contained(card, compile_guidance(guidance, card, SIZE, SIZE)) == expected


def test_answers_are_kept_until_others_are_asked_for():
    kept, asked = Kept(), []

    def ask(key):
        asked.append(key)
        return np.zeros(1, np.float32)

    for move in range(3):  # of a mark that was expected: each answer with it is another one
        for size in ("draft", "picture"):
            for key in (f"plain {size}", f"moved {move} {size}"):
                kept.get(key, lambda key=key: ask(key))
    moved = [f"moved {move} {size}" for move in range(3) for size in ("draft", "picture")]
    assert asked == ["plain draft", moved[0], "plain picture", *moved[1:]]
    kept.get("moved 0 draft", lambda: ask("forgotten"))
    assert asked[-1] == "forgotten"
