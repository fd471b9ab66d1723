"""Losses of a color field's autoencoder and of a mixture density network.

Those of Deshpande et al. 2017 (arXiv:1612.01958), weights as in the paper: colorfulness 1, specificity 0.1,
gradients 0.001. Color fields are (N, 2, h, w) in Lab units, and enter divided by 128, as there.

Different: every term is a mean over the batch. In the authors' code the divergence is a sum, so that its weight grows
with the batch: 0.01 at their batch of 32 is 0.32 here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tintype.color.bins import soft_encode
from tintype.errors import RecipeError

AB_SCALE = 128.0
SPECIFICITY_WEIGHT, GRADIENT_WEIGHT = 0.1, 1e-3
COMPONENT_COUNT = 20
_TINY = 1e-12  # below the root, whose slope at 0 has no end


def gaussian_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence of codes from the standard normal distribution, in nats.

    Args:
        mean: (N, code).
        log_variance: (N, code).
    """
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(1).mean()


def sample_code(mean: Tensor, log_variance: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Draw codes (N, code) so that a gradient reaches both (Kingma and Welling 2014, arXiv:1312.6114)."""
    noise = torch.empty_like(mean).normal_(generator=generator)
    return mean + (0.5 * log_variance).exp() * noise


def colorfulness_error(field: Tensor, truth: Tensor, bin_weights: Tensor) -> Tensor:
    """Return the distance of color fields in which rare colors count more, mean over N.

    Args:
        field: (N, 2, h, w), as decoded.
        truth: (N, 2, h, w).
        bin_weights: (313,), of each true color's nearest bin: one over the smoothed prior
            (`tintype.learn.losses.classification.rebalancing_weights` with exponent 1).
    """
    with torch.no_grad():
        bins = soft_encode(truth.permute(0, 2, 3, 1), neighbors=1)[0][..., 0]
        weights = bin_weights[bins][:, None]
    return _length((weights * (field - truth).div(AB_SCALE).square()).flatten(1))


def gradient_error(field: Tensor, truth: Tensor) -> Tensor:
    """Return the distance between the differences of neighbors in two color fields (N, 2, h, w), mean over N."""
    error = (field - truth) / AB_SCALE
    rows, columns = error.diff(dim=2)[..., :-1], error.diff(dim=3)[..., :-1, :]
    return _length((rows.square() + columns.square()).flatten(1))


def _length(squares: Tensor) -> Tensor:
    """Return the root of the sum over the second axis, mean over the first."""
    return (squares.sum(1) + _TINY).sqrt().mean()


@dataclass(frozen=True)
class FieldComponents:
    """The directions in which color fields differ most.

    Attributes:
        directions: (k, 2 * h * w), of unit length, the first one the widest.
        variances: (k,), of the fields along each, in units of (Lab units / 128) squared.
    """

    directions: Tensor
    variances: Tensor

    def to(self, device: torch.device) -> FieldComponents:
        """Return them on a device."""
        return FieldComponents(self.directions.to(device), self.variances.to(device))


def find_components(fields: Tensor, count: int = COMPONENT_COUNT) -> FieldComponents:
    """Find the principal components of color fields (M, 2, h, w), for `specificity_error`.

    Raises:
        RecipeError: no more than ``count`` fields, or fields that do not differ.
    """
    if len(fields) <= count:
        raise RecipeError(f"{len(fields)} color fields have no {count} components; give at least {count + 1}")
    flat = fields.float().flatten(1) / AB_SCALE
    flat = flat - flat.mean(0)
    values, vectors = torch.linalg.eigh(flat @ flat.T)  # of M x M: cheaper than of all pixels
    values, vectors = values.flip(0)[:count], vectors.flip(1)[:, :count]
    if values[-1] <= 1e-6 * values[0]:
        raise RecipeError(f"the color fields differ in less than {count} ways; give other ones")
    directions = (flat.T @ vectors / values.sqrt()).T.contiguous()
    return FieldComponents(directions, values / (len(fields) - 1))


def specificity_error(field: Tensor, truth: Tensor, components: FieldComponents) -> Tensor:
    """Return the squared Mahalanobis distance of color fields (N, 2, h, w), mean over N.

    Along each component the error counts in units of its own spread, and what the components leave over in units of
    the last one's: so the rare ways in which fields differ are not blurred away.
    """
    error = (field - truth).flatten(1) / AB_SCALE
    along = error @ components.directions.T
    rest = error - along @ components.directions
    within = (along.square() / components.variances).sum(1)
    return (within + rest.square().sum(1) / components.variances[-1]).mean()


def field_errors(
    field: Tensor,
    truth: Tensor,
    bin_weights: Tensor,
    components: FieldComponents | None,
    *,
    specificity: float = SPECIFICITY_WEIGHT,
    gradients: float = GRADIENT_WEIGHT,
) -> dict[str, Tensor]:
    """Return the terms of the decoder's loss, weighted; their sum is the loss.

    Args:
        field: (N, 2, h, w), as decoded.
        truth: (N, 2, h, w).
        bin_weights: as of `colorfulness_error`.
        components: None leaves out the specificity, as the authors' version with gray features does.
        specificity: weight of the error along the components.
        gradients: weight of the differences of neighbors.
    """
    terms = {
        "colorfulness": colorfulness_error(field, truth, bin_weights),
        "gradients": gradients * gradient_error(field, truth),
    }
    if components is not None:
        terms["specificity"] = specificity * specificity_error(field, truth, components)
    return terms


def nearest_component_loss(log_shares: Tensor, means: Tensor, code: Tensor, variance: float) -> Tensor:
    """Return how unlikely codes are in the Gaussian nearest to them, mean over N.

    The paper's stand-in for the likelihood of the whole mixture, which lets all Gaussians fall into one.

    Args:
        log_shares: (N, components), logarithms of the Gaussians' probabilities.
        means: (N, components, code).
        code: (N, code), drawn from what the autoencoder's encoder says.
        variance: of the Gaussians.
    """
    distances = (means - code[:, None]).square().sum(2) / (2 * variance)
    nearest, index = distances.min(1)
    return (nearest - log_shares.gather(1, index[:, None])[:, 0]).mean()


def mixture_likelihood(log_shares: Tensor, means: Tensor, code: Tensor, variance: float) -> Tensor:
    """Return the mean logarithm of the mixture's density at codes (N, code), in nats; a figure, not a loss."""
    distances = (means - code[:, None]).square().sum(2) / (2 * variance)
    scale = 0.5 * code.shape[1] * math.log(2 * math.pi * variance)
    return ((log_shares - distances).logsumexp(1) - scale).mean()
