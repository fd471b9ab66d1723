"""A finished model as the teacher of one that is being trained: any model that Tintype can run."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.color.bins import Decoding
from tintype.learn.data.examples import encode_bins
from tintype.learn.losses.classification import cells_of, soft_cross_entropy
from tintype.learn.losses.regression import color_distance
from tintype.learn.losses.teaching import distribution_distillation
from tintype.learn.recipe import TeacherRecipe
from tintype.models.card import SizeRule
from tintype.models.catalog import find_model
from tintype.models.session import Session


class Teacher:
    """Asks a model of ONNX Runtime for its answer without guidance, and tells how far a student's is from it.

    Args:
        recipe: which model, and its weight.
        device: of the student.
        centers: (Q, 2) of the bins, Lab units.

    Raises:
        ModelNotFoundError: no such model.
        BrokenModelError, ContractError: it can't be run.
    """

    def __init__(self, recipe: TeacherRecipe, device: torch.device, centers: Tensor) -> None:
        self.recipe, self.device, self.centers = recipe, device, centers
        model = find_model(recipe.model)
        self.session = Session(model, threads=max(1, torch.get_num_threads()))
        self.rule: SizeRule = model.card.size

    @torch.no_grad()
    def answer(self, lightness: Tensor) -> dict[str, Tensor]:
        """Return ``bin_logits`` or ``ab`` for lightness (N, 1, H, W), at the teacher's own grid."""
        fitted = _fit(lightness, self.rule)
        wanted = "bin_logits" if self.session.card.bins else "ab"
        results = self.session.run(fitted.cpu().float().numpy(), outputs=[wanted])
        return {wanted: torch.from_numpy(results[wanted]).to(self.device)}

    def term(self, outputs: dict[str, Tensor], lightness: Tensor) -> Tensor:
        """Return the weighted distance of a student's outputs from the teacher's answer."""
        return self.recipe.weight * self._distance(outputs, self.answer(lightness))

    def _distance(self, outputs: dict[str, Tensor], taught: dict[str, Tensor]) -> Tensor:
        if "bin_logits" in outputs and "bin_logits" in taught:
            logits = outputs["bin_logits"]
            wanted = _resize(taught["bin_logits"], logits)
            return distribution_distillation(cells_of(logits), cells_of(wanted), self.recipe.temperature)
        if "bin_logits" in outputs:
            answer = F.log_softmax(outputs["bin_logits"].float(), 1)
            bins, weights = encode_bins(_resize(taught["ab"], answer))
            return soft_cross_entropy(cells_of(answer), cells_of(bins), cells_of(weights))
        ab = taught["ab"] if "ab" in taught else self._decode(taught["bin_logits"])
        return color_distance(outputs["ab"], _resize(ab, outputs["ab"]))

    def _decode(self, logits: Tensor) -> Tensor:
        """Return the color of a distribution at a low temperature: its plain mean would be a gray teacher."""
        shares = (logits / Decoding().temperature).softmax(1)
        return torch.einsum("nqhw,qc->nchw", shares, self.centers)


def _fit(lightness: Tensor, rule: SizeRule) -> Tensor:
    """Return the lightness at a size that a model takes: its own, where the model does."""
    height, width = lightness.shape[2:]
    free = not (rule.fixed or rule.square or height % rule.multiple or width % rule.multiple)
    size = (height, width) if free else rule.fit(height, width)
    return lightness if size == (height, width) else _resize_to(lightness, size)


def _resize(maps: Tensor, like: Tensor) -> Tensor:
    size = (like.shape[2], like.shape[3])
    return maps if maps.shape[2:] == like.shape[2:] else _resize_to(maps, size)


def _resize_to(maps: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(maps, size, mode="bilinear", align_corners=False, antialias=True)
