import numpy as np
import pytest
from PIL import Image

from matching_samples import material, scene
from tintype.guidance.cells import average, color_cells, describe_cells, stretch

RANDOM = np.random.default_rng(0)


def test_average_is_the_mean_of_each_area():
    picture = RANDOM.normal(size=(37, 50, 1)).astype(np.float32)
    enlarged = np.kron(picture[..., 0].astype(np.float64), np.ones((6, 8)))  # areas become whole pixels
    expected = enlarged.reshape(6, 37, 8, 50).mean(axis=(1, 3))
    assert np.abs(average(picture, (6, 8))[..., 0] - expected).max() < 1e-5


def test_average_of_a_smaller_picture_repeats_it():
    picture = np.array([[[1.0], [5.0]]], np.float32)
    assert average(picture, (3, 4))[..., 0].tolist() == [[1, 1, 5, 5]] * 3


def test_stretch_is_linear_between_the_middles_of_cells():
    picture = RANDOM.normal(size=(5, 7, 1)).astype(np.float32)
    expected = Image.fromarray(picture[..., 0]).resize((21, 15), Image.Resampling.BILINEAR)
    assert np.abs(stretch(picture, (15, 21))[..., 0] - np.asarray(expected)).max() < 1e-5


def test_cells_are_two_a_side_for_each_feature():
    cells = scene([[1, 1, 2]], {1: 20, 2: 80})
    assert cells.size == (2, 6)
    assert cells.count == 12
    assert np.allclose(np.linalg.norm(cells.features, axis=1), 1, atol=1e-5)
    assert cells.lightness.reshape(2, 6)[0].round().tolist() == [20, 20, 20, 20, 80, 80]


def test_texture_is_what_varies_within_a_cell():
    features = np.tile(material(1), (2, 2, 1))
    flat = describe_cells(features, np.full((64, 64), 50.0))
    rough = describe_cells(features, 50 + 10 * RANDOM.choice([-1, 1], size=(64, 64)))
    assert flat.texture.max() < 0.02
    assert rough.texture.mean() == pytest.approx(np.log(11), abs=0.05)


def test_places_are_the_middles_of_cells():
    places = scene([[1, 1]], {1: 50}).places()
    assert places[0].tolist() == [0.125, 0.25]
    assert places[-1].tolist() == [0.875, 0.75]


def test_own_likeness_is_that_of_cells_elsewhere():
    alike = scene(np.ones((6, 6), int), {1: 50}, noise=0.0)
    assert alike.own_likeness == pytest.approx(1, abs=1e-3)
    columns = scene(np.tile(np.arange(6), (6, 1)), dict.fromkeys(range(6), 50), noise=0.0)
    assert columns.own_likeness == pytest.approx(1, abs=1e-3)  # the same column, rows away
    unlike = scene(np.arange(36).reshape(6, 6), dict.fromkeys(range(36), 50), noise=0.0)
    assert unlike.own_likeness < 0.5
    assert 0.5 < scene([[1]], {1: 50}).own_likeness < 1  # too small to have an elsewhere


def test_color_of_a_cell_knows_its_edges():
    ab = np.zeros((8, 16, 2), np.float32)
    ab[:, 6:] = (40, -30)
    colors = color_cells(ab, (1, 4))
    assert colors.ab.tolist() == [[0, 0], [20, -15], [40, -30], [40, -30]]
    assert colors.unevenness.round(1).tolist() == [0, 25, 0, 0]
    assert colors.share.tolist() == [1, 1, 1, 1]


def test_region_of_another_resolution_is_shared_out():
    region = np.zeros((80, 160), np.uint8)
    region[:, :60] = 255
    shares = color_cells(np.zeros((8, 16, 2), np.float32), (1, 4), region).share
    assert shares.tolist() == pytest.approx([1, 0.5, 0, 0])
