"""Recipes whose backbones are for who can download them: they train as they stand, here from random weights."""

from pathlib import Path

import pytest

from tintype.errors import DownloadError
from tintype.learn.recipe import read_recipe
from tintype.learn.train import train
from training_samples import TINY

pytestmark = pytest.mark.slow

OF_THE_MACHINE = [change for change in TINY if not change.startswith("perceptual")]
RANDOM = ("network_changes.backbone_weights=none", "perceptual.weights=none")


@pytest.mark.parametrize("name", ["nogan", "ddcolor23-tiny"])
def test_weights_that_timm_can_not_fetch_are_one_line(
    name: str, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    recipe = read_recipe(
        name,
        [
            *OF_THE_MACHINE,
            "network_changes.backbone_weights=timm",
            f'data.root="{shards}"',
            "perceptual.weights=none",
        ],
    )
    with pytest.raises(
        DownloadError, match=r"timm can't fetch the weights of .*; connect this machine, or put"
    ):
        train(recipe, tmp_path, accelerator="cpu", devices=1)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("koalarization17", ()),  # Inception-ResNet-v2
        ("koalarization17-tutorial", ()),
        ("ddcolor23-tiny", ()),  # ConvNeXt-T and VGG-16 with batch norm
        ("nogan", ()),  # VGG-16 with batch norm
        ("nogan-resnet34", ()),  # ResNet-34 and VGG-16 with batch norm
        ("pix2pix-pretrained", ()),  # ResNet-18
        ("divcolor17", ("data.multiple=256", "data.sizes=[{side = 256, count = 2}]")),  # eccv16
    ],
)
def test_recipe_trains_with_the_backbones_that_it_names(
    name: str, more: tuple[str, ...], shards: Path, tmp_path: Path
):
    few = (
        f'data.root="{shards}"',
        "samples=8",
        "data.sizes=[{side = 64, count = 2}]",
        "validation.every=8",
        "validation.photos=1",
    )
    recipe = read_recipe(name, [*OF_THE_MACHINE, *RANDOM, *few, *more])
    assert train(recipe, tmp_path, accelerator="cpu", devices=1).exists()
