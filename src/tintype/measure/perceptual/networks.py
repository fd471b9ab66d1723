"""Networks that measure, loaded once for any number of sets of results."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tintype.colorize.colorizer import DEFAULT_MODEL
from tintype.errors import TintypeError
from tintype.measure.perceptual.catalog import LPIPS_NETWORKS, Metric, Model, choose_metrics, require

if TYPE_CHECKING:
    from tintype.measure.perceptual.classes import Classifier
    from tintype.measure.perceptual.lpips import Lpips

Codes = NDArray[np.uint8]
Vectors = NDArray[np.float32]


class FeatureNetwork(Protocol):
    """A network that sees in each photograph a vector."""

    weights: str
    """Which they are: file or model, and the beginning of the SHA-256."""

    def __call__(self, pictures: Sequence[Codes]) -> Vectors:
        """Return features (N, C) of photographs, (H, W, 3) uint8 sRGB each."""


class Networks:
    """The networks that chosen figures need, and what they saw in the true photographs.

    One object serves all models of a benchmark: networks are loaded once, and what they see in a true
    photograph is remembered by its content.

    Args:
        metrics: names of figures or networks; None for all that there are.
        model: whose encoder is asked.
        device: torch's name; None for a GPU where there is one.
        threads: of ONNX Runtime, for the encoder; None for its default.

    Attributes:
        metrics: the figures that can be measured.
        not_measured: the names of those that can't, and one line each that says why.
        lpips: by the backbone's name.
        features: by the network's name.

    Raises:
        TintypeError: there is no figure of that name.
    """

    def __init__(
        self,
        metrics: Sequence[str] | None = None,
        *,
        model: Model = DEFAULT_MODEL,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        chosen = choose_metrics(metrics)
        self.lpips: dict[str, Lpips] = {}
        self.features: dict[str, Remembering] = {}
        reasons: dict[str, str] = {}
        for name in dict.fromkeys(metric.network for metric in chosen):
            try:
                require(name, model)
                self._load(name, model, device, threads)
            except TintypeError as error:
                reasons[name] = str(error)
        self.not_measured = {it.name: reasons[it.network] for it in chosen if it.network in reasons}
        self.metrics: tuple[Metric, ...] = tuple(it for it in chosen if it.network not in reasons)

    def weights_of(self, network: str) -> str:
        """Return which weights a loaded network has."""
        return (self.lpips.get(network) or self.features[network]).weights

    def _load(self, name: str, model: Model, device: str | None, threads: int | None) -> None:
        if name in LPIPS_NETWORKS:
            from tintype.measure.perceptual.lpips import Lpips  # noqa: PLC0415 - loads torch

            self.lpips[name] = Lpips(cast(Any, name), device)
        else:
            self.features[name] = Remembering(_create(name, model, device, threads))


class Remembering:
    """A network that looks at each true photograph only once.

    Args:
        network: the network.

    Attributes:
        network: the network.
        weights: which they are.
    """

    def __init__(self, network: FeatureNetwork) -> None:
        self.network = network
        self.weights = network.weights
        self._seen: dict[bytes, Vectors] = {}

    def __call__(self, pictures: Sequence[Codes]) -> Vectors:
        """Return features (N, C); nothing is remembered."""
        return self.network(pictures)

    def of_truth(self, pictures: Sequence[Codes]) -> Vectors:
        """Return features (N, C) of photographs that come again for the next set of results."""
        keys = [_key(picture) for picture in pictures]
        new = {key: picture for key, picture in zip(keys, pictures, strict=True) if key not in self._seen}
        if new:
            self._seen.update(zip(new, self.network([*new.values()]), strict=True))
        return np.stack([self._seen[key] for key in keys])

    @property
    def classifier(self) -> Classifier:
        """The network as the classifier that it is."""
        return cast("Classifier", self.network)


def _create(name: str, model: Model, device: str | None, threads: int | None) -> FeatureNetwork:
    from tintype.measure.perceptual import classes, encoder, inception  # noqa: PLC0415 - they load torch

    creators: dict[str, Callable[[], FeatureNetwork]] = {
        "inception_tf": lambda: inception.TensorflowInception(device),
        "inception_torchvision": lambda: inception.TorchvisionInception(device=device),
        "inception_ddcolor": lambda: inception.TorchvisionInception(as_ddcolor=True, device=device),
        "mobilenetv2": lambda: classes.Classifier(device),
        "encoder": lambda: encoder.ModelEncoder(model, threads),
    }
    return creators[name]()


def _key(picture: Codes) -> bytes:
    digest = hashlib.blake2b(str(picture.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(picture).data)
    return digest.digest()
