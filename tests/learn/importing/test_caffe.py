import numpy as np
import pytest
import torch

from released_samples import SCALE, caffe_network, net_class, released, write_caffe
from seeded_weights import lightness
from tintype.color.bins import CENTERS
from tintype.errors import BrokenModelError, ModelNotFoundError
from tintype.learn.importing.caffe import read_caffe
from tintype.learn.importing.recognize import recognize
from tintype.learn.networks.eccv16 import ANNEALED_MEAN


@pytest.fixture
def files(tmp_path):
    return write_caffe(tmp_path)


def change_net(path, change):
    net = net_class().FromString(path.read_bytes())
    change({layer.name: layer for layer in net.layer}, net)
    path.write_bytes(net.SerializeToString())


def test_network_gives_the_answer_of_the_weights(files):
    read = read_caffe(*files)
    network = recognize(read.state, "caffe").network
    with torch.no_grad():
        expected = caffe_network()(lightness(64, 96))["bin_logits"]
        actual = network(lightness(64, 96))["bin_logits"]
    assert torch.allclose(actual, expected, atol=1e-4 * expected.std())
    assert expected.std() > 0.05


def test_temperature_is_one_over_the_factor_of_the_logits(files):
    assert read_caffe(*files).temperature == pytest.approx(1 / SCALE)
    assert read_caffe(*files).temperature == pytest.approx(ANNEALED_MEAN.temperature, abs=0.005)


def test_factor_that_is_stored_goes_before_the_described_one(files):
    def add(layers, net):
        layer = net.layer.add(name="conv8_313_rh", type="Scale")
        layer.blobs.add(data=np.full(313, 2.0)).shape.dim.extend([313])

    change_net(files[1], add)
    assert read_caffe(*files).temperature == 0.5


def test_sizes_of_old_files_are_read(files):
    def age(layers, net):
        for layer in net.layer:
            for blob in layer.blobs:
                sizes = [*blob.shape.dim]
                blob.ClearField("shape")
                blob.num, blob.channels, blob.height, blob.width = [1] * (4 - len(sizes)) + sizes

    expected = read_caffe(*files).state
    change_net(files[1], age)
    aged = read_caffe(*files).state
    assert aged.keys() == expected.keys()
    assert all(torch.equal(aged[name], tensor) for name, tensor in expected.items())


def test_bins_in_another_order_are_brought_into_ours(files):
    order = np.random.default_rng(0).permutation(313)
    np.save(files[2], CENTERS[order].astype(np.float64))

    def move(layers, net):
        weight, bias = layers["conv8_313"].blobs
        moved = np.asarray(weight.data).reshape(313, -1)[order]
        weight.data[:], bias.data[:] = moved.ravel(), np.asarray(bias.data)[order]

    expected = recognize(read_caffe(*write_caffe_again(files)).state, "caffe").network
    np.save(files[2], CENTERS[order].astype(np.float64))
    change_net(files[1], move)
    found = recognize(read_caffe(*files).state, "caffe")
    assert torch.equal(found.network.model8[6].weight, expected.model8[6].weight)
    assert len(found.remarks) == 1


def write_caffe_again(files):
    return write_caffe(files[0].parent)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("layer {", "layer ((", "is no prototxt of Caffe"),
        ('name: "conv5_2"', 'name: "conv5_9"', "has no layer conv5_2; give colorization_deploy_v2.prototxt"),
        (
            "dilation: 2",
            "dilation: 4",
            r"conv5_1 is of another network: .*\(3, 1, 2, 4\) and not .*\(3, 1, 2, 2\)",
        ),
        ("Deconvolution", "Convolution", "conv8_1 is of another network: Convolution .* not Deconvolution"),
        ("BatchNorm", "LRN", "has no batch norm conv1_2norm"),
        ("batch_norm_param{ }", "batch_norm_param{ eps: 0.01 }", "conv1_2norm has eps 0.01"),
        ('"conv8_313_rh"', '"other"', "has no layer conv8_313_rh"),
        ("value: 2.606", "value: 0", "multiplies by 0"),
    ],
)
def test_description_of_another_network_is_refused(files, old, new, words):
    text = files[0].read_text()
    assert old in text
    files[0].write_text(text.replace(old, new))
    with pytest.raises(BrokenModelError, match=words):
        read_caffe(*files)


def drop_layer(layers, net):
    layers["conv4_1"].ClearField("blobs")


def drop_bias(layers, net):
    del layers["conv4_1"].blobs[1]


def lie(layers, net):
    layers["conv4_1"].blobs[0].shape.dim[0] += 1


def turn(layers, net):
    sizes = layers["conv4_1"].blobs[0].shape.dim
    sizes[:] = [*sizes[:2], 9, 1]


def untrain(layers, net):
    layers["conv4_3norm"].blobs[2].data[0] = 0


def vary(layers, net):
    layer = net.layer.add(name="conv8_313_rh", type="Scale")
    layer.blobs.add(data=np.arange(313)).shape.dim.extend([313])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop_layer, "the layer conv4_1 has 0 weights and not 2"),
        (drop_bias, "the layer conv4_1 has 1 weights and not 2"),
        (lie, r"a weight of conv4_1 says \(65, 32, 3, 3\) and holds"),
        (turn, r"the weights of conv4_1 are \(64, 32, 9, 1\)"),
        (untrain, "conv4_3norm was never trained"),
        (vary, "conv8_313_rh multiplies by 0"),
    ],
)
def test_weights_of_another_network_are_refused(files, change, words):
    change_net(files[1], change)
    with pytest.raises(BrokenModelError, match=words):
        read_caffe(*files)


def test_truncated_weights_are_told(files):
    content = files[1].read_bytes()
    files[1].write_bytes(content[:-100])
    with pytest.raises(BrokenModelError, match="is no caffemodel, or was cut off"):
        read_caffe(*files)
    files[1].write_bytes(b"")
    with pytest.raises(BrokenModelError, match="bw_conv1_1 has 0 weights"):
        read_caffe(*files)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((313, 3)), "does not hold 313 colors"),
        (np.zeros((529, 2)), "does not hold 313 colors"),
        (np.array([["a", "b"]] * 313), "does not hold 313 colors"),
        (np.array([object()] * 3), "is no array of numpy"),
    ],
)
def test_colors_of_other_bins_are_refused(files, array, words):
    np.save(files[2], array, allow_pickle=True)
    with pytest.raises(BrokenModelError, match=words):
        read_caffe(*files)


def test_colors_that_are_not_the_bins_are_refused(files):
    np.save(files[2], CENTERS[:, ::-1] + 3)
    with pytest.raises(BrokenModelError, match="its bins are other colors"):
        recognize(read_caffe(*files).state, "caffe")


@pytest.mark.parametrize("which", [0, 1, 2])
def test_missing_file_is_told(files, which):
    files[which].unlink()
    with pytest.raises(ModelNotFoundError, match=f"{files[which].name}: No such file"):
        read_caffe(*files)


def test_sample_differs_from_the_release_of_pytorch_only_in_its_norms():
    assert released("eccv16").state_dict().keys() == caffe_network().state_dict().keys()
