"""Random weights for networks that measure, for comparing two programs where the published ones can't be had.

Two programs that agree with random weights agree with any: what is compared is how a photograph enters, which
layers are asked, and what is made of the answers.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from tintype.measure.perceptual.torchvision_operators import import_torchvision
from tintype.measure.perceptual.weights import WEIGHTS, WEIGHTS_VARIABLE, WeightsFile

_TORCHVISION = {
    "alex": "alexnet",
    "vgg": "vgg16",
    "squeeze": "squeezenet1_1",
    "inception_torchvision": "inception_v3",
}


def write_random_weights(network: str, folder: Path) -> WeightsFile:
    """Write weights for a network of ``WEIGHTS`` under the name of the published ones; return what they are."""
    path = folder / WEIGHTS[network].files[0].name
    if not path.exists():
        _write(_draw(network), path)
    return WeightsFile(path.name, hashlib.sha256(path.read_bytes()).hexdigest()[:8])


def use_random_weights(folder: Path) -> None:
    """Make random weights count as the published ones in this process."""
    for network, weights in [*WEIGHTS.items()]:
        WEIGHTS[network] = replace(weights, files=(write_random_weights(network, folder),))
    os.environ[WEIGHTS_VARIABLE] = str(folder)


def _write(state: dict[str, torch.Tensor], path: Path) -> None:
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file  # noqa: PLC0415 - for one of the networks only

        save_file(state, path)
    else:
        torch.save(state, path)


def _draw(network: str) -> dict[str, torch.Tensor]:
    """Draw weights through which a picture still shows after 48 layers, unlike those of a new network."""
    torch.manual_seed(1)
    state = {name: value for name, value in _create(network).state_dict().items() if _is_needed(name)}
    for name, value in state.items():
        if name.endswith("running_mean"):
            value.normal_(0, 0.1)
        elif name.endswith("running_var"):
            value.uniform_(0.8, 1.2)
        elif value.ndim > 1:
            value.normal_(0, (2 / value[0].numel()) ** 0.5)
    return state


def _is_needed(name: str) -> bool:
    """Leave out the last layers of AlexNet and VGG16: 400 MB that LPIPS does not use."""
    return not name.startswith("classifier.") or name in {"classifier.weight", "classifier.bias"}


def _create(network: str) -> Any:
    models = import_torchvision().models
    if network == "inception_tf":
        return _create_inception_tf()
    if network == "mobilenetv2":
        import timm  # noqa: PLC0415 - can be imported after torchvision only

        return timm.create_model("mobilenetv2_100")
    name = _TORCHVISION[network]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(models, name)(**({"init_weights": False} if name == "inception_v3" else {}))


def _create_inception_tf() -> Any:
    """Create torch-fidelity's network without weights: it knows no way to be made so."""
    from torch_fidelity import FeatureExtractorInceptionV3  # noqa: PLC0415 - after torchvision only

    with (
        patch("torch.load", return_value={}),
        patch.object(FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None),
    ):
        return FeatureExtractorInceptionV3("x", ["2048"], feature_extractor_weights_path="none")
