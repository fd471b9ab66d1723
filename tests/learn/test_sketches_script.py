"""The script that judges drawings runs from end to end, on two small photographs and a model made by hand."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from tintype.learn.data.drawings import STYLES
from tintype.measure.auc import ErrorTable
from tiny_model import write_tiny_model

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture(scope="module")
def sketches():
    sys.path.insert(0, str(RESULTS))
    try:
        import sketches
    finally:
        sys.path.remove(str(RESULTS))
    return sketches


@pytest.mark.slow
def test_table_and_sheet_are_written(tmp_path):
    objects = tmp_path / "data/eval/objects"
    objects.mkdir(parents=True)
    for name in ("astronaut", "coffee"):
        pixels = np.ascontiguousarray(getattr(skimage.data, name)()[::4, ::4])
        Image.fromarray(pixels).save(objects / f"{name}.png")
    write_tiny_model(tmp_path / "tiny.onnx")
    command = [
        sys.executable,
        str(RESULTS / "sketches.py"),
        "--model",
        "tiny.onnx",
        "--beside",
        "--threads",
        "1",
    ]
    command += ["--out", str(tmp_path), "--sheet", str(tmp_path / "ten.jpg")]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TINTYPE_DATA": str(tmp_path / "data")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "sketches.csv").read_text().splitlines()))
    assert len(rows) == 2 + 2 + len(STYLES) + 1
    assert all(np.isfinite(float(row["value"])) for row in rows)
    assert [row["required"] != "" for row in rows].count(True) == 1
    with Image.open(tmp_path / "ten.jpg") as sheet:
        assert sheet.width > 4 * 128


def test_best_tint_is_better_than_all_near(sketches):
    rng = np.random.default_rng(3)
    true = [rng.normal((20, -10), 15, (40, 50, 2)) for _ in range(3)]

    def rebalanced(ab):
        table = ErrorTable()
        for each in true:
            table.add(each, np.broadcast_to(ab, each.shape))
        return table.auc().rebalanced

    best = sketches.best_tint(true)
    around = [(best[0] + a, best[1] + b) for a in (-4, 0, 4) for b in (-4, 0, 4)]
    assert rebalanced(best) == max(map(rebalanced, [*around, (0, 0), (20, -10)]))


def test_drawings_are_the_same_each_time(sketches):
    photograph = np.ascontiguousarray(skimage.data.astronaut()[::4, ::4])
    first, again = (sketches.draw(photograph, "outline", 5) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (first.dtype, first.shape) == (np.uint8, (128, 128))
