"""Saving: files at full size, projects, stopping."""

import json
from contextlib import contextmanager
from threading import Event

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from photo_samples import save
from studio_samples import gray_scan, jpeg, serving, set_mark
from tintype.photos.metadata import read_mark
from tintype.studio.limits import Limits
from web_samples import DESK, PATIENCE, PHONE, PHONE_ON_ITS_SIDE, Visitor, browsing


def save_as(visitor, kind, path, **options):
    """Save as a person would; return the file's name."""
    visitor.button("Save").click()
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_role("radio", name=kind).check()
    if "format" in options:
        dialog.get_by_label("Format").select_option(options["format"])
    if options.get("badge"):
        dialog.get_by_label("A visible badge").check()
    with visitor.page.expect_download() as download:
        dialog.get_by_role("button", name="Save").click()
    download.value.save_as(path)
    return download.value.suggested_filename


def save_album(visitor, kind="The photograph in color"):
    """Save something for the whole album."""
    visitor.keyboard.press("Control+s")
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_role("radio", name=kind).check()
    dialog.get_by_label("For the whole album").check()
    dialog.get_by_role("button", name="Save").click()


def save_picture(visitor):
    """Order the photograph in color, and wait until the studio has the order."""
    visitor.keyboard.press("Control+s")
    with visitor.page.expect_response("**/api/v1/jobs"):
        visitor.page.get_by_role("dialog").get_by_role("button", name="Save").click()


class Downloads:
    """The files that a page gives from now on."""

    def __init__(self, page):
        self.all = []
        self._page = page
        page.on("download", self._take)

    def _take(self, download):
        self.all.append(download)

    def wait_for(self, count):
        """Wait until there are as many, and whether there are more."""
        while len(self.all) < count:
            self._page.wait_for_timeout(30)
        self._page.wait_for_timeout(300)

    @property
    def names(self):
        """Their names; each is waited for until it is there in full."""
        assert [it.failure() for it in self.all] == [None] * len(self.all)
        return sorted(it.suggested_filename for it in self.all)


@contextmanager
def held_back(studio, share=0.0):
    """Let each job of a studio begin, or go on beyond a share, only when what this gives is set."""
    gate, known = Event(), set()

    def wait(job):
        if job.status == "running" and job.progress >= share and job.id not in known:
            known.add(job.id)
            gate.wait(PATIENCE / 1000)

    studio.jobs.on_change.append(wait)
    try:
        yield gate
    finally:
        gate.set()


def test_photograph_is_saved_in_its_own_format_with_the_mark(visitor, tmp_path):
    assert save_as(visitor, "The photograph in color", tmp_path / "result.jpg") == "Oma_color.jpg"
    with Image.open(tmp_path / "result.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (400, 300))
    assert read_mark(tmp_path / "result.jpg").model.startswith("test-tiny")
    expect(visitor.page.locator(".job.done")).to_contain_text("Oma_color.jpg")


def test_badge_is_seen_in_another_format(visitor, tmp_path):
    save_as(visitor, "The photograph in color", tmp_path / "plain.png", format=".png")
    save_as(visitor, "The photograph in color", tmp_path / "badge.png", format=".png", badge=True)
    plain, badged = (np.asarray(Image.open(tmp_path / f"{it}.png")).astype(int) for it in ("plain", "badge"))
    assert (plain != badged)[-40:, :200].any()
    assert (plain == badged)[:-60].all()


def test_depth_is_promised_for_the_format_of_the_original_alone(served, person, open_page):
    person.add(save(gray_scan(1200, 40).astype(np.uint16) * 257, "TIFF"), name="Oma.tif")
    visitor = open_page(served.place)
    visitor.settle()
    visitor.button("Save").click()
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog.get_by_label("Format").locator("option").first).to_have_text(
        "As the original (TIFF, 16 bit)"
    )
    expect(dialog.locator("small").first).to_contain_text("1,200, with the original's detail")
    expect(dialog.get_by_text("16 bit")).to_have_count(1)


def test_notes_of_an_album_do_not_fill_the_page(visitor, person):
    for name in "abcdef":
        person.add(save(gray_scan(60, 80), "BMP"), name=f"{name}.bmp")
    expect(visitor.page.locator(".strip-item")).to_have_count(7)
    save_album(visitor)
    visitor.see(".job.done", has_text="7 of 7")
    notes = visitor.page.locator(".job .quiet").inner_text()
    assert "a_color.bmp.xmp" in notes
    assert notes.count(".xmp") == 4


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("The color alone", "Oma_layer.png"),
        ("Before and after", "Oma_compare.jpg"),
        ("Map of doubt", "Oma_doubt.png"),
    ],
)
def test_other_files(visitor, tmp_path, kind, name):
    assert save_as(visitor, kind, tmp_path / name) == name
    with Image.open(tmp_path / name) as picture:
        picture.load()


def test_project_is_saved_and_opens_again(visitor, person, photo, tmp_path):
    visitor.mark(0.3, 0.4)
    marks = person.state(photo)["state"]["marks"]
    assert save_as(visitor, "Project", tmp_path / "Oma.tintype") == "Oma.tintype"
    visitor.keyboard.press("Control+z")
    visitor.settle()
    assert person.state(photo)["state"]["marks"] == []
    visitor.drop(("Oma.tintype", (tmp_path / "Oma.tintype").read_bytes()))
    expect(visitor.see(".toast", has_text="opened")).to_contain_text("1 mark")
    (placed,) = person.state(photo)["state"]["marks"]
    assert placed["mark"]["x"] == marks[0]["mark"]["x"]


def test_project_of_a_photograph_that_is_not_here_says_so(visitor):
    project = json.dumps({"source": {"sha256": "0" * 64, "name": "wedding.jpg"}}).encode()
    visitor.drop(("wedding.tintype", project))
    expect(visitor.see(".toast.error")).to_contain_text("wedding.jpg")
    visitor.drop(("letter.tintype", b"Dear Ann"))
    expect(visitor.see(".toast.error", has_text="letter")).to_contain_text("no project file")


def test_change_that_was_just_made_is_in_the_file(visitor, tmp_path):
    visitor.press(0.3, 0.4)
    visitor.see(".suggestion")
    visitor.page.get_by_label("Color as a number").fill("#c02020")
    visitor.page.get_by_label("Color as a number").press("Enter")
    visitor.keyboard.press("Escape")
    save_as(visitor, "The photograph in color", tmp_path / "result.png", format=".png")
    red, _, blue = np.asarray(Image.open(tmp_path / "result.png").convert("RGB"))[120, 120].astype(int)
    assert red > blue + 10


def test_long_job_is_stopped(served, visitor, person):
    with held_back(served.studio, 0.5):
        save_picture(visitor)
        (job,) = served.studio.jobs.list()
        visitor.page.locator(".job.running").get_by_role("button", name="Stop").click()
        expect(visitor.page.locator(".job")).to_have_count(0)
        visitor.until(lambda: person.get("/jobs").json()["jobs"] == [])
        assert job.status == "running"
    visitor.until(lambda: job.status == "stopped")


def test_file_that_was_done_before_the_order_was_answered_is_given_too(visitor, person, tmp_path):
    def answer_late(route):
        if route.request.method != "POST":
            return route.fallback()
        response = route.fetch()
        visitor.until("window.hasHeard")
        return route.fulfill(response=response)

    visitor.page.evaluate(
        """() => {
          window.tintype.live.messages.listen(({ job }) => { window.hasHeard ||= job?.status === "done"; });
        }"""
    )
    visitor.page.route("**/api/v1/jobs", answer_late)
    assert save_as(visitor, "Map of doubt", tmp_path / "doubt.png") == "Oma_doubt.png"
    expect(visitor.page.locator(".job.done")).to_have_count(1)


def test_save_goes_on_when_the_page_is_loaded_anew(served, visitor):
    with held_back(served.studio) as gate:
        save_picture(visitor)
        visitor.page.locator(".topbar [aria-haspopup=menu]").last.click()
        visitor.page.get_by_role("menuitemradio", name="Deutsch").click()
        visitor.see(".save-button", has_text="Speichern")
        visitor.see(".job.running", has_text="Oma.jpg")
        with visitor.page.expect_download() as download:
            gate.set()
    assert download.value.suggested_filename == "Oma_color.jpg"
    visitor.see(".job.done")
    downloads = Downloads(visitor.page)
    visitor.page.reload()
    visitor.settle()
    visitor.see(".job.done", has_text="Oma_color.jpg")
    visitor.button("Herunterladen").click()
    downloads.wait_for(1)
    assert downloads.names == ["Oma_color.jpg"]


def test_what_a_closed_page_was_saving_is_given_by_the_next_one_alone(served, visitor):
    with held_back(served.studio) as gate:
        save_picture(visitor)
        other = Visitor(visitor.page.context.new_page())
        other.page.goto(f"http://{served.place}/")
        other.settle()
        expect(other.page.locator(".job")).to_have_count(0)
        visitor.page.close()
        other.until("navigator.locks.query().then(({ held }) => held.length === 1)")
        other.page.reload()
        other.see(".job.running")
        with other.page.expect_download() as download:
            gate.set()
    assert download.value.suggested_filename == "Oma_color.jpg"


def test_file_that_the_studio_lost_is_said_to_be_lost(served, person, visitor):
    with held_back(served.studio):
        save_picture(visitor)
        visitor.see(".job.running")
        visitor.page.goto("about:blank")
        for job in person.get("/jobs").json()["jobs"]:
            person.ask("DELETE", f"/jobs/{job['id']}")
        visitor.page.goto(f"http://{served.place}/")
        visitor.see(".job.failed", has_text="no longer has this file")


def test_whole_album_is_saved_in_one_line(visitor, person, photo):
    person.add(jpeg(gray_scan(280, 400)), name="other.jpg")
    person.amend(photo, set_mark())
    expect(visitor.page.locator(".strip-item")).to_have_count(2)
    downloads = Downloads(visitor.page)
    save_album(visitor)
    visitor.see(".job.done", has_text="2 of 2")
    expect(visitor.page.locator(".job")).to_have_count(1)
    downloads.wait_for(2)
    assert downloads.names == ["Oma_color.jpg", "other_color.jpg"]


def test_album_may_have_more_photographs_than_jobs_fit(tmp_path, tiny):
    limits = Limits(jobs=2)
    with serving(tmp_path / "data", tiny, limits=limits) as served, browsing(allowed=["429"]) as open_page:
        with served.person() as person:
            for name in "abcde":
                person.add(jpeg(gray_scan(200, 260)), name=f"{name}.jpg")
        visitor = open_page(served.place)
        visitor.settle()
        downloads = Downloads(visitor.page)
        with held_back(served.studio) as gate:
            with visitor.page.expect_response(lambda answer: answer.status == 429):
                save_album(visitor)
            visitor.see(".job.running", has_text="0 of 5")
            visitor.page.reload()
            visitor.see(".job.running", has_text="0 of 5")
            gate.set()
            visitor.see(".job.done", has_text="5 of 5")
        expect(visitor.page.locator(".job")).to_have_count(1)
        downloads.wait_for(5)
        assert downloads.names == [f"{name}_color.jpg" for name in "abcde"]
        visitor.page.locator(".job").get_by_role("button", name="Close").click()
        expect(visitor.page.locator(".tray")).to_be_hidden()


def test_results_that_nobody_fetched_are_offered_where_they_take_all_places(tmp_path, tiny):
    limits = Limits(jobs=2)
    with serving(tmp_path / "data", tiny, limits=limits) as served, browsing(allowed=["429"]) as open_page:
        with served.person() as person:
            photo = person.add()
            for _ in range(2):
                person.save(photo, kind="doubt")
        visitor = open_page(served.place)
        visitor.settle()
        visitor.keyboard.press("Control+s")
        visitor.page.get_by_role("dialog").get_by_role("button", name="Save").click()
        visitor.see(".job.waiting", has_text="nobody has fetched")
        expect(visitor.page.locator(".job.done")).to_have_count(2)
        downloads = Downloads(visitor.page)
        visitor.page.locator(".job.done").first.get_by_role("button", name="Download").click()
        visitor.see(".job.done", has_text="Oma_color.jpg")
        downloads.wait_for(2)
        assert downloads.names == ["Oma_color.jpg", "Oma_doubt.png"]


def test_whole_album_is_stopped_at_once(served, visitor, person):
    for name in "abcdef":
        person.add(jpeg(gray_scan(200, 260)), name=f"{name}.jpg")
    expect(visitor.page.locator(".strip-item")).to_have_count(7)
    with held_back(served.studio):
        save_album(visitor)
        visitor.see(".job.running", has_text="0 of 7")
        visitor.button("Stop all").click()
        expect(visitor.page.locator(".tray")).to_be_hidden()
        visitor.until("!window.tintype.store.now.saves.length")
        visitor.until(lambda: person.get("/jobs").json()["jobs"] == [])


def test_projects_of_an_album_are_saved_and_what_fails_is_named(tmp_path, tiny):
    scan = tmp_path / "gone.jpg"
    scan.write_bytes(jpeg())
    limits = Limits(memory_bytes=1)
    with serving(tmp_path / "data", tiny, limits=limits) as served, browsing(allowed=["404"]) as open_page:
        served.studio.library.open_file(scan)
        visitor = open_page(served.place)
        visitor.settle()
        scan.unlink()
        with served.person() as person:
            person.add(jpeg(gray_scan(200)), name="other.jpg")  # there is room for one open photograph only
        expect(visitor.page.locator(".strip-item")).to_have_count(2)
        downloads = Downloads(visitor.page)
        save_album(visitor, "Project")
        visitor.see(".job.failed", has_text="gone.jpg: the file is gone")
        visitor.see(".job.done", has_text="1 of 2 · 1 failed")
        downloads.wait_for(1)
        assert downloads.names == ["other.tintype"]


@pytest.mark.parametrize("look", [DESK, PHONE, PHONE_ON_ITS_SIDE], ids=["desk", "phone", "side"])
def test_files_lie_over_nothing_that_is_pressed(look, served, photo, open_page):
    visitor = open_page(served.place, **look)
    visitor.settle()
    with held_back(served.studio):
        save_picture(visitor)
        visitor.see(".job.running")
        visitor.frames(4)
        covered = visitor.page.evaluate(
            """() => {
              const lies = document.querySelector(".tray").getBoundingClientRect();
              const isBeside = (it) => it.left < lies.right && it.right > lies.left;
              const isUnder = (it) => isBeside(it) && it.top < lies.bottom && it.bottom > lies.top;
              const pressed = [...document.querySelectorAll("button, [role=tab], .strip-item")];
              return pressed
                .filter((it) => !it.closest(".tray, .panel") && it.checkVisibility())
                .filter((it) => isUnder(it.getBoundingClientRect()))
                .map((it) => it.outerHTML);
            }"""
        )
    assert not covered
