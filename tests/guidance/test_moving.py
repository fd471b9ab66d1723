import numpy as np
import pytest

from tintype.guidance.alignment import Alignment
from tintype.guidance.fields import Field
from tintype.guidance.marks import FieldMark, GrownMark, LassoMark, MaskMark, PointMark, StrokeMark
from tintype.guidance.moving import anchors_of, move_mark, said_by

RED = {"color": (50.0, 60.0, 40.0), "confidence": 0.8, "origin": "match:a.jpg"}
DOUBLED = Alignment(np.array([[2.0, 0, 10], [0, 2, 20]]), 100, mirrored=False)
MIRRORED = Alignment(np.array([[-1.0, 0, 100], [0, 1, 0]]), 100, mirrored=True)
SIZE = (200, 300)


def drawn(mark):
    plane = np.zeros(SIZE, bool)
    plane[mark.y : mark.y + mark.height, mark.x : mark.x + mark.width] = mark.to_array()
    return plane


def test_point_is_moved_and_scaled():
    moved = move_mark(PointMark(30, 40, radius=5, color=(1, 2, 3)), DOUBLED, SIZE, **RED)
    assert moved == PointMark(70, 100, radius=10, **RED)


def test_click_that_grows_keeps_its_tolerance():
    moved = move_mark(GrownMark(30, 40, tolerance=9, radius=7, color=(1, 2, 3)), DOUBLED, SIZE, **RED)
    assert moved == GrownMark(70, 100, tolerance=9, radius=14, **RED)


def test_stroke_keeps_what_is_inside():
    stroke = StrokeMark(((30, 40), (60, 50), (200, 40)), radius=3, color=(1, 2, 3))
    assert move_mark(stroke, DOUBLED, SIZE, **RED) == StrokeMark(((70, 100), (130, 120)), radius=6, **RED)


def test_lasso_is_cut_off_at_the_border():
    lasso = LassoMark(((30, 40), (200, 40), (200, 60)), color=(1, 2, 3))
    assert move_mark(lasso, DOUBLED, SIZE, **RED) == LassoMark(((70, 100), (300, 100), (300, 140)), **RED)


def test_mask_is_moved_pixel_by_pixel():
    mask = np.zeros((40, 50), bool)
    mask[10:20, 5:25] = True
    mask[15, 40] = True
    moved = move_mark(MaskMark.from_array(mask, color=(1, 2, 3)), DOUBLED, SIZE, **RED)
    expected = np.zeros(SIZE, bool)
    expected[20:100, 10:110] = np.kron(mask, np.ones((2, 2)))
    assert np.array_equal(drawn(moved), expected)
    assert moved.frame == (300, 200)


def test_mirrored_mask_is_mirrored():
    mask = np.zeros((100, 100), bool)
    mask[10:60, 10:30] = np.tri(50, 20)
    moved = move_mark(MaskMark.from_array(mask, color=(1, 2, 3)), MIRRORED, (100, 100), **RED)
    plane = np.zeros((100, 100), bool)
    plane[moved.y : moved.y + moved.height, moved.x : moved.x + moved.width] = moved.to_array()
    assert np.array_equal(plane, mask[:, ::-1])


def test_field_is_moved_cell_by_cell():
    ab = np.arange(24, dtype=np.float32).reshape(3, 4, 2)
    weights = np.ones((3, 4), np.float32)
    weights[0, 0] = 0
    mark = FieldMark.from_field(Field((10, 20, 40, 30), ab, weights))
    said = {"confidence": 0.8, "origin": "match:a.jpg"}
    moved = move_mark(mark, DOUBLED, SIZE, **said)
    field = moved.to_field()
    assert field.box == (30, 60, 80, 60)
    assert np.array_equal(field.ab[field.weights > 0], ab[weights > 0])
    assert np.array_equal(field.weights, weights)
    mirrored = move_mark(mark, MIRRORED, SIZE, **said).to_field()
    assert mirrored.box == (50, 20, 40, 30)
    assert np.array_equal(mirrored.weights, weights[:, ::-1])


FAR = Alignment(np.array([[1.0, 0, 1000], [0, 1, 0]]), 100, mirrored=False)
MARKS = [
    PointMark(30, 40, color=(1, 2, 3)),
    GrownMark(30, 40, color=(1, 2, 3)),
    StrokeMark(((30, 40),), color=(1, 2, 3)),
    LassoMark(((30, 40), (50, 40), (50, 60)), color=(1, 2, 3)),
    MaskMark.from_array(np.ones((5, 5)), x=20, y=20, color=(1, 2, 3)),
    FieldMark.from_field(
        Field((10, 20, 40, 30), np.ones((2, 2, 2), np.float32), np.ones((2, 2), np.float32))
    ),
]


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: type(mark).__name__)
def test_mark_outside_is_none(mark):
    assert move_mark(mark, FAR, SIZE, **said_by(mark)) is None


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: type(mark).__name__)
def test_anchors_lie_in_their_mark(mark):
    anchors = anchors_of(mark)
    assert 1 <= len(anchors) <= 9
    low, high = np.array(mark.corners()).min(axis=0) - 1, np.array(mark.corners()).max(axis=0) + 1
    assert (anchors >= low).all()
    assert (anchors <= high).all()


def test_something_else_can_not_be_moved():
    with pytest.raises(TypeError, match="str is no mark"):
        move_mark("mark", DOUBLED, SIZE)
