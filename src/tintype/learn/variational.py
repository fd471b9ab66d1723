"""Variational training, of divcolor17: an autoencoder of color fields, and a mixture that guesses its code from gray.

1. ``autoencoder``: a color field becomes a code, and the code, beside the gray picture, the field again;
2. ``mixture``: all else rests, a mixture density network learns which codes fit a gray photograph.

The network's colors mean little before the second phase, so the search for the best weights begins anew with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.errors import RecipeError
from tintype.learn.course import (
    Figures,
    Step,
    descend,
    enter_phase,
    follow_gradient,
    is_logged,
    set_rates,
    values_of,
)
from tintype.learn.data.batches import BatchPlan
from tintype.learn.data.examples import Examples, make_examples
from tintype.learn.losses.classification import rebalancing_weights
from tintype.learn.losses.variational import (
    FieldComponents,
    field_errors,
    find_components,
    gaussian_divergence,
    nearest_component_loss,
    sample_code,
)
from tintype.learn.networks.divcolor17 import VARIANCE, DivcolorNet, FieldEncoder
from tintype.learn.objective import inputs_for, share_gradient
from tintype.learn.recipe import Recipe
from tintype.learn.run import MIXTURE, Run
from tintype.learn.shared_norm import share_norms

AUTOENCODER = "autoencoder"
FIELDS = 500
"""Color fields whose principal components are found."""


@dataclass
class Fields:
    """What the training needs beside the network.

    Attributes:
        encoder: from color fields to codes.
        model: the encoder as Fabric wrapped it.
        optimizer: its own.
        bin_weights: (Q,), of rare colors.
        components: None where the specificity weighs nothing.
        side: of a color field.
    """

    encoder: FieldEncoder
    model: Any
    optimizer: Any
    bin_weights: Tensor
    components: FieldComponents | None
    side: int

    def of(self, ab: Tensor) -> Tensor:
        """Return ab (N, 2, h, w) as color fields (N, 2, side, side)."""
        size = (self.side, self.side)
        return ab if ab.shape[2:] == size else F.interpolate(ab, size, mode="bilinear", antialias=True)


def start_variational(run: Run) -> Step:
    """Build the autoencoder's encoder, keep it with the run, and return the step of this loop.

    Raises:
        RecipeError: the network is no `DivcolorNet`, or the recipe asks for what this loop does not do.
    """
    if not isinstance(run.network, DivcolorNet):
        raise RecipeError(f"recipe: loop = 'variational' trains divcolor17, not {run.recipe.network!r}")
    _check_settings(run.recipe)
    recipe, config = run.recipe.optimizer, run.network.config
    encoder = FieldEncoder(config)
    if run.fabric.world_size > 1:
        share_norms(encoder)
        _let_rest(run)
    optimizer = torch.optim.Adam(encoder.parameters(), lr=recipe.rate, betas=recipe.betas)
    for group in optimizer.param_groups:
        group["peak"] = recipe.rate
    model, wrapped = run.fabric.setup(encoder, optimizer)
    run.parts |= {"field_encoder": encoder, "field_optimizer": wrapped}
    weights = rebalancing_weights(run.prior, 1.0)
    fields = Fields(encoder, model, wrapped, weights, None, config.side)
    if run.recipe.variational.specificity:
        found = find_components(_first_fields(run.plan, fields), run.recipe.variational.components)
        fields.components = found.to(run.fabric.device)

    def take_step(run: Run, examples: Examples) -> Figures:
        return _take_step(run, fields, examples)

    return take_step


def _check_settings(recipe: Recipe) -> None:
    if recipe.teacher.model or recipe.loss.perceptual or recipe.loss.colorfulness:
        raise RecipeError(
            "recipe: loop = 'variational' knows no teacher, loss.perceptual or loss.colorfulness; leave them away"
        )
    if recipe.variational.variance != VARIANCE:
        raise RecipeError(
            f"recipe: variational.variance must be {VARIANCE}, with which the network draws samples"
        )


def _let_rest(run: Run) -> None:
    """Keep the optimizer from what rests in a phase: processes that share gradients have some of zero there.

    Without a gradient a parameter stays as it is; at one of zero the momentum of the last phase would go on.
    """

    def forget(*_: Any) -> None:
        for part in _resting(run):
            for parameter in part.parameters():
                parameter.grad = None

    run.optimizer.optimizer.register_step_pre_hook(forget)


def _resting(run: Run) -> list[torch.nn.Module]:
    """Return what does not learn in the present phase."""
    network: DivcolorNet = run.network
    return [network.mixture] if run.phase == AUTOENCODER else [network.tower, network.decoder]


def _first_fields(plan: BatchPlan, fields: Fields) -> Tensor:
    """Return color fields of the first photographs of a plan."""
    plan, found = plan.whole(), list[Tensor]()
    for step in range(len(plan)):
        found.append(fields.of(make_examples(plan[step], plan.recipe).ab))
        if sum(map(len, found)) >= FIELDS:
            break
    return torch.cat(found)[:FIELDS]


def _take_step(run: Run, fields: Fields, examples: Examples) -> Figures:
    """Take the step of the present phase."""
    enter_phase(run, AUTOENCODER if _part(run) < 1 else MIXTURE)
    run.network.train()
    run.network.borrowed.eval()
    terms = (_code_fields if run.phase == AUTOENCODER else _guess_codes)(run, fields, examples)
    norm = descend(run, run.model, run.optimizer, terms, examples)
    if run.phase == AUTOENCODER:
        follow_gradient(run, fields.model, fields.optimizer, examples)
    run.update_average()
    return {**values_of(run, terms), "gradient_norm": norm} if is_logged(run) else {}


def _code_fields(run: Run, fields: Fields, examples: Examples) -> dict[str, Tensor]:
    """Return the terms of the autoencoder."""
    recipe = run.recipe.variational
    for part in _resting(run):
        part.eval()
    fields.encoder.train()
    set_rates(run, run.optimizer)
    set_rates(run, fields.optimizer)
    truth = fields.of(examples.ab)
    mean, log_variance = (x.float() for x in fields.model(truth))
    code = sample_code(mean, log_variance)
    outputs = run.model(**inputs_for(run.traits, examples), code=code)
    field = fields.of(outputs["ab"].float())
    rise = min(1.0, _part(run) / recipe.kl_rise) if recipe.kl_rise else 1.0
    terms = field_errors(
        field,
        truth,
        fields.bin_weights,
        fields.components,
        specificity=recipe.specificity,
        gradients=recipe.gradient,
    )
    terms["divergence"] = recipe.kl * rise * gaussian_divergence(mean, log_variance)
    resting = {
        str(i): p for i, p in enumerate(run.network.mixture.parameters())
    }  # in no output of this phase
    return share_gradient(run, terms, outputs | resting)


def _guess_codes(run: Run, fields: Fields, examples: Examples) -> dict[str, Tensor]:
    """Return the term of the mixture."""
    recipe = run.recipe.variational
    for part in (*_resting(run), fields.encoder):
        part.eval()
    for group in run.optimizer.param_groups:
        group["peak"] = recipe.mixture_rate
    set_rates(run, run.optimizer)
    with torch.no_grad():
        mean, log_variance = (x.float() for x in fields.model(fields.of(examples.ab)))
        code = sample_code(mean, log_variance)
    outputs = run.model(**inputs_for(run.traits, examples))
    shares, means = outputs["log_shares"].float(), outputs["means"].float()
    terms = {"mixture": nearest_component_loss(shares, means, code, recipe.variance)}
    return share_gradient(run, terms, outputs)


def _part(run: Run) -> float:
    """Return which part of the autoencoder's samples was shown; 1 or more: it is done."""
    whole = run.recipe.variational.first * run.recipe.samples
    return run.shown / whole if whole else 1.0
