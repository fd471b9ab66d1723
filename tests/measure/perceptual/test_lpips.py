import re
import warnings

import numpy as np
import pytest

from tintype.errors import MissingWeightsError, TintypeError
from tintype.measure.perceptual.lpips import Lpips
from tintype.measure.perceptual.weights import load_state

BACKBONES = ["alex", "vgg", "squeeze"]


def to_tensor(pictures):
    import torch

    return torch.from_numpy(np.stack(pictures).transpose(0, 3, 1, 2)).float() / 255


@pytest.fixture
def package(random_weights):
    """The package ``lpips``, which finds the random backbone by its own way through torchvision."""
    import lpips

    def create(backbone):
        names = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1"}
        state = load_state(random_weights(backbone))
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            create_model = getattr(lpips.pn.tv, names[backbone])

            def pretrained_model(pretrained):
                model = create_model()
                model.load_state_dict(state, strict=False)
                return model

            patch.setattr(lpips.pn.tv, names[backbone], pretrained_model)
            return lpips.LPIPS(net=backbone, verbose=False)

    return create


@pytest.mark.parametrize("backbone", BACKBONES)
def test_lpips_is_that_of_the_package(backbone, known_weights, package, photographs, results):
    import torch

    known_weights(backbone)
    with torch.no_grad():
        expected = package(backbone)(to_tensor(photographs), to_tensor(results), normalize=True)
    actual = Lpips(backbone).distances(photographs, results)
    assert actual == pytest.approx(expected.flatten().double().numpy(), abs=1e-6)
    assert actual.min() > 1e-3


@pytest.mark.parametrize("backbone", BACKBONES)
def test_lpips_is_that_of_torchmetrics(backbone, known_weights, random_weights, photographs, results):
    import torch
    from torchmetrics.functional.image.lpips import _LPIPS

    known_weights(backbone)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = _LPIPS(net=backbone, pnet_rand=True)
    state = load_state(random_weights(backbone))
    names = reference.net.state_dict()
    reference.net.load_state_dict(
        {name: state[re.sub(r"^slice(s\.)?\d\.", "features.", name)] for name in names}
    )
    with torch.no_grad():
        expected = reference(to_tensor(photographs), to_tensor(results), normalize=True)
    actual = Lpips(backbone).distances(photographs, results)
    assert actual == pytest.approx(expected.flatten().double().numpy(), abs=1e-5)


@pytest.fixture
def squeeze(known_weights):
    known_weights("squeeze")
    return Lpips("squeeze")


def test_equal_photographs_have_no_distance(squeeze, photographs):
    assert squeeze(photographs[0], photographs[0]) == 0


def test_sizes_may_differ_between_pairs(squeeze, photographs, results):
    small, other = photographs[1][:40, :64], results[1][:40, :64]
    ones, others = [photographs[0], small, photographs[2]], [results[0], other, results[2]]
    expected = [squeeze(one, other) for one, other in zip(ones, others, strict=True)]
    assert squeeze.distances(ones, others) == pytest.approx(expected, abs=1e-6)


def test_pairwise_distances_are_those_of_all_pairs(squeeze, photographs):
    samples = photographs[:4]
    pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    expected = [squeeze(samples[i], samples[j]) for i, j in pairs]
    assert squeeze.pairwise(samples) == pytest.approx(expected, abs=1e-6)


def test_one_sample_has_no_pairs(squeeze, photographs):
    assert squeeze.pairwise(photographs[:1]).shape == (0,)


def test_no_pairs_have_no_distances(squeeze):
    assert squeeze.distances([], []).shape == (0,)


def test_weights_are_named(squeeze):
    assert squeeze.weights.startswith("squeezenet1_1-b8a52dc0.pth (SHA-256 ")


def test_other_sizes_are_refused(squeeze, photographs):
    with pytest.raises(TintypeError, match="two of the same size"):
        squeeze(photographs[0], photographs[0][:64])


def test_photograph_that_is_too_small_is_refused(squeeze, photographs):
    with pytest.raises(TintypeError, match="needs 32 pixels a side, but a photograph is 96 x 20"):
        squeeze(photographs[0][:20], photographs[0][:20])


def test_weights_of_another_network_are_refused(known_weights, random_weights, monkeypatch):
    from tintype.measure.perceptual import lpips, weights

    known_weights("squeeze")
    monkeypatch.setitem(weights.WEIGHTS, "alex", weights.WEIGHTS["squeeze"])
    with pytest.raises(MissingWeightsError, match="do not fit alex"):
        lpips.Lpips("alex")


@pytest.mark.parametrize("backbone", BACKBONES)
def test_smallest_side_is_large_enough_for_each_backbone(backbone, known_weights, photographs, results):
    known_weights(backbone)
    assert Lpips(backbone)(photographs[0][:32, :32], results[0][:32, :32]) > 0
