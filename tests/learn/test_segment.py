import json

import numpy as np
import pytest
import torch

from tintype.colorize.colorizer import Colorizer
from tintype.colorize.speaking import PromptGuide
from tintype.errors import BrokenModelError, MissingExtraError, ModelNotFoundError
from tintype.guidance.words.prompt import read_prompt
from tintype.learn import segment_torch as module
from tintype.learn.segment_torch import ClipSegmenter
from word_samples import bright_thing, write_seeing_model

WORDS = [
    "<|startoftext|>",
    "<|endoftext|>",
    "co",
    *"abcdefghijklmnopqrstuvwxyz",
    *(f"{c}</w>" for c in "acdehoprt"),
]
SIDE = 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny CLIPSeg with random weights, saved as published ones are."""
    transformers = module._import_transformers()
    folder = tmp_path_factory.mktemp("clipseg")
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "projection_dim": 16}
    config = transformers.CLIPSegConfig(
        text_config={
            **sizes,
            **{"num_hidden_layers": 2, "vocab_size": len(WORDS), "max_position_embeddings": 12},
            **{"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1},
        },
        vision_config={**sizes, "num_hidden_layers": 3, "image_size": SIDE, "patch_size": 8},
        projection_dim=16,
        reduce_dim=8,
        extract_layers=[0, 1, 2],
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
    )
    torch.manual_seed(0)
    transformers.CLIPSegForImageSegmentation(config).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(WORDS)}))
    (folder / "merges.txt").write_text("#version: 0.2\nc o\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 12})
    )
    (folder / "preprocessor_config.json").write_text(
        json.dumps({"image_processor_type": "ViTImageProcessor", "size": {"height": 64, "width": 64}})
    )
    return folder


@pytest.fixture(scope="module")
def segmenter(folder):
    return ClipSegmenter(folder)


def lightness(height=48, width=80):
    random = np.random.default_rng(0)
    return random.uniform(0, 100, (height, width)).astype(np.float32)


def test_map_has_the_size_of_the_photograph(segmenter):
    found = segmenter.find(lightness(), "red coat")
    assert found.shape == (48, 80)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1


def test_phrase_and_photograph_change_the_map(segmenter):
    coat, hat = (segmenter.find(lightness(), words) for words in ("coat", "a tree"))
    assert np.abs(coat - hat).max() > 1e-5
    assert np.abs(coat - segmenter.find(lightness()[::-1], "coat")).max() > 1e-5
    np.testing.assert_array_equal(coat, segmenter.find(lightness(), "coat"))


def test_long_phrase_is_cut(segmenter):
    assert segmenter.find(lightness(), "coat " * 100).shape == (48, 80)


def test_picture_is_as_the_processor_says(segmenter):
    picture = segmenter._picture(np.full((30, 50), 50, np.float32))
    assert picture.shape == (1, 3, 64, 64)
    gray = 0.4663  # sRGB of L 50
    expected = (gray - torch.tensor(module._MEAN)) / torch.tensor(module._DEVIATION)
    torch.testing.assert_close(picture[0, :, 5, 5], expected, atol=1e-3, rtol=0)


def test_name_tells_weights_apart(segmenter, folder, tmp_path):
    assert segmenter.name == ClipSegmenter(folder).name
    assert str(folder) in segmenter.name


def test_segmenter_guides_a_prompt(segmenter, tmp_path, monkeypatch):
    real = segmenter.find

    def top(plane, phrase):
        assert real(plane, phrase).shape == plane.shape
        found = np.zeros(plane.shape, np.float32)
        found[:40] = 1
        return found

    monkeypatch.setattr(segmenter, "find", top)
    opened = Colorizer(write_seeing_model(tmp_path / "seeing.onnx"), threads=1).open(bright_thing())
    (mark,) = PromptGuide(read_prompt("a red coat"), segmenter).guide(opened).guidance.marks
    assert (mark.y, mark.height, mark.origin) == (0, 80, "word:red coat")


@pytest.mark.parametrize("source", ["nothing", "./nothing", "/nothing/here", "no/such/folder"])
def test_folder_that_is_not_there_is_named(source):
    with pytest.raises(ModelNotFoundError, match="there is no such folder; give one, or CIDAS"):
        ClipSegmenter(source)


def test_name_that_cannot_be_downloaded_is_named(monkeypatch):
    transformers = module._import_transformers()

    def refuse(model):
        raise OSError("We couldn't connect to the hub\nto load the files")

    monkeypatch.setattr(transformers.CLIPSegForImageSegmentation, "from_pretrained", refuse)
    with pytest.raises(ModelNotFoundError, match="it can't be downloaded; check the name") as caught:
        ClipSegmenter("nobody/nothing")
    assert "\n" not in str(caught.value)


def test_other_network_is_refused_in_one_line(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clipseg"}))
    with pytest.raises(BrokenModelError, match="can't be loaded as CLIPSeg") as caught:
        ClipSegmenter(tmp_path)
    assert "\n" not in str(caught.value)


def test_missing_extra_is_named(monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tintype\[segment\]'"):
        ClipSegmenter()
