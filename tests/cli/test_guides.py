"""References and albums on the command line."""

import csv
import json

import numpy as np
import pytest
from skimage import data

from photo_samples import color, gray, save

CAMERA = np.ascontiguousarray(data.camera()[::2, ::2])


@pytest.fixture
def reference(folder):
    path = folder / "ref.png"
    path.write_bytes(save(color(), "PNG"))
    return path


@pytest.fixture
def project(folder, call):
    """The project of first.png with two marks, sliders and a palette; the photographs of its album."""
    (folder / "first.png").write_bytes(save(CAMERA, "PNG"))
    marks = [
        {"kind": "point", "x": 120, "y": 60, "radius": 8, "color": "#b03020"},
        {"kind": "point", "x": 20, "y": 20, "radius": 8, "color": "#b03020"},
    ]
    (folder / "hints.json").write_text(json.dumps({"marks": marks}))
    options = ("--hints", "hints.json", "--project", "--warmth", "0.3", "--vividness", "0.2")
    assert call("colorize", "first.png", *options).status == 0
    (folder / "album").mkdir()
    crop, other = CAMERA[30:, 40:], (data.brick()[::2, ::2])
    (folder / "album" / "crop.png").write_bytes(save(np.ascontiguousarray(crop), "PNG"))
    (folder / "album" / "other.png").write_bytes(save(np.ascontiguousarray(other), "PNG"))
    return folder / "first_color.tintype"


def told(call, *arguments):
    """Color, and return what the program tells of each file, by its name."""
    done = call("colorize", *arguments, "--json")
    assert done.status == 0, done.err
    return {row["source"].rpartition("/")[2]: row for row in json.loads(done.out)["files"]}


def test_reference_places_marks_and_tells_of_them(scan, reference, call):
    done = call("colorize", scan, "--reference", reference)
    assert done.status == 0
    assert "ref.png: " in done.out
    assert "by matching, confidence 0." in " ".join(done.out.split())


def test_reference_is_part_of_what_makes_a_result(scan, reference, call):
    assert call("colorize", scan, "--reference", reference).status == 0
    assert "skipped" in call("colorize", scan, "--reference", reference).out
    assert "was not made from scan.png with these settings" in call("colorize", scan).error


def test_region_goes_with_its_reference(scan, reference, call):
    regions = ("--reference-region", "all", "--reference-region", "0,0,64,32")
    done = call("colorize", scan, "--reference", reference, "--reference", reference, *regions)
    assert done.status == 0


@pytest.fixture
def bad_files(folder, reference):
    (folder / "gray.png").write_bytes(save(gray(), "PNG"))
    (folder / "small.png").write_bytes(save(np.full((8, 8), 255, np.uint8), "PNG"))
    (folder / "broken.jpg").write_bytes(b"no picture")
    assert reference.exists()


def test_prompt_names_what_it_did_and_what_it_did_not_understand(scan, call):
    row = told(call, scan, "--prompt", "red, the zork is green", "--project")["scan.png"]
    assert row["notes"] == ['not understood in the prompt: "zork"', "red: colors for the whole picture"]
    palette = json.loads(scan.with_name("scan_color.tintype").read_text())["guidance"]["palette"]
    assert palette["origin"] == "word:red"


def test_what_the_encoder_sees_is_told(scan, call, folder):
    assert told(call, scan, "--report", "report.csv")["scan.png"]["sees"] == []
    with (folder / "report.csv").open(newline="", encoding="utf-8") as file:
        assert [row["sees"] for row in csv.DictReader(file)] == [""]


@pytest.mark.usefixtures("bad_files")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--reference", "gray.png"), "gray.png: it is gray; give a reference in color"),
        (
            ("--reference", "ref.png", "--reference-region", "small.png"),
            "small.png: the mask is 8 x 8 pixels and ref.png is 64 x 64; give one of the same size",
        ),
        (
            ("--reference-region", "1,1,5,5"),
            "there are more regions than references (1 and 0); give each --reference-region after its --reference",
        ),
        (("--like", "hints.json"), "hints.json: this is no project (.tintype); write one with --project"),
        (("--like", "none.tintype"), "none.tintype: "),
        (("--prompt", ""), "the prompt is empty; write what has which color in English"),
        (("--prompt", "eine rote Katze"), "the prompt 'eine rote Katze' is not understood; write what"),
        (
            ("--prompt", "le chat est rouge"),
            'most of the prompt is not understood: "le chat est"; write what',
        ),
        (("--segmenter", "clipseg"), "--segmenter finds what a prompt speaks of; give --prompt too"),
    ],
)
def test_what_can_not_guide_is_one_line(scan, folder, call, options, message):
    done = call("colorize", scan, *options)
    assert done.status == 2
    assert done.error.startswith(message)
    assert not (folder / "scan_color.png").exists()


@pytest.mark.usefixtures("bad_files")
@pytest.mark.parametrize("name", ["none.jpg", "broken.jpg"])
@pytest.mark.parametrize("options", [("--reference", "ref.png", "--reference"), ("--scribble",)])
def test_guide_that_can_not_be_read_is_one_line(scan, folder, call, options, name):
    done = call("colorize", scan, *options, name)
    assert done.status == 2
    assert done.error.startswith(f"{name}: ")
    assert not (folder / "scan_color.png").exists()


def test_marks_are_carried_through_an_album(project, call, folder):
    rows = told(call, "album", "--like", project, "-o", "out", "--report", "report.csv")
    (mark,) = rows["crop.png"]["marks"]
    assert (mark["x"], mark["y"]) == pytest.approx((80, 30), abs=1)
    assert (mark["confidence"], mark["origin"]) == (0.95, "match:first.png")
    assert rows["crop.png"]["notes"] == [
        "first.png: 1 of 2 marks carried by place, confidence 0.95; outside of this photograph: mark 2"
    ]
    with (folder / "report.csv").open(newline="", encoding="utf-8") as file:
        report = {row["source"]: row for row in csv.DictReader(file)}
    assert report["album/crop.png"]["marks"] == "1"
    assert report["album/crop.png"]["confidence"] == "0.95"


def test_sliders_and_vividness_of_the_project_hold_for_the_album(project, call):
    like = told(call, "album/crop.png", "--like", project, "-o", "a.png")
    stated = told(
        call, "album/crop.png", "--like", project, "--vividness", "0.2", "--warmth", "0.3", "-o", "b.png"
    )
    other = told(call, "album/crop.png", "--like", project, "--vividness", "0.9", "-o", "c.png")
    assert like["crop.png"]["digest"] == stated["crop.png"]["digest"] != other["crop.png"]["digest"]


def test_photograph_of_the_project_keeps_its_own_marks(project, call):
    (row,) = told(call, "first.png", "--like", project, "-o", "again.png").values()
    assert len(row["marks"]) == 2
    assert row["notes"] == ["first.png: this is the photograph that its marks were made for"]


def test_photograph_of_the_project_is_found_among_those_that_are_colored(project, call, folder):
    (folder / "first.png").rename(folder / "album" / "renamed.png")
    rows = told(call, "album", "--like", project, "-o", "out")
    assert rows["crop.png"]["marks"][0]["origin"] == "match:renamed.png"


def test_photograph_of_the_project_that_is_gone_is_named(project, call, folder):
    (folder / "first.png").write_bytes(save(gray(), "PNG"))  # another photograph of that name
    done = call("colorize", "album", "--like", project, "-o", "out")
    assert done.status == 2
    assert done.error.startswith(f"{project}: first.png: the photograph of this project (SHA-256 ")
    assert not (folder / "out").exists()


def test_two_projects_are_a_wrong_call(project, call):
    done = call("colorize", "first.png", "--hints", project, "--like", project)
    assert done.status == 2
    assert done.error.startswith("--hints with a project renders its own photograph")
