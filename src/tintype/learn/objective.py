"""What a network is asked for: the terms of the loss, as its recipe weighs them and as its outputs allow.

A term that weighs 0 is not computed. The terms of adversarial and variational training are added by their loops.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.learn.data.examples import Examples, color_of_cells
from tintype.learn.losses.classification import (
    cells_of,
    label_cross_entropy,
    scale_gradient,
    soft_cross_entropy,
)
from tintype.learn.losses.color import dullness, to_srgb
from tintype.learn.losses.regression import color_distance, distribution_distance
from tintype.learn.losses.teaching import distribution_distillation
from tintype.learn.networks.siggraph17 import encode_classes
from tintype.learn.networks.traits import NetworkTraits
from tintype.learn.recipe import Recipe
from tintype.learn.run import Run
from tintype.learn.teacher import Teacher

Terms = dict[str, Tensor]

MOST_COMPARED = 6
"""Photographs of a batch whose answers at two sizes are compared, at most: few distinct shapes, for a processor takes
a second to get ready for each new one."""


def inputs_for(traits: NetworkTraits, examples: Examples) -> dict[str, Tensor]:
    """Return what a network is shown: the lightness, and the guidance that it takes."""
    guidance = {"hints": examples.hints, "palette": examples.palette}
    taken = {name: value for name, value in guidance.items() if name in traits.capabilities}
    return {"lightness": examples.lightness, **taken}


def needs_pictures(recipe: Recipe) -> bool:
    """Tell whether a training judges whole pictures, or shows its teacher other ones than its network."""
    loss = recipe.loss
    judges = bool(loss.perceptual or loss.colorfulness) or recipe.loop != "plain"
    return judges or (shows_other_worlds(recipe) and bool(loss.distillation))


def shows_other_worlds(recipe: Recipe) -> bool:
    """Tell whether a network is shown something else than gray photographs."""
    return recipe.drawing.share > 0 or bool(recipe.data.pairs)


def loss_terms(run: Run, outputs: dict[str, Tensor], examples: Examples) -> Terms:
    """Return the weighted terms of the loss by name."""
    loss, terms = run.recipe.loss, Terms()
    if "bin_logits" in outputs:
        terms |= _distribution_terms(run, outputs["bin_logits"], examples)
    elif loss.regression and "ab" in outputs:
        distance = color_distance(outputs["ab"], examples.ab, loss.distance, loss.unit)
        terms["regression"] = loss.regression * distance
    if loss.class_head and "class_logits" in outputs:
        terms["class_head"] = loss.class_head * _class_head_term(run, outputs["class_logits"], examples)
    if loss.labels and "classes" in outputs and examples.labels is not None:
        terms["labels"] = loss.labels * label_cross_entropy(outputs["classes"], examples.labels)
    if loss.distillation and "classes" in outputs:
        terms["distillation"] = loss.distillation * _distillation_term(run, outputs["classes"], examples)
    if loss.perceptual or loss.colorfulness:
        terms |= _picture_terms(run, outputs, examples)
    if loss.consistency and "bin_logits" in outputs and _is_past(run, loss.consistent_since):
        terms["consistency"] = loss.consistency * _consistency_term(run, outputs["bin_logits"], examples)
    if run.teacher is not None:
        terms["teacher"] = _teacher_term(run.teacher, outputs, examples)
    return share_gradient(run, terms, outputs)


def answered_color(run: Run, outputs: dict[str, Tensor], size: tuple[int, int]) -> Tensor:
    """Return the answer as ab (N, 2, H, W) in Lab units at full size; of a distribution its mean."""
    if "ab" in outputs:
        ab = outputs["ab"].float()
    else:
        shares = outputs["bin_logits"].float().softmax(1)
        ab = torch.einsum("nqhw,qc->nchw", shares, run.centers)
    if ab.shape[2:] == size:
        return ab
    return F.interpolate(ab, size, mode="bilinear", align_corners=False)


def whole_of(examples: Examples) -> tuple[Tensor, Tensor]:
    """Return the clean lightness (N, 1, H, W) and the true ab (N, 2, H, W) of what was asked for as a whole."""
    if examples.whole is None:
        raise ValueError("these examples were made without whole pictures")
    return examples.whole[:, :1], examples.whole[:, 1:]


def share_gradient(run: Run, terms: Terms, outputs: dict[str, Tensor]) -> Terms:
    """Give outputs that no term asked for a gradient of zero: processes that share gradients wait for every one."""
    if run.fabric.world_size > 1:
        nothing = torch.stack([0.0 * output.float().sum() for output in outputs.values()]).sum()
        first = next(iter(terms))
        terms[first] = terms[first] + nothing
    return terms


def _distribution_terms(run: Run, logits: Tensor, examples: Examples) -> Terms:
    """Return the terms of an answer over the bins, judged on some of its rows."""
    loss, terms = run.recipe.loss, Terms()
    rows = slice(run.step % loss.rows, None, loss.rows)
    maps = (logits, examples.bins, examples.weights)
    asked, bins, weights = (cells_of(each, rows) for each in maps)
    answer = F.log_softmax(asked.float(), 1)
    if loss.classification:
        weighed = _weigh_cells(run, answer, bins, examples, rows)
        terms["classification"] = loss.classification * soft_cross_entropy(weighed, bins, weights)
    if loss.regression:
        ab = cells_of(examples.ab, rows)
        distance = distribution_distance(answer, ab, run.centers, loss.distance, loss.unit)
        terms["regression"] = loss.regression * distance
    return terms


def _weigh_cells(run: Run, answer: Tensor, bins: Tensor, examples: Examples, rows: slice) -> Tensor:
    """Return the answer with a gradient that is larger for rare colors, and none for gray photographs."""
    if run.class_weights is not None:
        answer = scale_gradient(answer, run.class_weights[bins[:, :1]])
    if run.recipe.loss.gray:
        farthest = examples.ab.abs().amax((1, 2, 3), keepdim=True)
        colored = (farthest > run.recipe.loss.gray).float().expand(-1, 1, *examples.bins.shape[2:])
        answer = scale_gradient(answer, cells_of(colored, rows))
    return answer


def _class_head_term(run: Run, logits: Tensor, examples: Examples) -> Tensor:
    """Return the cross-entropy of siggraph17's classes against the nearest color of its grid."""
    cell = examples.ab.shape[2] // logits.shape[2]
    ab = color_of_cells(examples.ab, cell, picked=run.recipe.loss.picked)
    return F.cross_entropy(logits.float(), encode_classes(ab))


def _distillation_term(run: Run, classes: Tensor, examples: Examples) -> Tensor:
    if run.classifier is None or run.step % run.recipe.loss.distill_every:
        return 0.0 * classes.float().sum()  # every parameter needs a gradient when processes share them
    # The pretrained encoder knows photographs: what is in a drawing is what it sees in the photograph of the same.
    seen = whole_of(examples)[0] if shows_other_worlds(run.recipe) else examples.lightness
    with torch.no_grad(), run.fabric.autocast():
        believed = run.classifier(run.network.gray_input(seen))
    return distribution_distillation(classes, believed)


def _teacher_term(teacher: Teacher, outputs: dict[str, Tensor], examples: Examples) -> Tensor:
    """Return the distance from the teacher's answers, of photographs that nobody guided: it would know of no hint."""
    alone = (~(_have_hints(examples) | examples.palette.any(1))).nonzero()[:, 0]
    answers = {name: answer[alone] for name, answer in outputs.items() if name in ("bin_logits", "ab")}
    if not len(alone):
        return torch.stack([0.0 * answer.float().sum() for answer in outputs.values()]).sum()
    return teacher.term(answers, examples.lightness[alone]) * (len(alone) / len(examples.lightness))


def _have_hints(examples: Examples) -> Tensor:
    """Return which photographs have hints of any confidence: (N,) bool."""
    return examples.hints[:, 2].flatten(1).any(1)


def _is_past(run: Run, part: float) -> bool:
    return run.shown >= part * run.recipe.samples


def _consistency_term(run: Run, logits: Tensor, examples: Examples) -> Tensor:
    """Return how far the answer is from what the averaged network says of the same photographs at another size."""
    loss, rows = run.recipe.loss, slice(run.step % run.recipe.loss.rows, None, run.recipe.loss.rows)
    height, width = examples.lightness.shape[2:]
    size = _resized(height, width, loss.consistent_side, run.recipe.data.multiple)
    unguided = (~_have_hints(examples)).nonzero()[:, 0]
    unguided = unguided[: min(len(unguided) // 2 * 2, MOST_COMPARED)]
    # Much smaller inputs have nothing to learn here: what is seen at twice the area is not to be seen in them.
    if size == (height, width) or height * width < size[0] * size[1] / 2 or not len(unguided):
        return 0.0 * logits.float().sum()
    believed = F.interpolate(_believed(run, examples, unguided, size), logits.shape[2:], mode="bilinear")
    asked, expected = cells_of(logits[unguided], rows), cells_of(believed, rows)
    return distribution_distillation(asked, expected.log()) * (len(unguided) / len(logits))


def _believed(run: Run, examples: Examples, chosen: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the averaged network's distributions (N, Q, h, w) over the bins for some photographs at a size."""
    seen = F.interpolate(examples.lightness[chosen], size, mode="bilinear", antialias=True)
    empty, palette = seen.new_zeros(len(chosen), 3, *size), examples.palette[chosen]
    inputs = inputs_for(run.traits, replace(examples, lightness=seen, hints=empty, palette=palette))
    with torch.no_grad(), run.fabric.autocast():
        answer: Tensor = run.average.module.eval()(**inputs)["bin_logits"]
    return answer.float().softmax(1)


def _resized(height: int, width: int, side: int, multiple: int) -> tuple[int, int]:
    """Return the size of about side * side pixels of the same aspect."""
    factor = side / (height * width) ** 0.5 / multiple
    return max(1, round(height * factor)) * multiple, max(1, round(width * factor)) * multiple


def _picture_terms(run: Run, outputs: dict[str, Tensor], examples: Examples) -> Terms:
    """Return the terms that look at the whole colored picture."""
    loss, terms = run.recipe.loss, Terms()
    lightness, truth = whole_of(examples)
    picture = to_srgb(lightness, answered_color(run, outputs, (lightness.shape[2], lightness.shape[3])))
    if run.features is not None:
        with run.fabric.autocast():
            distance = run.features(picture, to_srgb(lightness, truth))
        terms["perceptual"] = loss.perceptual * distance
    if loss.colorfulness:
        terms["colorfulness"] = loss.colorfulness * dullness(picture)
    return terms
