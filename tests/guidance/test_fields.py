import numpy as np
import pytest

from tintype.errors import GuidanceError
from tintype.guidance.fields import Field, draw_field
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import FieldMark

RANDOM = np.random.default_rng(0)
BOX = (4.0, 8.0, 16.0, 12.0)


def create_field(rows=3, columns=4, box=BOX):
    ab = RANDOM.uniform(-90, 90, (rows, columns, 2)).astype(np.float32)
    return Field(box, ab, np.ones((rows, columns), np.float32))


def test_field_survives_json_to_a_hundredth():
    field = create_field()
    guidance = Guidance((FieldMark.from_field(field, confidence=0.5, origin="person:pin"),))
    back = Guidance.from_json(guidance.to_json())
    assert back == guidance
    read = back.marks[0].to_field()
    assert read.box == BOX
    assert np.abs(read.ab - field.ab).max() <= 0.0051
    assert (read.weights == 1).all()


def test_color_without_weight_is_not_stored():
    first, second = create_field(), create_field()
    first.weights[:], second.weights[:] = 0, 0
    assert FieldMark.from_field(first) == FieldMark.from_field(second)


def test_whole_photograph_of_the_default_grid_is_a_few_kilobytes():
    field = create_field(56, 56, (0, 0, 800, 800))
    assert len(Guidance((FieldMark.from_field(field),)).to_json()) < 22_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ab": "!"}, "ab is '!'; give base64"),
        ({"ab": "AAAA"}, "ab holds 3 bytes; 4 are needed"),
        ({"ab": None}, "ab is None; give base64"),
        ({"ab": "/38AAA=="}, "ab reaches beyond 150"),
        ({"weights": "AAA="}, "weights holds 2 bytes; 1 are needed"),
        ({"weights": "AB=="}, "no canonical base64"),
        ({"width": 0}, "width is 0; give a number from 0.001"),
        ({"rows": 0}, "rows is 0"),
        ({"rows": 1.5}, "rows is 1.5; give a whole number"),
        ({"x": -1}, "x is -1"),
        ({"confidence": 2}, "confidence is 2"),
        ({"origin": "friend"}, "origin is 'friend'"),
    ],
)
def test_impossible_field_is_refused_in_one_line(change, message):
    values = {
        "x": 0,
        "y": 0,
        "width": 1,
        "height": 1,
        "columns": 1,
        "rows": 1,
        "ab": "AAAAAA==",
        "weights": "/w==",
    }
    with pytest.raises(GuidanceError, match=message.replace("(", r"\(")) as caught:
        FieldMark(**values | change)
    assert "\n" not in str(caught.value)


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(GuidanceError, match="do not fit"):
        FieldMark.from_field(Field(BOX, np.zeros((3, 4, 2)), np.zeros((4, 3))))
    with pytest.raises(GuidanceError, match="ab reaches 151"):
        FieldMark.from_field(Field(BOX, np.full((3, 4, 2), 151), np.ones((3, 4))))
    with pytest.raises(GuidanceError, match="ab reaches nan"):
        FieldMark.from_field(Field(BOX, np.full((3, 4, 2), np.nan), np.ones((3, 4))))


def test_field_on_the_cells_of_a_grid_is_copied():
    field = create_field()
    drawn = draw_field(field, (0.25, 0.25), (20, 20))
    assert (drawn.patch.top, drawn.patch.left) == (2, 1)
    assert drawn.ab == pytest.approx(field.ab, abs=1e-4)
    assert drawn.patch.coverage == pytest.approx(1)


def test_field_is_interpolated_where_pixels_are_smaller():
    ramp = np.stack([np.tile(np.arange(4.0), (3, 1)), np.zeros((3, 4))], axis=-1).astype(np.float32)
    drawn = draw_field(Field(BOX, ramp, np.ones((3, 4), np.float32)), (1, 1), (40, 40))
    assert drawn.ab.shape == (12, 16, 2)
    assert drawn.ab[5, 2:14, 0] == pytest.approx((np.arange(2, 14) + 0.5) / 4 - 0.5, abs=1e-5)


def test_field_is_averaged_where_pixels_are_larger():
    field = create_field(12, 16, (0, 0, 16, 12))
    drawn = draw_field(field, (1 / 12, 1 / 16), (1, 1))
    assert drawn.ab[0, 0] == pytest.approx(field.ab.mean(axis=(0, 1)), abs=25)
    flat = Field(field.box, np.full_like(field.ab, 7), field.weights)
    assert draw_field(flat, (1 / 12, 1 / 16), (1, 1)).ab[0, 0] == pytest.approx(7, abs=1e-4)


def test_box_between_pixels_covers_them_partly():
    drawn = draw_field(create_field(1, 1, (1.25, 0.5, 1.5, 1.0)), (1, 1), (4, 4))
    assert drawn.patch.coverage == pytest.approx(np.outer([0.5, 0.5], [0.75, 0.75]))


def test_cells_without_weight_do_not_tint_their_neighbors():
    field = create_field(1, 2, (0, 0, 2, 1))
    field.ab[0, 0], field.ab[0, 1] = (50, 50), (-50, -50)
    field.weights[0, 1] = 0
    drawn = draw_field(field, (4, 4), (4, 8))
    seen = drawn.patch.coverage > 0
    assert np.allclose(drawn.ab[seen], 50, atol=1e-3)
    assert drawn.patch.coverage[0, -1] == 0
