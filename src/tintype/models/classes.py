"""The names of the classes that a model tells apart, and the words that people have for them.

``imagenet-1k`` are the 1,000 classes of the ImageNet challenge in their order. Their names are those of torchvision
(BSD-3-Clause), synsets and synonyms those of WordNet as timm lists them; `tools/word_tables.py` brings them here. The
kinds - "dog", "coat", "ship" - are our own: which of the classes a person means by a word that names none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tintype.errors import ModelError
from tintype.models.card import CLASS_LISTS


@dataclass(frozen=True)
class ClassList:
    """What is known of a list of classes.

    Attributes:
        name: for example "imagenet-1k".
        names: one for each class.
        synonyms: further names of each class.
        kinds: words for several classes at once, to their numbers.
    """

    name: str
    names: tuple[str, ...]
    synonyms: tuple[tuple[str, ...], ...]
    kinds: Mapping[str, tuple[int, ...]]

    def index_of(self, name: str) -> int | None:
        """Return the number of a class by one of its names, whatever its case; None where there is none."""
        return self._by_name().get(_plain(name))

    def find(self, word: str) -> tuple[int, ...]:
        """Return the classes that a word stands for; none if it is not known.

        The name of a class comes first ("tench", "trench coat"), then a kind ("fish", "coat"), then a name within a
        class's ("retriever").

        >>> classes = class_list("imagenet-1k")
        >>> [classes.names[i] for i in classes.find("frog")]
        ['bullfrog', 'tree frog', 'tailed frog']
        """
        plain = _plain(word)
        if plain in self._by_name():
            return (self._by_name()[plain],)
        if plain in self.kinds:
            return self.kinds[plain]
        last = f" {plain}"
        ended = (i for i, each in enumerate(self._all_names()) if any(name.endswith(last) for name in each))
        return tuple(ended)

    def _all_names(self) -> tuple[tuple[str, ...], ...]:
        return _all_names(self.name)

    def _by_name(self) -> Mapping[str, int]:
        return _by_name(self.name)


@cache
def class_list(name: str) -> ClassList:
    """Return a list of classes by its name.

    Raises:
        ModelError: Tintype has no such list.
    """
    if name not in CLASS_LISTS:
        raise ModelError(f"the classes {name!r} have no names here; known are {', '.join(CLASS_LISTS)}")
    rows = [*_rows(f"{name}.tsv")]
    synonyms = tuple(tuple(each.split(", ")) if each else () for _, _, each in rows)
    return ClassList(name, tuple(row[1] for row in rows), synonyms, _read_kinds(name))


def _read_kinds(name: str) -> dict[str, tuple[int, ...]]:
    kinds: dict[str, tuple[int, ...]] = {}
    for words, classes in _rows(f"{name}-kinds.tsv"):
        numbers = tuple(number for part in classes.split() for number in _range(part))
        for word in words.split(", "):
            kinds[word] = tuple(sorted({*kinds.get(word, ()), *numbers}))
    return kinds


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _rows(file: str) -> Iterator[list[str]]:
    text = files("tintype.models").joinpath("class_lists", file).read_text("utf-8")
    return (line.split("\t") for line in text.splitlines()[1:])


@cache
def _all_names(name: str) -> tuple[tuple[str, ...], ...]:
    found = class_list(name)
    return tuple(
        tuple(map(_plain, (own, *others))) for own, others in zip(found.names, found.synonyms, strict=True)
    )


@cache
def _by_name(name: str) -> dict[str, int]:
    """Return the classes by all of their names; of classes that share one, that whose first name it is."""
    names = _all_names(name)
    others = {other: i for i, each in reversed([*enumerate(names)]) for other in each[1:]}
    return others | {each[0]: i for i, each in reversed([*enumerate(names)])}


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("-", " ").split())
