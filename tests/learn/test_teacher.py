from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from tintype.color.bins import CENTERS, Decoding, decode
from tintype.errors import ModelNotFoundError
from tintype.learn.losses.teaching import distribution_distillation
from tintype.learn.objective import _teacher_term
from tintype.learn.recipe import TeacherRecipe
from tintype.learn.teacher import Teacher
from tintype.learn.train import train
from tiny_model import COLOR_OF_LIGHT, write_color_model
from training_samples import tiny_recipe

BUNDLED = "tintype-small"


def lightness() -> torch.Tensor:
    return torch.rand(2, 1, 64, 96, generator=torch.Generator().manual_seed(0)) * 100


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    return Teacher(TeacherRecipe(BUNDLED), torch.device("cpu"), torch.from_numpy(CENTERS.copy()))


def test_distillation_is_zero_for_the_teacher_itself_at_any_temperature():
    logits = torch.randn(6, 10, generator=torch.Generator().manual_seed(0))
    for temperature in (1.0, 3.0):
        assert abs(float(distribution_distillation(logits, logits, temperature))) < 1e-5
        assert float(distribution_distillation(logits.flip(1), logits, temperature)) > 0.01


def test_distillation_is_the_divergence_times_the_square_of_the_temperature():
    student, taught = torch.randn(2, 6, 10, generator=torch.Generator().manual_seed(0))
    for temperature in (1.0, 3.0):
        shares, wanted = (student / temperature).softmax(1), (taught / temperature).softmax(1)
        divergence = (wanted * (wanted / shares).log()).sum(1).mean()
        found = distribution_distillation(student, taught, temperature)
        torch.testing.assert_close(found, divergence * temperature**2)


def test_student_that_says_what_the_teacher_says_has_nothing_to_learn(teacher: Teacher):
    taught = teacher.answer(lightness())["bin_logits"]
    assert taught.shape == (2, 313, 16, 24)
    assert float(teacher.term({"bin_logits": taught}, lightness())) == pytest.approx(0.0, abs=1e-4)
    assert float(teacher.term({"bin_logits": taught.flip(1)}, lightness())) > 0.1


def test_student_of_colors_learns_the_teachers_colors_at_its_own_grid(teacher: Teacher):
    gray = {"ab": torch.zeros(2, 2, 64, 96, requires_grad=True)}
    term = teacher.term(gray, lightness())
    term.backward()
    assert gray["ab"].grad is not None
    moved = {"ab": gray["ab"].detach() - 1e4 * gray["ab"].grad}
    assert float(teacher.term(moved, lightness())) < float(term.detach())


def test_teacher_sees_sizes_that_it_does_not_take_at_one_that_it_does(teacher: Teacher):
    odd = F.interpolate(lightness(), (72, 104))
    student = {"bin_logits": torch.zeros(2, 313, 18, 26)}
    assert torch.isfinite(teacher.term(student, odd))


def colors() -> torch.Tensor:
    """Return what the tiny model of colors answers, ab (2, 2, 16, 24)."""
    return (F.avg_pool2d(lightness(), 4) - 50) * torch.tensor(COLOR_OF_LIGHT).view(1, 2, 1, 1)


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> Teacher:
    model = write_color_model(tmp_path_factory.mktemp("painter") / "color.onnx")
    return Teacher(TeacherRecipe(str(model.path)), torch.device("cpu"), torch.from_numpy(CENTERS.copy()))


def test_student_of_colors_learns_from_a_teacher_of_colors(painter: Teacher):
    assert float(painter.term({"ab": colors()}, lightness())) == pytest.approx(0.0, abs=1e-4)
    twice = {"ab": F.interpolate(colors(), scale_factor=2, mode="bilinear", align_corners=False)}
    assert float(painter.term(twice, lightness())) == pytest.approx(0.0, abs=1e-3)
    assert float(painter.term({"ab": -colors()}, lightness())) > 0.1


def test_teacher_counts_as_much_as_the_recipe_says(painter: Teacher):
    half = Teacher(TeacherRecipe(painter.recipe.model, 0.5), painter.device, painter.centers)
    whole = Teacher(TeacherRecipe(painter.recipe.model, 1.0), painter.device, painter.centers)
    gray = {"ab": 0 * colors()}
    assert float(half.term(gray, lightness())) == pytest.approx(0.5 * float(whole.term(gray, lightness())))


def test_student_of_bins_learns_from_a_teacher_of_colors(painter: Teacher):
    logits = torch.zeros(2, 313, 16, 24, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.3)
    for _ in range(100):
        optimizer.zero_grad()
        painter.term({"bin_logits": logits}, lightness()).backward()
        optimizer.step()
    answer = decode(logits.detach().permute(0, 2, 3, 1), None, Decoding(0.0, 1.0)).permute(0, 3, 1, 2)
    assert (answer - colors()).norm(dim=1).mean() < 3
    assert colors().norm(dim=1).mean() > 5


def test_teacher_who_knows_of_no_hint_is_asked_of_unguided_photographs(painter: Teacher):
    examples = SimpleNamespace(
        lightness=lightness(), hints=torch.zeros(2, 3, 64, 96), palette=torch.zeros(2, 314)
    )
    gray = {"ab": 0 * colors()}
    both = _teacher_term(painter, gray, examples)
    torch.testing.assert_close(both, painter.term(gray, lightness()))
    examples.hints[0, 2, 5, 5] = 1
    second = painter.term({"ab": gray["ab"][1:]}, lightness()[1:])
    torch.testing.assert_close(_teacher_term(painter, gray, examples), second / 2)
    examples.palette[1, -1] = 1
    assert float(_teacher_term(painter, gray, examples)) == 0


def test_training_with_a_teacher_logs_its_term(shards: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tintype.learn.course.LOG_EVERY", 1)
    seen: list[dict[str, float]] = []
    recipe = tiny_recipe("eccv16", shards, f"teacher.model={BUNDLED}", "loss.classification=0.0", "samples=8")
    train(
        recipe, tmp_path, accelerator="cpu", devices=1, progress=lambda shown, samples, f: seen.append({**f})
    )
    assert all(figures["teacher"] > 0 for figures in seen)
    assert "classification" not in seen[0]


def test_missing_teacher_is_an_error(shards: Path, tmp_path: Path):
    with pytest.raises(ModelNotFoundError):
        train(tiny_recipe("eccv16", shards, "teacher.model=nobody"), tmp_path, accelerator="cpu", devices=1)
