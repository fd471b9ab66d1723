"""Finding the published weights of networks that measure; nothing is ever fetched.

A figure can only be compared with others if the weights are the very ones that others use, so a file counts
only if its SHA-256 begins as published. It is looked for in the folder that TINTYPE_WEIGHTS names, then where
``torch.hub`` keeps what it downloaded.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tintype.errors import MissingWeightsError

WEIGHTS_VARIABLE = "TINTYPE_WEIGHTS"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A published file.

    Attributes:
        name: under which it was published.
        sha256: how its SHA-256 begins, hexadecimal.
    """

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a network.

    Attributes:
        what: whose they are, for a person.
        files: any of these serves; the first one that is there is taken.
    """

    what: str
    files: tuple[WeightsFile, ...]


@dataclass(frozen=True, slots=True)
class FoundWeights:
    """Weights that lie on this machine, and are what was published."""

    path: Path
    file: WeightsFile

    @property
    def label(self) -> str:
        """How the output names them: the published name and the beginning of the SHA-256."""
        return f"{self.file.name} (SHA-256 {self.file.sha256})"


WEIGHTS: dict[str, Weights] = {
    "alex": Weights("torchvision's AlexNet", (WeightsFile("alexnet-owt-7be5be79.pth", "7be5be79"),)),
    "vgg": Weights("torchvision's VGG16", (WeightsFile("vgg16-397923af.pth", "397923af"),)),
    "squeeze": Weights(
        "torchvision's SqueezeNet 1.1", (WeightsFile("squeezenet1_1-b8a52dc0.pth", "b8a52dc0"),)
    ),
    "inception_tf": Weights(
        "TensorFlow's Inception of 2015, ported by pytorch-fid and torch-fidelity",
        (
            WeightsFile("pt_inception-2015-12-05-6726825d.pth", "6726825d"),
            WeightsFile("weights-inception-2015-12-05-6726825d.pth", "6726825d"),
        ),
    ),
    "inception_torchvision": Weights(
        "torchvision's Inception v3",
        (
            WeightsFile("inception_v3_google-1a9a5a14.pth", "1a9a5a14"),
            WeightsFile("inception_v3_google-0cc3c7bd.pth", "0cc3c7bd"),
        ),
    ),
    "mobilenetv2": Weights(
        "MobileNetV2 trained on ImageNet",
        (
            WeightsFile("mobilenetv2_100_imagenet.safetensors", "a9af3c80"),
            WeightsFile("mobilenetv2_100_ra-b33bc2c4.pth", "b33bc2c4"),
        ),
    ),
}
"""What each network needs, by the name that the rest of this package gives it."""


def find_weights(network: str) -> FoundWeights:
    """Return the weights of a network of `WEIGHTS`.

    Raises:
        MissingWeightsError: they are not on this machine, or the file is not what was published.
    """
    wanted = WEIGHTS[network]
    for file in wanted.files:
        for folder in folders():
            path = folder / file.name
            if path.is_file():
                _verify(path, file)
                return FoundWeights(path, file)
    names = " or ".join(f"{file.name} (SHA-256 {file.sha256}...)" for file in wanted.files)
    raise MissingWeightsError(
        f"the weights of {wanted.what} are not here: put {names} into {hub_folder()}, or into a folder that "
        f"{WEIGHTS_VARIABLE} names"
    )


def folders() -> Iterator[Path]:
    """Return where weights are looked for, the first choice first."""
    if named := os.environ.get(WEIGHTS_VARIABLE):
        yield Path(named).expanduser()
    yield hub_folder()


def hub_folder() -> Path:
    """Return where ``torch.hub`` keeps downloads, as ``torch.hub.get_dir`` says it, but without torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", str(Path(cache) / "torch"))
    return Path(home).expanduser() / "hub" / "checkpoints"


def load_state(path: Path) -> Mapping[str, Any]:
    """Read tensors by name from a .safetensors or .pth file; code in a file is never run.

    Raises:
        MissingWeightsError: it can't be read.
    """
    from pickle import UnpicklingError  # noqa: PLC0415 - only needed with torch

    import torch  # noqa: PLC0415 - heavy, and only needed to load a network
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.torch import load_file  # noqa: PLC0415

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, UnpicklingError, SafetensorError) as error:
        raise MissingWeightsError(f"{path} can't be read ({error}); download it again") from error
    return state


def _verify(path: Path, file: WeightsFile) -> None:
    try:
        status = path.stat()
        actual = _sha256(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise MissingWeightsError(
            f"{path} can't be read ({error.strerror}); let this user read it"
        ) from error
    if not actual.startswith(file.sha256):
        raise MissingWeightsError(
            f"{path} is not the published file: its SHA-256 begins with {actual[: len(file.sha256)]}, not "
            f"{file.sha256}; download it again"
        )


@lru_cache(maxsize=64)
def _sha256(path: Path, size: int, changed: int) -> str:
    """Return the SHA-256 of a file; size and time of the last change stand for its content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
