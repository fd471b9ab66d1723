"""Make the table of nouns: which classes and which labels of photographs mean nearly the same.

    TINTYPE_SENTENCES=FOLDER python tools/word_meanings.py

``FOLDER`` holds the sentence model (`tintype.guidance.words.embedding`). The nouns are the lemmas of WordNet that
ImageNet knows, as timm lists them with their definitions; a noun and a class are compared by what is said of them,
not by their names alone. Writes ``src/tintype/guidance/words/meanings.tsv.gz``: noun, class:likeness ...,
label:likeness ...
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from word_tables import folder_of

from tintype.guidance.words.embedding import load_sentence_model
from tintype.guidance.words.learned import label_names
from tintype.models.classes import class_list

TABLE = Path(__file__).parent.parent / "src" / "tintype" / "guidance" / "words" / "meanings.tsv.gz"
LEAST = 0.45
"""Likeness below which two words have nothing to do with each other."""

MOST = 3
NOUN = re.compile(r"[a-z][a-z' -]*")
SPECIES = re.compile(r"[A-Z][a-z]+( [a-z]+)+")
MOST_WORDS = 3


def read_definitions() -> tuple[list[str], list[tuple[str, str]]]:
    """Return the definitions of the 1,000 classes, and (noun, definition) of all nouns."""
    info = folder_of("timm") / "data" / "_info"

    def read(name: str) -> dict[str, str]:
        return dict(line.split("\t") for line in (info / name).read_text("utf-8").splitlines())

    definitions, lemmas = read("imagenet_synset_to_definition.txt"), read("imagenet_synset_to_lemma.txt")
    synsets = (info / "imagenet_synsets.txt").read_text("utf-8").split()
    nouns = [(noun, definitions[synset]) for synset, names in lemmas.items() for noun in names.split(", ")]
    return [definitions[synset] for synset in synsets], [each for each in nouns if is_noun(each[0])]


def is_noun(lemma: str) -> bool:
    """Tell what a person would write from names of species and the like."""
    if SPECIES.fullmatch(lemma) or len(lemma.split()) > MOST_WORDS:
        return False
    return NOUN.fullmatch(lemma.lower()) is not None and len(lemma) > 2


def nearest(vectors: NDArray[np.float32], others: NDArray[np.float32]) -> list[str]:
    """Return the numbers of the nearest others, with their likeness in hundredths."""
    likeness = vectors @ others.T
    rows = []
    for row in likeness:
        best = [i for i in np.argsort(-row)[:MOST] if row[i] >= max(LEAST, row.max() - 0.15)]
        rows.append(" ".join(f"{i}:{round(100 * float(row[i]))}" for i in best))
    return rows


def main() -> None:
    """Embed all nouns, and write the table."""
    model = load_sentence_model()
    if model is None:
        sys.exit("name the folder of the sentence model in TINTYPE_SENTENCES")
    classes, labels = class_list("imagenet-1k"), label_names()
    definitions, nouns = read_definitions()
    class_texts = [f"{name}: {text}" for name, text in zip(classes.names, definitions, strict=True)]
    by_name = {
        name.lower().replace("-", " ").replace("'", " "): text
        for name, text in zip(classes.names, class_texts, strict=True)
    }
    class_vectors = model.embed(class_texts)
    label_vectors = model.embed([by_name.get(label, label) for label in labels])
    vectors = model.embed([f"{noun}: {text}" for noun, text in nouns])
    rows: dict[str, str] = {}
    near = zip(nouns, nearest(vectors, class_vectors), nearest(vectors, label_vectors), strict=True)
    for (noun, _), near_classes, near_labels in near:
        if (near_classes or near_labels) and noun.lower() not in rows:
            rows[noun.lower()] = f"{noun.lower()}\t{near_classes}\t{near_labels}"
    content = "\n".join(["noun\tclasses\tlabels", *(rows[noun] for noun in sorted(rows))]) + "\n"
    TABLE.write_bytes(gzip.compress(content.encode(), 9, mtime=0))
    sys.stdout.write(f"{TABLE}: {len(rows)} of {len(nouns)} nouns, {TABLE.stat().st_size / 1e3:.0f} kB\n")


if __name__ == "__main__":
    main()
