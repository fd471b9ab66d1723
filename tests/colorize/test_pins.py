import numpy as np
import pytest

from tintype.errors import GuidanceError
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import FieldMark, GrownMark, LassoMark, PointMark
from tintype.guidance.regions import Region

RED = Guidance((PointMark(60, 60, 30, color=(50, 60, 40), confidence=0.7),))


@pytest.fixture
def result(opened):
    return opened.colorize(RED)


def test_pin_keeps_all_colors_when_the_rest_is_forgotten(opened, result):
    again = opened.colorize(Guidance((result.pin(),)))
    assert np.abs(again.ab - result.ab).max() < 0.006
    assert result.pin().origin == "person:pin"


def test_pin_of_a_point_keeps_its_cells(opened, result):
    pin = result.pin((60, 60), radius=12)
    blue = PointMark(60, 60, 40, color=(50, 0, -60), confidence=0.9)
    again = opened.colorize(Guidance((blue, pin)))
    rows, columns = result.ab.shape[:2]
    row, column = int(60 * rows / 128), int(60 * columns / 171)
    assert again.ab[row, column] == pytest.approx(result.ab[row, column], abs=0.006)
    assert pin.width * pin.height < 0.2 * 128 * 171


def test_smallest_pin_is_not_lost(result):
    assert result.pin((60, 60)).to_field().weights.max() == 1


@pytest.mark.parametrize(
    "place",
    [
        Region.from_array(np.ones((20, 30)), x=50, y=40),
        LassoMark(((50, 40), (80, 40), (80, 60), (50, 60)), color=(0, 0, 0)),
        PointMark(65, 50, 12, color=(0, 0, 0), origin="word:coat"),
        GrownMark(65, 50, color=(0, 0, 0), radius=20),
    ],
)
def test_place_of_a_pin_may_be_anything(opened, result, place):
    pin = result.pin(place, confidence=0.5)
    assert isinstance(pin, FieldMark)
    assert pin.confidence == 0.5
    field = pin.to_field()
    inside = field.weights == 1
    assert inside.any()
    left, top = (
        round(start * cells / side)
        for start, cells, side in zip((pin.x, pin.y), result.ab.shape[1::-1], (171, 128), strict=True)
    )
    rows, columns = inside.shape
    stood = result.ab[top : top + rows, left : left + columns]
    assert field.ab[inside] == pytest.approx(stood[inside], abs=0.006)
    opened.colorize(Guidance((pin,)))


@pytest.mark.parametrize("place", [(500, 5), PointMark(5, 500, color=(0, 0, 0))])
def test_pin_outside_is_refused(result, place):
    with pytest.raises(GuidanceError, match="171 x 128"):
        result.pin(place)


def test_pin_of_nonsense_is_refused(result):
    with pytest.raises(GuidanceError, match="give \\(x, y\\), a region, or a mark"):
        result.pin("coat")


def test_contradicted_mark_is_noted(opened):
    marks = [
        PointMark(x, 20, 3, color=color)
        for x, color in ((10, (50, 0, -60)), (20, (50, 60, 40)), (30, (50, 0, -60)))
    ]
    notes = opened.colorize(Guidance(tuple(marks), source="hints.json")).notes
    assert len(notes) == 1
    assert "hints.json: marks[1] is contradicted by marks[0] and marks[2]" in notes[0]
    assert opened.colorize(RED).notes == ()
