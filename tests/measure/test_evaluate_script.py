"""The scripts of results/ run from end to end, on two small photographs and a model made by hand."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from tiny_model import write_tiny_model

SCRIPT = Path(__file__).parents[2] / "results" / "evaluate.py"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workplace")
    objects, historic = folder / "data/eval/objects", folder / "data/eval/historic"
    for path, names in ((objects, ("astronaut", "coffee")), (historic, ("camera",))):
        path.mkdir(parents=True)
        for name in names:
            pixels = np.ascontiguousarray(getattr(skimage.data, name)()[::4, ::4])
            Image.fromarray(pixels).save(path / f"{name}.png")
    write_tiny_model(folder / "tiny.onnx")
    return folder


def evaluate(folder, *arguments, data=True):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    environment.pop("TINTYPE_DATA", None)
    if data:
        environment["TINTYPE_DATA"] = str(folder / "data")
    options = ["--model", str(folder / "tiny.onnx"), "--out", str(folder / "out"), "--threads", "1"]
    command = [sys.executable, str(SCRIPT), *arguments, *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_every_table_is_written(workplace):
    done = evaluate(workplace)
    assert done.returncode == 0, done.stderr
    paths = (workplace / "out").glob("*.csv")
    tables = {path.stem: list(csv.DictReader(path.read_text().splitlines())) for path in paths}
    assert set(tables) == {"automatic", "hints", "samples", "robustness", "promises"}
    for name, rows in tables.items():
        assert all(row["n"] == ("3" if name == "promises" else "2") for row in rows)
        assert all(np.isfinite(float(row["value"])) for row in rows)
        assert all(re.match(r"python (results/)?evaluate\.py --model", row["command"]) for row in rows)
        assert str(workplace) not in str(rows)
    for name in tables:
        with (workplace / "out/photographs" / f"{name}.csv").open(newline="") as file:
            each = list(csv.DictReader(file))
        assert [row["photograph"] for row in each][:2] == ["astronaut.png", "coffee.png"]
        assert all(
            np.isfinite(float(value)) for row in each for key, value in row.items() if key[0] != "p" and value
        )
    by_name = {row["figure"]: float(row["value"]) for row in tables["automatic"]}
    with (workplace / "out/photographs/automatic.csv").open(newline="") as file:
        values = [float(row["default: delta_e"]) for row in csv.DictReader(file)]
    assert by_name["default: Delta E 2000"] == pytest.approx(np.mean(values), rel=1e-4)
    kept = {row["figure"]: float(row["value"]) for row in tables["promises"]}
    assert max(value for figure, value in kept.items() if "8 bits: largest" in figure) <= 0.27
    assert max(value for figure, value in kept.items() if "16 bits: largest" in figure) <= 0.0011
    assert all(value == 0 for figure, value in kept.items() if "changed, of" in figure)


def test_unknown_table_is_named(workplace):
    done = evaluate(workplace, "colors")
    assert done.returncode == 2
    assert "there is no table 'colors'" in done.stderr


def test_missing_data_are_named(workplace):
    done = evaluate(workplace, data=False)
    assert done.returncode == 2
    assert "TINTYPE_DATA is not set" in done.stderr
