"""The scripts of results/ that fit the unaided score and measure it."""

import csv
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from tintype.learn.data.photographs import is_held_out
from tintype.measure.unaided.features import FEATURES
from tintype.measure.unaided.look import look_at
from tintype.measure.unaided.reference import parse_reference
from tintype.measure.unaided.score import parse_score
from tiny_model import write_tiny_model

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture
def fitting(monkeypatch):
    monkeypatch.syspath_prepend(RESULTS)
    import score_fitting
    import score_photographs

    return score_fitting, score_photographs.Row


def row(row_type, kind, badness, figure):
    return row_type(0, kind, badness, np.array([figure, *[np.nan] * (len(FEATURES) - 1)]))


def test_what_is_higher_in_faults_gets_a_weight(fitting):
    module, row_type = fitting
    random = np.random.default_rng(0)
    natural = random.normal(5, 2, (200, len(FEATURES)))
    rows = [
        row(row_type, "truth", 0, 5.0),
        row(row_type, "stained", 0.3, 7.0),
        row(row_type, "stained", 1, 9.0),
    ]
    score = parse_score(module.fit([*natural], rows))
    first, *others = score.weights.values()
    assert first.high > 0.01 > first.low
    assert {(weight.low, weight.high) for weight in others} == {(0, 0)}
    assert first.mean == pytest.approx(natural[:, 0].mean(), rel=1e-4)


def test_pairs_are_those_of_which_one_is_known_to_be_better(fitting):
    module, row_type = fitting
    kinds = [("truth", 0), ("pale", 0.3), ("pale", 1), ("coloring", 9), ("coloring, pale", 0.6)]
    kinds += [("coloring, size", 9), ("coloring, size", 9.5), ("coloring, size", 12)]
    pairs = module.find_pairs([row(row_type, kind, badness, badness) for kind, badness in kinds])
    found = {(kind, better.badness, worse.badness) for better, worse, kind in pairs}
    assert found == {
        *(("pale", 0, 0.3), ("pale", 0, 1), ("pale", 0.3, 1), ("coloring", 0, 9), ("coloring, pale", 9, 0.6)),
        *(("coloring, size", 9, 12), ("coloring, size", 9.5, 12)),
    }


def test_reference_describes_photographs(fitting):
    module, _ = fitting
    looks = [look_at(getattr(skimage.data, name)()[::2, ::2]) for name in ("astronaut", "coffee", "chelsea")]
    reference = parse_reference(module.describe_reference(looks, "digest"))
    assert (reference.photographs, reference.data) == (3, "digest")
    assert reference.colors.sum(axis=1) == pytest.approx(1)
    means = np.mean([look.ab.mean(axis=(0, 1)) for look in looks], axis=0)
    assert reference.mean[2:4] == pytest.approx(means, rel=1e-3)


@pytest.fixture
def workplace(tmp_path):
    """Shards with two photographs that are held out, one photograph to choose for, and a model."""
    keys = [f"{number:06d}_x_none" for number in range(400)]
    held_out = [key for key in keys if is_held_out(key, 40)][:2]
    (tmp_path / "train").mkdir()
    with tarfile.open(tmp_path / "train/photos-0000.tar", "w") as shard:
        for key, name in zip([keys[0], *held_out], ("astronaut", "coffee", "chelsea"), strict=True):
            stream = io.BytesIO()
            Image.fromarray(np.ascontiguousarray(getattr(skimage.data, name)()[::4, ::4])).save(
                stream, "WEBP"
            )
            member = tarfile.TarInfo(f"{key}.webp")
            member.size = stream.tell()
            stream.seek(0)
            shard.addfile(member, stream)
    (tmp_path / "eval/objects").mkdir(parents=True)
    Image.fromarray(np.ascontiguousarray(skimage.data.rocket()[::4, ::4])).save(
        tmp_path / "eval/objects/a.png"
    )
    write_tiny_model(tmp_path / "tiny.onnx")
    return tmp_path


def test_agreement_is_measured_and_written(workplace):
    options = ["--model", str(workplace / "tiny.onnx"), "--out", str(workplace / "out")]
    environment = os.environ | {"TINTYPE_DATA": str(workplace), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(RESULTS / "fit_score.py"), "measure", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with (workplace / "out/score.csv").open(newline="") as file:
        rows = {line["figure"]: float(line["value"]) for line in csv.DictReader(file)}
    assert 0.5 < rows["pairs in the right order: mean of all kinds"] <= 1
    assert -1 <= rows["rank correlation with strength: stained"] <= 1
    errors = [rows[f"ab error, 5 sizes: {which}"] for which in ("best by the truth", "chosen by the score")]
    assert errors[0] <= errors[1]
    gain = rows["ab error, 5 sizes: the first"] - rows["ab error, 5 sizes: chosen by the score"]
    assert rows["ab error, 5 sizes: gain over the first"] == pytest.approx(gain, abs=1e-3)
    with (workplace / "out/photographs/score.csv").open(newline="") as file:
        (each,) = csv.DictReader(file)
    assert each["photograph"] == "a.png"
    scores, found = (
        [float(each[f"{name} of result {i}"]) for i in range(5)] for name in ("score", "ab error")
    )
    assert found[int(np.argmax(scores))] == pytest.approx(errors[1], rel=1e-4)
