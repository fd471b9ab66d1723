import numpy as np
import pytest

from tintype.errors import GuidanceError
from tintype.guidance.palettes.named import find_named_palette, list_named_palettes

NAMES = ["autochrome", "dufaycolor", "hand-tinted", "kodachrome", "technicolor-two-strip"]


def statistics(name: str) -> tuple[float, np.ndarray, np.ndarray]:
    """Mean chroma, ab (n, 2) and shares (n,) of a palette."""
    colors = find_named_palette(name).colors
    ab, shares = np.array([c.color[1:] for c in colors]), np.array([c.weight for c in colors])
    shares /= shares.sum()
    return float((shares * np.hypot(*ab.T)).sum()), ab, shares


def test_all_palettes_say_where_they_come_from():
    assert [palette.name for palette in list_named_palettes()] == NAMES
    for palette in list_named_palettes():
        assert palette.about
        assert palette.sources
        assert palette.assumed
        assert sum(color.weight for color in palette.colors) == pytest.approx(1, abs=0.05)
        assert palette.as_palette().origin == f"person:{palette.name}"


def test_processes_have_the_colors_that_they_are_known_for():
    autochrome, kodachrome = statistics("autochrome")[0], statistics("kodachrome")[0]
    assert autochrome < 11
    assert 16 < statistics("dufaycolor")[0] < kodachrome
    _, ab, shares = statistics("technicolor-two-strip")
    hues = np.degrees(np.arctan2(ab[:, 1], ab[:, 0])) % 360
    strong = np.hypot(*ab.T) > 15
    near = (abs((hues - 30 + 180) % 360 - 180) < 45) | (abs((hues - 200 + 180) % 360 - 180) < 45)
    assert shares[strong & near].sum() / shares[strong].sum() > 0.95


def test_hand_tinted_leaves_most_of_the_print_bare():
    _, ab, shares = statistics("hand-tinted")
    assert shares[np.hypot(*ab.T) < 11].sum() > 0.45  # a bin and its neighbors


@pytest.mark.parametrize("name", NAMES)
def test_every_palette_holds_the_color_of_skin(name):
    _, ab, shares = statistics(name)
    skin = (np.hypot(ab[:, 0] - 12, ab[:, 1] - 14)) < 13
    assert shares[skin].sum() > 0.05


@pytest.mark.parametrize("name", ["Autochrome", " hand tinted ", "hand_tinted", "KODACHROME"])
def test_name_is_found_however_it_is_written(name):
    assert find_named_palette(name).name in NAMES


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("autocrome", "did you mean autochrome?"),
        ("technicolor", "did you mean technicolor-two-strip?"),
        ("sepia", "there are autochrome, dufaycolor"),
        ("", "there are autochrome"),
    ],
)
def test_unknown_name_suggests_the_nearest(name, words):
    with pytest.raises(GuidanceError) as caught:
        find_named_palette(name)
    assert words in str(caught.value)
