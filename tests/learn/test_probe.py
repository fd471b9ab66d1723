import csv
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tintype.errors import DataError, RecipeError
from tintype.learn.networks import create_network
from tintype.learn.probe import classify, probe, read_features, write_readings
from tintype.learn.train import train
from training_samples import tiny_recipe


@pytest.fixture(scope="module")
def run(shards: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("probed")
    train(tiny_recipe("tintype-selfsupervised", shards), folder, accelerator="cpu", devices=1)
    return folder


def test_classifier_reads_what_is_linear_and_nothing_else():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(600, 8, generator=generator)
    labels = (features[:, 0] > 0).long() + 2 * (features[:, 1] > 0).long()
    top1, top5 = classify(features[:400], labels[:400], features[400:], labels[400:], 4)
    assert top1 > 0.9
    assert top5 == 1.0
    shuffled = labels[torch.randperm(600, generator=generator)]
    assert classify(features[:400], shuffled[:400], features[400:], shuffled[400:], 4)[0] < 0.45


def test_features_are_means_over_the_photograph():
    network = create_network("eccv16-test").eval()
    lightness = torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(0)) * 100
    features = read_features(network, lightness, "model5")
    assert features.shape == (3, 64)
    expected = network.model5(
        network.model4(network.model3(network.model2(network.model1((lightness - 50) / 100))))
    )
    torch.testing.assert_close(features, expected.mean((2, 3)))


def test_layer_that_is_not_there_is_an_error_that_lists_the_parts():
    with pytest.raises(RecipeError, match="model5"):
        read_features(create_network("eccv16-test"), torch.zeros(1, 1, 64, 64))


def test_trained_random_and_published_encoders_are_read(run: Path, shards: Path, tmp_path: Path, monkeypatch):

    folder = tmp_path / "weights"
    folder.mkdir()

    import timm

    own = timm.create_model("mobilenetv2_035").state_dict()
    save_file(own, folder / "mobilenetv2_035.safetensors")

    monkeypatch.setenv("TINTYPE_WEIGHTS", str(folder))
    readings = probe(run, "photos-*.tar", root=str(shards), held_out=3)
    assert [reading.encoder for reading in readings] == ["trained", "random", "published"]
    assert all(reading.classes == 2 and reading.chance == 0.5 for reading in readings)
    assert all(0 <= reading.top1 <= reading.top5 <= 1 for reading in readings)
    table = tmp_path / "results" / "probe.csv"
    write_readings(table, readings)
    assert [row["encoder"] for row in csv.DictReader(table.read_text().splitlines())] == [
        "trained",
        "random",
        "published",
    ]


def test_photographs_without_labels_are_an_error(run: Path, tmp_path: Path, shards: Path):
    from PIL import Image

    for i in range(20):
        Image.new("RGB", (64, 64), (i, 0, 0)).save(tmp_path / f"{i}.png")
    with pytest.raises(DataError, match="labels"):
        probe(run, str(tmp_path), held_out=2)
