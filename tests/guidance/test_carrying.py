import numpy as np
import pytest
from skimage import data

from matching_samples import scene
from tintype.guidance.carrying import Carried, View, carry_marks
from tintype.guidance.cells import describe_cells
from tintype.guidance.marks import GrownMark, MaskMark, PointMark, StrokeMark

CAMERA = (data.camera()[::2, ::2] / 2.55).astype(np.float32)
BRICK = (data.brick()[::2, ::2] / 2.55).astype(np.float32)
ORIGIN = "match:first.jpg"
SKY, COAT, GRASS = 1, 2, 3
LIGHT = {SKY: 80, COAT: 30, GRASS: 50, 8: 40, 9: 60}
PLAN = np.repeat(np.repeat([[SKY, SKY], [COAT, GRASS]], 5, axis=0), 5, axis=1)
RED, GREEN = (50.0, 60.0, 40.0), (50.0, -40.0, 40.0)


def view(lightness, factor=1):
    """A photograph whose pixels are `factor` times smaller than those that are compared."""
    features = np.ones((4, 4, 3), np.float32) / np.sqrt(3, dtype=np.float32)
    size = tuple(factor * side for side in lightness.shape)
    return View(size, lightness, describe_cells(features, lightness))


def materials(plan, size=(320, 320), **light):
    cells = scene(plan, LIGHT, seed=len(plan))
    return View(size, np.full((160, 160), 50, np.float32), cells)


def test_marks_keep_their_place_in_the_same_scene():
    mark = PointMark(120, 60, radius=8, color=RED)
    carried = carry_marks([mark], view(CAMERA), view(CAMERA), ORIGIN)
    assert carried.is_aligned
    (moved,) = carried.marks
    assert (moved.x, moved.y, moved.radius) == pytest.approx((120, 60, 8), abs=0.1)
    assert (moved.color, moved.confidence, moved.origin) == (RED, 0.95, ORIGIN)


def test_marks_are_moved_in_full_size_pixels():
    mark = PointMark(600, 300, radius=40, color=RED)
    carried = carry_marks([mark], view(CAMERA, 5), view(CAMERA[20:, 30:], 3), ORIGIN)
    (moved,) = carried.marks
    assert (moved.x, moved.y, moved.radius) == pytest.approx((270, 120, 24), abs=1)


def test_marks_are_mirrored_with_the_photograph():
    stroke = StrokeMark(((100, 60), (120, 60)), radius=4, color=RED)
    carried = carry_marks([stroke], view(CAMERA), view(np.ascontiguousarray(CAMERA[:, ::-1])), ORIGIN)
    assert carried.is_mirrored
    assert np.array(carried.marks[0].points) == pytest.approx(np.array([(156, 60), (136, 60)]), abs=0.3)


def test_marks_that_lie_outside_are_told():
    marks = [PointMark(120, 60, color=RED), PointMark(250, 250, color=RED), PointMark(60, 100, color=RED)]
    carried = carry_marks(marks, view(CAMERA), view(CAMERA[:200, :200]), ORIGIN)
    assert (carried.numbers, carried.outside) == ((0, 2), (1,))


def test_advice_stays_weaker_than_an_order():
    marks = [PointMark(120, 60, color=RED, confidence=0.5)]
    assert carry_marks(marks, view(CAMERA), view(CAMERA), ORIGIN).marks[0].confidence == 0.475


def test_mark_whose_thing_is_gone_is_not_carried():
    gone = CAMERA.copy()
    gone[30:90, 90:150] = 20 + 60 * np.indices((60, 60)).sum(axis=0) % 9
    marks = [PointMark(120, 60, color=RED), PointMark(60, 200, color=RED)]
    carried = carry_marks(marks, view(CAMERA), view(gone), ORIGIN)
    assert carried.is_aligned
    assert 1 in carried.numbers
    assert all(
        mark.confidence < 0.9 for mark, i in zip(carried.marks, carried.numbers, strict=True) if i == 0
    )


def test_marks_go_to_what_looks_most_alike():
    marks = [PointMark(80, 240, radius=5, color=RED), GrownMark(240, 240, tolerance=9, color=GREEN)]
    carried = carry_marks(marks, materials(PLAN), materials(PLAN[::-1], (640, 640)), ORIGIN)
    assert not carried.is_aligned
    assert carried.numbers == (0, 1)
    coat, grass = carried.marks
    assert coat.x < 320
    assert coat.y < 320
    assert grass.x > 320
    assert grass.y < 320
    assert (coat.radius, grass.tolerance, grass.color) == (5, 9, GREEN)
    assert 0.5 < coat.confidence < 0.95


def test_region_is_carried_by_likeness_as_a_point():
    mask = np.zeros((320, 320), bool)
    mask[180:300, 20:140] = True
    carried = carry_marks(
        [MaskMark.from_array(mask, color=RED)], materials(PLAN), materials(PLAN[::-1]), ORIGIN
    )
    (mark,) = carried.marks
    assert isinstance(mark, PointMark)
    assert mark.radius == pytest.approx(320 / 40)


def test_surest_of_two_marks_for_one_place_is_kept():
    plan = np.full((10, 10), COAT)
    plan[2, 2] = SKY
    marks = [PointMark(80, 80, color=RED, confidence=0.6), PointMark(81, 81, color=GREEN)]
    carried = carry_marks(marks, materials(plan), materials(plan), ORIGIN)
    assert carried.numbers == (1,)


def test_photographs_of_other_things_share_no_marks():
    marks = [PointMark(80, 240, color=RED)]
    other = materials(np.repeat(np.repeat([[8, 9]], 10, axis=0), 5, axis=1))
    assert carry_marks(marks, materials(PLAN), other, ORIGIN) == Carried()


def test_no_marks_are_carried_at_once():
    assert carry_marks([], view(CAMERA), view(CAMERA), ORIGIN).marks == ()
    assert carry_marks([], view(CAMERA), view(BRICK), ORIGIN).marks == ()
