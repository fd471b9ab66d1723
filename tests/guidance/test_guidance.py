import json
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from tintype.errors import GuidanceError
from tintype.guidance.colors import WeightedColor, parse_color
from tintype.guidance.guidance import GlobalPalette, Guidance, Style, read_guidance
from tintype.guidance.marks import FieldMark, GrownMark, LassoMark, MaskMark, PointMark, StrokeMark

OLIVE = (42.234, -18.828, 30.598)
GRASS = (WeightedColor(OLIVE, 3), WeightedColor((60, -30, 40)))


def example():
    mask = np.zeros((20, 30), dtype=bool)
    mask[4:9, 5:12] = True
    mask[6, 8] = False
    return Guidance(
        (
            PointMark(10.5, 20, 3, color=OLIVE),
            StrokeMark(((1, 2), (3, 4.5)), 2, palette=GRASS, confidence=0.5, origin="word:grass"),
            MaskMark.from_array(mask, x=100, y=50, color=(50, 0, 0), origin="match:wedding.jpg"),
        ),
        GlobalPalette(GRASS, 0.25, "match"),
        Style((0.5, 1 / 3, -7)),
    )


def document(**changes):
    mark = {"kind": "point", "x": 1, "y": 2, "color": "#556b2f"}
    return json.dumps({"marks": [mark | changes]})


def test_guidance_survives_json():
    guidance = example()
    assert Guidance.from_json(guidance.to_json()) == guidance


def test_digest_ignores_spelling():
    first = Guidance.from_json(
        '{"marks": [{"kind": "point", "x": 1.0, "y": 2, "color": "#556B2F", "confidence": 1}]}'
    )
    second = Guidance.from_json(
        '{"version":1,"marks":[{"y":2.0,"color":[42.2340001,-18.828,30.598],"x":1,"kind":"point","origin":"person"}]}'
    )
    assert first.digest() == second.digest()


def test_digest_is_the_same_for_minus_zero():
    plus = Guidance((PointMark(0.0, 1, color=(50, 0.0, 0)),))
    minus = Guidance((PointMark(-0.0, 1, color=(50, -0.0, 0)),))
    assert plus.digest() == minus.digest()


def test_digest_is_known():
    # Stands in files for good: a change of it orphans the marks of every result made before.
    guidance = Guidance((PointMark(120, 80, 12, color=OLIVE),))
    assert guidance.digest() == "c32150c09f548c33f71d52bc807568918096f08d86e6581213f467f26ad48230"


@pytest.mark.parametrize("change", [{"x": 11.0}, {"confidence": 0.9}, {"radius": 4.0}, {"origin": "film"}])
def test_digest_changes_with_every_value(change):
    guidance = example()
    changed = Guidance((replace(guidance.marks[0], **change), *guidance.marks[1:]), guidance.palette)
    assert changed.digest() != guidance.digest()


def test_source_is_neither_compared_nor_stored():
    text = example().to_json()
    first, second = Guidance.from_json(text, "a.json"), Guidance.from_json(text, "b.json")
    assert first == second
    assert first.digest() == second.digest()
    assert "a.json" not in first.to_json()


def test_empty_guidance_is_false():
    assert not Guidance.from_json("{}")
    assert example()
    assert Guidance(palette=GlobalPalette(GRASS))


def test_marks_are_frozen():
    with pytest.raises(FrozenInstanceError):
        example().marks[0].x = 5


def test_merged_keeps_all_marks_and_the_palette_of_the_highest_origin():
    word, person = (GlobalPalette(GRASS, origin=origin) for origin in ("word", "person"))
    point = PointMark(1, 1, color=OLIVE)
    merged = Guidance((point,), person).merged(Guidance((point, point), word))
    assert len(merged.marks) == 3
    assert merged.palette is person


def test_merged_keeps_the_later_of_equal_palettes():
    first, second = GlobalPalette(GRASS, 0.3), GlobalPalette(GRASS, 0.6)
    assert Guidance(palette=first).merged(Guidance(), Guidance(palette=second)).palette is second


def test_styles_are_merged_as_palettes_are():
    first, second, word = Style((1, 2)), Style((3, 4)), Style((5, 6), origin="word")
    merged = Guidance(style=first).merged(Guidance(style=second), Guidance(style=word))
    assert merged.style is second
    assert merged


def test_layered_puts_a_person_on_top():
    marks = [
        PointMark(i, 1, color=OLIVE, origin=o) for i, o in enumerate(("person", "word:x", "match", "person"))
    ]
    assert [number for number, _ in Guidance(tuple(marks)).layered()] == [1, 2, 0, 3]


def test_mask_survives_runs():
    rng = np.random.default_rng(3)
    for shape in ((1, 1), (1, 7), (9, 1), (13, 17)):
        mask = rng.random(shape) < 0.5
        mask[0, 0] = mask[-1, -1] = True
        assert np.array_equal(MaskMark.from_array(mask, color=OLIVE).to_array(), mask)


def test_mask_is_cut_to_what_is_marked():
    mask = np.zeros((20, 30))
    mask[4:9, 5:12] = 1
    mark = MaskMark.from_array(mask, x=100, y=50, color=OLIVE)
    assert (mark.x, mark.y, mark.width, mark.height, mark.runs) == (105, 54, 7, 5, (0, 35))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "hints.json: line 1, column 1 is no JSON"),
        ('{"marks": [}', "hints.json: line 1, column 12 is no JSON"),
        ("[]", "hints.json: this is []; give an object"),
        ("1e999999", "hints.json: this is inf"),
        ("9" * 5000, "hints.json: this is no usable JSON"),
        ("[" * 100_000, "hints.json: this is no usable JSON"),
        ('{"mark": []}', "hints.json: the key 'mark' is unknown; did you mean 'marks'?"),
        ('{"marks": [], "marks": []}', "hints.json: the key 'marks' occurs twice"),
        ('{"marks": {}}', "hints.json: marks is {}; give a list"),
        ('{"version": 2}', "hints.json: version is 2; this program reads version 1"),
        ('{"$schema": 5}', "hints.json: $schema is 5"),
        ('{"marks": [3]}', "hints.json: marks[0]: kind is None"),
        ('{"marks": [{"kind": ["point"]}]}', "hints.json: marks[0]: kind is ['point']; give"),
        ('{"palette": []}', "hints.json: palette: this is []"),
        ('{"palette": {"colors": []}}', "hints.json: palette: palette has 0 colors"),
        ('{"palette": {"colors": [{"color": "red"}]}}', "palette: palette[0]: color is 'red'"),
        ('{"palette": {"colors": [{"color": "#ff0000", "weight": 0}]}}', "palette[0]: weight is 0"),
        ('{"palette": {"colors": [{"color": "#ff0000"}], "strength": 2}}', "palette: strength is 2"),
        (document(colour="#ffffff"), "marks[0]: the key 'colour' is unknown; did you mean 'color'?"),
        (document(x=float("nan")), "hints.json: NaN is no number"),
        (document(x="5"), "marks[0]: x is '5'; give a number from 0 to 1e+06"),
        (document(x=True), "marks[0]: x is True"),
        (document(x=-1), "marks[0]: x is -1"),
        (document(y=None), "marks[0]: y is null"),
        (document(confidence=1.5), "marks[0]: confidence is 1.5; give a number from 0 to 1"),
        (document(color="#12345"), "marks[0]: color is '#12345'; give six hexadecimal digits"),
        (document(color="#١٢٣٤٥٦"), "six hexadecimal digits"),
        (document(color=[50, 0]), "marks[0]: color is [50, 0]; give"),
        (document(color=[50, 0, 200]), "marks[0]: color b is 200"),
        (document(color={"L": 5}), "marks[0]: color is {'L': 5}; give"),
        (document(origin="me"), "marks[0]: origin is 'me'; give one of 'word'"),
        (document(palette=[{"color": "#ffffff"}]), "marks[0]: the mark has both a color and a palette"),
        ('{"marks": [{"kind": "point", "x": 1, "y": 2}]}', "marks[0]: the mark has neither a color nor"),
        ('{"marks": [{"kind": "point", "x": 1, "color": "#ffffff"}]}', "the key 'y' is missing"),
        ('{"marks": [{"kind": "stroke", "points": [], "color": "#ffffff"}]}', "marks[0]: points is []"),
        ('{"marks": [{"kind": "stroke", "points": [[1, "a"]], "color": "#ffffff"}]}', "points[0] y is 'a'"),
        ('{"marks": [{"kind": "stroke", "points": [[1, 2], 3], "color": "#ffffff"}]}', "points[1] is 3"),
    ],
)
def test_from_json_names_file_place_and_value_for_bad_input(text, message):
    with pytest.raises(GuidanceError) as caught:
        Guidance.from_json(text, "hints.json")
    assert message in str(caught.value)
    assert str(caught.value).startswith("hints.json: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([0, 5], "runs sum to 5; they must fill the box of 2 x 3"),
        ([0, 3, 0, 3], "runs[2] is 0"),
        ([6], "runs is [6]; give two"),
        ([0, 5.5, 0.5], "runs[1] is 5.5; give a whole number"),
        ("06", "runs is '06'"),
    ],
)
def test_mask_refuses_impossible_runs(runs, message):
    with pytest.raises(GuidanceError) as caught:
        MaskMark(0, 0, 2, 3, runs, color=OLIVE)
    assert message in str(caught.value)


def test_mask_refuses_to_mark_nothing():
    with pytest.raises(GuidanceError, match="marks nothing"):
        MaskMark.from_array(np.zeros((4, 4)), color=OLIVE)
    with pytest.raises(GuidanceError, match="marks nothing"):
        MaskMark.from_array(np.ones(4), color=OLIVE)


def test_guidance_refuses_what_is_no_mark():
    with pytest.raises(GuidanceError, match="marks hold something else"):
        Guidance(({"x": 1},))
    with pytest.raises(GuidanceError, match="no GlobalPalette"):
        Guidance(palette=GRASS)
    with pytest.raises(GuidanceError, match="no Style"):
        Guidance(style=(1.0,))
    for empty in ((), (0.0, 0.0)):
        with pytest.raises(GuidanceError, match="not all 0"):
            Style(empty)


@pytest.mark.parametrize(
    "mark",
    [
        PointMark(41, 5, color=OLIVE),
        StrokeMark(((1, 1), (5, 31)), color=OLIVE),
        MaskMark(35, 5, 6, 1, (0, 6), color=OLIVE),
        LassoMark(((1, 1), (5, 5), (5, 31)), color=OLIVE),
        GrownMark(41, 5, color=OLIVE),
        FieldMark(39.5, 5, 1, 1, 1, 1, "AAAAAA==", "/w=="),
    ],
)
def test_check_inside_names_file_mark_and_size(mark):
    guidance = Guidance((PointMark(40, 30, color=OLIVE), mark), source="hints.json")
    with pytest.raises(GuidanceError, match=r"hints.json: marks\[1\]: .* outside .* 40 x 30 pixels"):
        guidance.check_inside((30, 40))


def test_check_inside_accepts_a_mask_of_the_whole_photograph():
    Guidance((MaskMark(0, 0, 40, 30, (0, 1200), color=OLIVE),)).check_inside((30, 40))


def test_read_guidance_accepts_a_byte_order_mark(tmp_path):
    path = tmp_path / "hints.json"
    path.write_bytes(b"\xef\xbb\xbf" + document().encode())
    assert read_guidance(path).marks[0].color == OLIVE
    assert read_guidance(path).source == str(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b""])
def test_read_guidance_names_the_file(tmp_path, content):
    path = tmp_path / "hints.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GuidanceError, match=r"hints\.json: "):
        read_guidance(path)


def test_parse_color_agrees_with_scikit_image():
    skimage_color = pytest.importorskip("skimage.color")
    for text in ("#000000", "#ffffff", "#ff0000", "#123456", "#fedcba"):
        srgb = np.array([[[int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]]])
        assert parse_color(text) == pytest.approx(skimage_color.rgb2lab(srgb)[0, 0], abs=0.02)


def test_parse_color_accepts_arrays():
    assert parse_color(np.array([50.0, 1, 2], dtype=np.float32)) == (50.0, 1.0, 2.0)
