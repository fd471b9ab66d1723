"""Saving: files at full size, projects, stopping."""

import json
import time

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from studio_samples import gray_scan, jpeg, set_mark
from tintype.photos.metadata import read_mark


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


def test_long_job_is_stopped(served, person, open_page):
    person.add(jpeg(gray_scan(3000, 4000)), name="large.jpg")
    visitor = open_page(served.place)
    visitor.settle()
    visitor.keyboard.press("Control+s")
    visitor.page.get_by_role("dialog").get_by_label("Format").select_option(".png")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    visitor.page.locator(".job").get_by_role("button", name="Stop").click()
    expect(visitor.page.locator(".job")).to_have_count(0)
    assert all(it["status"] != "done" for it in person.get("/jobs").json()["jobs"])


def test_file_that_was_done_before_the_order_was_answered_is_given_too(visitor, person, tmp_path):
    def answer_late(route):
        if route.request.method != "POST":
            return route.fallback()
        response = route.fetch()
        while any(it["status"] != "done" for it in person.get("/jobs").json()["jobs"]):
            time.sleep(0.02)
        time.sleep(0.2)  # until the page has heard so
        return route.fulfill(response=response)

    visitor.page.route("**/api/v1/jobs", answer_late)
    assert save_as(visitor, "Map of doubt", tmp_path / "doubt.png") == "Oma_doubt.png"
    expect(visitor.page.locator(".job.done")).to_have_count(1)


def test_whole_album_is_saved(visitor, person, photo, tmp_path):
    person.add(jpeg(gray_scan(280, 400)), name="other.jpg")
    person.amend(photo, set_mark())
    expect(visitor.page.locator(".strip-item")).to_have_count(2)
    names = []
    visitor.page.on("download", lambda download: names.append(download.suggested_filename))
    visitor.keyboard.press("Control+s")
    visitor.page.get_by_label("For the whole album").check()
    visitor.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(visitor.page.locator(".job.done")).to_have_count(2)
    visitor.page.wait_for_timeout(300)
    assert sorted(names) == ["Oma_color.jpg", "other_color.jpg"]
