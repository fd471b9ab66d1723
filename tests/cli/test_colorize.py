import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tintype
from photo_samples import color, gray, save, save_tiff
from tintype.cli.complaint import STDIO
from tintype.photos.metadata import read_mark
from tintype.photos.read import read_photo


def files():
    return sorted(path.as_posix() for path in Path().rglob("*") if path.is_file())


def write_hints(path="hints.json", **document):
    Path(path).write_text(json.dumps({"version": 1, **document}))
    return path


def test_result_lies_beside_the_scan(call, scan):
    done = call("colorize", scan.name, "--threads", 1)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("done: scan.png -> scan_color.png (")
    assert files() == ["scan.png", "scan_color.png"]
    assert read_mark("scan_color.png").model == "tintype-small@99"
    again = call("colorize", scan.name)
    assert again.status == 0
    assert again.out == "skipped: scan.png: scan_color.png is there already, with the same settings\n"


def test_sixteen_bits_stay(call):
    Path("scan.tif").write_bytes(save_tiff(gray(16)))
    assert call("colorize", "scan.tif").status == 0
    assert read_photo("scan_color.tif").bit_depth == 16


def test_batch_ends_with_a_summary(call, scan):
    Path("color.png").write_bytes(save(color(step=2), "PNG"))
    Path("text.png").write_text("text")
    done = call("colorize", ".", "-o", "out")
    assert done.status == 1
    assert "text.png" in done.error
    lines = done.out.splitlines()
    assert lines[0].startswith("left alone: color.png: it is in color already")
    assert lines[1].startswith("done: scan.png -> out/scan.png")
    assert lines[2].startswith("1 colored, 1 left alone (in color already), 1 failed; ")
    again = call("colorize", ".", "-o", "out")
    assert "1 skipped (done before)" in again.out


def test_what_is_in_color_is_no_failure(call):
    Path("color.png").write_bytes(save(color(step=2), "PNG"))
    assert call("colorize", "color.png").status == 0
    assert files() == ["color.png"]
    assert call("colorize", "color.png", "--recolor").status == 0
    assert Path("color_color.png").exists()


def test_json_is_all_that_is_printed(call, scan):
    Path("text.png").write_text("text")
    done = call("colorize", "scan.png", "text.png", "-o", "out", "--json")
    document = json.loads(done.out)
    assert done.status == 1
    assert document["tintype"] == tintype.__version__
    assert document["model"] == "tintype-small@99"
    assert document["summary"] == {"done": 1, "planned": 0, "skipped": 0, "left alone": 0, "failed": 1}
    first, second = document["files"]
    assert (first["source"], first["output"], first["width"]) == ("scan.png", "out/scan.png", 64)
    assert "text.png" in second["reason"]


def test_quiet_prints_errors_only(call, scan):
    Path("text.png").write_text("text")
    done = call("colorize", "scan.png", "text.png", "-o", "out", "-q")
    assert done.out == ""
    assert "text.png" in done.error


def test_report_has_a_row_for_each_photograph(call, scan):
    Path("text.png").write_text("text")
    call("colorize", ".", "-o", "out", "--report", "report.csv")
    with Path("report.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [(row["source"], row["status"]) for row in rows] == [("scan.png", "done"), ("text.png", "failed")]
    assert rows[0]["digest"] == read_mark("out/scan.png").result_digest
    call("colorize", ".", "-o", "out", "--report", "report.csv")
    assert "skipped" in Path("report.csv").read_text()


def test_report_never_replaces_something_else(call, scan):
    refused = call("colorize", "scan.png", "--report", "scan.png")
    assert "scan.png: this is no report of ours" in refused.error
    assert files() == ["scan.png"]


def test_dry_run_says_what_would_be_done(call, scan):
    done = call("colorize", "scan.png", "--dry-run", "--compare", "--report", "r.csv")
    assert done.status == 0
    assert done.out == "planned: scan.png -> scan_color.png, scan_color_compare.jpg\n"
    assert files() == ["scan.png"]


def test_everything_that_can_be_written(call, scan):
    done = call("colorize", scan.name, "--samples", 2, "--seed", 7, "--layer", "--doubt", "--compare")
    assert done.status == 0
    names = ["", "_compare", "_doubt", "_layer", "_sample1", "_sample2"]
    suffixes = {"_compare": ".jpg"}
    expected = [f"scan_color{name}{suffixes.get(name, '.png')}" for name in names]
    assert [name for name in files() if name.startswith("scan_")] == sorted(expected)
    assert call("colorize", ".").out.startswith("skipped: scan.png")


def test_options_reach_the_colors(call, scan, models):
    colorizer = tintype.Colorizer(models / "tintype-small.onnx")
    hints = write_hints(marks=[{"kind": "point", "x": 30, "y": 30, "radius": 8, "color": "#ff0000"}])
    calls = {
        "vividness": (["--vividness", 1], {"vividness": 1.0}),
        "fast": (["--quality", "fast"], {"quality": "fast"}),
        "best": (["--quality", "best"], {"quality": "best"}),
        "size": (["--model-size", 96], {"sizes": 96}),
        "sizes": (["--size", 96, "--size", 128, "--mirrored"], {"sizes": (96, 128), "mirrored": True}),
        "hints": (["--hints", hints], {"guidance": tintype.read_guidance(hints)}),
    }
    for name, (options, arguments) in calls.items():
        output = f"{name}.png"
        assert call("colorize", scan.name, "-o", output, *options).status == 0
        expected = colorizer.colorize(scan, **arguments)
        assert read_mark(output).result_digest == expected.digest
        np.testing.assert_array_equal(np.asarray(Image.open(output)), expected.picture().to_array())


def test_palette_is_taken_from_a_photograph(call, scan):
    Path("astronaut.png").write_bytes(save(color(step=2), "PNG"))
    assert call("colorize", scan.name, "-o", "p.png", "--palette", "astronaut.png").status == 0
    hints = write_hints(marks=[], palette={"colors": [{"color": "#ff0000"}]})
    assert call("colorize", scan.name, "-o", "h.png", "--hints", hints).status == 0
    assert len({read_mark(name).guidance_digest for name in ("p.png", "h.png")}) == 2


def test_no_mark_writes_none(call, scan):
    assert call("colorize", scan.name, "--no-mark").status == 0
    assert read_mark("scan_color.png") is None
    assert call("colorize", scan.name, "--no-mark").out.startswith("skipped")


def test_force_replaces_what_is_in_the_way(call, scan):
    Path("scan_color.png").write_bytes(b"precious")
    refused = call("colorize", scan.name)
    assert refused.status == 1
    assert "scan_color.png: this was not made from scan.png with these settings; move it" in refused.error
    assert Path("scan_color.png").read_bytes() == b"precious"
    assert call("colorize", scan.name, "--force").status == 0
    assert read_mark("scan_color.png")


def test_photograph_goes_from_stdin_to_stdout(pipe):
    content = save(gray(), "PNG")
    for arguments in (["-"], ["-", "-o", "-"]):
        status, out = pipe("colorize", *arguments, data=content)
        assert status == 0
        assert out.startswith(b"\x89PNG")
    Path("plain.png").write_bytes(out)
    assert read_photo("plain.png").width == 64
    assert files() == ["plain.png"]


def test_stdout_takes_the_format_of_the_source(pipe):
    for kind, signature in (("JPEG", b"\xff\xd8"), ("GIF", b"\x89PNG"), ("TIFF", b"II")):
        status, out = pipe("colorize", "-", data=save(gray(), kind))
        assert (status, out[: len(signature)]) == (0, signature)


def test_stdin_can_have_a_named_result(pipe, call):
    status, out = pipe("colorize", "-", "-o", "named.tif", "--compare", data=save(gray(), "PNG"))
    assert status == 0
    assert out.decode().startswith("done: - -> named.tif, named_compare.jpg")
    assert files() == ["named.tif", "named_compare.jpg"]


def test_file_can_go_to_stdout(pipe, scan):
    status, out = pipe("colorize", scan.name, "-o", "-")
    assert (status, out[:4]) == (0, b"\x89PNG")
    assert files() == ["scan.png"]


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "empty"), (b"text", "not a picture"), (save(color(step=2), "PNG"), "--recolor")]
)
def test_bad_stdin_is_one_line_and_no_output(pipe, capfd, data, words):
    status, out = pipe("colorize", "-", data=data)
    assert (status, out) == (1, b"")
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("tintype: stdin: ")
    assert words in line
    assert "/tmp" not in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-", "scan.png"], "carry one photograph"),
        (["scan.png", "scan.png", "-o", "-"], "carry one photograph"),
        ([".", "-o", "-"], "carry one photograph"),
        (["-", "-o", "."], ".: this is a folder"),
        (["-", "--layer"], "stdout carries the result alone"),
        (["-", "--json"], "can't carry both"),
        (["empty"], "there are no photographs in empty"),
        (["scan.png", "-o", "scan.png"], "would replace a source"),
        (["scan.png", "--quality", "superb"], "superb"),
        (["scan.png", "--vividness", "2"], "--vividness"),
        (["scan.png", "--vividness", "lots"], "--vividness"),
        (["scan.png", "--samples", "-1"], "--samples"),
        (["scan.png", "--threads", "0"], "--threads"),
        (["scan.png", "--max-megapixels", "0"], "--max-megapixels"),
        (["scan.png", "--model-size", "7"], "size is 7; give one from 32 to 512"),
        (["scan.png", "--model-size", "64", "--model-size", "64"], "each once"),
        (["scan.png", "--model", "no-such-model"], "there is no model 'no-such-model'"),
        (["scan.png", "--model", "no/such.onnx"], "no/such.onnx"),
        (["scan.png", "--hints", "no-such.json"], "no-such.json: No such file"),
        (
            ["scan.png", "--palette", "autocrome"],
            "autocrome: there is no such palette; did you mean autochrome?",
        ),
        (["scan.png", "--colour"], "Unknown option: --colour"),
        (["scan.png", "-o"], "-o"),
        ([], "photos"),
    ],
)
def test_wrong_call_is_one_line_and_status_2(call, scan, arguments, words):
    Path("empty").mkdir()
    refused = call("colorize", *arguments)
    assert refused.status == 2
    assert words in refused.error
    assert STDIO not in refused.error
    assert refused.out == ""
    assert files() == ["scan.png"]


def test_colliding_results_are_found_before_the_first_is_written(call, scan):
    Path("scan.gif").write_bytes(save(gray(), "GIF"))
    refused = call("colorize", ".", "-o", "out")
    assert refused.status == 2
    assert "scan.gif and scan.png would both become out/scan.png" in refused.error
    assert not Path("out").exists()


def test_name_that_is_no_text_is_colored_and_reported(process):
    Path("in").mkdir()
    for name in (b"\xff\xfe.png", b"bad\xff.png"):
        content = save(gray(), "PNG") if name.startswith(b"\xff") else b"text"
        Path("in", os.fsdecode(name)).write_bytes(content)
    for option in ("--quiet", "--json", "--dry-run"):
        done = process("colorize", "in", "-o", f"out{option}", option, "--report", "r.csv")
        assert done.status == (0 if option == "--dry-run" else 1)
        assert done.err == "" or "bad" in done.error
    assert Path("out--json", os.fsdecode(b"\xff\xfe.png")).exists()
    assert "failed" in Path("r.csv").read_text()


def test_file_with_an_odd_name_is_colored(call):
    for name in ("-", "-x.png", "[bold]x.png", "Großmutter 1910 %s {0}.png", "a\tb.png"):
        Path("in").mkdir(exist_ok=True)
        Path("in", name).write_bytes(save(gray(), "PNG"))
    done = call("colorize", "in", "./in/-", "-o", "out")
    assert (done.status, done.err) == (0, "")
    assert len([*Path("out").iterdir()]) == 5
    assert "out/[bold]x.png" in done.out
