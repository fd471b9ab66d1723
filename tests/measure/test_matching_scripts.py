"""The scripts that measure references, albums and matching run from end to end, on photographs that all have."""

import csv
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from tintype.color.lab import srgb_to_lab
from tintype.guidance import matching

RESULTS = Path(__file__).parents[2] / "results"
NAMES = ("astronaut", "coffee", "chelsea", "rocket")


def picture(name):
    return Image.fromarray(np.ascontiguousarray(getattr(skimage.data, name)()[::2, ::2]))


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "data/eval/objects").mkdir(parents=True)
    (folder / "data/train").mkdir()
    for name in NAMES:
        picture(name).save(folder / "data/eval/objects" / f"{name}.png")
    for shard, names in (("photos-0000", NAMES[:2]), ("photos-0001", NAMES[2:])):
        with tarfile.open(folder / f"data/train/{shard}.tar", "w") as members:
            for name in names:
                add(members, name)
    return folder


def add(members, name):
    content = io.BytesIO()
    picture(name).save(content, "WEBP", quality=90)
    member = tarfile.TarInfo(f"{name}.webp")
    member.size = content.tell()
    content.seek(0)
    members.addfile(member, content)


def run(folder, script, *arguments, data=True):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    environment.pop("TINTYPE_DATA", None)
    if data:
        environment["TINTYPE_DATA"] = str(folder / "data")
    command = [sys.executable, str(RESULTS / script), "--threads", "1", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_references_are_measured(workplace):
    out = workplace / "out"
    done = run(workplace, "reference.py", "--count", "2", "--out", str(out), "--sheets", str(out / "sheets"))
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((out / "reference.csv").read_text().splitlines()))
    required = [row["required"] for row in rows if row["required"]]
    assert required == [">= 2", ">= -0.3"]
    assert all(np.isfinite(float(row["value"])) for row in rows)
    each = list(csv.DictReader((out / "photographs/reference.csv").read_text().splitlines()))
    gains = [float(row["another part of the same photograph, default decoding"]) for row in each]
    assert np.mean(gains) == pytest.approx(float(rows[0]["value"]), abs=1e-4)
    assert (out / "sheets/reference-1.png").exists()


@pytest.mark.slow
def test_matching_is_fitted(workplace):
    out = workplace / "matching.json"
    done = run(workplace, "fit_matching.py", "--count", "4", "--out", str(out))
    assert done.returncode == 0, done.stderr
    record = json.loads(out.read_text())
    assert record["photographs"] == 4
    assert record["evidence"]["spread"] < 0 < record["unknown"]["area_under_curve"]


def test_matching_is_what_was_fitted():
    record = json.loads((RESULTS / "matching.json").read_text())
    assert list(record["evidence"]) == list(matching._EVIDENCE)
    numbers = ("evidence_bias", "place_bias", "place_likeness", "agreement_middle")
    fitted = [*record["evidence"].values(), *(record[name] for name in numbers)]
    used = [*matching._EVIDENCE.values(), *(getattr(matching, f"_{name.upper()}") for name in numbers)]
    assert used == pytest.approx(fitted, abs=0.006)


@pytest.mark.parametrize("script", ["reference.py", "album.py"])
def test_missing_data_is_told(workplace, script):
    done = run(workplace, script, data=False)
    assert done.returncode == 2
    assert "TINTYPE_DATA is not set" in done.stderr


def test_places_of_a_first_picture_are_known_in_its_variants(monkeypatch):
    monkeypatch.syspath_prepend(str(RESULTS))
    import album

    first = np.asarray(picture("astronaut"))
    others = album.variants(first, seed=4)[1:]
    assert [each.kind for each in others] == ["crop", "mirror", "tone", "all three"]
    truth = color_at(first, 110, 150)
    assert np.hypot(*truth) > 15
    for each in others:
        x, y = each.matrix @ (110, 150, 1)
        assert np.hypot(*(color_at(each.true, int(x), int(y)) - truth)) < 5


def color_at(codes, x, y):
    return srgb_to_lab(codes[y - 3 : y + 4, x - 3 : x + 4] / 255)[..., 1:].mean(axis=(0, 1))
