import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import tintype.learn.adversarial as adversarial_module
import tintype.learn.course as course_module
import tintype.learn.run as run_module
from tintype.errors import ModelNotFoundError, RecipeError, WriteFailedError
from tintype.learn.losses.adversarial import KINDS, critic_loss, generator_loss
from tintype.learn.losses.color import colorfulness, dullness, to_srgb
from tintype.learn.losses.perceptual import FeatureDistance
from tintype.learn.recipe import PerceptualRecipe, Recipe
from tintype.learn.run import CHECKPOINT
from tintype.learn.train import train
from training_samples import steps_saved, tiny_recipe

NAME = "ddcolor23-tiny"


def train_on_cpu(recipe: Recipe, folder: Path, **more) -> Path:
    return train(recipe, folder, accelerator="cpu", devices=1, **more)


def state_of(folder: Path) -> dict:
    return torch.load(folder / CHECKPOINT, weights_only=True)


@pytest.mark.parametrize("kind", KINDS)
def test_each_side_is_content_when_the_critic_says_what_it_wants(kind):
    sure, wrong = torch.full((4,), 5.0), torch.full((4,), -5.0)
    assert critic_loss(sure, wrong, kind) < critic_loss(wrong, sure, kind)
    scale = 1.0 if kind == "least_squares" else 5.0
    assert generator_loss(sure / 5 * scale, kind) < generator_loss(wrong, kind)


def test_unknown_kind_names_the_known():
    with pytest.raises(RecipeError, match="hinge"):
        critic_loss(torch.zeros(1), torch.zeros(1), "wasserstein")


def test_colorfulness_is_that_of_the_benchmark_and_a_mean_over_the_batch():
    from tintype.color.difference import colorfulness as published

    pictures = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    ours = colorfulness(pictures)
    theirs = [float(published(p.permute(1, 2, 0).numpy())) for p in pictures]
    assert ours.tolist() == pytest.approx(theirs, rel=1e-2)
    assert float(dullness(pictures)) == pytest.approx(float(dullness(pictures.repeat(2, 1, 1, 1))), rel=1e-5)


def test_gradient_reaches_colors_out_of_gamut_without_breaking():
    ab = torch.full((1, 2, 4, 4), 100.0, requires_grad=True)
    dullness(to_srgb(torch.full((1, 1, 4, 4), 5.0), ab)).backward()
    assert ab.grad is not None
    assert torch.isfinite(ab.grad).all()


def test_feature_distance_is_zero_for_the_same_picture_only():
    recipe = PerceptualRecipe("test_resnet", "none", layers=(0, 2), layer_weights=(1.0, 2.0))
    distance = FeatureDistance(recipe)
    pictures = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert float(distance(pictures, pictures)) == 0
    assert float(distance(pictures, pictures.flip(1))) > 0
    assert not any(p.requires_grad for p in distance.parameters())


@pytest.mark.parametrize(
    ("layers", "weights", "named"), [((0, 9), (1.0, 1.0), "layers"), ((0,), (1.0, 1.0), "layer_weights")]
)
def test_feature_distance_with_a_mistake_names_it(layers, weights, named):
    with pytest.raises(RecipeError, match=named):
        FeatureDistance(PerceptualRecipe("test_resnet", "none", layers=layers, layer_weights=weights))


def test_missing_weights_of_the_features_are_told_with_their_own_setting(monkeypatch):
    monkeypatch.delenv("TINTYPE_WEIGHTS", raising=False)
    recipe = PerceptualRecipe(backbone="test_resnet", weights="local")
    with pytest.raises(ModelNotFoundError, match=r"--set perceptual\.weights=timm"):
        FeatureDistance(recipe)


def test_phases_follow_one_another(shards: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(course_module, "LOG_EVERY", 1)
    seen: list[set[str]] = []
    recipe = tiny_recipe(NAME, shards, "adversarial.alone=0.25", "adversarial.critic_alone=0.25")
    train_on_cpu(recipe, tmp_path, progress=lambda shown, samples, figures: seen.append(set(figures)))
    assert "critic" not in seen[0]
    assert "critic" in seen[1]
    assert "adversarial" not in seen[1]
    assert "adversarial" in seen[2]
    assert state_of(tmp_path)["phase"] == "both"


def test_critic_learns_alone_beside_a_network_that_rests(shards: Path, tmp_path: Path):
    recipe = tiny_recipe(NAME, shards, "adversarial.critic_alone=2.0")
    train_on_cpu(recipe, tmp_path, stop_after=1e-6)
    before = state_of(tmp_path)
    train_on_cpu(recipe, tmp_path)
    after = state_of(tmp_path)
    assert all(torch.equal(value, after["model"][key]) for key, value in before["model"].items())
    critics = [state["parts"]["critic"] for state in (before, after)]
    assert any(not torch.equal(value, critics[1][key]) for key, value in critics[0].items())


def test_network_has_a_rate_of_its_own_once_both_learn(shards: Path, tmp_path: Path):
    changes = (
        "adversarial.generator_rate=3e-5",
        "adversarial.betas=[0.3, 0.95]",
        "optimizer.warmup=0",
        "optimizer.drops=[]",
    )
    recipe = tiny_recipe(NAME, shards, "adversarial.alone=0.5", "optimizer.decay=0.0", *changes)
    train_on_cpu(recipe, tmp_path, stop_after=1e-6)
    alone = state_of(tmp_path)["optimizer"]["param_groups"]
    rates = {recipe.optimizer.rate, recipe.optimizer.encoder_rate}
    assert {group["lr"] for group in alone} <= rates
    assert {tuple(group["betas"]) for group in alone} == {recipe.optimizer.betas}
    train_on_cpu(recipe, tmp_path)
    both = state_of(tmp_path)["optimizer"]["param_groups"]
    assert {group["lr"] for group in both} == {3e-5}
    assert {tuple(group["betas"]) for group in both} == {(0.3, 0.95)}
    critic = state_of(tmp_path)["parts"]["critic_optimizer"]["param_groups"]
    assert {group["lr"] for group in critic} == {recipe.adversarial.critic_rate}


def test_critic_is_told_which_picture_is_the_photograph(shards: Path, tmp_path: Path, monkeypatch):
    looked: list[tuple[torch.Tensor, torch.Tensor]] = []
    truths: list[torch.Tensor] = []
    asked: list[tuple[torch.Tensor, torch.Tensor]] = []
    look, whole = adversarial_module.Critic.look, adversarial_module.whole_of

    def remember_look(critic, lightness, ab, *, learns):
        looked.append((ab, look(critic, lightness, ab, learns=learns)))
        return looked[-1][1]

    def remember_truth(examples):
        truths.append(whole(examples)[1])
        return whole(examples)

    def remember_loss(true, made, kind):
        asked.append((true, made))
        return critic_loss(true, made, kind)

    monkeypatch.setattr(adversarial_module.Critic, "look", remember_look)
    monkeypatch.setattr(adversarial_module, "whole_of", remember_truth)
    monkeypatch.setattr(adversarial_module, "critic_loss", remember_loss)
    train_on_cpu(tiny_recipe(NAME, shards, "samples=4", "adversarial.critic_alone=2.0"), tmp_path)
    (seen_first, first), (seen_second, second) = looked
    ((true, made),) = asked
    assert torch.equal(seen_first, truths[0])
    assert not torch.equal(seen_second, truths[0])
    assert true is first
    assert made is second


def test_opinion_of_the_critic_counts_as_much_as_the_recipe_says(shards: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(course_module, "LOG_EVERY", 1)
    opinions: list[float] = []
    logged: list[float] = []

    def remember(made, kind):
        opinion = generator_loss(made, kind)
        opinions.append(opinion.item())
        return opinion

    monkeypatch.setattr(adversarial_module, "generator_loss", remember)
    recipe = tiny_recipe(NAME, shards, "adversarial.weight=0.25")
    train_on_cpu(
        recipe, tmp_path, progress=lambda shown, samples, figures: logged.append(figures["adversarial"])
    )
    assert logged == pytest.approx([0.25 * each for each in opinions])
    assert max(logged) > 0


def test_network_waits_for_a_critic_that_knows_too_little(shards: Path, tmp_path: Path):
    recipe = tiny_recipe(NAME, shards, "adversarial.critic_below=1e-9")
    train_on_cpu(recipe, tmp_path, stop_after=1e-6)
    before = state_of(tmp_path)["model"]
    train_on_cpu(recipe, tmp_path)
    after = state_of(tmp_path)["model"]
    learned = [k for k in before if k.endswith(("weight", "bias", "weight_orig"))]
    assert all(torch.equal(before[key], after[key]) for key in learned)


def test_training_ends_past_the_turning_point(shards: Path, tmp_path: Path, monkeypatch):
    scores = iter([1.0, 0.9, 0.3, 0.2, 0.4, 0.5, *[0.9] * 50])
    monkeypatch.setattr(course_module, "validate", lambda *_: {"loss": next(scores)})
    recipe = tiny_recipe(
        NAME,
        shards,
        "samples=400",
        "validation.every=4",
        "adversarial.alone=0.02",
        "adversarial.turning=2",
    )
    train_on_cpu(recipe, tmp_path)
    state = state_of(tmp_path)
    assert state["step"] == 6
    assert state["best"] == pytest.approx(0.2)


def test_full_disk_keeps_the_last_good_checkpoint(shards: Path, tmp_path: Path, monkeypatch):
    train_on_cpu(tiny_recipe(NAME, shards, "samples=4"), tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()

    def no_space(state, file):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_module.torch, "save", no_space)
    with pytest.raises(WriteFailedError, match="last good one is kept"):
        train_on_cpu(tiny_recipe(NAME, shards), tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("name", [NAME, "divcolor17"])
def test_killed_run_goes_on_from_its_last_checkpoint(name: str, shards: Path, tmp_path: Path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[3])\n"
        "from pathlib import Path\n"
        "from training_samples import steps_saved, tiny_recipe\n"
        "from tintype.learn.train import train\n"
        f"recipe = tiny_recipe({name!r}, Path(sys.argv[1]), 'checkpoint_minutes=0.0', 'samples=4000')\n"
        "train(recipe, Path(sys.argv[2]), accelerator='cpu', devices=1)\n"
    )
    here = str(Path(__file__).parent.parent)
    process = subprocess.Popen([sys.executable, "-c", code, str(shards), str(tmp_path), here])
    try:
        while steps_saved(tmp_path) < 1 and process.poll() is None:
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    step = state_of(tmp_path)["step"]
    assert step > 0
    recipe, shown = tiny_recipe(name, shards, f"samples={4 * (step + 2)}"), []
    train_on_cpu(recipe, tmp_path, progress=lambda done, total, figures: shown.append(done))
    assert shown == [4 * (step + 1), 4 * (step + 2)]
