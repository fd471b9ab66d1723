"""Training against a critic: pix2pix and ddcolor23 from the first step, nogan in three phases.

Phases follow one another by the recipe's ``adversarial.alone`` and ``critic_alone``, as parts of all samples:

1. ``generator``: the network learns alone, by the terms of its recipe;
2. ``critic``: the network rests, a critic learns to tell its pictures from photographs;
3. ``both``: each learns from the other. With ``adversarial.turning``, it ends where the watched figure got no better
   for so many validations: the turning point is passed, and ``best.safetensors`` holds it.

A network's file says which critic goes with it (``create_critic``).
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tintype.errors import RecipeError
from tintype.learn.course import Figures, Step, descend, enter_phase, is_logged, set_rates, values_of
from tintype.learn.data.examples import Examples
from tintype.learn.losses.adversarial import check_kind, critic_loss, generator_loss
from tintype.learn.losses.color import to_srgb
from tintype.learn.objective import answered_color, inputs_for, loss_terms, whole_of
from tintype.learn.optimize import train_mode
from tintype.learn.run import BOTH, Run
from tintype.learn.shared_norm import share_norms

GENERATOR, CRITIC = "generator", "critic"


@dataclass
class Critic:
    """A critic and what trains it.

    Attributes:
        network: takes ``srgb``, or ``lightness`` and ``ab``; gives logits, positive for a photograph.
        model: the network as Fabric wrapped it.
        optimizer: its Adam.
        takes: the names of its inputs.
        level: its latest loss.
    """

    network: nn.Module
    model: Any
    optimizer: Any
    takes: tuple[str, ...]
    level: float = float("inf")

    def look(self, lightness: Tensor, ab: Tensor, *, learns: bool) -> Tensor:
        """Return its logits for pictures; where it does not learn, the gradient goes on to the pictures alone."""
        seen = {"lightness": lightness, "ab": ab}
        if "srgb" in self.takes:
            seen["srgb"] = to_srgb(lightness, ab)
        logits: Tensor = (self.model if learns else self.network)(**{name: seen[name] for name in self.takes})
        return logits


def create_critic(network: nn.Module) -> nn.Module:
    """Return the critic that the file of a network offers for it.

    Raises:
        RecipeError: it offers none.
    """
    make = vars(sys.modules[type(network).__module__]).get("create_critic")
    if make is None:
        raise RecipeError(f"recipe: {type(network).__name__} has no critic; use loop = 'plain'")
    critic: nn.Module = make(network.config)
    return critic


def start_adversarial(run: Run) -> Step:
    """Build the critic, keep it with the run, and return the step of this loop."""
    recipe = run.recipe.adversarial
    check_kind(recipe.kind)
    network = create_critic(run.network)
    if run.fabric.world_size > 1:
        share_norms(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.critic_rate, betas=recipe.betas)
    for group in optimizer.param_groups:
        group["peak"] = recipe.critic_rate
    model, wrapped = run.fabric.setup(network, optimizer)
    critic = Critic(network, model, wrapped, tuple(inspect.signature(network.forward).parameters))
    run.parts |= {"critic": network, "critic_optimizer": wrapped}

    def take_step(run: Run, examples: Examples) -> Figures:
        return _take_step(run, critic, examples)

    return take_step


def phase_of(shown: int, run: Run) -> str:
    """Return the phase after so many samples."""
    recipe, part = run.recipe.adversarial, shown / run.recipe.samples
    if part < recipe.alone:
        return GENERATOR
    return CRITIC if part < recipe.alone + recipe.critic_alone else BOTH


def _take_step(run: Run, critic: Critic, examples: Examples) -> Figures:
    """Take the step of the present phase."""
    enter_phase(run, phase_of(run.shown, run))
    _show_rates(run, critic)
    if run.phase == CRITIC:
        return _teach_critic(run, critic, examples)
    train_mode(run.network, run.recipe.optimizer)
    outputs = run.model(**inputs_for(run.traits, examples))
    if run.phase == GENERATOR:
        return _teach_generator(run, loss_terms(run, outputs, examples), examples)
    return _teach_both(run, critic, outputs, examples)


def _teach_critic(run: Run, critic: Critic, examples: Examples) -> Figures:
    """Let the critic learn from a network that stays as it is."""
    run.network.eval()
    with torch.no_grad():
        outputs = run.model(**inputs_for(run.traits, examples))
    return _criticize(run, critic, outputs, examples)


def _teach_generator(run: Run, terms: dict[str, Tensor], examples: Examples) -> Figures:
    norm = descend(run, run.model, run.optimizer, terms, examples)
    run.update_average()
    return {**values_of(run, terms), "gradient_norm": norm} if is_logged(run) else {}


def _teach_both(run: Run, critic: Critic, outputs: dict[str, Tensor], examples: Examples) -> Figures:
    """Let the critic learn from the network's pictures, then the network from what the critic says of them."""
    recipe = run.recipe.adversarial
    figures = _criticize(run, critic, outputs, examples)
    if recipe.critic_below and critic.level >= recipe.critic_below:
        return figures
    lightness, _ = whole_of(examples)
    made = answered_color(run, outputs, (lightness.shape[2], lightness.shape[3]))
    critic.network.requires_grad_(requires_grad=False)
    with run.fabric.autocast():
        opinion = critic.look(lightness, made, learns=False)
    terms = loss_terms(run, outputs, examples)
    terms["adversarial"] = recipe.weight * generator_loss(opinion, recipe.kind)
    figures |= _teach_generator(run, terms, examples)
    critic.network.requires_grad_(requires_grad=True)
    return figures


def _criticize(run: Run, critic: Critic, outputs: dict[str, Tensor], examples: Examples) -> Figures:
    """Take one step of the critic."""
    critic.network.train()
    lightness, truth = whole_of(examples)
    made = answered_color(run, outputs, (lightness.shape[2], lightness.shape[3])).detach()
    true, false = (critic.look(lightness, ab, learns=True) for ab in (truth, made))
    term = critic_loss(true, false, run.recipe.adversarial.kind)
    descend(run, critic.model, critic.optimizer, {"critic": term}, examples)
    level: Any = run.fabric.all_reduce(term.detach(), reduce_op="mean")
    # That of all processes, which must decide alike whether the network learns from it.
    critic.level = float(level)
    return {"critic": critic.level} if is_logged(run) else {}


def _show_rates(run: Run, critic: Critic) -> None:
    """Give both their rates; from the critic's phase on, the network may have one of its own."""
    recipe = run.recipe.adversarial
    if recipe.generator_rate and run.phase == BOTH:
        for group in run.optimizer.param_groups:
            group["peak"], group["betas"] = recipe.generator_rate, recipe.betas
    set_rates(run, run.optimizer)
    set_rates(run, critic.optimizer)
