import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from photo_samples import save
from tintype.cli.verdict_tables import VerdictRows, as_csv, as_document, summary_notes, summary_rows
from tintype.measure.figures import judge_photograph, tinted
from tintype.measure.pairs import Pair
from tintype.measure.perceptual.judge import PerceptualFigures, SetFigure
from tintype.measure.verdicts import Verdict, measure_intervals

CROPS = [np.ascontiguousarray(data.coffee()[top : top + 64, 200:264]) for top in (0, 100, 200, 300)]


def rows_of(perceptual=None):
    """The first three photographs, the second of which could not be judged."""
    figures = [judge_photograph(crop, tinted(crop, (15, 10))) for crop in CROPS[:3]]
    pairs = [Pair(f"{i}.png", Path(f"t/{i}.png"), Path(f"r/{i}.png")) for i in range(3)]
    verdicts = [Verdict(pair, it) for pair, it in zip(pairs, figures, strict=True)]
    verdicts[1] = Verdict(pairs[1], None, problem="r/1.png: it is empty; get a sound copy")
    return VerdictRows(
        verdicts=verdicts,
        problems=(),
        protocols=("set", "zhang16"),
        priors_name="mine.npy",
        intervals=measure_intervals([figures[0], figures[2]]),
        perceptual=perceptual,
    )


@pytest.fixture
def seen():
    """What networks said of the two that were judged."""
    return PerceptualFigures(
        count=2,
        each={"lpips_alex": np.array([0.125, 0.375])},
        of_set={
            "frechet_encoder": SetFigure(1.5, None, "2 photographs, but 8 features"),
            "kid_encoder": SetFigure(-0.25, 0.5, ""),
        },
        not_measured={"lpips_vgg": "no weights", "frechet_inception_tf": "no weights", "top1": "no names"},
        weights={
            "lpips_alex": "alex abc",
            "frechet_encoder": "tintype-small",
            "kid_encoder": "tintype-small",
        },
    )


def test_figures_of_networks_belong_to_their_photographs(seen):
    rows = [*csv.DictReader(io.StringIO(as_csv(rows_of(seen))))]
    assert [row["lpips_alex"] for row in rows] == ["0.125", "", "0.375"]
    assert [bool(row["problem"]) for row in rows] == [False, True, False]


def test_figures_of_networks_stand_in_the_summary(seen):
    found = {row[0]: row[1:] for row in summary_rows(rows_of(seen))}
    assert found["LPIPS (AlexNet)"] == ("0.2500", "0.1250 .. 0.3750", "", "less")
    assert found["Frechet distance (Tintype's encoder)"] == ("1.5000", "", "", "less")
    assert found["Kernel distance (Tintype's encoder)"] == ("-0.2500", "+- 0.5000", "", "less")


def test_notes_say_what_is_missing_and_why(seen):
    assert [*summary_notes(rows_of(seen))] == [
        "rebalanced AuC (zhang16): priors of mine.npy",
        "Frechet distance (Tintype's encoder): 2 photographs, but 8 features",
        "not measured: lpips_vgg, frechet_inception_tf: no weights",
        "not measured: top1: no names",
    ]


def test_document_names_the_weights(seen):
    document = as_document(rows_of(seen))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["networks"]["lpips_alex"]["value"] == 0.25
    assert document["networks"]["frechet_encoder"]["value"] == 1.5
    assert document["weights"]["lpips_alex"] == "alex abc"
    assert document["not_measured"]["top1"] == "no names"
    assert [it["figures"].get("lpips_alex") for it in document["photographs"]] == [0.125, None, 0.375]


def test_tables_without_networks_say_nothing_of_them():
    rows = rows_of()
    assert "networks" not in as_document(rows)
    assert [*summary_notes(rows)] == ["rebalanced AuC (zhang16): priors of mine.npy"]
    assert "lpips_alex" not in as_csv(rows)


@pytest.mark.slow
def test_networks_that_are_here_measure_and_the_rest_says_why(call, monkeypatch, tmp_path):
    monkeypatch.setenv("TINTYPE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for i, crop in enumerate(CROPS):
        for folder, picture in (("true", crop), ("result", tinted(crop, (15, 10)))):
            Path(folder).mkdir(exist_ok=True)
            Path(folder, f"{i}.png").write_bytes(save(picture, "PNG"))
    done = call("measure", "true", "result", "--metric", "encoder", "--metric", "lpips_alex", "--json")
    assert done.status == 0
    document = json.loads(done.out)
    assert document["networks"]["frechet_encoder"]["value"] > 0
    assert [*document["not_measured"]] == ["lpips_alex"]
    assert "TINTYPE_WEIGHTS" in document["not_measured"]["lpips_alex"]
