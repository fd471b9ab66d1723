import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import distributions

from tintype.errors import RecipeError
from tintype.learn.losses.variational import (
    FieldComponents,
    colorfulness_error,
    field_errors,
    find_components,
    gaussian_divergence,
    gradient_error,
    mixture_likelihood,
    nearest_component_loss,
    sample_code,
    specificity_error,
)


def fields(count: int, *shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 2, *shape, generator=torch.Generator().manual_seed(seed)) * 30


def test_divergence_equals_that_of_torch_and_not_the_batch_size():
    generator = torch.Generator().manual_seed(0)
    mean, log_variance = (torch.randn(5, 7, generator=generator) for _ in range(2))
    normal = distributions.Normal(0.0, 1.0)
    expected = distributions.kl_divergence(distributions.Normal(mean, (log_variance / 2).exp()), normal)
    torch.testing.assert_close(gaussian_divergence(mean, log_variance), expected.sum(1).mean())
    twice = gaussian_divergence(mean.repeat(2, 1), log_variance.repeat(2, 1))
    torch.testing.assert_close(twice, expected.sum(1).mean())


def test_drawn_codes_have_the_mean_and_variance_and_pass_a_gradient():
    mean = torch.full((50_000, 1), 3.0, requires_grad=True)
    log_variance = torch.full((50_000, 1), 0.5, requires_grad=True)
    code = sample_code(mean, log_variance, torch.Generator().manual_seed(0))
    assert float(code.detach().mean()) == pytest.approx(3, abs=0.02)
    assert float(code.detach().var().log()) == pytest.approx(0.5, abs=0.03)
    code.sum().backward()
    assert mean.grad.any()
    assert log_variance.grad.any()


def test_colorfulness_counts_each_cell_by_the_rarity_of_its_true_color():
    truth = torch.zeros(1, 2, 1, 2)
    truth[0, :, 0, 1] = torch.tensor([60.0, 40.0])
    weights = torch.ones(313)
    field = truth + torch.tensor([12.8, 0.0])[None, :, None, None]
    assert float(colorfulness_error(field, truth, weights)) == pytest.approx((2 * 0.1**2) ** 0.5)
    from tintype.color.bins import soft_encode

    rare = int(soft_encode(np.array([60.0, 40.0]), neighbors=1)[0][0])
    weights[rare] = 9.0
    assert float(colorfulness_error(field, truth, weights)) == pytest.approx((10 * 0.1**2) ** 0.5)


def test_gradients_forgive_a_shift_and_not_an_edge():
    truth = fields(2, 8, 8)
    assert float(gradient_error(truth + 10, truth)) < 1e-5
    edge = truth.clone()
    edge[:, :, 4:] += 12.8
    assert float(gradient_error(edge, truth)) == pytest.approx((2 * 7 * 0.1**2) ** 0.5, rel=1e-4)


def test_components_are_those_of_scikit_learn():
    known = fields(40, 4, 4) * torch.logspace(0, 1, 32).reshape(2, 4, 4)
    found = find_components(known, 5)
    pca = PCA(5, svd_solver="full").fit((known / 128).flatten(1).numpy())
    np.testing.assert_allclose(found.variances, pca.explained_variance_, rtol=1e-3)
    cosines = np.abs((found.directions.numpy() * pca.components_).sum(1))
    np.testing.assert_allclose(cosines, 1, atol=1e-3)


@pytest.mark.parametrize(("count", "text"), [(20, "at least 21"), (40, "differ in less than 20")])
def test_fields_that_have_no_components_are_refused(count, text):
    with pytest.raises(RecipeError, match=text):
        find_components(torch.ones(count, 2, 4, 4) * torch.arange(count)[:, None, None, None], 20)


def test_specificity_weighs_errors_by_the_spread_of_their_direction():
    directions = torch.eye(8)[:2]
    components = FieldComponents(directions, torch.tensor([4.0, 0.25]))
    truth = torch.zeros(1, 2, 2, 2)
    for place, expected in ((0, 1 / 4), (1, 1 / 0.25), (5, 1 / 0.25)):  # the last one is what is left over
        field = truth.clone().flatten()
        field[place] = 128
        assert float(specificity_error(field.reshape(1, 2, 2, 2), truth, components)) == pytest.approx(
            expected
        )


def test_terms_of_the_decoder_carry_the_weights_of_the_paper():
    field, truth, weights = fields(3, 8, 8), fields(3, 8, 8, seed=1), torch.rand(313) + 0.5
    components = find_components(fields(40, 8, 8, seed=2))
    terms = field_errors(field, truth, weights, components)
    torch.testing.assert_close(terms["colorfulness"], colorfulness_error(field, truth, weights))
    torch.testing.assert_close(terms["gradients"], 1e-3 * gradient_error(field, truth))
    torch.testing.assert_close(terms["specificity"], 0.1 * specificity_error(field, truth, components))
    twice = field_errors(field, truth, weights, components, specificity=0.2, gradients=2e-3)
    torch.testing.assert_close(
        twice["specificity"] + twice["gradients"], 2 * (terms["specificity"] + terms["gradients"])
    )
    assert set(field_errors(field, truth, weights, None)) == {"colorfulness", "gradients"}


def test_perfect_field_has_a_gradient_without_nan():
    truth = fields(2, 8, 8)
    field = truth.clone().requires_grad_()
    sum(field_errors(field, truth, torch.ones(313), find_components(fields(40, 8, 8))).values()).backward()
    assert torch.isfinite(field.grad).all()


def test_nearest_gaussian_alone_is_taught():
    means = torch.tensor([[[0.0, 0.0], [3.0, 4.0]]], requires_grad=True)
    shares = torch.tensor([[0.25, 0.75]])
    loss = nearest_component_loss(shares.log(), means, torch.tensor([[0.6, 0.8]]), 0.1)
    assert float(loss.detach()) == pytest.approx(1 / (2 * 0.1) - np.log(0.25), rel=1e-5)
    loss.backward()
    assert means.grad[0, 0].any()
    assert not means.grad[0, 1].any()


def test_likelihood_equals_that_of_torch():
    generator = torch.Generator().manual_seed(0)
    logits, means = torch.randn(3, 4, generator=generator), torch.randn(3, 4, 5, generator=generator)
    code = torch.randn(3, 5, generator=generator)
    each = distributions.Independent(distributions.Normal(means, 0.1**0.5), 1)
    mixture = distributions.MixtureSameFamily(distributions.Categorical(logits=logits), each)
    torch.testing.assert_close(
        mixture_likelihood(logits.log_softmax(1), means, code, 0.1), mixture.log_prob(code).mean()
    )
