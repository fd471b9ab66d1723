import json

import numpy as np
import pytest

from tintype.errors import BrokenModelError
from tintype.guidance.words import embedding as module
from tintype.guidance.words.embedding import FOLDER_VARIABLE, SentenceModel, find_sentence_model

WIDTH, HEADS, LAYERS = 16, 2, 2
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "coat", "coa", "##t", "##s", "a", ",", "cafe"]


def names():
    """Yield the arrays of a BERT and their shapes."""
    yield "embeddings.word_embeddings.weight", (len(VOCABULARY), WIDTH)
    yield "embeddings.position_embeddings.weight", (128, WIDTH)
    yield "embeddings.token_type_embeddings.weight", (2, WIDTH)
    yield from norm("embeddings.LayerNorm")
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            yield from linear(f"{layer}.attention.{part}", WIDTH, WIDTH)
        yield from norm(f"{layer}.attention.output.LayerNorm")
        yield from linear(f"{layer}.intermediate.dense", 32, WIDTH)
        yield from linear(f"{layer}.output.dense", WIDTH, 32)
        yield from norm(f"{layer}.output.LayerNorm")


def linear(name, outputs, inputs):
    return (f"{name}.weight", (outputs, inputs)), (f"{name}.bias", (outputs,))


def norm(name):
    return (f"{name}.weight", (WIDTH,)), (f"{name}.bias", (WIDTH,))


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    table, blocks, end = {"__metadata__": {"format": "np"}}, [], 0
    for name, shape in names():
        block = random.normal(0, 0.5, shape).astype("<f4").tobytes()
        table[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + len(block)]}
        blocks.append(block)
        end += len(block)
    head = json.dumps(table).encode()
    (tmp_path / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + b"".join(blocks))
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    config = {"num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "layer_norm_eps": 1e-12}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


def test_vectors_have_unit_length_and_do_not_depend_on_company(folder):
    model = SentenceModel(folder)
    texts = ["a red coat", "coat", "a coat, red", "red"]
    together = model.embed(texts)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    for i, text in enumerate(texts):
        np.testing.assert_allclose(model.embed([text])[0], together[i], atol=1e-6)
    assert np.abs(together[0] - together[1]).max() > 0.01


def test_case_and_accents_do_not_matter(folder):
    model = SentenceModel(folder)
    np.testing.assert_array_equal(model.embed(["Café"]), model.embed(["cafe"]))


def test_words_are_split_into_the_longest_pieces(folder):
    model = SentenceModel(folder)
    assert model._pieces("coats") == ["coat", "##s"]
    assert model._tokenize("a coats") == [
        VOCABULARY.index(word) for word in ("[CLS]", "a", "coat", "##s", "[SEP]")
    ]
    assert model._pieces("coat") == ["coat"]
    assert model._pieces("coatt") == ["coat", "##t"]
    assert model._pieces("zebra") == ["[UNK]"]
    assert model._pieces("a" * 101) == ["[UNK]"]


def test_gelu_agrees_with_the_normal_distribution():
    from scipy.special import ndtr

    x = np.linspace(-6, 6, 1000, dtype=np.float32)
    np.testing.assert_allclose(module._gelu(x), x * ndtr(x), atol=2e-6)


def test_long_text_is_cut(folder):
    assert SentenceModel(folder).embed(["red coat " * 500]).shape == (1, WIDTH)


def test_same_vectors_as_a_transformer_of_torch(folder):
    import torch
    from torch.nn import functional

    model = SentenceModel(folder)
    tokens = model._tokenize("a red coat")
    weights = {name: torch.from_numpy(array.copy()) for name, array in model._weights.items()}

    def normalize(x, name):
        return functional.layer_norm(x, (WIDTH,), weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-12)

    def apply(x, name):
        return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    x = weights["embeddings.word_embeddings.weight"][tokens]
    x = x + weights["embeddings.position_embeddings.weight"][: len(tokens)]
    x = normalize(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        parts = [apply(x, f"{layer}.attention.self.{n}") for n in ("query", "key", "value")]
        query, key, value = (p.view(len(tokens), HEADS, -1).transpose(0, 1) for p in parts)
        mixed = functional.scaled_dot_product_attention(query, key, value).transpose(0, 1).reshape(x.shape)
        x = normalize(
            x + apply(mixed, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm"
        )
        wide = functional.gelu(apply(x, f"{layer}.intermediate.dense"))
        x = normalize(x + apply(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    expected = functional.normalize(x.mean(0), dim=0).numpy()
    np.testing.assert_allclose(model.embed(["a red coat"])[0], expected, atol=1e-5)


def test_model_is_found_by_its_variable(folder, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    assert find_sentence_model() == folder
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder / "nothing"))
    assert find_sentence_model() is None


@pytest.mark.parametrize("file", ["config.json", "vocab.txt", "model.safetensors"])
def test_broken_model_is_named(folder, file):
    (folder / file).write_bytes(b"broken")
    with pytest.raises(BrokenModelError, match="no sentence model"):
        SentenceModel(folder)
