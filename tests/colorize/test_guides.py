from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from photo_samples import gray, save
from tintype.colorize.batch.plan import make_plan
from tintype.colorize.batch.run import BatchOptions, run_plan
from tintype.colorize.guides import Guided, announce, follow
from tintype.colorize.settings import choose_settings
from tintype.errors import GuidanceError
from tintype.guidance.guidance import GlobalPalette, Guidance
from tintype.guidance.marks import PointMark
from tiny_model import create_card

STATED = Guidance((PointMark(1, 2, color=(50, 10, 20)),))


@dataclass(frozen=True)
class Middle:
    """A guide that marks the middle of each photograph."""

    name: str = "b.jpg"
    fails: bool = False

    @property
    def digest(self):
        return self.name

    def guide(self, opened):
        if self.fails:
            raise GuidanceError("no middle; give another")
        height, width = opened.size
        mark = PointMark(
            width / 2, height / 2, color=(50, 60, 40), confidence=0.8, origin=f"match:{self.name}"
        )
        return Guided(Guidance((mark,)), (f"{self.name}: 1 mark",))


def test_guides_look_at_the_photograph(opened):
    settings = choose_settings(create_card(), STATED)
    followed, guided = follow(opened, settings, [Middle(), Middle("c.jpg")])
    height, width = opened.size
    assert [(mark.x, mark.y) for mark in guided.guidance.marks] == [(width / 2, height / 2)] * 2
    assert followed.guidance.marks == (*STATED.marks, *guided.guidance.marks)
    assert guided.notes == ("b.jpg: 1 mark", "c.jpg: 1 mark")


def test_without_guides_nothing_changes(opened):
    settings = choose_settings(create_card(), STATED)
    assert announce(settings, ()) is settings
    assert follow(opened, settings, ()) == (settings, Guided())


def test_digest_knows_the_guides_before_they_look(opened):
    settings = choose_settings(create_card(), STATED)
    announced = announce(settings, [Middle()])
    assert follow(opened, announced, [Middle()])[0].digest("m") == announced.digest("m")
    others = [settings, announce(settings, [Middle("c.jpg")]), announce(settings, [Middle(), Middle()])]
    others.append(announce(replace(settings, guidance=Guidance()), [Middle()]))
    assert len({other.digest("m") for other in (announced, *others)}) == 5


def test_stated_palette_beats_that_of_a_guide(opened):
    class Tinting(Middle):
        def guide(self, opened):
            return Guided(Guidance(palette=GlobalPalette(_colors(20), origin="match:b.jpg")))

    stated = Guidance(palette=GlobalPalette(_colors(-20)))
    followed, _ = follow(opened, choose_settings(create_card(), stated), [Tinting()])
    assert followed.guidance.palette == stated.palette


def _colors(a):
    from tintype.guidance.colors import WeightedColor

    return (WeightedColor((50, a, 0)),)


@pytest.fixture
def color_with(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(save(gray(), "PNG"))

    def color_with(*guides):
        options = BatchOptions(choose_settings(model.card), threads=1, guides=guides)
        (outcome,) = run_plan(make_plan([Path("a.png")]), model, options)
        return outcome

    return color_with


def test_batch_follows_its_guides(color_with):
    outcome = color_with(Middle())
    assert outcome.status == "done"
    assert outcome.notes == ("b.jpg: 1 mark",)
    assert [mark.origin for mark in outcome.marks] == ["match:b.jpg"]


def test_batch_skips_what_the_same_guides_made(color_with):
    first = color_with(Middle())
    again = color_with(Middle())
    assert (again.status, again.digest) == ("skipped", first.digest)
    assert color_with(Middle("c.jpg")).status == "failed"  # another result is in the way


def test_batch_goes_on_where_a_guide_fails(color_with):
    outcome = color_with(Middle(fails=True))
    assert (outcome.status, outcome.reason) == ("failed", "a.png: no middle; give another")
