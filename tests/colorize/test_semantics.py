import numpy as np
import pytest

from tintype.colorize import semantics as module
from tintype.colorize.colorizer import Colorizer
from tintype.colorize.guides import announce, follow
from tintype.colorize.semantics import SightingsGuide, relative
from tintype.colorize.settings import choose_settings
from tintype.errors import UnsupportedByModelError
from tintype.models.card import SizeRule
from word_samples import BRIGHT, TENCH, bright_thing, write_seeing_model


@pytest.fixture(scope="module")
def seeing(tmp_path_factory):
    return Colorizer(write_seeing_model(tmp_path_factory.mktemp("models") / "seeing.onnx"), threads=1)


@pytest.fixture
def opened(seeing):
    return seeing.open(bright_thing())


def test_what_is_seen_comes_with_probability_and_place(opened):
    first, second = opened.semantics().top(2)
    assert (first.name, first.index) == ("tench", TENCH)
    assert first.probability > second.probability
    x, y, width, height = first.box
    assert abs(y + height / 2 - (BRIGHT[0].start + BRIGHT[0].stop) / 2) < 32
    assert abs(x + width / 2 - (BRIGHT[1].start + BRIGHT[1].stop) / 2) < 32
    assert first.where.max() == 1
    assert first.where.min() == 0


def test_probabilities_are_those_of_the_classes(opened):
    seen = opened.semantics()
    assert seen.probabilities.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(seen.probabilities, opened.classes(), atol=1e-6)
    assert seen.probability_of([TENCH]) == pytest.approx(float(opened.classes()[TENCH]), abs=1e-6)


def test_belief_is_high_where_the_thing_is(opened):
    seen = opened.semantics()
    belief = seen.belief_in([TENCH, 5])
    assert belief.max() > 0.9
    assert belief.min() < 0.5
    assert (belief >= seen.belief_in([TENCH]) - 1e-6).all()
    assert seen.map_of([TENCH]) == pytest.approx(seen.maps[..., TENCH], abs=1e-4)


def test_encoder_runs_once(opened):
    assert opened.semantics() is opened.semantics()


def test_row_is_what_reports_show(opened):
    row = opened.semantics().top(1)[0].as_row()
    assert row["name"] == "tench"
    assert set(row) == {"name", "probability", "box"}


def test_model_without_classes_borrows_the_bundled_encoder(tmp_path, seeing, colorizer, monkeypatch):
    monkeypatch.setattr(module, "_recognizer", lambda _: seeing)
    assert colorizer.open(bright_thing()).semantics().top(1)[0].name == "tench"


def test_no_model_that_knows_classes_is_an_error(colorizer, monkeypatch):
    monkeypatch.setattr(module, "_recognizer", lambda _: colorizer)
    opened = colorizer.open(bright_thing())
    with pytest.raises(UnsupportedByModelError, match="does not tell what it sees; choose a model with"):
        opened.semantics()
    assert SightingsGuide().guide(opened).sightings == ()


def test_fixed_size_is_looked_at_once(tmp_path):
    size = SizeRule(multiple=32, default=64, minimum=64, maximum=64, fixed=True)
    model = write_seeing_model(tmp_path / "m.onnx", size=size)
    seen = Colorizer(model, threads=1).open(bright_thing()).semantics()
    assert seen.maps.shape[:2] == (2, 2)


def test_sightings_are_told_and_change_nothing(opened):
    settings = choose_settings(opened.colorizer.card)
    guide = SightingsGuide(3)
    assert announce(settings, [guide]) == settings
    followed, guided = follow(opened, settings, [guide])
    assert followed.guidance == settings.guidance
    assert guided.sightings[0].name == "tench"
    assert len(guided.sightings) == 3


def test_flat_map_is_nowhere():
    assert not relative(np.full((3, 4), 7, np.float32)).any()
