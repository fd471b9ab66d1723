import numpy as np
import pytest

from tintype.guidance.matching import ColorMatch
from tintype.guidance.reference import (
    LEAST_CONFIDENCE,
    MARK_COUNT,
    MOST_CONFIDENCE,
    NamedMatch,
    match_origin,
    place_marks,
)

SIZE = (20, 30)
PHOTO = (200, 300)


def named(ab, confidence, agreement=0.9, name="match:a.jpg"):
    ab, confidence = np.asarray(ab, np.float32), np.asarray(confidence, np.float32)
    return NamedMatch(name, ColorMatch(SIZE, ab.reshape(-1, 2), confidence.ravel(), agreement))


def halves():
    ab = np.zeros((*SIZE, 2))
    ab[:, :15] = (50, 20)
    ab[:, 15:] = (-20, 30)
    return ab


def test_marks_have_the_color_of_their_place():
    marks = place_marks([named(halves(), np.full(SIZE, 0.7))], PHOTO)
    assert marks
    for mark in marks:
        expected = (50, 20) if mark.x < 150 else (-20, 30)
        assert mark.color[1:] == pytest.approx(expected, abs=0.01)
        assert abs(mark.x - 150) >= mark.radius  # no mark lies across the border of two colors
        assert (mark.confidence, mark.origin) == (0.7, "match:a.jpg")


def test_marks_cover_what_is_one_color():
    marks = place_marks([named(halves(), np.full(SIZE, 0.7))], PHOTO)
    y, x = np.mgrid[5:200:10, 5:300:10]
    covered = np.zeros(SIZE, bool)
    for mark in marks:
        covered |= np.hypot(y - mark.y, x - mark.x) <= mark.radius + 1
    assert covered.all()
    assert len(marks) < 60
    assert [mark.radius for mark in marks] == sorted((mark.radius for mark in marks), reverse=True)


def test_what_is_not_sure_has_no_mark():
    confidence = np.full(SIZE, 0.7)
    confidence[:10] = LEAST_CONFIDENCE - 0.01
    assert min(mark.y - mark.radius for mark in place_marks([named(halves(), confidence)], PHOTO)) >= 100


def test_photographs_that_do_not_agree_give_no_marks():
    assert place_marks([named(halves(), np.full(SIZE, 0.9), agreement=0.49)], PHOTO) == ()


def test_match_is_never_an_order():
    marks = place_marks([named(halves(), np.ones(SIZE))], PHOTO)
    assert {mark.confidence for mark in marks} == {MOST_CONFIDENCE}


def test_there_are_at_most_so_many_marks():
    checkered = 60.0 * np.indices(SIZE).sum(axis=0)[..., None].repeat(2, axis=-1) % 120
    found = [named(checkered, np.full(SIZE, 0.7))]
    assert len(place_marks(found, PHOTO)) == MARK_COUNT
    assert place_marks(found, PHOTO, count=7) == place_marks(found, PHOTO)[:7]


def test_surest_of_several_references_decides():
    red, green = np.full((*SIZE, 2), 40.0), np.full((*SIZE, 2), -40.0)
    left = np.where(np.arange(SIZE[1]) < 15, 0.8, 0.4) * np.ones(SIZE)
    found = [named(red, left, name="match:red.jpg"), named(green, np.full(SIZE, 0.6), name="match:green.jpg")]
    for mark in place_marks(found, PHOTO):
        name, a = ("match:red.jpg", 40) if mark.x < 150 else ("match:green.jpg", -40)
        assert (mark.origin, mark.color[1]) == (name, a)


def test_reference_that_does_not_agree_leaves_the_word_to_others():
    red, green = np.full((*SIZE, 2), 40.0), np.full((*SIZE, 2), -40.0)
    found = [named(red, np.ones(SIZE), agreement=0.2), named(green, np.full(SIZE, 0.5), name="match:b.jpg")]
    assert {mark.origin for mark in place_marks(found, PHOTO)} == {"match:b.jpg"}


@pytest.mark.parametrize(
    ("name", "origin"),
    [("a.jpg", "match:a.jpg"), ("", "match"), ("two\nlines .jpg", "match:two lines .jpg"), ("x" * 300, None)],
)
def test_origin_is_one_short_line(name, origin):
    made = match_origin(name)
    assert made == (origin or "match:" + "x" * 200)
    assert place_marks([named(halves(), np.ones(SIZE), name=made)], PHOTO)[0].origin == made
