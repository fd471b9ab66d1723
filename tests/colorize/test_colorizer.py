import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from skimage import data

from photo_samples import gray, save
from tintype.color.bins import Decoding
from tintype.colorize.answer import resize_grid
from tintype.colorize.colorizer import Colorizer, OpenPhoto
from tintype.errors import BrokenModelError, GuidanceError, ModelNotFoundError, UnreadablePhotoError
from tintype.guidance.colors import WeightedColor
from tintype.guidance.guidance import GlobalPalette, Guidance
from tintype.guidance.marks import GrownMark, MaskMark, PointMark
from tiny_model import create_card, write_tiny_model

RED = Guidance((PointMark(60, 60, 10, color=(50, 60, 40)),))


class Counting:
    """A session that counts its runs."""

    def __init__(self, session):
        self.session, self.card, self.runs = session, session.card, 0

    def run(self, *arguments, **options):
        self.runs += 1
        return self.session.run(*arguments, **options)


@pytest.fixture
def counted(model):
    colorizer = Colorizer(model, threads=1)
    colorizer.session = Counting(colorizer.session)
    return colorizer


def test_unknown_model_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("TINTYPE_MODELS", str(tmp_path))
    with pytest.raises(ModelNotFoundError):
        Colorizer("no-such-model")


def test_text_is_no_model(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_text("not a model")
    with pytest.raises(BrokenModelError, match=r"model\.onnx"):
        Colorizer(path)


def test_model_without_fingerprint_on_its_card_is_told_by_its_file(tmp_path, colorizer):
    unsigned = Colorizer(write_tiny_model(tmp_path / "a.onnx", sha256=""), threads=1)
    assert unsigned.fingerprint == colorizer.fingerprint


def test_photograph_is_opened_from_whatever_it_is(colorizer, tmp_path):
    content = save(gray(), "PNG")
    path = tmp_path / "scan.png"
    path.write_bytes(content)
    sources = [path, str(path), content, io.BytesIO(content), gray()]
    results = [colorizer.colorize(source).ab for source in sources]
    for ab in results[1:]:
        np.testing.assert_array_equal(ab, results[0])


def test_bad_photograph_is_an_error(colorizer, tmp_path):
    with pytest.raises(UnreadablePhotoError):
        colorizer.open(tmp_path / "nowhere.tif")
    with pytest.raises(UnreadablePhotoError):
        colorizer.open(np.zeros((3, 4, 7), np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 3), (31, 33), (1000, 8)])
def test_photograph_of_any_shape_is_colored(colorizer, shape):
    codes = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    result = colorizer.colorize(codes)
    assert result.picture().to_array().shape == (*shape, 3)
    assert result.doubt.shape == result.ab.shape[:2]
    assert result.suggestions(shape[1] - 1, shape[0] - 1)


def test_network_runs_once_for_the_same_guidance(counted, photo):
    opened = counted.open(photo)
    plain = opened.colorize()
    opened.colorize(vividness=1.0)
    opened.colorize(decoding=Decoding(0.0, 1.0))
    assert counted.session.runs == 1
    opened.colorize(RED)
    assert counted.session.runs == 2
    assert not np.array_equal(opened.colorize(RED).ab, plain.ab)
    assert counted.session.runs == 2
    opened.colorize(RED, sizes=(64, 96, 128), mirrored=True)
    assert counted.session.runs == 2 + 6 + 6  # without marks, and with them


def test_click_costs_one_run_of_the_network(counted, photo):
    opened = counted.open(photo)
    marks = [PointMark(20 * i + 10, 60, 5, color=(50, a, 5)) for i, a in enumerate((5, 90, 6, 80))]
    runs = []
    for count in range(len(marks) + 1):
        opened.colorize(Guidance(tuple(marks[:count])))
        runs.append(counted.session.runs)
    assert np.diff(runs).max() <= 2  # two only where the network expected the new color, but not an older one
    assert runs[:3] == [1, 2, 3]


def test_region_is_grown_before_the_network_is_asked(opened):
    grown = Guidance((GrownMark(60, 60, color=(50, 60, 40)),))
    resolved = opened.grown(grown)
    assert isinstance(resolved.marks[0], MaskMark)
    np.testing.assert_array_equal(opened.colorize(grown).ab, opened.colorize(resolved).ab)
    with pytest.raises(GuidanceError, match=r"marks\[0\].*171 x 128"):
        opened.colorize(Guidance((GrownMark(500, 5, color=(50, 0, 0)),)))


def test_colors_of_the_bundled_model_depend_less_on_its_size_for_its_context(monkeypatch):
    told = distance_between_sizes()
    monkeypatch.setattr(OpenPhoto, "context", lambda self: None)
    assert told < 0.8 * distance_between_sizes()


def distance_between_sizes():
    opened = Colorizer().open(data.chelsea())
    usual = opened.colorize().ab
    others = [resize_grid(opened.colorize(sizes=size).ab, usual.shape[:2]) for size in (192, 384)]
    return float(np.mean([np.hypot(*np.moveaxis(other - usual, -1, 0)) for other in others]))


def test_lightness_is_reduced_once_for_each_size(opened, monkeypatch):
    first = opened.lightness_at((64, 64))
    monkeypatch.setattr("tintype.colorize.colorizer.reduce_lightness", None)
    assert opened.lightness_at((64, 64)) is first


def test_shortcut_gives_what_opening_gives(colorizer, photo):
    arguments = {"vividness": 0.9, "sizes": (64, 96), "mirrored": True}
    short = colorizer.colorize(photo, RED, **arguments)
    long = colorizer.open(photo).colorize(RED, **arguments)
    np.testing.assert_array_equal(short.ab, long.ab)
    assert short.digest == long.digest


def test_order_of_a_person_is_obeyed(opened):
    result = opened.colorize(RED)
    rows, columns = result.ab.shape[:2]
    cell = result.ab[int(60 * rows / 128), int(60 * columns / 171)]
    np.testing.assert_allclose(cell, (60, 40), atol=1e-3)


def test_palette_moves_colors(opened):
    blue = Guidance(palette=GlobalPalette((WeightedColor((50, 0, -10)),)))
    assert opened.colorize(blue).ab[..., 1].mean() < opened.colorize().ab[..., 1].mean()


def test_point_outside_is_refused_with_its_place(opened):
    with pytest.raises(GuidanceError, match=r"marks\[0\].*171 x 128"):
        opened.colorize(Guidance((PointMark(500, 5, color=(50, 0, 0)),)))


def test_features_have_unit_length(opened):
    features = opened.features()
    assert features.ndim == 3
    np.testing.assert_allclose(np.linalg.norm(features, axis=-1), 1, atol=1e-5)


def test_class_map_tells_where_the_classes_are(opened):
    cells = opened.class_map()
    assert cells.ndim == 3
    assert cells.shape[2] == 10
    logits = cells.mean((0, 1))
    powers = np.exp(logits - logits.max())
    np.testing.assert_allclose(powers / powers.sum(), opened.classes(), atol=1e-5)


def test_classes_are_probabilities(opened):
    classes = opened.classes()
    assert classes.shape == (10,)
    assert classes.sum() == pytest.approx(1, abs=1e-5)


def test_open_photograph_is_used_from_several_threads(colorizer, photo):
    guidances = [Guidance((PointMark(x, 60, 10, color=(50, 60, 40)),)) for x in range(10, 150, 5)]
    alone = [colorizer.open(photo).colorize(guidance).ab for guidance in guidances]
    shared = colorizer.open(photo)
    with ThreadPoolExecutor(4) as workers:
        together = [*workers.map(lambda guidance: shared.colorize(guidance).ab, guidances)]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_card_is_at_hand(colorizer):
    assert colorizer.card.name == "tintype-small@99"
    assert create_card().bins == colorizer.card.bins
