import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photo_samples import color, gray, save, save_tiff, toned
from tintype.colorize.batch.plan import Companions, Job, Plan, make_plan
from tintype.colorize.batch.run import BatchOptions, run_plan
from tintype.colorize.settings import choose_settings
from tintype.errors import BrokenModelError
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import PointMark
from tintype.photos.metadata import read_mark
from tintype.photos.read import read_pages


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def album(folder):
    path = folder / "album"
    (path / "sub").mkdir(parents=True)
    (path / "a.png").write_bytes(save(gray(), "PNG"))
    (path / "sub" / "b.jpg").write_bytes(save(gray(), "JPEG"))
    (path / "c.tif").write_bytes(save_tiff(gray(16)))
    return path


@pytest.fixture
def run(model):
    def run(sources, output=None, *, vividness=None, guidance=None, **options):
        companions = options.pop("companions", Companions())
        settings = choose_settings(model.card, guidance, vividness=vividness)
        plan = make_plan([Path(source) for source in sources], output and Path(output), companions)
        batch = BatchOptions(settings, companions, threads=1, **options)
        return [*run_plan(plan, model, batch)]

    return run


def statuses(outcomes):
    return {Path(outcome.source).name: outcome.status for outcome in outcomes}


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_folder_is_colored_and_then_skipped(album, run):
    outcomes = run([album], "out")
    assert {*statuses(outcomes).values()} == {"done"}
    assert files(Path("out")) == ["a.png", "c.tif", "sub/b.jpg"]
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}
    again = run([album], "out")
    assert {*statuses(again).values()} == {"skipped"}
    assert {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")} == before


def test_outcome_says_what_was_done(album, run):
    outcome = next(outcome for outcome in run([album], "out") if outcome.source.endswith("a.png"))
    assert (outcome.width, outcome.height, outcome.pages) == (64, 64, 1)
    assert outcome.model == "tintype-small@99"
    assert outcome.outputs == ("out/a.png",)
    assert outcome.digest == read_mark(Path("out/a.png")).result_digest
    assert outcome.seconds > 0


def test_bad_file_is_reported_and_the_rest_is_done(album, run):
    (album / "b.png").write_text("this is text")
    (album / "empty.jpg").write_bytes(b"")
    content = (album / "sub" / "b.jpg").read_bytes()
    (album / "short.jpg").write_bytes(content[: len(content) // 2])
    outcomes = run([album, "nowhere.tif"], "out")
    assert statuses(outcomes) == {
        "a.png": "done",
        "b.png": "failed",
        "b.jpg": "done",
        "c.tif": "done",
        "empty.jpg": "failed",
        "short.jpg": "failed",
        "nowhere.tif": "failed",
    }
    for outcome in outcomes:
        if outcome.status == "failed":
            assert outcome.source in outcome.reason
    assert files(Path("out")) == ["a.png", "c.tif", "sub/b.jpg"]


def test_other_settings_are_an_error_unless_forced(album, run):
    run([album / "a.png"], "out")
    (outcome,) = run([album / "a.png"], "out", vividness=1.0)
    assert outcome.status == "failed"
    assert "out/a.png: this was not made from a.png with these settings" in outcome.reason
    old = Path("out/a.png").read_bytes()
    (outcome,) = run([album / "a.png"], "out", vividness=1.0, overwrite=True)
    assert outcome.status == "done"
    assert Path("out/a.png").read_bytes() != old
    assert statuses(run([album / "a.png"], "out", vividness=1.0, overwrite=True)) == {"a.png": "skipped"}


def test_changed_source_is_not_taken_for_done(album, run):
    run([album / "a.png"], "out")
    (album / "a.png").write_bytes(save(255 - gray(), "PNG"))
    assert statuses(run([album / "a.png"], "out")) == {"a.png": "failed"}


def test_file_of_someone_else_is_not_touched(album, run):
    Path("out").mkdir()
    for content in (b"precious", save(gray(), "PNG"), b""):
        Path("out/a.png").write_bytes(content)
        assert statuses(run([album / "a.png"], "out")) == {"a.png": "failed"}
        assert Path("out/a.png").read_bytes() == content


def test_broken_link_in_the_way_is_not_written_through(album, run, folder):
    Path("out").mkdir()
    Path("out/a.png").symlink_to(folder / "elsewhere.png")
    assert statuses(run([album / "a.png"], "out")) == {"a.png": "failed"}
    assert not (folder / "elsewhere.png").exists()


@pytest.mark.parametrize("name", ["a.png", "a.bmp"])
def test_results_without_a_mark_are_known_by_the_ledger(folder, run, name):
    source = folder / name
    source.write_bytes(save(gray(), Path(name).suffix[1:].upper()))
    assert statuses(run([source], "out", mark=False)) == {name: "done"}
    assert read_mark(Path("out") / name) is None
    assert statuses(run([source], "out", mark=False)) == {name: "skipped"}
    assert statuses(run([source], "out", mark=False, vividness=1.0)) == {name: "failed"}
    assert statuses(run([source], "out", mark=False, vividness=1.0, overwrite=True)) == {name: "done"}
    assert statuses(run([source], "out", mark=False, vividness=1.0)) == {name: "skipped"}


def test_format_without_a_place_for_the_mark_is_skipped_too(folder, run):
    (folder / "a.bmp").write_bytes(save(gray(), "BMP"))
    (outcome,) = run(["a.bmp"], "out")
    assert outcome.status == "done"
    assert any("xmp" in note for note in outcome.notes)
    assert statuses(run(["a.bmp"], "out")) == {"a.bmp": "skipped"}


def test_photograph_in_color_is_named_and_left_alone(folder, run):
    (folder / "color.png").write_bytes(save(color(step=2), "PNG"))
    (folder / "toned.png").write_bytes(save(toned(), "PNG"))
    outcomes = run(["color.png", "toned.png"], "out")
    assert statuses(outcomes) == {"color.png": "left alone", "toned.png": "done"}
    assert "color.png: it is in color already; color it anew with --recolor" in outcomes[0].reason
    assert not Path("out/color.png").exists()
    assert statuses(run(["color.png"], "out", recolor=True)) == {"color.png": "done"}


def test_all_pages_are_colored(folder, run):
    (folder / "pages.tif").write_bytes(save_tiff(gray(), gray(16), 255 - gray()))
    (outcome,) = run(["pages.tif"], "out", companions=Companions(samples=1, compare=True))
    assert (outcome.status, outcome.pages) == ("done", 3)
    for name in ("pages.tif", "pages_sample1.tif"):
        pages = [*read_pages(Path("out") / name, keep_ab=True)]
        assert [page.bit_depth for page in pages] == [8, 16, 8]
        assert all(np.abs(page.true_ab).max() > 1 for page in pages)
    assert "pages_compare.jpg shows the first page" in outcome.notes


def test_page_in_color_leaves_the_file_alone(folder, run):
    (folder / "pages.tif").write_bytes(save_tiff(gray(), color(step=2)))
    (outcome,) = run(["pages.tif"], "out")
    assert outcome.status == "left alone"
    assert "page 2 is in color already" in outcome.reason
    assert files(Path("out")) == []


def test_broken_second_page_leaves_nothing(folder, run):
    content = save_tiff(gray(), gray(), compression="zlib")
    (folder / "pages.tif").write_bytes(content[:-40])
    (folder / "good.tif").write_bytes(save_tiff(gray()))
    outcomes = run(["pages.tif", "good.tif"], "out")
    assert statuses(outcomes) == {"pages.tif": "failed", "good.tif": "done"}
    assert "pages.tif" in outcomes[0].reason
    assert files(Path("out")) == ["good.tif"]


def test_companions_are_written_and_only_missing_ones_again(album, run):
    companions = Companions(samples=2, seed=5, layer=True, doubt=True, compare=True)
    (outcome,) = run([album / "a.png"], "out", companions=companions)
    assert len(outcome.outputs) == 6
    names = ["a.png", "a_compare.jpg", "a_doubt.png", "a_layer.png", "a_sample1.png", "a_sample2.png"]
    assert [name for name in files(Path("out")) if not name.startswith(".")] == names
    assert statuses(run([album / "a.png"], "out", companions=companions)) == {"a.png": "skipped"}
    Path("out/a_sample2.png").unlink()
    (outcome,) = run([album / "a.png"], "out", companions=companions)
    assert outcome.outputs == ("out/a_sample2.png",)
    more = dataclasses.replace(companions, samples=3)
    (outcome,) = run([album / "a.png"], "out", companions=more)
    assert outcome.outputs == ("out/a_sample3.png",)
    (outcome,) = run([album / "a.png"], "out", companions=dataclasses.replace(companions, seed=6))
    assert outcome.status == "failed"


def test_sample_is_the_alternative_of_that_number(album, run, colorizer):
    run([album / "a.png"], "out", companions=Companions(samples=2, seed=5))
    expected = colorizer.colorize(album / "a.png").alternatives(2, seed=5)[1]
    np.testing.assert_array_equal(np.asarray(Image.open("out/a_sample2.png")), expected.picture().to_array())
    assert read_mark(Path("out/a_sample2.png")) == expected.mark()


def test_dry_run_touches_nothing(album, run, monkeypatch):
    run([album / "a.png"], "out")
    before = files(Path())
    outcomes = run([album], "out", dry_run=True, vividness=None)
    assert statuses(outcomes) == {"a.png": "skipped", "c.tif": "planned", "b.jpg": "planned"}
    assert files(Path()) == before


def test_model_that_cannot_be_loaded_stops_before_the_first_file(album, model, tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"nonsense")
    broken = dataclasses.replace(model, path=path)
    settings = choose_settings(model.card)
    with pytest.raises(BrokenModelError, match=r"broken\.onnx"):
        next(run_plan(make_plan([album], Path("out")), broken, BatchOptions(settings)))
    assert not Path("out").exists()


def test_guidance_that_does_not_fit_fails_its_file_only(album, folder, run):
    (folder / "large.png").write_bytes(save(gray(step=2), "PNG"))
    guidance = Guidance((PointMark(200, 200, color=(50, 60, 0)),))
    outcomes = run([album / "a.png", "large.png"], "out", guidance=guidance)
    assert statuses(outcomes) == {"a.png": "failed", "large.png": "done"}
    assert "64 x 64" in outcomes[0].reason


def test_content_can_come_without_a_file(model, folder):
    plan = Plan((Job(Path("-"), {"color": folder / "out.png"}, save(gray(), "PNG")),))
    options = BatchOptions(choose_settings(model.card), threads=1)
    assert [outcome.status for outcome in run_plan(plan, model, options)] == ["done"]
    assert [outcome.status for outcome in run_plan(plan, model, options)] == ["skipped"]


def test_leftovers_of_killed_runs_are_removed(album, run):
    Path("out").mkdir()
    import socket
    from zlib import crc32

    machine = f"{crc32(socket.gethostname().encode()):08x}"
    left = Path(f"out/.tintype-{machine}-99999999-0badcafe.part")
    left.write_bytes(b"half")
    run([album / "a.png"], "out")
    assert files(Path("out")) == ["a.png"]


def test_each_job_is_announced(album, model):
    begun = []
    plan = make_plan([album], Path("out"))
    for _ in run_plan(plan, model, BatchOptions(choose_settings(model.card), threads=1), begun.append):
        pass
    assert tuple(begun) == plan.jobs
