"""Results at full size: in the source's format and depth, with the mark; progress, stopping, failing."""

import io
import json
import shutil
import threading
import time
import zipfile

import numpy as np
import pytest
import tifffile

from photo_samples import gray, save, save_tiff
from studio_samples import decoded, gray_scan, set_mark, using
from tintype.colorize.colorizer import Colorizer
from tintype.errors import WriteFailedError
from tintype.photos.metadata import read_mark
from tintype.photos.read import read_photo
from tintype.studio import jobs as jobs_module
from tintype.studio.limits import Limits


@pytest.fixture
def scan_file():
    return save_tiff(gray(16, step=2), resolution=(300, 300))


@pytest.fixture
def scan(person, scan_file):
    return person.add(scan_file, "Oma.tif")


def listed(person):
    return [it["id"] for it in person.get("/jobs").json()["jobs"]]


def until_true(is_so):
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.005)


def fetch(person, job):
    answer = person.get(f"/jobs/{job['id']}/file")
    return answer.content, answer.headers["content-disposition"]


def test_picture_is_what_the_library_writes(person, scan, tmp_path, tiny):
    person.amend(scan, set_mark())
    job = person.save(scan)
    assert (job["status"], job["progress"], job["name"], job["kind"]) == (
        "done",
        1.0,
        "Oma_color.tif",
        "picture",
    )
    content, disposition = fetch(person, job)
    assert disposition == 'attachment; filename="Oma_color.tif"'
    assert len(content) == job["bytes"]
    library = person.studio.library
    said = library.state(scan).guidance()
    wanted = Colorizer(tiny).colorize(library.desk(scan).photo, said)
    wanted.write(tmp_path / "wanted.tif")
    assert content == (tmp_path / "wanted.tif").read_bytes()
    (tmp_path / "got.tif").write_bytes(content)
    assert read_mark(tmp_path / "got.tif").result_digest == person.state(scan)["result"]
    assert tifffile.imread(tmp_path / "got.tif").dtype == np.uint16


@pytest.mark.parametrize(
    ("order", "name", "size"),
    [
        ({"kind": "layer"}, "Oma_layer.png", (256, 256, 3)),
        ({"kind": "comparison"}, "Oma_compare.jpg", (256, 528, 3)),
        ({"kind": "doubt"}, "Oma_doubt.png", (256, 256)),
        ({"suffix": ".webp"}, "Oma_color.webp", (256, 256, 3)),
    ],
)
def test_other_files_are_made_too(person, scan, order, name, size):
    job = person.save(scan, **order)
    assert (job["status"], job["name"], job["message"]) == ("done", name, "")
    assert decoded(fetch(person, job)[0]).shape == size


def test_mark_is_left_out_where_it_is_not_wanted(person, scan, tmp_path):
    (tmp_path / "bare.tif").write_bytes(fetch(person, person.save(scan, mark=False))[0])
    assert read_mark(tmp_path / "bare.tif") is None


def test_badge_is_drawn_and_said(person, scan):
    plain, badged = (
        fetch(person, person.save(scan, suffix=".png", badge=badge))[0] for badge in (False, True)
    )
    job = person.save(scan, badge=True)
    assert job["notes"] == ["the badge covers a corner of the photograph"]
    one, other = (read_photo(content).lightness() for content in (plain, badged))
    changed = np.abs(one - other) > 1
    assert changed[-30:, :150].any()
    assert not changed[:-40].any()


def test_mark_that_the_format_can_t_hold_comes_beside_it(person, tmp_path):
    photo = person.add(save(gray_scan(60, 80), "BMP"), "Oma.bmp")
    job = person.save(photo)
    assert job["name"] == "Oma_color.zip"
    assert job["notes"] == ["the mark is in Oma_color.bmp.xmp, because BMP has no place for it"]
    with zipfile.ZipFile(io.BytesIO(fetch(person, job)[0])) as archive:
        archive.extractall(tmp_path)
    assert read_mark(tmp_path / "Oma_color.bmp").model == "test-tiny@1"


def test_job_takes_the_state_of_the_moment_it_was_given(person, scan):
    before = person.state(scan)["result"]
    job = person.save(scan, suffix=".png")
    person.amend(scan, set_mark())
    content = fetch(person, job)[0]
    assert before.encode() in content


def test_page_of_a_tiff_is_saved_alone(person, tmp_path):
    first = person.add(save_tiff(gray_scan(20, 30), gray_scan(40, 50)), "album.tif")
    second = person.ask("POST", f"/photos/{first}/copies?page=1", 201).json()["id"]
    for suffix in ("", ".png"):
        job = person.save(second, suffix=suffix)
        assert job["status"] == "done", job["message"]
        assert read_photo(fetch(person, job)[0]).page_count == 1


@pytest.mark.parametrize(
    "order",
    [{"suffix": ".gif"}, {"suffix": ".exe"}, {"suffix": "/../x.png"}, {"kind": "film"}, {"photo": "../x"}],
)
def test_order_that_makes_no_sense_is_refused(person, scan, order):
    answer = person.client.post("/api/v1/jobs", json={"photo": scan, **order})
    assert answer.status_code in (415, 422)
    assert person.get("/jobs").json()["jobs"] == []


def test_job_that_fails_says_why_and_the_next_goes_on(person, scan, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("of\nmany lines")

    with monkeypatch.context() as broken:
        broken.setattr(jobs_module, "render_result", fail)
        job = person.save(scan)
    assert (job["status"], job["message"]) == ("failed", "RuntimeError: of many lines")
    assert person.get(f"/jobs/{job['id']}/file", 404).json()["message"].endswith("the job is failed")
    assert person.save(scan)["status"] == "done"
    assert len(person.get("/jobs").json()["jobs"]) == 2


@pytest.fixture
def held(person, monkeypatch):
    """Holds jobs in the middle of their picture."""
    reached, go = threading.Event(), threading.Event()
    write = jobs_module.render_result

    def hold(result, name, order, folder, observe):
        def wait(picture):
            reached.set()
            go.wait(60)
            return observe(picture)

        return write(result, name, order, folder, wait)

    monkeypatch.setattr(jobs_module, "render_result", hold)
    yield reached, go
    go.set()


def test_running_job_is_stopped_and_leaves_nothing(person, scan, held):
    reached, go = held
    job = person.ask("POST", "/jobs", 201, json={"photo": scan}).json()
    assert reached.wait(60)
    found = person.studio.jobs.get(job["id"])
    person.ask("DELETE", f"/jobs/{job['id']}")
    go.set()
    person.save(scan)
    assert found.status == "stopped"
    person.get(f"/jobs/{job['id']}", 404)
    assert not (person.studio.folder / "results" / job["id"]).exists()


def test_waiting_job_is_stopped_before_it_begins(person, scan, held):
    reached, go = held
    person.ask("POST", "/jobs", 201, json={"photo": scan})
    assert reached.wait(60)
    waiting = person.ask("POST", "/jobs", 201, json={"photo": scan}).json()
    assert waiting["status"] == "waiting"
    person.ask("DELETE", f"/jobs/{waiting['id']}")
    go.set()
    assert person.save(scan)["status"] == "done"
    assert len(person.get("/jobs").json()["jobs"]) == 2


def test_progress_grows(person):
    photo = person.add(save(np.tile(gray_scan(1000, 1000), (2, 2)), "PNG"), "large.png")
    told = []
    person.studio.jobs.on_change.append(lambda job: told.append((job.status, job.progress)))
    person.save(photo)
    shares = [share for status, share in told if status == "running"]
    assert shares == sorted(shares)
    assert len(set(shares)) > 3
    until_true(lambda: told[-1] == ("done", 1.0))  # which is told a moment after who asks finds it


@pytest.mark.parametrize("kind", ["picture", "layer", "comparison", "doubt"])
def test_every_job_says_how_far_it_is(person, scan, kind):
    told = []
    person.studio.jobs.on_change.append(lambda job: told.append((job.status, job.progress)))
    person.save(scan, kind=kind)
    assert told[:4] == [("waiting", 0), ("running", 0), ("running", 0.2), ("running", 0.5)]
    until_true(lambda: told[-1] == ("done", 1.0))


@pytest.mark.parametrize("kind", ["picture", "comparison", "doubt"])
def test_job_is_stopped_while_the_network_runs(person, scan, kind, monkeypatch):
    session, reached = person.studio.engine.colorizer.session, threading.Event()

    def run_until_broken_off(_names, _feeds, options):
        reached.set()
        while not options.terminate:
            time.sleep(0.001)
        raise RuntimeError("terminated")

    with monkeypatch.context() as slow:
        slow.setattr(session._session, "run", run_until_broken_off)
        job = person.ask("POST", "/jobs", 201, json={"photo": scan, "kind": kind}).json()
        assert reached.wait(60)
        found = person.studio.jobs.get(job["id"])
        person.ask("DELETE", f"/jobs/{job['id']}")
        until_true(lambda: found.status == "stopped")
    assert person.save(scan, kind=kind)["status"] == "done"


def test_comparison_is_stopped_before_it_is_written(person, scan, held, monkeypatch):
    reached, go = held
    job = person.ask("POST", "/jobs", 201, json={"photo": scan, "kind": "comparison"}).json()
    assert reached.wait(60)
    found = person.studio.jobs.get(job["id"])
    person.ask("DELETE", f"/jobs/{job['id']}")
    go.set()
    until_true(lambda: found.status == "stopped")


def test_oldest_result_that_was_fetched_makes_room(person, scan, monkeypatch):
    monkeypatch.setattr(person.studio.jobs, "_most", 3)
    first, second, third = (person.save(scan, kind="doubt") for _ in range(3))
    for job in (third, second):
        fetch(person, job)
    fourth = person.save(scan, kind="doubt")
    assert listed(person) == [first["id"], third["id"], fourth["id"]]
    person.get(f"/jobs/{second['id']}/file", 404)
    assert len([*(person.studio.folder / "results").iterdir()]) == 3


def test_result_that_nobody_fetched_stays_and_another_job_is_refused(tmp_path, tiny, scan_file):
    with using(tmp_path / "data", tiny, limits=Limits(jobs=2)) as person:
        scan = person.add(scan_file)
        first, second = (person.save(scan, kind="doubt") for _ in range(2))
        refusal = person.save(scan, status=429)
        assert refusal["error"] == "StudioLimitError"
        assert refusal["message"].startswith("2 jobs wait or have results that nobody has fetched (")
        assert listed(person) == [first["id"], second["id"]]
        fetch(person, second)
    with using(tmp_path / "data", tiny, limits=Limits(jobs=2)) as person:
        third = person.save(scan, kind="doubt")
        assert listed(person) == [first["id"], third["id"]]
        person.save(scan, status=429)
        person.ask("DELETE", f"/jobs/{first['id']}")
        person.save(scan)


def test_job_that_failed_makes_room(person, scan, monkeypatch):
    monkeypatch.setattr(person.studio.jobs, "_most", 1)
    with monkeypatch.context() as broken:
        broken.setattr(jobs_module, "render_result", None)
        assert person.save(scan)["status"] == "failed"
    assert person.save(scan)["status"] == "done"


def test_job_of_a_photograph_that_was_removed_fails_in_one_line(person, scan, held):
    reached, go = held
    person.ask("POST", "/jobs", 201, json={"photo": scan})
    assert reached.wait(60)
    late = person.ask("POST", "/jobs", 201, json={"photo": scan}).json()
    person.ask("DELETE", f"/photos/{scan}")
    go.set()
    assert person.finish(late)["message"].startswith("there is no photograph")


def test_jobs_outlast_the_server(tmp_path, tiny, scan_file):
    with using(tmp_path / "data", tiny) as person:
        scan = person.add(scan_file, "Oma.tif")
        done = person.save(scan)
        content, _ = fetch(person, done)
        results = person.studio.folder / "results"
        (results / "0123456789abcdef").mkdir()  # a killed server may leave anything
        (results / "0123456789abcdef" / "job.json").write_text("{")
        (results / "x").write_text("")
        shutil.copytree(results / done["id"], results / "00000000000000ff")
        record = results / "00000000000000ff" / "job.json"
        stored = json.loads(record.read_text())
        record.write_text(json.dumps(stored | {"result": None, "place": stored["place"] + 1}))
    with using(tmp_path / "data", tiny) as person:
        found, unfinished = person.get("/jobs").json()["jobs"]
        assert found == done
        assert person.finish(unfinished)["status"] == "done"
        assert [fetch(person, it)[0] for it in (found, unfinished)] == [content, content]
        assert len([*(person.studio.folder / "results").iterdir()]) == 2


def test_job_that_runs_when_the_server_ends_is_done_by_the_next(tmp_path, tiny, scan_file, monkeypatch):
    reached = threading.Event()
    write = jobs_module.render_result

    def hold(result, name, order, folder, observe):
        def wait(picture):
            reached.set()
            while not person.studio.jobs.list()[0].is_unwanted:
                time.sleep(0.01)
            return observe(picture)

        return write(result, name, order, folder, wait)

    with monkeypatch.context() as slow, using(tmp_path / "data", tiny) as person:
        slow.setattr(jobs_module, "render_result", hold)
        scan = person.add(scan_file, "Oma.tif")
        job = person.ask("POST", "/jobs", 201, json={"photo": scan}).json()
        assert reached.wait(60)
    with using(tmp_path / "data", tiny) as person:
        assert person.finish(job)["status"] == "done"


def test_oldest_result_that_was_fetched_makes_room_on_the_disk(person, scan, monkeypatch):
    first = person.save(scan)
    monkeypatch.setattr(person.studio.jobs, "_most_bytes", int(2.5 * first["bytes"]))
    second = person.save(scan)
    fetch(person, second)
    third = person.save(scan)
    assert listed(person) == [first["id"], third["id"]]
    assert len([*(person.studio.folder / "results").iterdir()]) == 2
    fourth = person.save(scan)
    assert "3 jobs wait or have results" in person.save(scan, status=429)["message"]
    assert listed(person) == [first["id"], third["id"], fourth["id"]]


def test_job_fails_where_there_is_no_room_by_the_time_it_is_its_turn(person, scan, held, monkeypatch):
    reached, go = held
    monkeypatch.setattr(person.studio.jobs, "_most_bytes", 1)
    first, second = (person.ask("POST", "/jobs", 201, json={"photo": scan}).json() for _ in range(2))
    assert reached.wait(60)
    go.set()
    assert person.finish(first)["status"] == "done"
    second = person.finish(second)
    assert second["status"] == "failed"
    assert second["message"].startswith("2 jobs wait or have results that nobody has fetched (")


def test_fetching_goes_well_where_it_can_t_be_noted(person, scan, monkeypatch):
    def fail(*_):
        raise WriteFailedError("full")

    job = person.save(scan)
    with monkeypatch.context() as broken:
        broken.setattr(jobs_module, "write_record", fail)
        fetch(person, job)
    assert person.studio.jobs.get(job["id"]).is_fetched
