import shutil

import numpy as np
import pytest
from PIL import Image

from benchmark_samples import NAMES, create_suite
from tintype import Colorizer
from tintype.errors import GuidanceError, ModelNotFoundError, TintypeError
from tintype.measure.benchmark.cache import Cache
from tintype.measure.benchmark.colors import CELLS, cell_middles, count_colors
from tintype.measure.benchmark.contestants import Painter, parse_contestants
from tintype.measure.benchmark.photographs import find_photographs, sit
from tintype.measure.benchmark.run import RunOptions, run_suite
from tintype.measure.figures import judge_photograph, left_gray


def test_contestants_are_understood(place):
    tiny = str(place / "tiny.onnx")
    gray, plain, vivid = parse_contestants(["gray", tiny, f"{tiny},vividness=1,size=96,size=64"])
    assert (gray.label, gray.kind, gray.key) == ("gray", "gray", "")
    assert (plain.label, plain.kind) == ("test-tiny", "model")
    assert vivid.label == "test-tiny, vividness 1, size 96, size 64"
    assert (vivid.vividness, vivid.sizes) == (1.0, (96, 64))
    assert len({plain.key, vivid.key}) == 2


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        (["gray", "gray"], "gray takes part twice"),
        (["{tiny},colour=1"], "unknown setting 'colour'; known are quality, size, vividness"),
        (["{tiny},vividness=much"], "vividness is 'much'; give a number"),
        (["{tiny},vividness=2"], "vividness is 2.0"),
        (["{tiny},quality=superb"], "quality is 'superb'"),
        (["other=/nowhere"], "give LABEL=FOLDER with an existing folder"),
    ],
)
def test_contestant_that_makes_no_sense_is_named(place, texts, text):
    with pytest.raises(GuidanceError) as found:
        parse_contestants([it.format(tiny=place / "tiny.onnx") for it in texts])
    assert text in str(found.value)


def test_unknown_model_is_named():
    with pytest.raises(ModelNotFoundError, match="no model 'nobody'"):
        parse_contestants(["nobody"])


def test_figures_are_those_of_the_photographs_colored_by_hand(ran, suite, place):
    assert [*ran.entries] == ["gray", "test-tiny", "test-tiny, vividness 1"]
    colorizer = Colorizer(place / "tiny.onnx")
    for i, photograph in enumerate(find_photographs(suite).photographs):
        sitting = sit(photograph, suite)
        colored = np.asarray(colorizer.colorize(sitting.gray).picture().to_array())
        for label, result in (("test-tiny", colored), ("gray", left_gray(sitting.true))):
            found = ran.figures(label)[i].values()
            assert found == pytest.approx(judge_photograph(sitting.true, result).values(), nan_ok=True)


def test_probes_follow_hints_and_cells(ran):
    found = ran.entries["test-tiny"][0].probe
    assert found.hint_psnr.shape == (3,)
    assert found.hint_psnr[2] > found.hint_psnr[0]
    assert found.distributions.shape == (256, 313)
    assert found.distributions.astype(float).sum(axis=1) == pytest.approx(1, abs=0.01)
    assert ((found.doubts >= 0) & (found.doubts <= 1)).all()
    assert ran.entries["gray"][0].probe is None


def test_second_run_colors_nothing(ran, suite, contestants, options, monkeypatch):
    def fail(*_):
        raise AssertionError("a model was asked again")

    monkeypatch.setattr(Painter, "render", fail)
    told = []
    again = run_suite(suite, contestants, options, lambda *done: told.append(done))
    assert told == [(i, 9) for i in range(1, 10)]
    assert again.digest == ran.digest
    for label in ran.entries:
        assert [it.psnr for it in again.figures(label)] == [it.psnr for it in ran.figures(label)]


def test_processes_find_the_same(ran, suite, contestants, options):
    parallel = run_suite(suite, contestants, RunOptions(jobs=2, cache=options.cache))
    for label in ran.entries:
        assert [it.delta_e for it in parallel.figures(label)] == [it.delta_e for it in ran.figures(label)]


def test_photograph_that_fails_for_one_is_judged_for_none(tmp_path):
    suite = create_suite(tmp_path)
    shutil.copytree(tmp_path / "photographs", tmp_path / "theirs")
    (tmp_path / "theirs" / "coffee.png").unlink()
    Image.new("RGB", (30, 30)).save(tmp_path / "theirs" / "chelsea_color.png")
    (tmp_path / "theirs" / "chelsea.png").unlink()
    (tmp_path / "photographs" / "zebra.png").write_bytes(b"nothing")
    found = run_suite(
        suite, parse_contestants(["gray", f"theirs={tmp_path / 'theirs'}"]), RunOptions(cache=tmp_path)
    )
    assert [photograph.name for photograph in found.photographs] == ["astronaut.png"]
    assert found.figures("theirs")[0].delta_e == 0
    assert "3 photographs were left out for all" in found.notes[-1]
    problems = " ".join(found.problems)
    assert "theirs has no result for coffee.png" in problems
    assert "chelsea_color.png has 30 x 30 pixels" in problems
    assert found.problems[-1] == "zebra.png can't be read (it is no picture); replace or remove it"
    assert len(found.problems) == 3


def test_suite_that_nobody_can_color_is_an_error(tmp_path):
    suite = create_suite(tmp_path)
    for name in NAMES:
        (tmp_path / "photographs" / f"{name}.png").write_bytes(b"nothing")
    with pytest.raises(TintypeError, match="no photograph could be judged"):
        run_suite(suite, parse_contestants(["gray"]), RunOptions(cache=tmp_path))


def test_damaged_cache_counts_as_empty(tmp_path):
    cache = Cache(tmp_path)
    codes = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    cache.store_codes("ab12", codes)
    cache.store_arrays("ab12", {"x": codes})
    assert np.array_equal(cache.load_codes("ab12"), codes)
    assert np.array_equal(cache.load_arrays("ab12")["x"], codes)
    for suffix in ("png", "npz"):
        path = tmp_path / "ab" / f"ab12.{suffix}"
        path.write_bytes(path.read_bytes()[:20])
    assert cache.load_codes("ab12") is None
    assert cache.load_arrays("ab12") is None
    assert cache.load_codes("cd") is None


def test_cache_that_can_not_be_written_is_done_without(tmp_path):
    (tmp_path / "file").write_text("in the way")
    Cache(tmp_path / "file").store_codes("ab12", np.zeros((4, 4, 3), np.uint8))


def test_colors_are_counted_where_they_lie():
    counts = count_colors(np.full((4, 6, 3), (255, 0, 0), np.uint8))
    row, column = np.argwhere(counts)[0]
    assert counts.sum() == counts[row, column] == 6
    assert (cell_middles()[column], cell_middles()[row]) == pytest.approx((80.1, 67.2), abs=2)
    assert count_colors(np.full((2, 2, 3), 90, np.uint8))[CELLS // 2, CELLS // 2] == 1
