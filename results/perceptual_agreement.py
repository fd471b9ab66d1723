"""Compare what networks measure with reference libraries, on photographs that anyone has.

    python results/perceptual_agreement.py

The photographs and their results are those of results/agreement.py. The published weights of the networks can't be
had everywhere, so both sides have the same random ones (results/random_weights.py); only the heads of LPIPS, which
its package carries, are the published ones. The largest differences are written to
results/perceptual_agreement.csv. Needs the packages of the extra ``dev``.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from agreement import Codes, Floats, load_photographs, make_pairs
from random_weights import use_random_weights
from torch.nn import functional as F

from tintype.measure.perceptual.classes import Classifier
from tintype.measure.perceptual.distances import frechet_distance, kernel_distance, precision_and_recall
from tintype.measure.perceptual.inception import TensorflowInception, TorchvisionInception
from tintype.measure.perceptual.lpips import Backbone, Lpips
from tintype.measure.perceptual.torchvision_operators import import_torchvision
from tintype.measure.perceptual.weights import find_weights, load_state
from tintype.measure.record import Origin, Row, write_table

TABLE = Path(__file__).with_name("perceptual_agreement.csv")
PACKAGES = (
    "tintype",
    "numpy",
    "scipy",
    "torch",
    "torchvision",
    "lpips",
    "torchmetrics",
    "torch-fidelity",
    "timm",
)
BACKBONES: dict[Backbone, str] = {"alex": "AlexNet", "vgg": "VGG16", "squeeze": "SqueezeNet"}

Pictures = list[Codes]
Found = tuple[str, float, float]
"""Figure and reference, largest difference, largest that it may be."""


def compare_lpips(trues: Pictures, results: Pictures) -> Iterator[Found]:
    """Yield the differences of LPIPS with the package ``lpips`` and with torchmetrics."""
    import lpips  # noqa: PLC0415 - can be imported after torchvision only
    from torchmetrics.functional.image.lpips import _LPIPS  # noqa: PLC0415

    creators: dict[str, Callable[..., Any]] = {
        "lpips": lambda **options: lpips.LPIPS(verbose=False, **options),
        "torchmetrics": _LPIPS,
    }
    for backbone, title in BACKBONES.items():
        found = Lpips(backbone, "cpu").distances(trues, results)
        for library, create in creators.items():
            reference = _with_backbone(create, backbone)
            with torch.no_grad():
                expected = reference(_stack(trues), _stack(results), normalize=True).flatten().numpy()
            yield f"LPIPS ({title}): from {library}", _largest(found, expected), 1e-5


def compare_features(pictures: Pictures) -> Iterator[Found]:
    """Yield the differences of features with those of torchvision's network and timm's transform."""
    import timm  # noqa: PLC0415 - can be imported after torchvision only
    from PIL import Image  # noqa: PLC0415
    from timm.data import create_transform  # noqa: PLC0415

    network = import_torchvision().models.inception_v3(transform_input=True, init_weights=False).eval()
    network.load_state_dict(load_state(find_weights("inception_torchvision").path))
    network.fc = torch.nn.Identity()
    large = F.interpolate(_stack(pictures), (299, 299), mode="bilinear")
    mean, deviation = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.no_grad():
        proper, ddcolor = network((large - mean) / deviation), network(0.5 * large + 0.5)
    name = "Inception's features, torchvision's weights: from torchvision"
    yield name, _largest(TorchvisionInception(device="cpu")(pictures), proper.numpy()), 1e-3
    name = "Inception's features, as DDColor's code: from torchvision"
    found = TorchvisionInception(as_ddcolor=True, device="cpu")(pictures)
    yield name, _largest(found, ddcolor.numpy()), 1e-3

    model = timm.create_model("mobilenetv2_100", pad_type="same").eval()
    model.load_state_dict(load_state(find_weights("mobilenetv2").path))
    half = (0.5, 0.5, 0.5)
    transform = create_transform(224, interpolation="bicubic", crop_pct=0.875, mean=half, std=half)
    with torch.no_grad():
        batch = torch.stack([transform(Image.fromarray(picture)) for picture in pictures])
        expected = model.forward_head(model.forward_features(batch), pre_logits=True).numpy()
    yield "MobileNetV2's features: from timm", _largest(Classifier("cpu")(pictures), expected), 1e-3


def compare_distances(trues: Pictures, results: Pictures) -> Iterator[Found]:
    """Yield the relative differences of distances of sets with those of torch-fidelity and SciPy."""
    import torch_fidelity  # noqa: PLC0415 - can be imported after torchvision only
    from scipy.linalg import sqrtm  # noqa: PLC0415

    network = TensorflowInception("cpu")
    true, result = network(trues), network(results)
    expected = torch_fidelity.calculate_metrics(
        input1=_AsDataset(results),
        input2=_AsDataset(trues),
        cuda=False,
        fid=True,
        kid=True,
        kid_subset_size=len(trues) // 2,
        prc=True,
        feature_extractor="inception-v3-compat",
        feature_extractor_weights_path=str(find_weights("inception_tf").path),
        feature_layer_prc="2048",
        verbose=False,
        cache=False,
    )
    frechet, kernel = frechet_distance(true, result), kernel_distance(true, result)
    yield "FID, share: from torch-fidelity", _share(frechet, expected["frechet_inception_distance"]), 1e-3
    yield (
        "KID, share: from torch-fidelity",
        _share(kernel.mean, expected["kernel_inception_distance_mean"]),
        1e-3,
    )
    shares = np.array(precision_and_recall(true, result))
    named = np.array([expected["precision"], expected["recall"]])
    yield "precision and recall: from torch-fidelity", _largest(shares, named), 1e-9
    mixing = np.random.default_rng(0).normal(size=(true.shape[1], 8))
    one, other = (features @ mixing for features in (true, result))
    covariances = [np.cov(features, rowvar=False) for features in (one, other)]
    root = sqrtm(covariances[0] @ covariances[1]).real
    plain = np.square(one.mean(0) - other.mean(0)).sum() + np.trace(sum(covariances) - 2 * root)
    yield (
        "Frechet distance of 8 mixed features, share: from SciPy",
        _share(frechet_distance(one, other), plain),
        1e-6,
    )


class _AsDataset(torch.utils.data.Dataset[torch.Tensor]):
    """Photographs as torch-fidelity takes them."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.from_numpy(self._pictures[index].transpose(2, 0, 1).copy())


def _with_backbone(create: Callable[..., Any], backbone: Backbone) -> Any:
    """Create LPIPS of another library with our backbone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = create(net=backbone, pnet_rand=True)
    state = load_state(find_weights(backbone).path)
    names = reference.net.state_dict()
    reference.net.load_state_dict(
        {name: state[re.sub(r"^slice(s\.)?\d\.", "features.", name)] for name in names}
    )
    return reference


def _stack(pictures: Pictures) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures).transpose(0, 3, 1, 2)).float() / 255


def _largest(found: Floats, expected: Floats) -> float:
    return float(np.abs(found - expected).max())


def _share(found: float, expected: float) -> float:
    return abs(found - expected) / abs(expected)


def main() -> int:
    """Compare, print and store; the exit status is 1 if anything is farther apart than it may be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--table", type=Path, default=TABLE, help="where to write the differences")
    options = parser.parse_args()
    photographs = load_photographs()
    pairs = make_pairs(photographs)
    trues, results = [pair.true for pair in pairs], [pair.result for pair in pairs]
    with tempfile.TemporaryDirectory() as folder:
        use_random_weights(Path(folder))
        found = [
            *compare_lpips(trues, results),
            *compare_features(results),
            *compare_distances(trues, results),
        ]
    digest = hashlib.sha256(b"".join(photograph.tobytes() for photograph in photographs)).hexdigest()
    made_of = f"6 photographs of scikit-image and scikit-learn, 3 results each, random weights, {digest}"
    origin = Origin.of_this_run(made_of, packages=PACKAGES)
    write_table(
        options.table, [Row(name, value, f"<= {most:g}", len(pairs)) for name, value, most in found], origin
    )
    for name, value, most in found:
        sys.stdout.write(f"{name:66} {value:10.2e}  <= {most:g}\n")
    return 0 if all(value <= most for _, value, most in found) else 1


if __name__ == "__main__":
    sys.exit(main())
