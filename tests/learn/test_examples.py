import torch

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.learn.data.batches import BatchPlan
from tintype.learn.data.examples import (
    bin_distribution,
    color_of_cells,
    encode_bins,
    iterate_examples,
    make_examples,
)
from tintype.learn.data.hints import draw_point_counts, simulate_hints, simulate_palette
from tintype.learn.data.photographs import load_pools
from tintype.learn.recipe import HintRecipe, read_recipe


def flat_color(n: int, side: int) -> torch.Tensor:
    """Photographs of one color each, so that every true hint has that color."""
    colors = torch.tensor([[10.0 * i - 30.0, 20.0 - 5.0 * i] for i in range(n)])
    return colors[:, :, None, None].expand(n, 2, side, side).contiguous()


def test_examples_have_the_shapes_of_the_contract(recipe):
    plan = BatchPlan(recipe, load_pools(recipe.data))
    examples = make_examples(plan[0], recipe)
    n, _, height, width = examples.lightness.shape
    assert examples.hints.shape == (n, 3, height, width)
    assert examples.palette.shape == (n, BIN_COUNT + 1)
    assert examples.ab.shape == (n, 2, height // 4, width // 4)
    assert examples.bins.shape == examples.weights.shape == (n, 5, height // 4, width // 4)
    assert 0 <= examples.lightness.min() <= examples.lightness.max() <= 100
    torch.testing.assert_close(examples.weights.sum(1), torch.ones(n, height // 4, width // 4))


def test_examples_are_a_function_of_seed_step_and_salt(recipe):
    plan = BatchPlan(recipe, load_pools(recipe.data))
    first, again, other = (make_examples(plan[1], recipe, salt=salt) for salt in (0, 0, 1))
    assert torch.equal(first.hints, again.hints)
    assert torch.equal(first.lightness, again.lightness)
    assert not torch.equal(first.lightness, other.lightness)


def test_encoded_bins_lie_around_the_color():
    ab = torch.tensor([[[[12.0]], [[-33.0]]]])
    bins, weights = encode_bins(ab)
    mean = (torch.from_numpy(CENTERS.copy())[bins[0, :, 0, 0]] * weights[0, :, 0, 0, None]).sum(0)
    assert (mean - ab[0, :, 0, 0]).abs().max() < 2.0


def test_color_of_a_cell_is_its_mean_or_picked_from_its_middle():
    ab = torch.zeros(1, 2, 8, 8)
    ab[:, 0, 2, 6] = 16.0
    assert color_of_cells(ab, 4)[0, 0].tolist() == [[0, 1], [0, 0]]
    assert color_of_cells(ab, 4, picked=True)[0, 0].tolist() == [[0, 16], [0, 0]]
    assert torch.equal(color_of_cells(ab, 1, picked=True), ab)


def test_points_have_the_true_color_and_full_confidence():
    ab = flat_color(6, 64)
    sure = HintRecipe(points=1.0, soft=0.0, doubtful=0.0)
    hints = simulate_hints(ab, sure, torch.Generator().manual_seed(3))
    given = hints[:, 2:] > 0
    assert given.flatten(1).any(1).all()
    assert torch.equal(hints[:, 2:][given], torch.ones(int(given.sum())))
    assert ((hints[:, :2] - ab) * given).abs().max() < 1e-4
    assert (hints[:, :2] * ~given).abs().max() == 0


def test_doubtful_points_are_wrong_as_often_as_they_say():
    ab = flat_color(200, 32)
    doubtful = HintRecipe(points=1.0, soft=0.0, doubtful=1.0, most=5)
    hints = simulate_hints(ab, doubtful, torch.Generator().manual_seed(1))
    given = hints[:, 2] > 0
    right = ((hints[:, :2] - ab).abs().amax(1) < 1e-3)[given].float().mean()
    said = hints[:, 2][given].mean()
    assert abs(float(right) - float(said)) < 0.06
    a, b = hints[:, 0][given], hints[:, 1][given]
    torch.testing.assert_close(
        b, 5 - a / 2
    )  # also where points overlap, each color is that of one photograph


def test_number_of_points_is_geometric_where_it_is_zhangs():
    generator = torch.Generator().manual_seed(0)
    counts = draw_point_counts(20_000, HintRecipe(many=0.0), generator, torch.device("cpu")).float()
    assert abs(float(counts.mean()) - 8.0) < 0.2
    many = draw_point_counts(20_000, HintRecipe(many=1.0, most=100), generator, torch.device("cpu"))
    assert int(many.max()) == 100
    assert int(many.min()) == 1


def test_points_are_those_of_zhang_where_a_recipe_asks_for_them():
    recipe = read_recipe("siggraph17").hints
    ab = flat_color(4000, 96)
    hints = simulate_hints(ab, recipe, torch.Generator().manual_seed(4))
    given = (hints[:, 2] > 0).float()
    shares = given.flatten(1).mean(1)
    assert (
        abs(float((shares == 0).float().mean()) - 0.115) < 0.02
    )  # an eighth, less those that are shown whole
    assert abs(float((shares == 1).float().mean()) - 0.01) < 0.005
    pointed = given[(shares > 0) & (shares < 1)]
    corner, middle = pointed[:, :16, :16].mean(), pointed[:, 40:56, 40:56].mean()
    assert middle > 3 * corner
    single = pointed.flatten(1).sum(1)
    sides = {int(side**2) for side in range(1, 10)}
    assert sides <= set(single.int().tolist())  # whatever the size of the input
    assert not simulate_hints(ab, read_recipe("siggraph17-classes").hints, torch.Generator()).any()


def test_own_palette_is_what_the_photograph_has():
    distribution = torch.softmax(torch.randn(500, BIN_COUNT, generator=torch.Generator().manual_seed(0)), 1)
    own = HintRecipe(palette=0.5, own_palettes=True)
    palette = simulate_palette(distribution, own, torch.Generator().manual_seed(0))
    used = palette[:, -1] > 0
    assert abs(float(used.float().mean()) - 0.5) < 0.08
    torch.testing.assert_close(palette[used, :-1], distribution[used])
    assert (palette[~used] == 0).all()


def test_soft_hints_are_wide_and_less_sure_where_they_are_wrong():
    noise = torch.randn(40, 2, 8, 8, generator=torch.Generator().manual_seed(2)) * 30
    ab = torch.nn.functional.interpolate(noise, size=(64, 64), mode="bilinear")
    soft = HintRecipe(points=0.0, soft=1.0)
    hints = simulate_hints(ab, soft, torch.Generator().manual_seed(2))
    confidence = hints[:, 2]
    assert (confidence > 0).float().mean() > 0.3
    assert float(confidence.max()) <= 0.9
    error = (hints[:, :2] - ab).norm(dim=1)
    assert error[confidence > 0.6].mean() < error[(confidence > 0) & (confidence < 0.3)].mean()


def test_palette_of_full_strength_is_the_photographs_own():
    distribution = torch.softmax(torch.randn(500, BIN_COUNT, generator=torch.Generator().manual_seed(0)), 1)
    palette = simulate_palette(distribution, HintRecipe(palette=0.5), torch.Generator().manual_seed(0))
    used = palette[:, -1] > 0
    assert abs(float(used.float().mean()) - 0.5) < 0.08
    assert (palette[~used] == 0).all()
    torch.testing.assert_close(palette[used, :-1].sum(1), torch.ones(int(used.sum())))


def test_distribution_of_a_flat_photograph_is_its_own_bins():
    bins, weights = encode_bins(flat_color(3, 4))
    distribution = bin_distribution(bins, weights)
    torch.testing.assert_close(distribution.sum(1), torch.ones(3))
    assert (distribution > 0).sum(1).max() <= 5


def test_iterate_examples_resumes_at_a_step_with_any_number_of_workers(recipe):
    plan = BatchPlan(recipe, load_pools(recipe.data))
    cpu = torch.device("cpu")
    whole = [examples.lightness for examples in iterate_examples(plan, 0, cpu)]
    rest = [examples.lightness for examples in iterate_examples(plan, 5, cpu)]
    assert len(rest) == len(whole) - 5
    assert all(torch.equal(a, b) for a, b in zip(whole[5:], rest, strict=True))
