import numpy as np
import pytest
from skimage import data

from drawing_samples import draw_house
from tintype.color.lab import srgb_to_lab
from tintype.colorize.companions import comparison, layer, view
from tintype.colorize.settings import choose_settings
from tintype.colorize.ways import choose_ways
from tintype.colorize.worlds import SKETCH_MODEL, guess_input
from tintype.errors import GuidanceError, ModelNotFoundError
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import PointMark
from tintype.photos.photo import Photo
from tiny_model import create_card, write_tiny_model

RED = Guidance((PointMark(160, 160, 30, color=(50, 40, 25)),))


@pytest.fixture
def sheet(colorizer):
    return colorizer.open(draw_house())


def lab_of(codes: np.ndarray) -> np.ndarray:
    return np.asarray(srgb_to_lab(codes / float(np.iinfo(codes.dtype).max)))


def test_guess_tells_drawings_from_photographs():
    assert guess_input(Photo.from_array(draw_house())) == "sketch"
    assert guess_input(Photo.from_array(draw_house((2400, 3200), 12))) == "sketch"
    assert guess_input(Photo.from_array(data.camera())) == "photo"


def test_sketch_is_tinted_where_a_photograph_stays_white(sheet):
    place = (slice(158, 168), slice(155, 165))
    kept = lab_of(sheet.colorize(RED).picture().to_array())[place].mean((0, 1))
    tinted = lab_of(sheet.colorize(RED, input="sketch").picture().to_array())[place].mean((0, 1))
    assert kept == pytest.approx((100, 0, 0), abs=0.5)
    assert tinted[1:] == pytest.approx((40, 25), abs=3)
    assert 50 < tinted[0] < 80


def test_lines_of_a_sketch_stay_the_darkest(sheet):
    drawing = draw_house()
    tinted = lab_of(sheet.colorize(RED, input="sketch").picture().to_array())[..., 0]
    assert tinted[drawing < 60].max() < tinted[drawing > 200].min()


def test_view_and_comparison_show_the_tint(sheet):
    result = sheet.colorize(RED, input="sketch")
    np.testing.assert_array_equal(view(result), result.picture().to_array())
    assert comparison(result).shape == (240, 2 * 320 + 16, 3)


def test_layer_of_a_sketch_holds_no_lines(sheet):
    result = sheet.colorize(RED, input="sketch")
    alone = lab_of(layer(result).to_array())
    assert alone[..., 0].min() > 50
    kept = lab_of(layer(sheet.colorize(RED)).to_array())
    assert abs(kept[..., 0] - alone[..., 0]).max() > 10


def test_digest_and_mark_know_that_it_is_a_sketch(sheet):
    photo, sketch = sheet.colorize(RED), sheet.colorize(RED, input="sketch")
    assert photo.digest != sketch.digest
    assert "to a black-and-white photograph" in photo.mark().sentence
    assert "to a drawing, whose paper they tint" in sketch.mark().sentence


def test_network_runs_once_for_both_inputs(sheet):
    assert sheet.colorize(RED).answer is sheet.colorize(RED, input="sketch").answer


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder of models: tintype-small alone, until more is put there; without those that come along."""
    monkeypatch.setenv("TINTYPE_MODELS", str(tmp_path))
    monkeypatch.setattr("tintype.models.catalog.BUNDLED_FOLDER", tmp_path / "none")
    write_tiny_model(tmp_path / "tintype-small.onnx", name="tintype-small@99", system="tintype")
    return tmp_path


def settle(card, kind):
    return choose_settings(card, input=kind)


def test_drawings_have_a_model_of_their_own_where_it_is_installed(installed):
    way, drawn = choose_ways("auto", None, "tintype-small", settle)
    assert (drawn.model.card.family, drawn.settings.input) == ("tintype-small", "sketch")
    write_tiny_model(installed / f"{SKETCH_MODEL}.onnx", name=f"{SKETCH_MODEL}@99", system="tintype")
    way, drawn = choose_ways("auto", None, "tintype-small", settle)
    assert (way.model.card.family, way.settings.input) == ("tintype-small", "photo")
    assert (drawn.model.card.family, drawn.settings.input) == (SKETCH_MODEL, "sketch")


def test_what_a_person_says_settles_it(installed):
    write_tiny_model(installed / f"{SKETCH_MODEL}.onnx", name=f"{SKETCH_MODEL}@99", system="tintype")
    way, drawn = choose_ways("photo", None, "tintype-small", settle)
    assert (way.model.card.family, way.settings.input, drawn) == ("tintype-small", "photo", None)
    way, drawn = choose_ways("sketch", None, "tintype-small", settle)
    assert (way.model.card.family, way.settings.input, drawn) == (SKETCH_MODEL, "sketch", None)
    way, drawn = choose_ways("auto", SKETCH_MODEL, "tintype-small", settle)
    assert (way.settings.input, drawn) == ("sketch", None)
    way, drawn = choose_ways("auto", "tintype-small", "tintype-small", settle)
    assert drawn.model.card.family == "tintype-small"


def test_photographs_are_colored_as_asked_where_the_model_of_drawings_can_not(installed):
    write_tiny_model(installed / f"{SKETCH_MODEL}.onnx", name=f"{SKETCH_MODEL}@99", system="tintype")

    def settle_small(card, kind):
        return choose_settings(card, input=kind, sizes=7 if card.family == SKETCH_MODEL else 64)

    way, drawn = choose_ways("auto", None, "tintype-small", settle_small)
    assert (drawn.model.card.family, drawn.settings.passes) == ("tintype-small", way.settings.passes)
    with pytest.raises(GuidanceError, match="size is 7"):
        choose_ways("sketch", None, "tintype-small", settle_small)


def test_unknown_model_is_named(installed):
    with pytest.raises(ModelNotFoundError, match="no-model"):
        choose_ways("auto", "no-model", "tintype-small", settle)


def test_settings_are_photographs_unless_said():
    assert choose_settings(create_card()).input == "photo"
