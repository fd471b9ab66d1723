"""How far two pictures are apart in what a classifier sees (Johnson et al. 2016, arXiv:1603.08155)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.errors import RecipeError
from tintype.learn.networks.encoders import TimmEncoder, find_weights, missing_weights
from tintype.learn.recipe import PerceptualRecipe


class FeatureDistance(nn.Module):
    """The weighted mean absolute difference of a frozen backbone's features.

    Args:
        recipe: backbone, its weights, and which of its scales count how much.

    Raises:
        RecipeError: an unknown backbone or layer, or weights that are not one for each layer.
        ModelNotFoundError: the backbone's weights are not here.
    """

    def __init__(self, recipe: PerceptualRecipe) -> None:
        super().__init__()
        if len(recipe.layers) != len(recipe.layer_weights):
            raise RecipeError("recipe: perceptual.layer_weights must be as many as perceptual.layers")
        if recipe.weights == "local" and find_weights(recipe.backbone) is None:
            raise missing_weights(recipe.backbone, "perceptual.weights")
        self.encoder = TimmEncoder(
            recipe.backbone, weights=recipe.weights, same_padding=recipe.same_padding, classes=0
        )
        scales = len(self.encoder.channels)
        if not all(0 <= layer < scales for layer in recipe.layers):
            raise RecipeError(f"recipe: perceptual.layers must lie in 0..{scales - 1} for {recipe.backbone}")
        self.layers = tuple(zip(recipe.layers, recipe.layer_weights, strict=True))
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(recipe.mean)[:, None, None])
        self.register_buffer("std", torch.tensor(recipe.std)[:, None, None])
        self.eval().requires_grad_(requires_grad=False)

    def forward(self, srgb: Tensor, truth: Tensor) -> Tensor:
        """Return the distance of pictures (N, 3, H, W) from their truth, sRGB in 0..1, mean over N."""
        features = self.encoder((srgb - self.mean) / self.std)
        with torch.no_grad():
            wanted = self.encoder((truth - self.mean) / self.std)
        terms = [
            weight * F.l1_loss(features[layer].float(), wanted[layer].float())
            for layer, weight in self.layers
        ]
        return torch.stack(terms).sum()
