import numpy as np
import pytest

from tintype.errors import GuidanceError
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import MaskMark, PointMark
from tintype.guidance.scribble import marks_of
from tintype.guidance.strokes import Painting, Stroke

RED = (50.0, 60.0, 40.0)


def painting(mask, top=10, left=20, size=(100, 150), cell=1) -> Painting:
    return Painting(size, cell, (Stroke(RED, top, left, np.asarray(mask, np.bool_)),))


def disc(radius: int) -> np.ndarray:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return x**2 + y**2 <= radius**2


def test_bar_becomes_a_mask_at_the_size_of_the_photograph():
    (mark,) = marks_of(painting(np.ones((5, 40))), (400, 600))
    assert isinstance(mark, MaskMark)
    assert (mark.x, mark.y, mark.width, mark.height) == (80, 40, 160, 20)
    assert mark.to_array().all()
    assert (mark.color, mark.confidence, mark.origin) == (RED, 1.0, "person:scribble")


def test_dab_becomes_a_point():
    (mark,) = marks_of(painting(disc(3)), (400, 600))
    assert isinstance(mark, PointMark)
    assert (mark.x, mark.y) == pytest.approx((4 * 23.5, 4 * 13.5))
    assert mark.radius == pytest.approx(4 * 3.0, rel=0.1)


def test_large_round_region_stays_a_mask():
    (mark,) = marks_of(painting(disc(20)), (400, 600))
    assert isinstance(mark, MaskMark)


def test_shape_is_kept_when_it_is_enlarged_or_reduced():
    shape = np.zeros((30, 60), np.bool_)
    shape[:, :10] = shape[20:] = True
    for photo_size in ((300, 450), (50, 75)):
        (mark,) = marks_of(painting(shape, 0, 0), photo_size)
        scale = photo_size[0] / 100
        assert mark.to_array().sum() == pytest.approx(shape.sum() * scale**2, rel=0.05)
        assert mark.to_array()[0, -1] == 0


def test_cells_of_a_large_scribble_count_as_many_pixels():
    whole = painting(np.ones((5, 40)), size=(1000, 1500), cell=10)
    assert marks_of(whole, (400, 600)) == marks_of(painting(np.ones((5, 40))), (400, 600))


def test_thin_line_survives_on_a_small_photograph():
    (mark,) = marks_of(painting(np.eye(80, dtype=np.bool_), 0, 0), (10, 15))
    assert mark.to_array().any()
    Guidance((mark,)).check_inside((10, 15))


@pytest.mark.parametrize("photo_size", [(97, 143), (1, 1), (333, 500), (4000, 6000)])
def test_marks_lie_inside_of_the_photograph(photo_size):
    corner = painting(np.ones((5, 9)), top=95, left=141)
    if photo_size == (1, 1):
        corner = Painting((100, 100), 1, (Stroke(RED, 95, 91, np.ones((5, 9), np.bool_)),))
    Guidance(marks_of(corner, photo_size)).check_inside(photo_size)


def test_other_aspect_ratio_is_refused_in_one_line():
    with pytest.raises(GuidanceError) as caught:
        marks_of(painting(np.ones((5, 40))), (600, 400))
    assert str(caught.value).startswith(
        "the scribble has 150 x 100 pixels and the photograph 400 x 600; paint it on"
    )
    marks_of(painting(np.ones((5, 40))), (399, 600))  # rounding is no other ratio
