from dataclasses import replace
from pathlib import Path

import pytest

from drawing_samples import draw_house
from photo_samples import gray, save
from tintype.colorize.batch.plan import make_plan
from tintype.colorize.batch.run import BatchOptions, run_plan
from tintype.colorize.settings import choose_settings
from tintype.colorize.ways import Way
from tintype.photos.metadata import read_mark
from tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def sketch_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("sketch") / "tintype-sketch.onnx"
    return write_tiny_model(path, name="tintype-sketch@99", system="tintype")


@pytest.fixture
def run(model, sketch_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "photo.png").write_bytes(save(gray(), "PNG"))
    (tmp_path / "album" / "drawing.png").write_bytes(save(draw_house(), "PNG"))

    def run(*, guess=True, **changes):
        settings = choose_settings(model.card)
        drawn = Way(sketch_model, replace(choose_settings(sketch_model.card, input="sketch"), **changes))
        options = BatchOptions(replace(settings, **changes), threads=1, drawings=drawn if guess else None)
        plan = make_plan([Path("album")], Path("out"), options.companions)
        return {Path(outcome.source).stem: outcome for outcome in run_plan(plan, model, options)}

    return run


def test_folder_of_both_is_colored_in_two_ways(run):
    outcomes = run()
    assert {name: outcome.model for name, outcome in outcomes.items()} == {
        "photo": "tintype-small@99",
        "drawing": "tintype-sketch@99",
    }
    assert outcomes["photo"].notes == ()
    (note,) = outcomes["drawing"].notes
    assert note.startswith("tinted as the drawing that it looks like (--input photo if it is none)")
    assert read_mark(Path("out/drawing.png")).model == "tintype-sketch@99"


def test_drawings_are_skipped_when_they_are_done(run):
    first = run()
    again = run()
    assert {outcome.status for outcome in again.values()} == {"skipped"}
    assert again["drawing"].digest == first["drawing"].digest


def test_without_guess_all_are_photographs(run):
    outcomes = run(guess=False)
    assert {outcome.model for outcome in outcomes.values()} == {"tintype-small@99"}
    assert run()["drawing"].status == "skipped"  # what was colored as a photograph is there already


def test_model_that_learned_from_photographs_says_so(model, run, tmp_path):
    settings = choose_settings(model.card)
    drawn = Way(model, choose_settings(model.card, input="sketch"))
    plan = make_plan([Path("album/drawing.png")], Path("out"), BatchOptions(settings).companions)
    (outcome,) = run_plan(plan, model, BatchOptions(settings, threads=1, drawings=drawn))
    assert outcome.notes[0].endswith("; tintype-small@99 learned from photographs")
