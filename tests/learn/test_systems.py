"""Every recipe trains, on the tiny size of its network."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from tintype.errors import RecipeError, TrainingError
from tintype.learn.networks import SYSTEMS
from tintype.learn.networks.divcolor17 import FieldEncoder
from tintype.learn.recipe import Recipe, list_recipes, read_recipe
from tintype.learn.release import draft_card, load_prior, load_trained
from tintype.learn.run import CHECKPOINT
from tintype.learn.train import train
from training_samples import tiny_recipe

IN_USE = {name for system in SYSTEMS for name in system.configs}


def recipes() -> list[str]:
    return [name for name in list_recipes() if read_recipe(name).network in IN_USE]


def train_on_cpu(recipe: Recipe, folder: Path, **more) -> Path:
    return train(recipe, folder, accelerator="cpu", devices=1, **more)


def state_of(folder: Path) -> dict:
    return torch.load(folder / CHECKPOINT, weights_only=True)


@pytest.mark.parametrize("name", recipes())
def test_recipe_trains_its_network_to_a_card(name: str, shards: Path, tmp_path: Path):
    recipe = tiny_recipe(name, shards)
    train_on_cpu(recipe, tmp_path)
    rows = (tmp_path / "curves.csv").read_text().splitlines()
    assert len(rows) == 3
    network, kept = load_trained(tmp_path)
    prior = load_prior(tmp_path / "last.safetensors")
    card = draft_card(network, kept, prior=prior)
    assert (card.prior is not None) == bool(card.bins)
    assert card.name == f"{name}@0"
    assert not network.training


@pytest.mark.parametrize("name", recipes())
def test_run_of_recipe_goes_on_where_it_was_stopped(name: str, shards: Path, tmp_path: Path):
    recipe = tiny_recipe(name, shards)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_on_cpu(recipe, whole)
    train_on_cpu(recipe, parts, stop_after=1e-6)
    assert state_of(parts)["step"] == 1
    train_on_cpu(recipe, parts)
    kept, expected = state_of(parts), state_of(whole)
    assert kept["phase"] == expected["phase"]
    assert set(kept["parts"]) == set(expected["parts"])
    for key, value in kept["model"].items():
        torch.testing.assert_close(value, expected["model"][key])


@pytest.mark.parametrize("name", recipes())
def test_recipe_with_a_loss_that_is_no_number_stops_with_the_batch_saved(
    name: str, shards: Path, tmp_path: Path
):
    recipe = tiny_recipe(name, shards, "loss.classification=nan", "loss.regression=nan", "variational.kl=nan")
    with pytest.raises(TrainingError, match="step 0"):
        train_on_cpu(recipe, tmp_path)
    assert torch.load(tmp_path / "broken_step_0.pt", weights_only=True)["lightness"].shape[1] == 1


def test_broken_gradient_of_the_field_encoder_alone_stops_the_run(shards: Path, tmp_path: Path, monkeypatch):
    forward = FieldEncoder.forward

    def break_gradient(self, ab):
        mean, log_variance = forward(self, ab)
        return mean + 0 * (0 * mean).sqrt(), log_variance

    monkeypatch.setattr(FieldEncoder, "forward", break_gradient)
    with pytest.raises(TrainingError, match=r"gradient .* step 0"):
        train_on_cpu(tiny_recipe("divcolor17", shards), tmp_path)


def test_weight_of_the_divergence_rises_from_nothing(shards: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tintype.learn.course.LOG_EVERY", 1)
    seen: list[float] = []
    recipe = tiny_recipe("divcolor17", shards, "variational.first=1.0", "variational.kl_rise=0.5")
    train_on_cpu(
        recipe, tmp_path, progress=lambda shown, samples, figures: seen.append(figures["divergence"])
    )
    assert seen[0] == 0
    assert min(seen[1:]) > 0


def test_labels_of_the_photographs_become_the_classes(shards: Path, tmp_path: Path):
    train_on_cpu(tiny_recipe("iizuka16", shards), tmp_path)
    with safe_open(tmp_path / "last.safetensors", "pt") as file:
        metadata = file.metadata()
    assert json.loads(metadata["labels"]) == ["even", "odd"]
    network, _ = load_trained(tmp_path)
    assert network.config.classes == 2


def test_fewer_classes_than_labels_is_an_error_that_counts_them(shards: Path, tmp_path: Path):
    recipe = tiny_recipe("iizuka16", shards, "network_changes.classes=1")
    with pytest.raises(RecipeError, match="2 labels"):
        train_on_cpu(recipe, tmp_path)


def test_start_takes_over_what_fits(shards: Path, tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    train_on_cpu(tiny_recipe("siggraph17-classes", shards), first)
    still = ("optimizer.rate=0.0", "optimizer.encoder_rate=0.0", "samples=4")
    train_on_cpu(tiny_recipe("siggraph17", shards, f'start="{first}"', *still), second)
    before, after = state_of(first)["average"], state_of(second)["model"]
    torch.testing.assert_close(after["model5.0.weight"], before["model5.0.weight"])


def test_start_of_another_system_is_an_error(shards: Path, tmp_path: Path):
    train_on_cpu(tiny_recipe("eccv16", shards, "samples=4"), tmp_path / "first")
    with pytest.raises(RecipeError, match="fits"):
        train_on_cpu(tiny_recipe("iizuka16", shards, f'start="{tmp_path / "first"}"'), tmp_path / "second")


def test_unknown_loop_names_the_known(shards: Path, tmp_path: Path):
    with pytest.raises(RecipeError, match="adversarial"):
        train_on_cpu(tiny_recipe("eccv16", shards, "loop=circular"), tmp_path)


def test_loop_against_a_critic_without_one_is_an_error(shards: Path, tmp_path: Path):
    with pytest.raises(RecipeError, match="no critic"):
        train_on_cpu(tiny_recipe("eccv16", shards, "loop=adversarial"), tmp_path)
