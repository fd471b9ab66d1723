import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_samples import color, gray, save, toned
from tintype.color.lab import srgb_to_lab
from tintype.colorize.palettes import load_palette, parse_palette, read_palette
from tintype.errors import GuidanceError, TintypeError, UnreadablePhotoError
from tintype.guidance.guidance import Guidance


def test_palette_of_a_photograph_has_its_mean_color(tmp_path):
    path = tmp_path / "astronaut.png"
    path.write_bytes(save(color(step=2), "PNG"))
    palette = read_palette(str(path))
    weights = np.array([entry.weight for entry in palette.colors])
    colors = np.array([entry.color for entry in palette.colors])
    assert weights.sum() == pytest.approx(1, abs=0.01)
    expected = srgb_to_lab(color(step=2) / 255.0).mean(axis=(0, 1))
    np.testing.assert_allclose((weights[:, None] * colors).sum(0) / weights.sum(), expected, atol=1.5)
    assert palette.origin == "match:astronaut.png"


@pytest.mark.parametrize("picture", [gray(), toned()])
def test_photograph_without_colors_is_no_palette(tmp_path, picture):
    path = tmp_path / "scan.png"
    path.write_bytes(save(picture, "PNG"))
    with pytest.raises(GuidanceError, match=r"scan\.png: it has no colors"):
        read_palette(str(path))


def test_broken_photograph_is_no_palette(tmp_path):
    path = tmp_path / "scan.jpg"
    path.write_bytes(b"")
    with pytest.raises(UnreadablePhotoError):
        read_palette(str(path))


@pytest.mark.parametrize(
    "document",
    [
        ["#556b2f", [50, 10, -20]],
        [{"color": "#556b2f", "weight": 3}, "#ffffff"],
        {"colors": [{"color": "#556b2f"}, {"color": "#ffffff"}], "strength": 0.5},
    ],
)
def test_json_is_read_in_its_forms(tmp_path, document):
    path = tmp_path / "palette.json"
    path.write_text(json.dumps(document))
    assert len(read_palette(str(path)).colors) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this is no JSON"),
        ("{", "this is no JSON"),
        ("[" * 100_000, "this is no JSON"),
        ("[]", "this palette has no colors; give one that has some"),
        ('{"colors": []}', "this palette has no colors; give one that has some"),
        ("7", "palette"),
        ('["#12"]', "six hexadecimal digits"),
        ('{"colors": ["#123456"]}', "give an object"),
        ('{"colors": [{"color": "#123456"}], "strenght": 1}', "did you mean 'strength'"),
        ('{"colors": [{"color": "#123456"}], "strength": 2}', "strength is 2"),
    ],
)
def test_mistake_is_named_with_file_and_remedy(text, words):
    with pytest.raises(GuidanceError, match=r"^my\.json: ") as caught:
        parse_palette(text, "my.json")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_subnormal=False) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["colors", "color", "weight", "strength", "origin"]), inner, max_size=3
            )
        ),
    )
)
def test_any_json_is_a_palette_or_one_error(value):
    try:
        palette = parse_palette(json.dumps(value))
    except TintypeError:
        return
    assert Guidance(palette=palette).digest()


def test_missing_or_binary_file_is_named(tmp_path):
    with pytest.raises(GuidanceError, match=r"no-such\.json: there is no such palette file"):
        read_palette("no-such.json")
    path = tmp_path / "palette.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GuidanceError, match="this is no text"):
        read_palette(str(path))


def test_names_and_swatches_are_palettes(tmp_path):
    assert read_palette("autochrome").origin == "person:autochrome"
    path = tmp_path / "mine.gpl"
    path.write_text("GIMP Palette\nName: Mine\n255 0 0 Red\n")
    loaded = load_palette(str(path))
    assert loaded.palette.origin == "person:mine.gpl"
    assert (loaded.title, [swatch.name for swatch in loaded.swatches]) == ("Mine", ["Red"])


def test_palette_of_a_name_wins_over_a_file_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "autochrome").write_text('["#556b2f"]')
    (tmp_path / "mine").write_text('["#556b2f"]')
    assert read_palette("autochrome").origin == "person:autochrome"
    assert len(read_palette("./autochrome").colors) == 1
    assert len(read_palette("mine").colors) == 1


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.gpl", b"GIMP Palette\n", "this palette has no colors"),
        ("gray.gpl", b"GIMP Palette\n9 9 9\n", "all colors of this palette are gray"),
        ("cut.ase", b"ASEF\0\1", "the file ends at byte 6"),
    ],
)
def test_bad_swatches_are_one_line_with_their_name(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(GuidanceError, match=name) as caught:
        read_palette(str(tmp_path / name))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(
        GuidanceError, match=r"autocrome: there is no such palette; did you mean autochrome\?"
    ):
        read_palette("autocrome")
