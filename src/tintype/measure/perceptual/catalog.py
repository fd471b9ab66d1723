"""Which figures trained networks give, what each means, and which can be measured on this machine.

Nothing heavy is imported here, so that a command can tell what is missing without loading torch.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tintype.colorize.colorizer import DEFAULT_MODEL
from tintype.errors import MissingExtraError, TintypeError, UnsupportedByModelError
from tintype.measure.figures import Figure
from tintype.measure.perceptual.weights import find_weights
from tintype.models.catalog import ModelFile, find_model

Model = str | Path | ModelFile

_PACKAGES = ("torch", "torchvision")


@dataclass(frozen=True, slots=True)
class Network:
    """A network that measures.

    Attributes:
        title: how tables call it.
        packages: that it needs, by the names under which they are imported.
        weights: its key in ``WEIGHTS``; None for the encoder of a model.
    """

    title: str
    packages: tuple[str, ...]
    weights: str | None


_FIDELITY = (*_PACKAGES, "torch_fidelity")

NETWORKS: Mapping[str, Network] = {
    "alex": Network("AlexNet", (*_PACKAGES, "lpips"), "alex"),
    "vgg": Network("VGG16", (*_PACKAGES, "lpips"), "vgg"),
    "squeeze": Network("SqueezeNet", (*_PACKAGES, "lpips"), "squeeze"),
    "inception_tf": Network("Inception, TensorFlow's weights", _FIDELITY, "inception_tf"),
    "inception_torchvision": Network("Inception, torchvision's weights", _FIDELITY, "inception_torchvision"),
    "inception_ddcolor": Network("Inception, as DDColor's code", _FIDELITY, "inception_torchvision"),
    "mobilenetv2": Network("MobileNetV2", (*_FIDELITY, "timm"), "mobilenetv2"),
    "encoder": Network("Tintype's encoder", _FIDELITY, None),
}
"""By the names that end the figures' names."""

LPIPS_NETWORKS = ("alex", "vgg", "squeeze")
FEATURE_NETWORKS = ("inception_tf", "inception_torchvision", "inception_ddcolor", "mobilenetv2", "encoder")
CLASSIFIER = "mobilenetv2"
CLASS_FIGURES = ("top1", "top1_gray", "top1_true", "same_class", "same_class_gray")


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that a network gives.

    Attributes:
        name: in tables.
        figure: what it means.
        network: its key in `NETWORKS`.
        of_set: one for a set of photographs; otherwise one for each.
    """

    name: str
    figure: Figure
    network: str
    of_set: bool


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a figure can be measured here.

    Attributes:
        metric: which.
        reason: one line that says what is missing and where it goes; "" where nothing is.
    """

    metric: Metric
    reason: str = ""

    @property
    def is_available(self) -> bool:
        """Whether it can be measured."""
        return not self.reason


def _describe_lpips() -> Iterator[Metric]:
    for network in LPIPS_NETWORKS:
        figure = Figure(
            "",
            "lower",
            "How different result and truth look to a network that learned from people what looks different.",
            "Zhang et al. 2018, LPIPS version 0.1",
            f"LPIPS ({NETWORKS[network].title})",
        )
        yield Metric(f"lpips_{network}", figure, network, of_set=False)


def _describe_distances() -> Iterator[Metric]:
    for network in FEATURE_NETWORKS:
        for name, figure in _distances(network).items():
            yield Metric(f"{name}_{network}", figure, network, of_set=True)


def _distances(network: str) -> dict[str, Figure]:
    title = NETWORKS[network].title
    is_inception = network.startswith("inception")
    return {
        "frechet": Figure(
            "",
            "lower",
            "How far the set of results is from the set of true photographs, as a network sees both; "
            "only figures of the same network and the same number of photographs can be compared.",
            "Heusel et al. 2017",
            f"{'FID' if is_inception else 'Frechet distance'} ({title})",
        ),
        "kid": Figure(
            "",
            "lower",
            "The same question as the Frechet distance asks, answered without bias for small sets.",
            "Binkowski et al. 2018; no result is compared with its own truth",
            f"{'KID' if is_inception else 'Kernel distance'} ({title})",
        ),
        "precision": Figure(
            "",
            "higher",
            "The share of results that look like true photographs to a network.",
            "Kynkaanniemi et al. 2019, 3 neighbors",
            f"Precision ({title})",
        ),
        "recall": Figure(
            "",
            "higher",
            "The share of true photographs to which something like it is among the results; "
            "low where all results have the same few safe colors.",
            "Kynkaanniemi et al. 2019, 3 neighbors",
            f"Recall ({title})",
        ),
    }


def _describe_classes() -> Iterator[Metric]:
    what = {
        "top1": ("Recognized", "Whether a classifier names what is on the colored photograph rightly."),
        "top1_gray": ("Recognized, gray", "The same of the photograph left gray: what color should add to."),
        "top1_true": ("Recognized, true", "The same of the true photograph: what color can reach at most."),
        "same_class": (
            "Class kept",
            "Whether a classifier sees in the result the same as in the true photograph, be it right or wrong.",
        ),
        "same_class_gray": ("Class kept, gray", "The same of the photograph left gray."),
    }
    for name in CLASS_FIGURES:
        title, text = what[name]
        better = "neither" if name in {"top1_gray", "top1_true", "same_class_gray"} else "higher"
        figure = Figure("", better, text, "after Zhang, Isola, Efros 2016, by MobileNetV2", title)  # type: ignore[arg-type]
        yield Metric(name, figure, CLASSIFIER, of_set=False)


METRICS: Mapping[str, Metric] = {
    metric.name: metric for metric in (*_describe_lpips(), *_describe_distances(), *_describe_classes())
}
"""All figures of networks, in the order of tables. Those of classes are 0 or 1 for each photograph."""


def choose_metrics(names: Sequence[str] | None = None) -> tuple[Metric, ...]:
    """Return metrics by their names, or by those of their networks; None for all.

    Raises:
        TintypeError: there is no such metric.

    >>> [metric.name for metric in choose_metrics(["lpips_vgg", "alex"])]
    ['lpips_alex', 'lpips_vgg']
    """
    if names is None:
        return tuple(METRICS.values())
    for name in names:
        if name not in METRICS and name not in NETWORKS:
            raise TintypeError(f"there is no metric {name!r}; there are {', '.join([*METRICS, *NETWORKS])}")
    return tuple(metric for metric in METRICS.values() if metric.name in names or metric.network in names)


def available_metrics(
    names: Sequence[str] | None = None, *, model: Model = DEFAULT_MODEL
) -> tuple[Availability, ...]:
    """Say which figures can be measured here, and why the others can't.

    Files of weights are read once to compare their SHA-256.

    Args:
        names: as in `choose_metrics`.
        model: whose encoder is asked.
    """
    chosen = choose_metrics(names)
    reasons = {network: reason_against(network, model) for network in {it.network for it in chosen}}
    return tuple(Availability(metric, reasons[metric.network]) for metric in chosen)


def reason_against(network: str, model: Model = DEFAULT_MODEL) -> str:
    """Return why a network can't measure on this machine, "" where it can."""
    try:
        require(network, model)
    except TintypeError as error:
        return str(error)
    return ""


def require(network: str, model: Model = DEFAULT_MODEL) -> None:
    """Make sure that a network of `NETWORKS` can be loaded.

    Args:
        network: its key.
        model: whose encoder is asked, for ``encoder``.

    Raises:
        MissingExtraError: a package is not installed.
        MissingWeightsError: its weights are not on this machine.
        UnsupportedByModelError: the model gives no features.
        ModelError: there is no such model, or it can't be read.
    """
    needed = NETWORKS[network]
    if missing := [name for name in needed.packages if importlib.util.find_spec(name) is None]:
        names = ", ".join(missing).replace("_", "-")
        raise MissingExtraError(f"not installed: {names}; pip install 'tintype[perceptual]'")
    if needed.weights is not None:
        find_weights(needed.weights)
        return
    card = (model if isinstance(model, ModelFile) else find_model(model)).card
    if "features" not in card.capabilities:
        raise UnsupportedByModelError(f"{card.name} gives no features; choose a model that does")
