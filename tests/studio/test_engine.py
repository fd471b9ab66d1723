"""From a state to colors: what is computed once, what is given up, and that it is what the command line gives."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import numpy as np
import pytest

from photo_samples import toned
from studio_samples import gray_scan, point
from tintype.colorize.colorizer import Colorizer
from tintype.colorize.companions import view
from tintype.errors import GuidanceError
from tintype.photos.join import join
from tintype.photos.photo import Photo
from tintype.studio.desk import Latest, render, whole
from tintype.studio.engine import Engine, Superseded
from tintype.studio.state import State


@pytest.fixture(scope="module")
def engine(tiny):
    found = Engine(tiny, threads=2)
    yield found
    found.close()


@pytest.fixture
def desk(engine):
    return engine.lay_out(Photo.from_array(gray_scan(700, 1100)))


def state(*marks, **settings):
    return State.model_validate({"marks": [*marks], "settings": settings})


def count_runs(engine, monkeypatch):
    runs = []
    run = engine.colorizer.session.run

    def counted(*arguments, **options):
        runs.append(arguments[0].shape)
        return run(*arguments, **options)

    monkeypatch.setattr(engine.colorizer.session, "run", counted)
    return runs


def test_result_is_that_of_the_library_and_command_line(engine, desk, tiny):
    said = state(point(), vividness=0.3)
    wanted = Colorizer(tiny).open(desk.photo).colorize(said.guidance(), vividness=0.3)
    found = engine.color(desk, said)
    np.testing.assert_array_equal(found.result.ab, wanted.ab)
    assert found.digest == wanted.digest == engine.digest(said)


def test_view_is_that_of_comparisons(engine, desk):
    colored = engine.color(desk, state(point()))
    picture = desk.picture("color", desk.view(512), colored)
    codes = render(picture, *whole(picture), engine.workers)
    wanted = view(colored.result, 512)
    assert codes.shape == wanted.shape
    assert np.abs(codes.astype(int) - wanted).mean() < 0.5
    assert np.abs(codes.astype(int) - wanted).max() < 12


def test_full_size_tiles_are_what_is_saved(engine, desk):
    colored = engine.color(desk, state(point()))
    picture = desk.picture("color", desk.pyramid.light(0), colored)
    part = slice(100, 356), slice(300, 556)
    saved = join(desk.photo, colored.result.ab).to_array()[part]
    difference = np.abs(picture.region(*part).astype(int) - saved)
    assert difference.max() <= 2
    assert difference.mean() < 0.1


def test_layers_show_the_lightness_and_the_tone_that_came_in(engine):
    desk = engine.lay_out(Photo.from_array(toned()))
    light = desk.pyramid.light(0)
    gray = desk.picture("gray", light, None).to_array()
    assert (gray[..., 0] == gray[..., 2]).all()
    original = desk.picture("original", light, None).to_array().astype(int)
    assert np.abs(original - toned()).mean() < 4
    assert (original[..., 0] - original[..., 2]).mean() > 10


def test_gray_layer_returns_the_codes_of_a_gray_photograph(engine, desk):
    for layer in ("gray", "original"):
        found = desk.picture(layer, desk.pyramid.light(0), None).to_array()
        np.testing.assert_array_equal(found[..., 1], gray_scan(700, 1100))


def test_network_runs_once_for_a_guidance_and_not_for_vividness(engine, desk, monkeypatch):
    engine.color(desk, state())
    runs = count_runs(engine, monkeypatch)
    engine.color(desk, state(point()))
    asked = len(runs)
    assert asked >= 1
    engine.color(desk, state(point()))
    engine.color(desk, state(point(), vividness=0.9))
    engine.color(desk, state(point(), sample={"number": 2}))
    engine.look(desk, state(point()))
    assert engine.is_known(desk, state(point(), vividness=0.1))
    assert len(runs) == asked


def test_draft_asks_at_a_smaller_size(engine, desk, monkeypatch):
    runs = count_runs(engine, monkeypatch)
    engine.color(desk, state(point(x=1)), draft=True)
    draft = max(np.prod(shape) for shape in runs)
    runs.clear()
    engine.color(desk, state(point(x=2)))
    assert draft < max(np.prod(shape) for shape in runs)


def test_vividness_changes_the_color_and_samples_differ(engine, desk):
    plain = engine.color(desk, state()).result.ab
    assert not np.array_equal(plain, engine.color(desk, state(vividness=1)).result.ab)
    first, second = (engine.color(desk, state(sample={"number": n})) for n in (1, 2))
    assert not np.array_equal(first.result.ab, second.result.ab)
    strip = engine.alternatives(desk, state(), 3, 0)
    np.testing.assert_array_equal(strip[1].result.ab, second.result.ab)
    assert len({first.digest, second.digest, engine.digest(state())}) == 3


def test_work_that_is_no_longer_wanted_is_given_up_before_the_network_runs(engine, desk, monkeypatch):
    runs = count_runs(engine, monkeypatch)

    def stop():
        raise Superseded

    with pytest.raises(Superseded):
        engine.color(desk, state(point(x=77)), stop=stop)
    assert runs == []


def test_work_that_is_no_longer_wanted_is_broken_off_within_the_network(engine, desk, monkeypatch):
    asked, unwanted = Event(), Event()

    def run_until_broken_off(_names, _feeds, options):
        asked.set()
        while not options.terminate:
            sleep(0.001)
        raise RuntimeError("terminated")

    def stop():
        if unwanted.is_set():
            raise Superseded

    with monkeypatch.context() as patched, ThreadPoolExecutor(1) as pool:
        patched.setattr(engine.colorizer.session._session, "run", run_until_broken_off)
        work = pool.submit(engine.color, desk, state(point(x=78)), stop=stop)
        assert asked.wait(60)
        engine.reconsider()
        with pytest.raises(TimeoutError):
            work.result(0.05)
        unwanted.set()
        engine.reconsider()
        with pytest.raises(Superseded):
            work.result(60)
    engine.reconsider()
    assert engine.color(desk, state(point(x=78))).result.ab.any()


@pytest.mark.parametrize(
    ("said", "message"),
    [(state(point(x=5000)), r"\(5000, 80\) is outside"), (state(point(y=701)), "is outside")],
)
def test_state_that_could_not_be_colored_is_refused(engine, said, message):
    with pytest.raises(GuidanceError, match=message):
        engine.check(said, (700, 1100))


def test_click_that_is_to_be_grown_is_checked_without_the_photograph(engine):
    grown = {"id": "g", "mark": {"kind": "grown", "x": 10, "y": 20, "color": "#808000"}}
    engine.check(state(grown), (700, 1100))
    with pytest.raises(GuidanceError, match="is outside"):
        engine.check(state(grown), (10, 5))


def test_latest_forgets_what_was_not_asked_for_longest():
    latest = Latest(2)
    for key in "abac":
        latest.get(key, lambda key=key: key.upper())
    assert [latest.find(key) for key in "abc"] == ["A", None, "C"]


def test_opened_photograph_says_how_much_it_holds(engine):
    small, large = (engine.lay_out(Photo.from_array(np.zeros((n, n), np.uint16))) for n in (100, 3000))
    assert large.memory_bytes - small.memory_bytes > 2 * 3000 * 3000
