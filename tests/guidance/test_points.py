import numpy as np
import pytest

from tintype.guidance.marks import MaskMark
from tintype.guidance.points import Patch, disc, polygon, region, stroke

SIZE = (40, 60)
FINE = 16


def full(patch, size=SIZE):
    plane = np.zeros(size, dtype=np.float32)
    plane[patch.window] = patch.coverage
    return plane


def sampled(is_inside, size=SIZE):
    """Cover slowly: FINE x FINE samples a pixel."""
    y, x = ((np.arange(length * FINE) + 0.5) / FINE for length in size)
    inside = is_inside(x[None, :], y[:, None])
    return inside.reshape(size[0], FINE, size[1], FINE).mean(axis=(1, 3))


@pytest.mark.parametrize(
    ("center", "radius"), [((30, 20), 8), ((12.3, 9.7), 2.5), ((0.5, 39.5), 6), ((59.9, 0), 3)]
)
def test_disc_covers_its_area(center, radius):
    expected = sampled(lambda x, y: (x - center[0]) ** 2 + (y - center[1]) ** 2 <= radius**2)
    covered = full(disc(center, radius, SIZE))
    assert np.abs(covered - expected).max() < 0.15
    assert covered.sum() == pytest.approx(expected.sum(), rel=0.03)


def test_disc_is_a_stroke_without_length():
    for center in ((12.3, 9.7), (0.5, 39.5), (-1, 20)):
        short = stroke([center, (center[0] + 1e-4, center[1])], 4, SIZE)
        assert full(disc(center, 4, SIZE)) == pytest.approx(full(short), abs=1e-3)


def test_disc_outside_of_the_grid_is_empty():
    assert disc((-20, -20), 5, SIZE).coverage.size == 0
    assert full(disc((200, 20), 5, SIZE)).sum() == 0
    assert disc((200, 100), 5, SIZE).window == (slice(40, 40), slice(60, 60))


def test_stroke_covers_the_way_between_its_points():
    covered = full(stroke([(5, 5), (35, 5), (35, 30)], 3, SIZE))
    assert covered[5, 5:35].min() == 1
    assert covered[5:30, 35].min() == 1
    assert covered[20, 15] == 0
    area = 55 * 6 + np.pi * 9
    assert covered.sum() == pytest.approx(area, rel=0.04)


def test_stroke_touches_only_its_box():
    patch = stroke([(5, 5), (15, 8)], 2, SIZE)
    assert (patch.top, patch.left) == (2, 2)
    assert patch.coverage.shape == (9, 16)


@pytest.mark.parametrize(
    "points",
    [
        [(5, 5), (50, 5), (50, 30), (5, 30)],
        [(5.3, 7.1), (44.2, 3.9), (51.6, 33.3), (20.1, 38.2)],
        [(10, 10), (50, 30), (50, 10), (10, 30)],
        [(-10, 20), (30, -10), (80, 20), (30, 60)],
    ],
    ids=["rectangle", "slanted", "crossing itself", "beyond the grid"],
)
def test_polygon_agrees_with_sampling(points):
    corners = list(zip(points, [*points[1:], points[0]], strict=True))

    def is_inside(x, y):
        inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=bool)
        for (x0, y0), (x1, y1) in corners:
            if y0 != y1:
                crossed = (np.minimum(y0, y1) <= y) & (y < np.maximum(y0, y1))
                inside ^= crossed & (x > x0 + (y - y0) / (y1 - y0) * (x1 - x0))
        return inside

    covered, expected = full(polygon(points, SIZE)), sampled(is_inside)
    assert np.abs(covered - expected).max() < 0.2
    assert covered.sum() == pytest.approx(expected.sum(), rel=0.01)


def test_polygon_of_a_line_is_empty():
    assert full(polygon([(5, 5), (20, 5)], SIZE)).sum() == 0


@pytest.mark.parametrize("scale", [(0.25, 0.25), (1.0, 1.0), (0.31, 0.47), (2.5, 1.7)])
def test_region_averages_its_area(scale):
    rng = np.random.default_rng(1)
    mask = rng.random((23, 31)) < 0.4
    mark = MaskMark.from_array(mask, x=7, y=5, color=(50, 0, 0))
    size = (round(40 * scale[0]), round(60 * scale[1]))
    photo = np.zeros(SIZE)
    photo[mark.y : mark.y + mark.height, mark.x : mark.x + mark.width] = mark.to_array()
    vertical, horizontal = (
        averaging(small, large, s) for small, large, s in zip(size, SIZE, scale, strict=True)
    )
    assert full(region(mark, scale, size), size) == pytest.approx(vertical @ photo @ horizontal.T, abs=1e-5)


def averaging(small, large, scale):
    """Share of each large pixel in each small one (small, large), the slow way."""
    edges = np.arange(small + 1) / scale
    low, high = edges[:-1, None], edges[1:, None]
    pixel = np.arange(large)
    return np.clip(np.minimum(high, pixel + 1) - np.maximum(low, pixel), 0, None) * scale


def test_to_cells_averages_aligned_blocks():
    rng = np.random.default_rng(2)
    patch = Patch(5, 10, rng.random((9, 7), dtype=np.float32))
    expected = full(patch).reshape(10, 4, 15, 4).mean(axis=(1, 3))
    assert full(patch.to_cells(4), (10, 15)) == pytest.approx(expected)


def test_to_cells_of_nothing_is_empty():
    assert Patch(8, 4, np.zeros((0, 0), dtype=np.float32)).to_cells(4).coverage.size == 0


def test_peaked_reaches_one():
    assert Patch(0, 0, np.float32([[0.1, 0.05]])).peaked().coverage.tolist() == [[1, 0.5]]
    assert Patch(0, 0, np.zeros((2, 2), np.float32)).peaked().coverage.max() == 0
