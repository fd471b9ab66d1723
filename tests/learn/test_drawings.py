from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import skimage.data
import torch

from tintype.color.lab import srgb_to_lab
from tintype.errors import RecipeError
from tintype.learn.data.batches import BatchPlan
from tintype.learn.data.drawings import STYLES, make_drawings
from tintype.learn.data.examples import Wanted, make_examples
from tintype.learn.data.photographs import load_pools
from tintype.learn.objective import loss_terms, needs_pictures
from tintype.learn.recipe import DrawingRecipe
from tintype.learn.train import train
from tintype.learn.validate import load_held_out
from training_samples import fast_recipe

SIDE = 128


def photographs(n: int = 4) -> torch.Tensor:
    """Lab of parts of package photographs, (N, 3, SIDE, SIDE)."""
    pictures = (
        skimage.data.astronaut(),
        skimage.data.chelsea(),
        skimage.data.coffee(),
        skimage.data.rocket(),
    )
    parts = np.stack([p[20 : 20 + 2 * SIDE : 2, 90 : 90 + 2 * SIDE : 2] for p in pictures])[:n]
    return srgb_to_lab(torch.from_numpy(parts).float() / 255).permute(0, 3, 1, 2).contiguous()


def drawn(lab: torch.Tensor, *styles: str, seed: int = 3) -> torch.Tensor:
    return make_drawings(lab, styles, np.random.default_rng(seed), torch.Generator().manual_seed(seed))


def disc() -> torch.Tensor:
    """A red disc on gray of the same lightness: what only an eye for color sees."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    inside = torch.from_numpy(np.hypot(x, y) < SIDE / 4)
    lab = torch.zeros(1, 3, SIDE, SIDE)
    lab[:, 0] = 50
    lab[0, 1, inside] = 60
    return lab


@pytest.mark.parametrize("style", STYLES)
def test_drawing_is_paper_with_darker_lines(style):
    sheets = drawn(photographs(), style)
    assert sheets.shape == (4, 1, SIDE, SIDE)
    assert 0 <= float(sheets.min()) <= float(sheets.max()) <= 100
    paper = sheets.flatten(1).quantile(0.95, dim=1)
    assert (paper > 80).all()
    dark = (sheets.flatten(1) < paper[:, None] - 15).float().mean(1)
    assert (dark > 0.01).all()
    assert (dark < 0.6).all()


@pytest.mark.parametrize("style", STYLES)
def test_drawing_of_an_even_gray_is_paper_alone(style):
    lab = torch.zeros(6, 3, SIDE, SIDE)
    lab[:, 0] = 70
    sheets = drawn(lab, style)
    if style != "hatching":  # which shades even tones
        assert float(sheets.flatten(1).std(1).median()) < 6


@pytest.mark.parametrize("style", ["soft", "outline"])
def test_edges_of_color_alone_are_drawn(style):
    sheet = drawn(disc(), style)[0, 0]
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    at_edge = torch.from_numpy(abs(np.hypot(x, y) - SIDE / 4) < 2.5)
    assert float(sheet[at_edge].mean()) < float(sheet[~at_edge].mean()) - 8


def test_drawings_are_a_function_of_their_seeds():
    lab = photographs()
    first, again, other = drawn(lab, *STYLES), drawn(lab, *STYLES), drawn(lab, *STYLES, seed=4)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_drawings_of_one_photograph_differ_in_ink_and_paper():
    sheets = drawn(photographs(1).expand(16, -1, -1, -1).contiguous(), "xdog").flatten(1)
    assert float((sheets < 70).float().mean(1).std()) > 0.01
    assert float(sheets.quantile(0.9, dim=1).std()) > 1


@pytest.mark.parametrize("styles", [(), ("crayon",)])
def test_make_drawings_in_no_known_style_names_the_known(styles):
    with pytest.raises(RecipeError, match="xdog, ink, pencil"):
        drawn(photographs(1), *styles)


def test_recipe_names_the_styles_that_there_are():
    assert DrawingRecipe().styles == STYLES


def test_examples_show_drawings_and_ask_for_the_photographs_colors(recipe, shards):
    plain = make_examples(BatchPlan(recipe, load_pools(recipe.data))[0], recipe)
    sketch = fast_recipe(shards, "drawing.share=1.0")
    examples = make_examples(BatchPlan(sketch, load_pools(sketch.data))[0], sketch)
    assert torch.equal(examples.ab, plain.ab)
    assert float(examples.lightness.mean()) > float(plain.lightness.mean())
    assert float((examples.lightness > 85).float().mean()) > 0.4


def test_share_says_how_many_are_drawn(recipe, shards):
    some = fast_recipe(shards, "drawing.share=0.5", "film.clean=1.0")
    none = fast_recipe(shards, "film.clean=1.0")
    plan = BatchPlan(none, load_pools(none.data))
    changed = [
        (make_examples(plan[i], some).lightness != make_examples(plan[i], none).lightness).flatten(1).any(1)
        for i in range(len(plan))
    ]
    assert 0.3 < float(torch.cat(changed).float().mean()) < 0.7


def test_teacher_of_a_network_that_sees_drawings_sees_the_photographs(shards):
    assert needs_pictures(fast_recipe(shards, "drawing.share=1.0"))
    assert not needs_pictures(fast_recipe(shards, "drawing.share=1.0", "loss.distillation=0.0"))


def test_held_out_drawings_are_the_same_each_time(shards):
    sketch = fast_recipe(shards, "drawing.share=1.0")
    pools = load_pools(sketch.data)
    first, again = (load_held_out(pools, sketch, torch.device("cpu")) for _ in range(2))
    assert torch.equal(first.shown, again.shown)
    assert not torch.equal(first.shown, first.lab[:, :1])


def test_training_on_drawings_goes_on_from_photographs(shards, tmp_path):
    photographs_run = train(fast_recipe(shards, "samples=16"), tmp_path / "photographs", accelerator="cpu")
    changes = ("drawing.share=1.0", "samples=16", f'start="{photographs_run.parent}"')
    best = train(fast_recipe(shards, *changes), tmp_path / "sketch", accelerator="cpu")
    assert best.exists()
    assert [*(tmp_path / "sketch" / "sheets").iterdir()]


def test_teacher_is_asked_about_the_photograph_and_not_the_drawing(shards):
    asked = []

    def classify(gray):
        asked.append(gray)
        return torch.zeros(len(gray), 10)

    for share, expected in (("0.0", "lightness"), ("1.0", "whole")):
        recipe = fast_recipe(shards, f"drawing.share={share}", "loss.distill_every=1")
        batch = BatchPlan(recipe, load_pools(recipe.data))[0]
        examples = make_examples(batch, recipe, wanted=Wanted(whole=needs_pictures(recipe)))
        run = SimpleNamespace(
            recipe=recipe,
            step=0,
            classifier=classify,
            network=SimpleNamespace(gray_input=lambda lightness: lightness),
            fabric=SimpleNamespace(world_size=1, autocast=nullcontext),
            teacher=None,
        )
        loss_terms(run, {"classes": torch.zeros(len(examples.lightness), 10)}, examples)
        shown = examples.lightness if expected == "lightness" else examples.whole[:, :1]
        assert torch.equal(asked.pop(), shown)
