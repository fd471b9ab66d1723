import json

import pytest

from drawing_samples import draw_house
from photo_samples import gray, save


@pytest.fixture
def drawing(folder):
    path = folder / "house.png"
    path.write_bytes(save(draw_house(), "PNG"))
    return path


def test_guess_is_said_aloud(call, drawing, scan):
    out = call("colorize", drawing.name, scan.name).out
    assert "house.png: tinted as the drawing that it looks like (--input photo if it is none)" in out
    assert out.count("tinted") == 1


def test_what_is_said_is_done(call, drawing, scan):
    assert "tinted" not in call("colorize", drawing.name, "--input", "photo").out
    out = call("colorize", scan.name, "--input", "sketch").out
    assert "scan.png: tinted as a drawing: painted paper is as dark as its paint" in out


def test_report_names_the_model_of_each(call, drawing, scan):
    files = json.loads(call("colorize", drawing.name, scan.name, "--json").out)["files"]
    assert {file["source"]: file["status"] for file in files} == {"house.png": "done", "scan.png": "done"}
    assert all(file["model"] for file in files)


def test_unknown_input_is_a_wrong_call(call, scan):
    result = call("colorize", scan.name, "--input", "painting")
    assert result.status == 2
    assert "painting" in result.error


def test_photograph_keeps_its_name_of_a_model(call, folder):
    (folder / "a.png").write_bytes(save(gray(), "PNG"))
    files = json.loads(call("colorize", "a.png", "--model", "tintype-small", "--json").out)["files"]
    assert files[0]["model"] == "tintype-small@99"
