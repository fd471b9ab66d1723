"""Every kind of bad input of the specification: one line, the right status, nothing partial, the others done."""

import json
import resource
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photo_samples import gray, save, save_tiff
from tintype.photos.read import read_photo
from tiny_model import write_tiny_model


def bomb_png():
    """A PNG of 150 bytes that declares 60,000 x 60,000 pixels."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def cut(content):
    return content[: len(content) // 2]


BAD = {
    "truncated.jpg": cut(save(gray(step=2), "JPEG")),
    "empty.png": b"",
    "text.png": b"Dear grandmother,\n",
    "bomb.png": bomb_png(),
    "second.tif": save_tiff(gray(step=2), gray(step=2), compression="zlib")[:-2000],
    "profile.png": save(gray(), "PNG", icc_profile=b"this is no profile" * 20),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_photograph_fails_alone(call, scan, name):
    Path(name).write_bytes(BAD[name])
    done = call("colorize", name, "scan.png", "-o", "out", "--threads", 1)
    assert done.status == 1
    assert done.error.startswith(name)
    assert ";" in done.error  # what happened; what to do
    assert [path.name for path in Path("out").iterdir()] == ["scan.png"]


def test_remedy_for_a_broken_profile_works(call):
    Path("profile.png").write_bytes(BAD["profile.png"])
    assert "--ignore-profile" in call("colorize", "profile.png").error
    assert call("colorize", "profile.png", "--ignore-profile").status == 0


def test_remedy_for_a_large_photograph_works(call, scan):
    refused = call("colorize", scan.name, "--max-megapixels", "0.001")
    assert "--max-megapixels 1" in refused.error
    assert call("colorize", scan.name, "--max-megapixels", "1").status == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("[]", "give an object"),
        ('{"marks": [], "colour": 1}', "the key 'colour' is unknown"),
        ('{"marks": [{"kind": "point", "x": 1, "y": 1, "color": "#12"}]}', "marks[0]: color is '#12'"),
        ('{"version": 99}', "version is 99"),
        ('{"marks": [{"kind": "point", "x": 1, "y": 1}]}', "neither a color nor a palette"),
    ],
)
def test_bad_hints_file_is_a_wrong_call(call, scan, text, words):
    Path("hints.json").write_text(text)
    refused = call("colorize", scan.name, "--hints", "hints.json")
    assert refused.status == 2
    assert refused.error.startswith("hints.json: ")
    assert words in refused.error
    assert not Path("scan_color.png").exists()


def test_point_outside_fails_its_photograph_only(call, scan):
    Path("large.png").write_bytes(save(gray(step=2), "PNG"))
    mark = {"kind": "point", "x": 200, "y": 100, "color": "#ff0000"}
    Path("hints.json").write_text(json.dumps({"marks": [mark]}))
    done = call("colorize", "scan.png", "large.png", "-o", "out", "--hints", "hints.json")
    assert done.status == 1
    assert "scan.png: hints.json: marks[0]: (200, 100) is outside of the photograph of 64 x 64" in done.error
    assert [path.name for path in Path("out").iterdir()] == ["large.png"]


def test_file_that_is_no_model_is_named(call, scan):
    Path("model.onnx").write_text("no model")
    refused = call("colorize", scan.name, "--model", "model.onnx")
    assert refused.status == 1
    assert refused.error.startswith("model.onnx")
    assert not Path("scan_color.png").exists()


def test_model_that_breaks_the_contract_is_named(call, scan):
    write_tiny_model(Path("model.onnx"), drop_output="features")
    refused = call("colorize", scan.name, "--model", "./model.onnx")
    assert refused.status == 1
    assert "features" in refused.error
    assert not Path("scan_color.png").exists()


def test_folder_that_cannot_be_written_fails_each_file(call, scan):
    Path("file").write_bytes(b"")
    failed = call("colorize", scan.name, "-o", "file/out")
    assert failed.status == 1
    assert "file/out/scan.png" in failed.error


def test_unreadable_folder_is_named_and_the_rest_is_done(call, scan, monkeypatch):
    import os

    Path("album/secret").mkdir(parents=True)
    Path("album/a.png").write_bytes(save(gray(), "PNG"))
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    done = call("colorize", "album", "-o", "out")
    assert done.status == 1
    assert "album/secret: Permission denied" in done.error
    assert Path("out/a.png").exists()


def test_full_disk_is_one_line_and_leaves_nothing(process):
    noise = np.random.default_rng(0).integers(0, 256, (400, 400)).astype(np.uint8)
    Path("large.png").write_bytes(save(noise, "PNG"))
    Path("small.png").write_bytes(save(gray(), "PNG"))

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = process("colorize", "large.png", "small.png", "-o", "out", preexec_fn=limit)
    assert done.status == 1
    assert "out/large.png: can't be written" in done.error
    assert [path.name for path in Path("out").iterdir()] == ["small.png"]


def test_stdout_that_is_full_is_one_line(process, scan):
    with Path("/dev/full").open("w") as full:
        import os
        import subprocess
        import sys

        command = [sys.executable, "-m", "tintype", "colorize", "scan.png", "-o", "-"]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=os.environ
        )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("tintype: ")
    assert "No space left" in line


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_subnormal=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["marks", "version", "palette", "kind", "x", "y", "color", "radius", "point", "runs"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
point = {"kind": "point", "x": 10, "y": 10, "radius": 3, "color": "#aabbcc", "confidence": 0.5}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from([*point, "palette", "origin", "version", "marks"]), value=json_values)
def test_any_hints_file_is_obeyed_or_refused_in_one_line(call, scan, key, value):
    document = {"marks": [point | {key: value}]} if key in point else {"marks": [point], key: value}
    Path("hints.json").write_text(json.dumps(document))
    done = call("colorize", scan.name, "-o", "out.png", "--hints", "hints.json", "--force", "--threads", 1)
    if done.status:
        assert done.status in (1, 2)
        assert "hints.json" in done.error
        assert "fault of Tintype" not in done.error
    else:
        assert done.err == ""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), at=st.integers(0, 300))
def test_any_bytes_are_refused_in_one_line_or_colored(call, folder, data, at):
    content = bytearray(save(gray(), "PNG"))
    content[at : at + len(data)] = data
    Path("in.png").write_bytes(bytes(content))
    Path("out.png").unlink(missing_ok=True)
    done = call("colorize", "in.png", "-o", "out.png", "--threads", 1)
    if done.status:
        assert "in.png" in done.error
        assert "fault of Tintype" not in done.error
        assert not Path("out.png").exists()
    elif Path("out.png").exists():
        assert read_photo("out.png").width
