import json

import pytest

from photo_samples import gray, save
from tintype.colorize.project import read_project

HINTS = {
    "marks": [
        {"kind": "point", "x": 20, "y": 20, "radius": 6, "color": "#aa2211"},
        {"kind": "grown", "x": 40, "y": 30, "color": "neutral", "confidence": 0.6},
        {"kind": "lasso", "points": [[5, 5], [30, 5], [18, 25]], "palette": [{"color": "#336633"}]},
    ],
    "palette": {"colors": [{"color": "#c9a15a"}], "strength": 0.4},
}


@pytest.fixture
def hints(folder):
    path = folder / "hints.json"
    path.write_text(json.dumps(HINTS))
    return path


def encode(folder, kind):
    path = folder / f"scan.{kind}"
    path.write_bytes(save(gray(), {"png": "PNG", "tif": "TIFF", "jpg": "JPEG"}[kind]))
    return path


@pytest.mark.parametrize("kind", ["png", "tif", "jpg"])
def test_project_renders_its_photograph_to_the_same_bytes(call, folder, hints, kind):
    scan = encode(folder, kind)
    choices = ["--hints", hints, "--vividness", "0.8", "--warmth", "0.4", "--sky", "-0.5"]
    first = call("colorize", scan, "-o", f"out/first.{kind}", *choices, "--project")
    assert first.status == 0, first.err
    assert "out/first.tintype" in first.out
    again = call("colorize", scan, "-o", f"out/again.{kind}", "--hints", "out/first.tintype")
    assert again.status == 0, again.err
    assert (folder / f"out/again.{kind}").read_bytes() == (folder / f"out/first.{kind}").read_bytes()


def test_project_of_the_best_of_several_renders_it_again(call, folder):
    scan = encode(folder, "png")
    assert call("colorize", scan, "-o", "first.png", "--best-of", "7", "--seed", "3", "--project").status == 0
    assert call("colorize", scan, "-o", "again.png", "--hints", "first.tintype").status == 0
    assert (folder / "again.png").read_bytes() == (folder / "first.png").read_bytes()


def test_project_lies_beside_its_result(call, folder, hints):
    encode(folder, "png")
    assert call("colorize", "scan.png", "--hints", hints, "--project").status == 0
    project = read_project("scan_color.tintype")
    assert project.source.name == "scan.png"
    assert len(project.settings.guidance.marks) == 3
    assert b"\x89PNG" not in (folder / "scan_color.tintype").read_bytes()


def test_same_call_again_is_skipped(call, folder, hints):
    encode(folder, "png")
    for status in ("done", "skipped"):
        result = call("colorize", "scan.png", "--hints", hints, "--project")
        assert result.status == 0
        assert result.out.startswith(status)
    by_project = call("colorize", "scan.png", "--hints", "scan_color.tintype")
    assert by_project.out.startswith("skipped")


def test_option_overrules_the_project(call, folder):
    scan = encode(folder, "png")
    call("colorize", scan, "-o", "first.png", "--warmth", "-1", "--skin", "0.5", "--project")
    assert (
        call("colorize", scan, "-o", "b.png", "--hints", "first.tintype", "--warmth", "1", "--project").status
        == 0
    )
    first, second = read_project("first.tintype").settings, read_project("b.tintype").settings
    assert (first.adjustment.warmth, second.adjustment.warmth) == (-1, 1)
    assert second.adjustment.skin == 0.5
    assert (folder / "first.png").read_bytes() != (folder / "b.png").read_bytes()


def test_palette_is_merged_with_the_project(call, folder, hints):
    scan = encode(folder, "png")
    call("colorize", scan, "-o", "first.png", "--hints", hints, "--project")
    (folder / "blue.json").write_text('["#2233aa"]')
    more = call(
        "colorize", scan, "-o", "b.png", "--hints", "first.tintype", "--palette", "blue.json", "--project"
    )
    assert more.status == 0
    guidance = read_project("b.tintype").settings.guidance
    assert len(guidance.marks) == 3
    assert len(guidance.palette.colors) == 1
    assert guidance.palette.strength == 1


def test_project_of_another_photograph_fails_that_one_in_one_line(call, folder):
    scan = encode(folder, "png")
    call("colorize", scan, "-o", "first.png", "--project")
    other = folder / "other.png"
    other.write_bytes(save(gray()[::-1], "PNG"))
    result = call("colorize", other, "--hints", "first.tintype")
    assert result.status == 1
    assert "first.tintype: it belongs to scan.png" in result.error
    assert "--like" in result.error
    assert not (folder / "other_color.png").exists()


def test_project_of_another_model_is_a_wrong_call_unless_a_model_is_named(call, folder):
    scan = encode(folder, "png")
    call("colorize", scan, "-o", "first.png", "--project")
    document = json.loads((folder / "first.tintype").read_text())
    document["model"]["fingerprint"] = "0" * 64
    (folder / "old.tintype").write_text(json.dumps(document))
    refused = call("colorize", scan, "-o", "b.png", "--hints", "old.tintype")
    assert refused.status == 2
    assert "old.tintype: it was made with tintype-small@99" in refused.error
    named = call("colorize", scan, "-o", "b.png", "--hints", "old.tintype", "--model", "tintype-small")
    assert named.status == 0
    assert (folder / "b.png").read_bytes() == (folder / "first.png").read_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"version": 2}, "a newer file needs a newer Tintype"), ({"extra": 1}, "'extra' is unknown")],
)
def test_bad_project_is_a_wrong_call(call, folder, change, words):
    scan = encode(folder, "png")
    call("colorize", scan, "-o", "first.png", "--project")
    document = json.loads((folder / "first.tintype").read_text())
    (folder / "bad.tintype").write_text(json.dumps(document | change))
    result = call("colorize", scan, "-o", "b.png", "--hints", "bad.tintype")
    assert result.status == 2
    assert result.error.startswith("bad.tintype: ")
    assert words in result.error


def test_sliders_change_the_colors(call, folder):
    scan = encode(folder, "png")
    call("colorize", scan, "-o", "plain.png")
    assert call("colorize", scan, "-o", "warm.png", "--warmth", "1").status == 0
    assert (folder / "plain.png").read_bytes() != (folder / "warm.png").read_bytes()
    refused = call("colorize", scan, "-o", "b.png", "--warmth", "1.5")
    assert refused.status == 2
    assert "warmth" in refused.err


def test_mask_of_another_size_fails_its_photograph_in_one_line(call, folder):
    scan = encode(folder, "png")
    (folder / "mask.png").write_bytes(save(gray()[:10, :10], "PNG"))
    (folder / "hints.json").write_text(
        '{"marks": [{"kind": "mask", "file": "mask.png", "color": "#aa2211"}]}'
    )
    result = call("colorize", scan, "--hints", "hints.json")
    assert result.status == 1
    assert "marks[0]: the mask is of 10 x 10 pixels, the photograph has" in result.error


def test_mark_that_two_others_contradict_is_told(call, folder):
    scan = encode(folder, "png")
    marks = [
        {"kind": "point", "x": 10, "y": 10, "radius": 8, "color": color}
        for color in ("#2233aa", "#aa2211", "#2233aa")
    ]
    (folder / "hints.json").write_text(json.dumps({"marks": marks}))
    result = call("colorize", scan, "--hints", "hints.json")
    assert result.status == 0
    assert "hints.json: marks[1] is contradicted by marks[0] and marks[2]" in " ".join(result.out.split())
