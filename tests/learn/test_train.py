import csv
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file

import tintype.learn.course as course_module
from tintype.errors import RecipeError, TrainingError, WriteFailedError
from tintype.learn.ablate import Study, ablate, read_study
from tintype.learn.data.batches import open_or_none
from tintype.learn.data.photographs import load_pools
from tintype.learn.networks import create_network
from tintype.learn.optimize import freeze, parameter_groups, rate_factor
from tintype.learn.recipe import OptimizerRecipe, Recipe
from tintype.learn.run import CHECKPOINT, Run, read_broken
from tintype.learn.train import train
from tintype.learn.validate import figure_names
from tintype.photos.atomic import atomic_file
from training_samples import fast_recipe, files_of_at_most, spoil, steps_saved, tiles


def train_on_cpu(recipe: Recipe, folder: Path, **more) -> Path:
    return train(recipe, folder, accelerator="cpu", devices=1, **more)


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / CHECKPOINT, weights_only=True)["model"]


def rows_of(table: Path) -> list[dict[str, str]]:
    return [*csv.DictReader(table.read_text().splitlines())]


class StopHereError(Exception):
    """Stands for whatever interrupts a training."""


def interrupt_after(steps: int):
    count = 0

    def progress(shown, samples, figures):
        nonlocal count
        count += 1
        if count == steps:
            raise StopHereError

    return progress


@pytest.fixture(scope="module")
def finished(shards, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    train_on_cpu(fast_recipe(shards), folder)
    return folder


def test_run_folder_holds_record_curves_sheets_and_weights(finished: Path, shards: Path):
    record = json.loads((finished / "record.json").read_text())
    assert record["recipe"]["samples"] == 64
    assert record["versions"]["torch"] == torch.__version__
    assert len(record["data"]["digest"]) == 64
    rows = rows_of(finished / "curves.csv")
    assert [int(row["samples"]) for row in rows] == [32, 64]
    assert all(float(row["loss"]) > 0 for row in rows)
    assert len(list((finished / "sheets").glob("*.jpg"))) == 2
    assert list((finished / "events").iterdir())
    with safe_open(finished / "best.safetensors", "pt") as file:
        assert json.loads(file.metadata()["recipe"])["name"] == "tintype-small"


def test_saved_weights_load_strictly(finished: Path):
    network = create_network("tintype-tiny")
    network.load_state_dict(load_file(finished / "last.safetensors"))
    assert float(network.palette.prior.sum()) == pytest.approx(1.0, abs=1e-4)


def terms_of_a_training(recipe: Recipe, folder: Path, *names: str) -> list[tuple[float, ...]]:
    terms: list[tuple[float, ...]] = []
    train_on_cpu(
        recipe, folder, progress=lambda _, __, figures: terms.append(tuple(figures[n] for n in names))
    )
    return terms


def test_default_training_takes_the_steps_it_always_took(shards: Path, tmp_path: Path, monkeypatch):
    """Long runs are gone on with by newer versions, which must not change what they learn."""
    monkeypatch.setattr(course_module, "LOG_EVERY", 1)
    terms = terms_of_a_training(fast_recipe(shards), tmp_path, "classification", "regression")
    expected = [
        (5.919197, 0.160683),
        (5.995700, 0.090831),
        (5.933514, 0.123606),
        (5.889829, 0.114194),
        (5.959982, 0.107901),
        (5.833528, 0.151037),
        (5.806868, 0.087666),
        (5.626095, 0.163319),
    ]
    for step, wanted in zip(terms, expected, strict=True):
        assert step == pytest.approx(wanted, rel=4e-4)


def test_distillation_takes_the_steps_it_always_took(shards: Path, tmp_path: Path, monkeypatch):
    """By SGD: Adam takes whole steps along gradients that are rounding alone, other ones on each processor."""
    monkeypatch.setattr(course_module, "LOG_EVERY", 1)
    changes = ("optimizer.kind=sgd", "optimizer.rate=0.02", "optimizer.encoder_rate=0.005")
    terms = terms_of_a_training(fast_recipe(shards, *changes), tmp_path, "classification", "distillation")
    expected = [
        (5.919197, 0.0),
        (5.999408, 0.0),
        (5.963975, 2.01e-5),
        (5.933728, 0.0),
        (6.000045, 1.927e-4),
        (5.892651, 0.0),
        (5.897114, 4.102e-4),
        (5.663385, 0.0),
    ]
    for step, wanted in zip(terms, expected, strict=True):
        assert step == pytest.approx(wanted, rel=2e-4, abs=2e-5)


def test_checkpoint_of_an_earlier_version_is_gone_on_from(finished: Path, shards: Path, tmp_path: Path):
    state = torch.load(finished / CHECKPOINT, weights_only=True)
    del state["phase"], state["parts"]
    torch.save(state, tmp_path / CHECKPOINT)
    train_on_cpu(fast_recipe(shards), tmp_path)
    assert all(torch.equal(value, state["model"][key]) for key, value in weights_of(tmp_path).items())


def test_interrupted_run_goes_on_to_the_same_weights(finished: Path, shards: Path, tmp_path: Path):
    recipe = fast_recipe(shards, "checkpoint_minutes=0.0")
    with pytest.raises(StopHereError):
        train_on_cpu(recipe, tmp_path, progress=interrupt_after(5))
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["step"] == 4
    train_on_cpu(recipe, tmp_path)
    whole = weights_of(finished)
    assert all(torch.equal(value, whole[key]) for key, value in weights_of(tmp_path).items())


def test_killed_run_goes_on_from_its_last_checkpoint(shards: Path, tmp_path: Path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[3])\n"
        "from pathlib import Path\n"
        "from training_samples import fast_recipe\n"
        "from tintype.learn.train import train\n"
        "if __name__ == '__main__':\n"
        "    recipe = fast_recipe(Path(sys.argv[1]), 'checkpoint_minutes=0.0', 'samples=4000')\n"
        "    train(recipe, Path(sys.argv[2]), accelerator='cpu', devices=1)\n"
    )
    here = str(Path(__file__).parent.parent)
    process = subprocess.Popen([sys.executable, "-c", code, str(shards), str(tmp_path), here])
    try:
        while steps_saved(tmp_path) < 1 and process.poll() is None:
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    step = torch.load(tmp_path / CHECKPOINT, weights_only=True)["step"]
    assert step > 0
    recipe, shown = fast_recipe(shards, f"samples={8 * (step + 2)}"), []
    train_on_cpu(recipe, tmp_path, progress=lambda done, total, figures: shown.append(done))
    assert shown == [8 * (step + 1), 8 * (step + 2)]


def test_killed_run_notes_nothing_twice(finished: Path, shards: Path, tmp_path: Path):
    early = tmp_path / "early"
    train_on_cpu(fast_recipe(shards), early, stop_after=1e-6)
    shutil.copytree(finished, tmp_path / "run")
    shutil.copy(
        early / CHECKPOINT, tmp_path / "run"
    )  # as if killed at the end, long after the last checkpoint
    with (tmp_path / "run" / "curves.csv").open("a") as file:
        file.write("9")  # and amid a row
    train_on_cpu(fast_recipe(shards), tmp_path / "run")
    assert rows_of(tmp_path / "run" / "curves.csv") == rows_of(finished / "curves.csv")


def test_weights_can_be_read_by_whoever_reads_the_checkpoint(finished: Path):
    names = (CHECKPOINT, "best.safetensors", "last.safetensors")
    assert len({(finished / name).stat().st_mode for name in names}) == 1


def test_what_a_killed_process_was_saving_is_removed(shards: Path, tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", "pass"]) as gone:
        gone.wait()
    with atomic_file(tmp_path / "probe", overwrite=True):
        (name,) = (path.name for path in tmp_path.glob(".*"))
    left = tmp_path / name.replace(str(os.getpid()), str(gone.pid))
    left.touch()
    train_on_cpu(fast_recipe(shards), tmp_path, stop_after=1e-6)
    assert not left.exists()


def test_stop_after_saves_and_returns(shards: Path, tmp_path: Path):
    train_on_cpu(fast_recipe(shards), tmp_path, stop_after=1e-6)
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["step"] == 1


def test_answer_that_depends_on_the_size_costs_from_its_time_on(shards: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tintype.learn.course.LOG_EVERY", 1)
    changes = (
        "loss.consistency=1.0",
        "loss.consistent_side=64",
        "loss.consistent_since=0.5",
        "hints.points=0.0",
    )
    recipe = fast_recipe(shards, *changes, "hints.soft=0.0")
    seen: dict[int, float] = {}

    def note(shown: int, samples: int, figures: dict[str, float]) -> None:
        seen[shown] = figures.get("consistency", -1.0)

    train(recipe, tmp_path, accelerator="cpu", devices=1, progress=note)
    half = recipe.samples / 2
    assert {cost for shown, cost in seen.items() if shown <= half} <= {-1.0}
    assert max(cost for shown, cost in seen.items() if shown > half) > 0
    assert all(cost >= 0 for shown, cost in seen.items() if shown > half + 8)


def test_loss_that_is_no_number_stops_with_the_batch_saved(shards: Path, tmp_path: Path):
    with pytest.raises(TrainingError, match="step 0"):
        train_on_cpu(fast_recipe(shards, "loss.classification=nan"), tmp_path)
    batch = torch.load(tmp_path / "broken_step_0.pt", weights_only=True)
    assert batch["lightness"].shape[1] == 1
    assert steps_saved(tmp_path) == 0


def test_gradient_that_is_no_number_stops_with_the_batch_saved(shards: Path, tmp_path: Path, monkeypatch):
    """The root of zero is zero, but its slope is infinite."""

    def loss_terms(run: Run, outputs: dict[str, torch.Tensor], _examples: object) -> dict[str, torch.Tensor]:
        return {"classification": (outputs["bin_logits"] * 0).sum().sqrt()}

    monkeypatch.setattr("tintype.learn.train.loss_terms", loss_terms)
    with pytest.raises(TrainingError, match="the gradient of the loss is not a number at step 0"):
        train_on_cpu(fast_recipe(shards), tmp_path)
    assert (tmp_path / "broken_step_0.pt").exists()


@pytest.mark.parametrize("first_that_fails", [CHECKPOINT, "last.safetensors"])
def test_full_disk_keeps_the_last_good_files(
    finished: Path, shards: Path, tmp_path: Path, first_that_fails: str
):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    before = {name: (tmp_path / name).read_bytes() for name in (CHECKPOINT, "last.safetensors")}
    room = len(before[first_that_fails]) - 1000
    with (
        files_of_at_most(room),
        pytest.raises(WriteFailedError, match=r"too large.*another folder; the last good one is kept"),
    ):
        train_on_cpu(fast_recipe(shards, "samples=80"), tmp_path)
    assert (tmp_path / first_that_fails).read_bytes() == before[first_that_fails]
    assert (tmp_path / CHECKPOINT).read_bytes() == before[CHECKPOINT]
    assert {path.name for path in tmp_path.glob(".*")} == set()


def test_broken_photographs_are_passed_over_and_counted(shards: Path, tmp_path: Path):
    spoil(shards / "photos-0000.tar", tmp_path / "photos-0.tar")
    recipe = fast_recipe(tmp_path)
    (pool,) = load_pools(recipe.data)
    assert any(open_or_none(photograph) is None for photograph in pool.held_out)
    train_on_cpu(recipe, tmp_path / "run")
    assert read_broken(tmp_path / "run") > 0


def test_broken_checkpoint_is_one_line_with_a_remedy(shards: Path, tmp_path: Path):
    (tmp_path / CHECKPOINT).write_bytes(b"not a checkpoint")
    with pytest.raises(
        TrainingError, match=r"checkpoint.pt is damaged or none; start anew in another folder"
    ):
        train_on_cpu(fast_recipe(shards), tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == b"not a checkpoint"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ([1, 2], "is none"),
        ({"step": 1}, "does not fit this recipe"),
        ({"recipe": 3}, "does not fit this recipe"),
        ({"recipe": {}, "step": "one"}, "does not fit this recipe"),
    ],
)
def test_checkpoint_of_something_else_is_one_line(shards: Path, tmp_path: Path, state: object, words: str):
    torch.save(state, tmp_path / CHECKPOINT)
    with pytest.raises(TrainingError, match=f"checkpoint .*{words}.* another folder$"):
        train_on_cpu(fast_recipe(shards), tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("data.multiple=8", "data.multiple is 8; tintype-tiny takes multiples of 32"),
        ("validation.side=100", "validation.side is 100; tintype-tiny takes multiples of 32"),
    ],
)
def test_size_that_the_network_does_not_take_is_named(shards: Path, tmp_path: Path, change: str, words: str):
    with pytest.raises(RecipeError, match=words):
        train_on_cpu(fast_recipe(shards, change), tmp_path)


@pytest.mark.parametrize("name", ["best.safetensors", "last.safetensors"])
def test_weights_without_a_checkpoint_are_not_overwritten(shards: Path, tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"of last year")
    with pytest.raises(TrainingError, match=f"{name} is there, but no checkpoint.pt to go on from"):
        train_on_cpu(fast_recipe(shards), tmp_path)
    assert (tmp_path / name).read_bytes() == b"of last year"


def test_run_that_was_killed_behind_its_first_validation_starts_anew(
    finished: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Weights are there before the first checkpoint that tells of steps."""

    def die(*arguments):
        raise StopHereError

    with monkeypatch.context() as patch:
        patch.setattr(course_module, "write_contact_sheet", die)
        with pytest.raises(StopHereError):
            train_on_cpu(fast_recipe(shards), tmp_path)
    assert (tmp_path / "best.safetensors").exists()
    assert steps_saved(tmp_path) == 0
    train_on_cpu(fast_recipe(shards), tmp_path)
    assert all(torch.equal(value, weights_of(finished)[key]) for key, value in weights_of(tmp_path).items())


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ({"accelerator": "abacus"}, "accelerator 'abacus', .*invalid accelerator name"),
        ({"accelerator": "cpu", "devices": 0}, "devices 0 .* not a valid input"),
        ({"accelerator": "cpu", "devices": "two"}, "devices 'two' .* should be an int"),
        ({"accelerator": "cpu", "devices": 1, "precision": "7-mixed"}, "Precision '7-mixed' is invalid"),
    ],
)
def test_machine_that_this_is_not_is_one_line(shards: Path, tmp_path: Path, device: dict, words: str):
    precision = device.pop("precision", "32-true")
    with pytest.raises(RecipeError, match=f"no training with .*{words}.*; try --accelerator auto"):
        train(fast_recipe(shards, f"precision={precision}"), tmp_path / "run", **device)
    assert not (tmp_path / "run").exists()


def test_patience_ends_a_run_that_gets_no_better(shards: Path, tmp_path: Path):
    recipe = fast_recipe(
        shards,
        "samples=4000",
        "validation.every=8",
        "validation.patience=2",
        "optimizer.rate=0.0",
        "optimizer.encoder_rate=0.0",
    )
    train_on_cpu(recipe, tmp_path)
    ended = torch.load(tmp_path / CHECKPOINT, weights_only=True)["step"]
    assert ended < 200
    train_on_cpu(recipe, tmp_path)
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["step"] == ended


def test_rate_warms_up_stays_and_falls_to_zero():
    recipe = OptimizerRecipe(warmup=100, decay=0.25)
    assert rate_factor(0, 1000, recipe) == pytest.approx(0.01)
    assert rate_factor(100, 1000, recipe) == rate_factor(750, 1000, recipe) == 1.0
    assert rate_factor(875, 1000, recipe) == pytest.approx(0.5)
    assert rate_factor(1000, 1000, recipe) == 0.0
    # The last batch may go beyond what was planned.
    assert rate_factor(1004, 1000, recipe) == 0.0
    assert rate_factor(1004, 1000, dataclasses.replace(recipe, decay=0.0)) == 1.0


def test_rate_drops_after_its_parts():
    recipe = OptimizerRecipe(warmup=0, decay=0.0, drops=(0.4, 0.8), drop=0.5)
    assert [rate_factor(shown, 1000, recipe) for shown in (399, 400, 799, 800)] == [1.0, 0.5, 0.5, 0.25]


def test_run_that_goes_on_takes_the_rates_of_its_recipe(finished: Path, shards: Path, tmp_path: Path):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    changes = ("optimizer.rate=1e-6", "optimizer.encoder_rate=1e-7", "optimizer.weight_decay=0.5")
    train_on_cpu(fast_recipe(shards, "samples=72", *changes), tmp_path)
    state = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    assert state["step"] == 9
    groups = state["optimizer"]["param_groups"]
    assert {group["peak"] for group in groups} == {1e-6, 1e-7}
    assert {group["weight_decay"] for group in groups} == {0.5, 0.0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("seed=99", "with seed = 1, not 99"),
        ("data.sizes=[{side = 32, count = 4}]", "data.sizes"),
        ("samples=16", "past samples = 16"),
    ],
)
def test_run_of_another_recipe_is_not_gone_on_from(
    finished: Path, shards: Path, tmp_path: Path, change: str, words: str
):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    before = (tmp_path / CHECKPOINT).read_bytes()
    with pytest.raises(TrainingError, match=words):
        train_on_cpu(fast_recipe(shards, change), tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_run_goes_on_without_what_it_began_with(finished: Path, shards: Path, tmp_path: Path):
    start = shutil.copy(finished / "last.safetensors", tmp_path / "start.safetensors")
    recipe = fast_recipe(shards, f'start="{start}"')
    train_on_cpu(recipe, tmp_path / "run", stop_after=1e-6)
    (tmp_path / "start.safetensors").unlink()
    train_on_cpu(recipe, tmp_path / "run")
    assert torch.load(tmp_path / "run" / CHECKPOINT, weights_only=True)["step"] == 8


def test_figure_to_watch_is_known_before_the_first_step(finished: Path, shards: Path, tmp_path: Path):
    rows = rows_of(finished / "curves.csv")
    assert [*rows[0]] == ["samples", *figure_names(create_network("tintype-tiny").traits)]
    with pytest.raises(RecipeError, match=r"'psnrr'; give one of loss, psnr"):
        train_on_cpu(fast_recipe(shards, "validation.watch=psnrr"), tmp_path)


def test_loss_without_terms_is_a_mistake_of_the_recipe(shards: Path, tmp_path: Path):
    nothing = [f"loss.{name}=0.0" for name in ("classification", "regression", "distillation")]
    with pytest.raises(RecipeError, match="no term"):
        train_on_cpu(fast_recipe(shards, *nothing), tmp_path)


def test_gray_photographs_are_trained_on_and_judged(tmp_path: Path):
    (tmp_path / "photos").mkdir()
    for i, tile in enumerate(tiles()[:40]):
        Image.fromarray(tile).convert("L").save(tmp_path / "photos" / f"{i}.png")
    recipe = fast_recipe(tmp_path, 'data.sources=[{match = "photos"}]', "data.held_out=4")
    train_on_cpu(recipe, tmp_path / "run")
    assert rows_of(tmp_path / "run" / "curves.csv")[0]["colorfulness"] == "nan"


def test_frozen_stages_and_decay_follow_the_recipe():
    network = create_network("tintype-tiny")
    recipe = OptimizerRecipe(frozen=("conv_stem", "blocks.0"))
    freeze(network, recipe)
    frozen = {name for name, p in network.encoder.body.named_parameters() if not p.requires_grad}
    assert frozen
    assert all(name.startswith(("conv_stem", "blocks.0")) for name in frozen)
    groups = parameter_groups(network, recipe)
    trained = sum(p.requires_grad for p in network.parameters())
    assert sum(len(group["params"]) for group in groups) == trained
    assert all((group["weight_decay"] > 0) == (p.ndim > 1) for group in groups for p in group["params"])


def test_ablation_writes_a_row_a_variant_and_repeats_none(shards: Path, tmp_path: Path):
    base = [f'data.root="{shards}"']
    recipe = fast_recipe(shards)
    study = Study("tintype-small", [*_changes(recipe), *base], {"plain": [], "fast": ["optimizer.rate=0.02"]})
    table = tmp_path / "table.csv"
    steps: list[int] = []

    def note(shown: int, samples: int, figures: dict[str, float]) -> None:
        steps.append(shown)

    ablate(study, tmp_path / "runs", table, progress=note)
    trained = len(steps)
    ablate(study, tmp_path / "runs", table, progress=note)
    rows = rows_of(table)
    assert [row["variant"] for row in rows] == ["plain", "fast"]
    assert len(steps) == trained > 0
    assert rows[0]["loss"] != rows[1]["loss"]


def _changes(recipe: Recipe) -> list[str]:
    from training_samples import FAST

    size = recipe.data.sizes[0]
    return [
        *FAST,
        "samples=16",
        "validation.every=16",
        "optimizer.warmup=1",
        'data.sources=[{match = "photos-*.tar"}]',
        f"data.sizes=[{{side = {size.side}, count = {size.count}}}]",
    ]


@pytest.mark.parametrize(
    "text", ["recipe = 3 =", 'recipe = "tintype-small"', 'recipes = "x"\n[variants]\na = []']
)
def test_read_study_with_a_mistake_names_the_file(tmp_path: Path, text: str):
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(TrainingError, match=r"study\.toml"):
        read_study(path)
