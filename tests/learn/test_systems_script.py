"""The scripts of results/ that train within a budget, on small photographs and tiny networks."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image

from tintype.errors import TrainingError
from tintype.learn.networks import create_network
from tintype.learn.recipe import read_recipe
from tintype.measure.auc import Auc
from tintype.measure.figures import judge_photograph, statistic_of, summarize
from tintype.measure.statistics import Interval, jackknife
from training_samples import add_member, tiles

RESULTS = Path(__file__).parents[2] / "results"
# There is no time for more than the least number of samples, so that all machines train alike.
PLANS = """
[common]
minutes = 0.0001
warmup = 0.1
average = 0.1
validations = 2
changes = ["data.workers=0", "data.held_out=8", "validation.photos=2", "validation.sheet=1", "precision=32-true"]

[systems.eccv16]
recipe = "eccv16"
size = 64
changes = ["network=eccv16-test", "data.sizes=[{side = 64, count = 4}]", "optimizer.rate=1e-3"]
remark = "tiny"

[systems.siggraph17]
recipe = "siggraph17"
first = "siggraph17-classes"
first_share = 0.5
size = 64
changes = [
  "network=siggraph17-test", "network_changes.global_hints=false", "data.sizes=[{side = 64, count = 4}]",
]

[systems.divcolor17]
recipe = "divcolor17"
size = 128
changes = [
  "network=divcolor17-test", "data.multiple=128", "data.sizes=[{side = 128, count = 4}]", "variational.components=4",
]

[systems.charpiat08]
examples = 2
size = 256

[systems.tintype]
recipe = "tintype-small"
size = 128
changes = ["network=tintype-tiny", "data.sizes=[{side = 64, count = 4}]"]
"""


TIMES = {"network_ms", "photograph_ms"}
TRAINED = ("eccv16", "siggraph17", "divcolor17", "tintype")


@pytest.fixture
def scripts(monkeypatch):
    """The modules behind the scripts."""
    monkeypatch.syspath_prepend(RESULTS)
    import budget
    import judging
    import learning_curves
    import training_rows
    import training_table

    return SimpleNamespace(
        budget=budget,
        judging=judging,
        curves=learning_curves,
        rows=training_rows,
        table=training_table,
    )


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workplace")
    train, objects = folder / "data/train", folder / "data/eval/objects"
    for path in (train, objects, folder / "weights"):
        path.mkdir(parents=True)
    for name in ("photos-0000", "objects64-0000"):
        with tarfile.open(train / f"{name}.tar", "w") as shard:
            for i, tile in enumerate(tiles()):
                data = io.BytesIO()
                Image.fromarray(tile).save(data, "PNG")
                add_member(shard, f"{i:06d}_package_{'even' if i % 2 else 'odd'}.webp", data.getvalue())
    for name in ("astronaut", "coffee"):
        pixels = np.ascontiguousarray(getattr(skimage.data, name)()[::4, ::4])
        Image.fromarray(pixels).save(objects / f"{name}.png")
    (folder / "plans.toml").write_text(PLANS)
    return folder


def start(folder, script, *arguments):
    environment = os.environ | {"TINTYPE_DATA": f"{folder}/data", "TINTYPE_WEIGHTS": f"{folder}/weights"}
    options = ["-o", f"{folder}/runs", "--plans", f"{folder}/plans.toml", "--threads", "1", "--busy"]
    command = [sys.executable, str(RESULTS / script), *options, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def rows_of(path):
    return {row["name"]: row for row in csv.DictReader(path.read_text().splitlines())}


def check_lead_over_the_tint(rows):
    for name in ("eccv16", "bundled"):
        row = rows[name]
        assert float(row["over_tint_low"]) <= float(row["over_tint"]) <= float(row["over_tint_high"])
        over_tint = float(row["rebalanced_auc"]) - float(rows["one-tint"]["rebalanced_auc"])
        assert float(row["over_tint"]) == pytest.approx(over_tint, abs=2e-4)
    assert rows["one-tint"]["over_tint"] == "does not apply"


def write_table(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows["eccv16"]])
        writer.writeheader()
        writer.writerows(rows.values())


def check_judged_anew(workplace, table, rows):
    """Rows that lost figures get them back, and nothing else changes; that of another model stays as it is."""
    forgotten = dict.fromkeys(["psnr", "rebalanced_auc", "over_tint_low", "faithful_auc"], "1")
    write_table(table, rows | {"eccv16": rows["eccv16"] | forgotten})
    judged = start(workplace, "systems.py", "--table", str(table), "--only", "eccv16", "--judge")
    assert judged.returncode == 0, judged.stderr
    found = rows_of(table)
    assert {key for key, value in found["eccv16"].items() if value != rows["eccv16"][key]} <= TIMES
    assert found | {"eccv16": None} == rows | {"eccv16": None}
    other = rows | {"eccv16": rows["eccv16"] | forgotten | {"model": "another"}}
    write_table(table, other)
    refused = start(workplace, "systems.py", "--table", str(table), "--only", "eccv16", "--judge")
    assert "eccv16: the model that is there is not that of the row" in refused.stderr + refused.stdout
    assert rows_of(table) == other


@pytest.mark.slow
def test_systems_are_trained_judged_and_kept(workplace):
    table = workplace / "systems.csv"
    done = start(workplace, "systems.py", "--table", str(table))
    assert done.returncode == 0, done.stderr
    rows = rows_of(table)
    assert [*rows] == ["left-gray", "one-tint", *TRAINED[:3], "charpiat08", "tintype", "bundled"]
    states = {name: row["state"] for name, row in rows.items() if name not in TRAINED}
    assert [*states.values()] == ["baseline", "baseline", "examples", "bundled"]
    for name in TRAINED:
        row = rows[name]
        assert row["state"] in {"trained", "undertrained"}
        assert float(row["minutes"]) >= 0
        assert int(row["samples"]) >= 24
        assert float(row["gflops"]) > 0
        assert float(row["network_ms"]) > 0
        assert float(row["foreseen"]) >= 0  # minutes, of which these trainings take less than a tenth
        assert json.loads((workplace / "runs" / name / "plan.json").read_text())["foreseen"] > 0
        assert name == "siggraph17" or f"samples={row['samples']}" in row["changes"]
        assert (workplace / "curves" / f"{name}.csv").exists()
        assert not [*(workplace / "runs" / name).rglob("checkpoint.pt")]
    assert rows["siggraph17"]["recipe"].startswith("siggraph17-classes, ")
    assert rows["eccv16"]["decoding"] == "rarity 0, temperature 0.38"
    assert rows["divcolor17"]["decoding"] == rows["charpiat08"]["gflops"] == "does not apply"
    assert all(np.isfinite(float(row["rebalanced_auc"])) and row["n"] == "2" for row in rows.values())
    assert str(workplace) not in table.read_text()

    curve = list(csv.DictReader((workplace / "curves/eccv16.csv").read_text().splitlines()))
    assert [int(row["samples"]) for row in curve][-1] == int(rows["eccv16"]["samples"])
    assert all(float(row["minutes"]) >= 0 for row in curve)

    before = table.read_bytes()
    again = start(workplace, "systems.py", "--table", str(table), "--only", "eccv16")
    assert "is there already" in again.stderr
    assert table.read_bytes() == before
    timed = start(workplace, "systems.py", "--table", str(table), "--only", "eccv16", "--time")
    assert timed.returncode == 0, timed.stderr
    after = rows_of(table)
    assert {key for key in after["eccv16"] if after["eccv16"][key] != rows["eccv16"][key]} <= TIMES
    assert [*after] == [*rows]
    check_lead_over_the_tint(rows)

    check_judged_anew(workplace, table, after)

    table = workplace / "diversity.csv"
    done = start(workplace, "diversity.py", "--table", str(table))
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(table.read_text().splitlines()))
    counts = Counter(row["name"] for row in rows)
    names = ["divcolor17", "divcolor17, the means of its Gaussians", "tintype", "bundled"]
    assert counts == dict(zip(names, (16, 8, 16, 16), strict=True))
    for name in names:
        errors = [float(row["error_of_best"]) for row in rows if row["name"] == name]
        assert errors == sorted(errors, reverse=True)
    assert all(float(row["variance"]) > 0 for row in rows)


@pytest.mark.slow
def test_killed_training_goes_on_with_the_same_command(workplace, scripts):
    (workplace / "long.toml").write_text(
        PLANS.replace('"data.workers=0"', '"data.workers=0", "checkpoint_minutes=0.001"')
    )
    folder, table = workplace / "killed/eccv16", workplace / "killed.csv"
    folder.mkdir(parents=True)
    plan = scripts.budget.read_plans("systems", workplace / "long.toml")["eccv16"]
    minutes = scripts.budget.usual_minutes(workplace / "long.toml")
    asked = {"plan": asdict(plan), "minutes": minutes, "threads": 1}
    (folder / "plan.json").write_text(json.dumps({"asked": asked, "samples": 400, "foreseen": 60.0}))
    (workplace / "killed/tint.json").write_text("[10, 10]")
    options = ["-o", f"{workplace}/killed", "--plans", f"{workplace}/long.toml", "--threads", "1"]
    command = [
        sys.executable,
        str(RESULTS / "systems.py"),
        "--only",
        "eccv16",
        "--table",
        str(table),
        *options,
    ]
    environment = os.environ | {
        "TINTYPE_DATA": f"{workplace}/data",
        "TINTYPE_WEIGHTS": f"{workplace}/weights",
    }
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        begun = [folder / "checkpoint.pt", folder / "spent.json"]
        while not all(path.exists() for path in begun) and running.poll() is None:
            time.sleep(0.05)
        running.kill()
        said = running.stderr.read()
    assert running.returncode == -signal.SIGKILL, said
    assert not table.exists()
    assert not json.loads((folder / "spent.json").read_text())["finished"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    row = rows_of(table)["eccv16"]
    assert (row["samples"], row["foreseen"]) == ("400", "1.0")
    timeline = json.loads((folder / "spent.json").read_text())["timeline"]
    assert timeline == sorted(timeline)


def test_row_that_is_not_known_is_named(workplace):
    done = start(workplace, "systems.py", "--only", "eccv17")
    assert done.returncode == 1
    assert "no row 'eccv17'; give one of left-gray, one-tint, eccv16" in done.stderr


def test_every_plan_is_a_recipe(scripts):
    for section in ("systems", "transfer", "distillation"):
        for name, plan in scripts.budget.read_plans(section).items():
            if not plan.recipe:
                continue
            recipe = plan.read(10_000)
            assert recipe.samples == 10_000
            if recipe.loop == "clusters":
                continue
            assert recipe.optimizer.warmup == 300
            assert recipe.validation.side == plan.size
            assert recipe.validation.every == 10_000 // plan.validations
            with torch.device("meta"):  # its sizes, without its weights
                network = create_network(recipe.network, dict(recipe.network_changes), pretrained=False)
            multiple = network.traits.size.multiple
            assert all(size.side % multiple == 0 for size in recipe.data.sizes), name
            assert plan.size % multiple == 0
            replace(network.traits.size, default=plan.size)


def test_trainings_of_a_comparison_differ_in_what_is_compared_alone(scripts):
    plans = scripts.budget.read_plans("transfer")
    ours, theirs = (plan.read(1000) for plan in plans.values())
    assert ours.network_changes["backbone_weights"] == "none"
    assert theirs.network_changes["backbone_weights"] == "local"
    assert (ours.data, ours.loss, ours.film, ours.hints) == (
        theirs.data,
        theirs.loss,
        theirs.film,
        theirs.hints,
    )
    alone, taught = (plan.read(1000) for plan in scripts.budget.read_plans("distillation").values())
    assert not alone.teacher.model
    assert taught.teacher.model == "tintype-small"
    assert replace(taught, teacher=alone.teacher) == alone


def test_samples_fill_the_time_that_validations_leave(scripts):
    speed = scripts.budget.Speed(sample=0.02, validation=5.0)
    assert speed.samples_within(1200, 10) == int((1.2 * 1200 - 50) / 0.02)
    assert speed.samples_within(10, 10, least=24) == 24


def test_time_of_a_killed_training_is_counted(scripts, tmp_path, monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(scripts.budget.time, "monotonic", lambda: clock.now)
    spent = scripts.budget.Spent.read(tmp_path / "spent.json")
    for clock.now in (1.0, 4.0, 8.0):
        spent.tell(int(100 * clock.now), 1000, {})
    assert spent.timeline == [(100, 1.0), (800, 8.0)]
    clock.now = 100.0  # it was killed, and 92 seconds later
    again = scripts.budget.Spent.read(tmp_path / "spent.json")
    clock.now = 110.0
    again.save(finished=True)
    kept = json.loads((tmp_path / "spent.json").read_text())
    assert kept["seconds"] == 18.0
    assert kept["finished"] is True


def test_timeline_forgets_what_was_lost_by_a_kill(scripts, tmp_path, monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(scripts.budget.time, "monotonic", lambda: clock.now)
    spent = scripts.budget.Spent.read(tmp_path / "spent.json")
    for clock.now, samples in ((10.0, 100), (20.0, 200), (30.0, 300), (40.0, 160), (50.0, 260)):
        spent.tell(samples, 1000, {})
    assert spent.timeline == [(100, 10.0), (160, 40.0), (260, 50.0)]


def test_curve_joins_stages_and_counts_a_validation_once(scripts, tmp_path):
    first, last = tmp_path / "first", tmp_path
    first.mkdir()
    (first / "curves.csv").write_text("samples,loss\n50,3\n100,2\n")
    (last / "curves.csv").write_text("samples,loss\n50,1\n100,0.5\n100,0.5\n")
    before = (first, SimpleNamespace(samples=100))
    timeline = ((0, 0.0), (200, 120.0))
    trained = SimpleNamespace(folder=last, before=before, timeline=timeline)
    scripts.curves.write_curve(tmp_path / "kept/curve.csv", trained)
    assert (tmp_path / "kept/curve.csv").read_text().splitlines() == [
        "minutes,samples,loss",
        "0.50,50,3",
        "1.00,100,2",
        "1.50,150,1",
        "2.00,200,0.5",
    ]


def test_rehearsal_on_a_busy_machine_is_refused(scripts, tmp_path, monkeypatch):
    speed = scripts.budget.Speed(sample=0.1, validation=1.0, others=0.3)
    monkeypatch.setattr(scripts.budget, "rehearse", lambda *_: speed)
    plan = scripts.budget.read_plans("systems")["tintype"]
    with pytest.raises(TrainingError, match="30% of the processors"):
        scripts.budget.settle(plan, scripts.budget.Budget(1, 1), tmp_path / "a", print)
    assert not (tmp_path / "a/plan.json").exists()
    settled = scripts.budget.settle(plan, scripts.budget.Budget(1, 1, busy=True), tmp_path / "a", print)
    assert settled.foreseen == pytest.approx(72.0, abs=0.2)
    again = scripts.budget.settle(plan, scripts.budget.Budget(1, 1), tmp_path / "a", print)
    assert again == settled  # what was settled is not asked again


def test_own_work_is_not_what_others_take(scripts, monkeypatch):
    clock = SimpleNamespace(now=0.0, busy=50.0, own=10.0)
    monkeypatch.setattr(scripts.budget.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(scripts.budget, "_busy_seconds", lambda: clock.busy)
    monkeypatch.setattr(scripts.budget, "_cpu_seconds", lambda: clock.own)
    monkeypatch.setattr(scripts.budget.os, "cpu_count", lambda: 4)
    others = scripts.budget.Others()
    clock.now, clock.busy, clock.own = 10.0, 80.0, 30.0  # 30 seconds of work, 20 of them its own
    assert others.share() == pytest.approx(10 / 40)


def test_stages_share_the_samples(scripts, tmp_path):
    plan = scripts.budget.read_plans("systems")["siggraph17"]
    (tmp_path / "plan.json").write_text("{}")
    stages = scripts.budget._stages(plan, scripts.budget.Settled(1000, 60.0), tmp_path)
    (first, classes), (last, hints) = stages
    assert (first, last) == (tmp_path / "first", tmp_path)
    assert classes.samples + hints.samples == 1000
    assert classes.network_changes["teacher"] == "classes"
    assert hints.start == str(tmp_path / "first/last.safetensors")
    assert classes.hints.points == 0
    assert hints.hints.points == 0.875


def test_folder_of_another_budget_is_refused(scripts, tmp_path):
    plan = scripts.budget.Plan("eccv16", 64, "eccv16")
    kept = {"asked": {"plan": {}, "minutes": 1}, "samples": 5}
    (tmp_path / "plan.json").write_text(json.dumps(kept))
    with pytest.raises(TrainingError, match="move it away"):
        scripts.budget.settle(plan, scripts.budget.Budget(1, 1), tmp_path, print)


@pytest.mark.parametrize(
    ("raw", "rebalanced", "state"),
    [(86.3, 62.6, "trained"), (86.2, 62.6, "undertrained"), (90.0, 62.5, "undertrained")],
)
def test_trained_is_what_beats_the_tint_and_stays_near_gray(scripts, raw, rebalanced, state):
    gray, tint = Auc(raw=88.26, rebalanced=60.7), Auc(raw=86.0, rebalanced=62.5)
    assert scripts.rows.state_of(Auc(raw=raw, rebalanced=rebalanced), gray, tint) == state


def test_what_both_find_hard_does_not_widen_the_interval(scripts):
    random = np.random.default_rng(0)
    true = [random.integers(0, 256, (16, 16, 3), dtype=np.uint8) for _ in range(12)]
    ones = [judge_photograph(codes, codes // 2 + 64, ["set"]) for codes in true]
    others = [judge_photograph(codes, codes // 2 + 60, ["set"]) for codes in true]
    found = scripts.judging.compare_rebalanced(ones, others)
    one, other = (summarize(figures).auc["set"].rebalanced for figures in (ones, others))
    assert found.value == pytest.approx(one - other)
    alone = jackknife(statistic_of(ones, "rebalanced_auc_set"), len(ones))
    assert 0 < found.high - found.low < (alone.high - alone.low) / 2
    assert scripts.judging.compare_rebalanced(ones, ones) == Interval(0, 0, 0)


def test_row_that_fails_does_not_keep_the_next_from_being_measured(scripts, tmp_path, capsys):
    place = SimpleNamespace(table=tmp_path / "table.csv", force=False)

    def measure(name):
        if name == "first":
            raise TrainingError("the loss is not a number")
        return scripts.rows.Row(name, "eccv16", "trained")

    assert scripts.table.add_rows(place, ["first", "second"], measure, ["first", "second"]) == 1
    assert [*rows_of(tmp_path / "table.csv")] == ["second"]
    assert "first: the loss is not a number" in capsys.readouterr().err
    scripts.rows.add_row(place.table, scripts.rows.Row("first", "iizuka16", "trained"), ["first", "second"])
    assert [*rows_of(tmp_path / "table.csv")] == ["first", "second"]


def test_tint_is_the_color_that_all_rare_colors_are_near(scripts):
    picture = np.full((40, 40, 3), 128, np.uint8)
    picture[:, 20:] = (150, 120, 100)
    picture[:3, 20:] = (190, 110, 60)
    a, b = scripts.judging.fit_tint(picture)
    assert 2.5 <= a <= 20
    assert 5 <= b <= 30


def test_operations_are_those_of_the_published_count(scripts):
    network = create_network(read_recipe("eccv16").network)
    assert scripts.judging.count_gflops(network) == pytest.approx(83.5, abs=0.1)  # FlopCounterMode, 256 x 256
