"""Pretrained encoders: any timm backbone, with weights found by name and never fetched behind one's back.

timm imports torchvision, and the torchvision of PyPI does not import beside a CPU build of torch; `import_timm` goes
through `tintype.measure.perceptual.torchvision_operators`, which knows a way.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from tintype.color.lab import lightness_to_luminance, linear_to_srgb
from tintype.errors import (
    BrokenModelError,
    DownloadError,
    MissingExtraError,
    ModelNotFoundError,
    RecipeError,
    shorten,
)
from tintype.learn.read_state import read_state
from tintype.measure.perceptual.torchvision_operators import import_torchvision

WEIGHTS_VARIABLE = "TINTYPE_WEIGHTS"


@cache
def import_timm() -> ModuleType:
    """Import timm, also beside a CPU build of torch (see the module's text).

    Raises:
        MissingExtraError: timm is not installed.
    """
    try:
        import_torchvision()
        import timm  # noqa: PLC0415 - heavy, and only possible behind torchvision
    except ModuleNotFoundError as error:
        raise MissingExtraError("training needs timm: pip install 'tintype[train]'") from error
    return timm


def find_weights(backbone: str) -> Path | None:
    """Return ``BACKBONE.safetensors`` from the folder in TINTYPE_WEIGHTS, or else one whose name goes on after ``_``.

    None where there is none.
    """
    folder = os.environ.get(WEIGHTS_VARIABLE)
    if not folder:
        return None
    exact, more = Path(folder) / f"{backbone}.safetensors", Path(folder).glob(f"{backbone}_*.safetensors")
    return exact if exact.exists() else next(iter(sorted(more)), None)


def missing_weights(backbone: str, setting: str = "network_changes.backbone_weights") -> ModelNotFoundError:
    """Return the error that says what a person can do about it; ``setting`` is where the recipe asked for them."""
    return ModelNotFoundError(
        f"no weights for backbone {backbone!r}: put {backbone}.safetensors into a folder and name it in "
        f"{WEIGHTS_VARIABLE}, or give --set {setting}=timm (download) or none (random)"
    )


def _load_weights(model: nn.Module, backbone: str) -> None:
    path = find_weights(backbone)
    if path is None:
        raise missing_weights(backbone)
    state = read_state(path)
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except RuntimeError as error:  # of another size
        raise ModelNotFoundError(f"{path} does not fit backbone {backbone!r}: {shorten(error)}") from error
    if missing or unexpected:
        raise ModelNotFoundError(f"{path} does not fit backbone {backbone!r}: {[*missing, *unexpected][:3]}")


def create_timm(backbone: str, *, pretrained: bool, **asked: Any) -> Any:
    """Create a backbone of timm; its published weights are downloaded once, where they are asked for.

    Raises:
        DownloadError: they can't be fetched, or there are none.
    """
    timm = import_timm()
    if not pretrained:
        return timm.create_model(backbone, pretrained=False, **asked)
    try:
        return timm.create_model(backbone, pretrained=True, **asked)
    except MemoryError:
        raise
    except Exception as error:  # which library fetches, and so what it raises, changes with timm's versions
        raise DownloadError(
            f"timm can't fetch the weights of {backbone} ({shorten(error)}); connect this machine, or put "
            f"{backbone}.safetensors into a folder and name it in {WEIGHTS_VARIABLE}"
        ) from error


def pad_as_tensorflow(model: nn.Module) -> nn.Module:
    """Make strided convolutions pad as TensorFlow's "SAME" does: the extra row and column below and right.

    Weights that come from TensorFlow expect it. Inputs are multiples of the encoder's stride, where "SAME" is a
    constant padding of ``kernel - stride`` pixels, so that the exported graph stays free of shape arithmetic.
    """
    for module in [*model.modules()]:
        for name, child in [*module.named_children()]:
            if isinstance(child, nn.Conv2d) and child.stride[0] > 1 and child.padding != (0, 0):
                total = child.kernel_size[0] - child.stride[0]
                before = total // 2
                child.padding = (0, 0)
                setattr(module, name, nn.Sequential(nn.ZeroPad2d((before, total - before) * 2), child))
    return model


class TimmEncoder(nn.Module):
    """A timm backbone as a pyramid of features, with its classifier.

    Args:
        backbone: timm's name, for example ``mobilenetv2_100``.
        weights: ``local`` (a file in TINTYPE_WEIGHTS), ``timm`` (timm downloads), or ``none``.
        same_padding: pad as TensorFlow does (`pad_as_tensorflow`).
        classes: number of classes of the classifier; 0 leaves out all that lies behind the deepest features.
        overrides: further arguments of ``timm.create_model``, for tiny sizes.

    Shape:
        rgb (N, 3, H, W) in the backbone's own range -> list of (N, C_i, H/r_i, W/r_i) for ``reductions``.
    """

    def __init__(
        self,
        backbone: str,
        *,
        weights: str = "none",
        same_padding: bool = False,
        classes: int = 1000,
        overrides: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if not import_timm().is_model(backbone):
            raise RecipeError(f"backbone {backbone!r} is not known to timm: see timm.list_models()")
        asked = dict(overrides or {})
        if classes:
            asked["num_classes"] = classes
        body = create_timm(backbone, pretrained=weights == "timm", **asked)
        if weights == "local":
            _load_weights(body, backbone)
        if not classes:
            body.prune_intermediate_layers(None, prune_norm=True, prune_head=True)
        info = body.feature_info if isinstance(body.feature_info, list) else body.feature_info.info
        self.channels = tuple(stage["num_chs"] for stage in info)
        self.reductions = tuple(stage["reduction"] for stage in info)
        self.body: Any = pad_as_tensorflow(body) if same_padding else body

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """Return the features of every stage, finest first."""
        features = self.body.forward_intermediates(rgb, intermediates_only=True)
        return list(features)

    def classify(self, deepest: Tensor) -> Tensor:
        """Return class logits (N, classes) from the deepest features."""
        body = self.body
        if self.has_class_map:
            deepest = body.bn2(body.conv_head(deepest))
        return body.forward_head(deepest)

    @property
    def has_class_map(self) -> bool:
        """Whether it is of the EfficientNet family: a 1x1 convolution, the mean of its cells, a linear layer."""
        body = self.body
        return all(hasattr(body, name) for name in ("conv_head", "bn2", "classifier")) and isinstance(
            body.classifier, nn.Linear
        )

    def map_classes(self, deepest: Tensor) -> Tensor:
        """Return class logits (N, classes, h, w) for each cell of the deepest features; their mean is `classify`.

        This is the class activation map of Zhou et al. 2016 (arXiv:1512.04150), the bias included.
        """
        n, _, height, width = deepest.shape
        cells = self.body.bn2(self.body.conv_head(deepest)).flatten(2).transpose(1, 2)
        return self.body.classifier(cells).transpose(1, 2).reshape(n, -1, height, width)


class GrayRgb(nn.Module):
    """Renders lightness as gray sRGB in the range that a pretrained backbone expects.

    Mean and standard deviation are kept with the weights, so that they are found again with them.

    Shape:
        lightness (N, 1, H, W), 0..100 -> (N, 3, H, W).
    """

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(mean)[:, None, None])
        self.register_buffer("std", torch.tensor(std)[:, None, None])

    def forward(self, lightness: Tensor) -> Tensor:
        """Return gray sRGB, standardized."""
        return (linear_to_srgb(lightness_to_luminance(lightness)) - self.mean) / self.std


def find_encoder(
    state: Mapping[str, Tensor], backbones: Iterable[str], *, classes: int = 0
) -> dict[str, Any]:
    """Return what a state dict tells of the `TimmEncoder` in ``encoder`` and of the `GrayRgb` in ``gray``.

    Args:
        state: of a network that has both under these names.
        backbones: timm's names to be tried.
        classes: of the encoder's classifier.

    Returns:
        The values of ``backbone``, ``same_padding``, ``mean`` and ``std`` as `TimmEncoder` and `GrayRgb` take them.

    Raises:
        BrokenModelError: an unknown backbone.
        KeyError: the network has no ``gray``.
    """
    mean, std = (_as_numbers(state[name]) for name in ("gray.mean", "gray.std"))
    shapes = {n.removeprefix("encoder."): t.shape for n, t in state.items() if n.startswith("encoder.")}
    for backbone, same_padding in product(dict.fromkeys(backbones), (False, True)):
        with torch.device("meta"):  # shapes without weights
            encoder = TimmEncoder(backbone, same_padding=same_padding, classes=classes)
        if {name: tensor.shape for name, tensor in encoder.state_dict().items()} == shapes:
            return {"backbone": backbone, "same_padding": same_padding, "mean": mean, "std": std}
    raise BrokenModelError("the weights' backbone is none that Tintype knows; name it")


def _as_numbers(vector: Tensor) -> tuple[float, ...]:
    """Return a vector as the decimal numbers that it was made of."""
    return tuple(round(float(value), 6) for value in vector.flatten())
