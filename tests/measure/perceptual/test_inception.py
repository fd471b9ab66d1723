import numpy as np
import pytest

from tintype.errors import MissingWeightsError
from tintype.measure.perceptual import weights
from tintype.measure.perceptual.distances import frechet_distance, kernel_distance, precision_and_recall
from tintype.measure.perceptual.inception import TensorflowInception, TorchvisionInception
from tintype.measure.perceptual.weights import find_weights, load_state


@pytest.fixture
def reference(random_weights):
    """torchvision's own network, which standardizes for itself; returns what enters its last layer."""
    import torch
    from torch.nn import functional

    from tintype.measure.perceptual.torchvision_operators import import_torchvision

    models = import_torchvision().models
    network = models.inception_v3(transform_input=True, init_weights=False).eval()
    network.load_state_dict(load_state(random_weights("inception_torchvision")))
    network.fc = torch.nn.Identity()

    def look(picture, mean, deviation):
        srgb = torch.from_numpy(picture.transpose(2, 0, 1)[None].copy()).double() / 255
        large = functional.interpolate(srgb, (299, 299), mode="bilinear").float()
        standard = (large - torch.tensor(mean)[:, None, None]) / torch.tensor(deviation)[:, None, None]
        with torch.no_grad():
            return network(standard)[0].numpy()

    return look


def test_torchvision_features_are_those_of_torchvision(known_weights, reference, photographs):
    known_weights("inception_torchvision")
    features = TorchvisionInception()(photographs[:3])
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    expected = [reference(picture, mean, deviation) for picture in photographs[:3]]
    assert features.shape == (3, 2048)
    assert features == pytest.approx(np.stack(expected), abs=1e-4)
    assert np.abs(features[0] - features[1]).max() > 0.1


def test_ddcolor_features_show_srgb_as_if_it_were_standardized(known_weights, reference, photographs):
    known_weights("inception_torchvision")
    features = TorchvisionInception(as_ddcolor=True)(photographs[:3])
    halved = [reference(picture, (-1.0, -1.0, -1.0), (2.0, 2.0, 2.0)) for picture in photographs[:3]]
    assert features == pytest.approx(np.stack(halved), abs=1e-4)
    assert np.abs(features - TorchvisionInception()(photographs[:3])).max() > 0.1


def test_tensorflow_distances_are_those_of_torch_fidelity(known_weights, photographs, results):
    import torch
    from torch_fidelity import calculate_metrics

    class Pictures(torch.utils.data.Dataset):
        def __init__(self, pictures):
            self.pictures = pictures

        def __len__(self):
            return len(self.pictures)

        def __getitem__(self, index):
            return torch.from_numpy(self.pictures[index].transpose(2, 0, 1).copy())

    known_weights("inception_tf")
    found = calculate_metrics(
        input1=Pictures(results),
        input2=Pictures(photographs),
        cuda=False,
        kid=True,
        kid_subset_size=3,
        prc=True,
        feature_extractor="inception-v3-compat",
        feature_extractor_weights_path=str(find_weights("inception_tf").path),
        feature_layer_prc="2048",
        verbose=False,
        cache=False,
        save_cpu_ram=True,
    )
    network = TensorflowInception()
    true, result = network(photographs), network(results)
    assert true.shape == (6, 2048)
    kernel = kernel_distance(true, result)
    assert kernel.subset_size == 3
    assert kernel.mean == pytest.approx(found["kernel_inception_distance_mean"], rel=1e-3)
    assert precision_and_recall(true, result) == (found["precision"], found["recall"])
    assert frechet_distance(true, result) > 0


def test_photographs_may_have_any_sizes(known_weights, photographs):
    known_weights("inception_tf")
    network = TensorflowInception()
    mixed = [photographs[0], photographs[1][:50], photographs[2]]
    expected = np.concatenate([network([picture]) for picture in mixed])
    assert network(mixed) == pytest.approx(expected, abs=1e-4)


def test_weights_are_named(known_weights):
    known_weights("inception_tf", "inception_torchvision")
    assert TensorflowInception().weights.startswith("pt_inception-2015-12-05-6726825d.pth")
    assert TorchvisionInception().weights.startswith("inception_v3_google-1a9a5a14.pth")


@pytest.mark.parametrize("network", ["inception_tf", "inception_torchvision"])
def test_weights_of_another_network_are_refused(network, known_weights, monkeypatch):
    known_weights("squeeze")
    monkeypatch.setitem(weights.WEIGHTS, network, weights.WEIGHTS["squeeze"])
    with pytest.raises(MissingWeightsError, match="does not fit Inception v3"):
        TensorflowInception() if network == "inception_tf" else TorchvisionInception()
