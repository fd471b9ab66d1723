"""Keeping the best of several results, for many files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photo_samples import gray, save, save_tiff
from tintype.colorize.batch.plan import Companions, make_plan
from tintype.colorize.batch.run import BatchOptions, run_plan
from tintype.colorize.best import Search
from tintype.colorize.colorizer import Colorizer
from tintype.colorize.settings import choose_settings
from tintype.photos.metadata import read_mark


class Scores:
    """A score that counts how often it was asked, and prefers a size or a sample."""

    def __init__(self, favorite):
        self.favorite, self.asked = favorite, 0

    def __call__(self, result):
        self.asked += 1
        return float(result.settings.choice.which.startswith(self.favorite))


@pytest.fixture
def run(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(save(gray(), "PNG"))

    def run(score, count=6, name="favorite", **options):
        companions = options.pop("companions", Companions())
        plan = make_plan([Path(options.pop("source", "a.png"))], None, companions)
        settings = choose_settings(model.card)
        search = Search(count, score, name) if score else None
        return next(run_plan(plan, model, BatchOptions(settings, companions, search=search, **options)))

    return run


@pytest.mark.parametrize("favorite", ["size 64", "size 96", "sample 2"])
def test_best_is_written_and_then_skipped_without_a_look(run, model, favorite):
    score = Scores(favorite)
    done = run(score)
    assert (done.status, score.asked) == ("done", 6)
    assert done.notes == (f"{favorite}{', seed 0' if 'sample' in favorite else ''}, the best of 6",)
    best = Colorizer(model, threads=1).best_of("a.png", 6, Scores(favorite))
    np.testing.assert_array_equal(np.asarray(Image.open("a_color.png")), best.picture().to_array())
    assert done.digest == read_mark("a_color.png").result_digest != ""
    again = run(score)
    assert (again.status, again.digest, score.asked) == ("skipped", done.digest, 6)


@pytest.mark.parametrize("change", [{"count": 5}, {"name": "another"}, {"score": None}])
def test_what_was_chosen_otherwise_is_in_the_way(run, change):
    run(Scores("size 96"))
    outcome = run(**({"score": Scores("size 96")} | change))
    assert outcome.status == "failed"
    assert "was not made from a.png with these settings" in outcome.reason


def test_what_was_not_chosen_is_in_the_way_of_a_choice(run):
    run(None)
    assert run(Scores("size 64")).status == "failed"
    assert run(Scores("size 64"), overwrite=True).status == "done"


def test_result_without_mark_is_skipped_by_the_ledger(run):
    score = Scores("sample 1")
    assert run(score, mark=False).status == "done"
    assert run(score, mark=False).status == "skipped"
    assert score.asked == 6


def test_companions_are_made_of_the_best_and_completed_later(run):
    score = Scores("size 96")
    companions = Companions(samples=1, layer=True, doubt=True, compare=True)
    assert run(score).status == "done"
    done = run(score, companions=companions)
    assert len(done.outputs) == 4
    assert run(score, companions=companions).status == "skipped"
    assert score.asked == 12


def test_each_page_has_its_own_best(run):
    Path("pages.tif").write_bytes(save_tiff(gray(), 255 - gray()))
    light = []

    def score(result):
        light.append(float(result.answer.lightness.mean()))
        return float(result.settings.choice.which == ("size 96" if light[-1] > 50 else "size 32"))

    done = run(score, source="pages.tif")
    assert done.pages == 2
    assert done.notes[-1].startswith("the first page has size ")
    assert len(set(np.round(light, 0))) > 1


def test_dry_run_looks_at_nothing(run):
    score = Scores("size 96")
    planned = run(score, dry_run=True)
    assert (planned.status, planned.digest, score.asked) == ("planned", "", 0)
