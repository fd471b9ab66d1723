import time

import numpy as np
import pytest
from skimage import data

from tintype.errors import GuidanceError
from tintype.guidance.grow import GROW_SIDE, grow_region, resolve_grown
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import GrownMark, MaskMark, PointMark

RED = (50.0, 60.0, 40.0)
SIZE = (300, 400)
y, x = np.mgrid[: SIZE[0], : SIZE[1]]
LEFT = (x - 110) ** 2 + (y - 150) ** 2 < 60**2
RIGHT = (x - 290) ** 2 + (y - 150) ** 2 < 60**2


def create_lightness(noise=1.5):
    """Two equal discs with shading on a brighter ground with a gradient, and grain."""
    shading = 15 * np.sin(y / 40)
    ground = 75 + 10 * x / 400
    lightness = np.where(LEFT | RIGHT, 40 + shading / 2, ground)
    return (lightness + np.random.default_rng(0).normal(0, noise, SIZE)).astype(np.float32)


def grown(click, **options):
    region = grow_region(create_lightness(), click, SIZE, **options)
    plane = np.zeros(SIZE, dtype=bool)
    plane[region.y : region.y + region.height, region.x : region.x + region.width] = region.to_array()
    return plane


def overlap(found, true):
    return (found & true).sum() / (found | true).sum()


@pytest.mark.parametrize(("click", "true"), [((110, 150), LEFT), ((290, 150), RIGHT), ((75, 130), LEFT)])
def test_region_is_the_thing_that_was_clicked(click, true):
    assert overlap(grown(click), true) > 0.93


def test_ground_around_a_thing_is_grown_without_it():
    ground = grown((200, 40), radius=2000)
    assert not ground[LEFT | RIGHT].mean() > 0.05
    assert ground[~(LEFT | RIGHT)].mean() > 0.8


def test_radius_ends_a_region():
    found = grown((200, 40), radius=30)
    assert 0 < found.sum() < 4 * 30**2
    distances = np.hypot(x - 200, y - 40)
    assert distances[found].max() < 34


def test_larger_tolerance_grows_farther():
    sizes = [grown((110, 150), tolerance=tolerance).sum() for tolerance in (1, 6, 60)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_region_of_a_large_photograph_is_found_on_a_small_one():
    small = create_lightness()[::2, ::2]
    region = grow_region(small, (1100, 1500), (3000, 4000))
    inside = np.zeros((3000, 4000), dtype=bool)
    inside[region.y : region.y + region.height, region.x : region.x + region.width] = region.to_array()
    assert overlap(inside[5::10, 5::10], LEFT) > 0.9


@pytest.mark.parametrize("click", [(0, 0), (400, 300), (399.9, 0)])
def test_region_holds_a_click_in_a_corner(click):
    column, row = min(int(click[0]), 399), min(int(click[1]), 299)
    assert grown(click)[row, column]


def test_region_of_one_pixel_is_possible():
    lonely = np.full((9, 9), 20, np.float32)
    lonely[4, 4] = 100
    region = grow_region(lonely, (4.5, 4.5), (9, 9), tolerance=1)
    assert region.width * region.height <= 9


def test_click_outside_is_refused():
    with pytest.raises(GuidanceError, match=r"\(401, 5\) is outside of the photograph of 400 x 300 pixels"):
        grown((401, 5))


def test_grown_marks_are_resolved_and_others_are_kept():
    grown_mark = GrownMark(110, 150, color=RED, confidence=0.5, origin="match:a.jpg")
    point = PointMark(1, 1, color=RED)
    guidance = Guidance((point, grown_mark), source="hints.json")
    resolved = resolve_grown(guidance, create_lightness(), SIZE)
    assert resolved.marks[0] is point
    mask = resolved.marks[1]
    assert isinstance(mask, MaskMark)
    assert (mask.color, mask.confidence, mask.origin) == (RED, 0.5, "match:a.jpg")
    assert resolved.source == "hints.json"
    assert resolve_grown(Guidance((point,)), create_lightness(), SIZE) == Guidance((point,))


def test_growing_takes_milliseconds():
    camera = data.camera().astype(np.float32)[:: 512 // GROW_SIDE + 1, :: 512 // GROW_SIDE + 1] / 2.55
    taken = []
    for _ in range(3):
        started = time.process_time()
        grow_region(camera, (250, 250), (512, 512))
        taken.append(time.process_time() - started)
    assert min(taken) < 0.2  # twenty milliseconds on an idle machine
