"""What a thing that was named may be: where to look for it, and which colors it has when none was named.

A word is looked up in this order: scenes and stuff ("sky", "autumn"), the classes that an encoder tells apart and
their kinds ("tench", "coat"), labels of the training photographs ("football"), the table of nouns that a sentence
embedding made ("lorry" is nearly a moving van), and the embedding itself where it is installed. Of a phrase the last
words are what it speaks of; words before them are taken as a mood ("autumn forest") or are passed over, and named.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.colors import WeightedColor
from tintype.guidance.words.embedding import load_sentence_model
from tintype.guidance.words.learned import label_names, learned_palette
from tintype.guidance.words.lexicon import find_color
from tintype.models.classes import ClassList, class_list

PLACES = ("sky", "ground", "leaves", "water", "skin", "any")
"""Where stuff is looked for, see `tintype.guidance.words.places`."""

_CLASSES = "imagenet-1k"
_CERTAIN = 1.0
_LEAST_LIKE = 0.55
"""Likeness from which on the embedding's opinion of where to look is heard: the encoder has to see it besides."""

_LEAST_LIKE_LABEL = 0.6
"""The same for its opinion of colors, which nothing else holds in check."""

_MOOD_SHARE = 0.7
_MOST_NEAR = 3
_IRREGULAR = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "people": "person",
    "leaves": "leaf",
    "wolves": "wolf",
}


@dataclass(frozen=True)
class Meaning:
    """What a phrase was taken for.

    Attributes:
        words: the phrase, or the part of it that was understood.
        classes: numbers of the classes that it may be, of ``imagenet-1k``; none for stuff.
        place: for stuff, one of `PLACES`; for a background `tintype.guidance.words.places.REST`; empty where it has
            none.
        palette: colors that it has when none was named; may be empty.
        likeness: 0..1, how nearly the classes are what was meant; 1 for their own names.
        via: what it was taken for where that is not its own name: "moving van".
        is_scene: whether it is stuff, a season, a light: something that colors the whole picture.
        unread: words of the phrase that were passed over.
    """

    words: str
    classes: tuple[int, ...] = ()
    place: str = ""
    palette: tuple[WeightedColor, ...] = ()
    likeness: float = _CERTAIN
    via: str = ""
    is_scene: bool = False
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Scene:
    place: str
    palette: tuple[WeightedColor, ...]


def find_meaning(phrase: str) -> Meaning | None:
    """Return what a phrase means; None where nothing of it is understood.

    >>> find_meaning("old brown bear").words
    'brown bear'
    """
    words = phrase.casefold().split()
    for start in range(len(words)):
        found = _look_up(" ".join(words[start:]))
        if found is not None:
            return _with_moods(found, words[:start])
    found = _from_embedding(phrase)
    if found is not None:
        return found
    moods = [word for word in words if word in _scenes()]
    if moods:  # "autumn walk": the mood is understood, the walk is not
        unread = tuple(word for word in words if word not in moods)
        return replace(_with_moods(Meaning(moods[-1], is_scene=True), moods), unread=unread)
    return None


def is_known(phrase: str) -> bool:
    """Return whether a phrase names a thing, a scene or a label, by its own name."""
    plain = phrase.casefold()
    return any(
        word in _scenes() or class_list(_CLASSES).find(word) or word in label_names()
        for word in _forms(plain)
    )


def palette_of_classes(names: Sequence[str]) -> tuple[WeightedColor, ...]:
    """Return the colors of classes, by their names; those whose label was learned, else those of like labels."""
    shares: dict[str, float] = {}
    for name in names:
        for label, likeness in _labels_for(name):
            shares[label] = shares.get(label, 0.0) + likeness
    return learned_palette(shares) if shares else ()


def _look_up(words: str) -> Meaning | None:
    """Return what words mean as they stand: none of them is passed over."""
    for word in _forms(words):
        scene = _scenes().get(word)
        if scene is not None:
            return Meaning(words, (), scene.place, scene.palette, is_scene=True)
        classes = class_list(_CLASSES)
        if found := classes.find(word):
            return Meaning(words, found, palette=_palette_for(word, found, classes))
        if word in label_names():
            return Meaning(words, palette=learned_palette({word: 1.0}))
        if (noun := _nouns().get(word)) is not None:
            return _from_noun(words, noun)
    return None


def _palette_for(word: str, classes: Sequence[int], known: ClassList) -> tuple[WeightedColor, ...]:
    if word in label_names():
        return learned_palette({word: 1.0})
    named = [known.names[i] for i in classes]
    learned = [name for name in named if _label_of(name)]
    return palette_of_classes(learned or named[:1])


def _labels_for(name: str) -> Iterator[tuple[str, float]]:
    own = _label_of(name)
    if own:
        yield own, _CERTAIN
        return
    noun = _nouns().get(name.casefold())
    if noun is not None:
        yield from (
            (label_names()[i], likeness) for i, likeness in noun.labels if likeness >= _LEAST_LIKE_LABEL
        )


def _label_of(name: str) -> str:
    plain = name.casefold().replace("-", " ").replace("'", " ")
    return plain if plain in label_names() else ""


def _with_moods(found: Meaning, before: Sequence[str]) -> Meaning:
    """Take scenes before a word as its mood; name what else stands there."""
    moods = [word for word in before if word in _scenes()]
    unread = tuple(word for word in before if word not in moods)
    palette = found.palette
    for mood in moods:
        palette = mixed([(_scenes()[mood].palette, _MOOD_SHARE), (palette, 1 - _MOOD_SHARE)])
    return replace(found, palette=palette, unread=unread)


def mixed(palettes: Sequence[tuple[Sequence[WeightedColor], float]]) -> tuple[WeightedColor, ...]:
    """Mix palettes by their shares; empty ones do not count."""
    colors = []
    for palette, share in palettes:
        total = sum(color.weight for color in palette)
        colors += [WeightedColor(color.color, share * color.weight / total) for color in palette]
    return tuple(colors)


@dataclass(frozen=True)
class _Noun:
    """A row of the table of nouns: numbers of classes and of labels, with their likeness."""

    classes: tuple[tuple[int, float], ...]
    labels: tuple[tuple[int, float], ...]


def _from_noun(words: str, noun: _Noun) -> Meaning | None:
    near = [(i, likeness) for i, likeness in noun.classes if likeness >= _LEAST_LIKE]
    labels = {label_names()[i]: likeness for i, likeness in noun.labels if likeness >= _LEAST_LIKE_LABEL}
    if not near and not labels:
        return None
    palette = learned_palette(labels) if labels else ()
    names = class_list(_CLASSES).names
    via = names[near[0][0]] if near else next(iter(labels))
    likeness = near[0][1] if near else max(labels.values())
    return Meaning(words, tuple(i for i, _ in near), palette=palette, likeness=likeness, via=via)


def _from_embedding(words: str) -> Meaning | None:
    model = load_sentence_model()
    if model is None:
        return None
    (vector,) = model.embed([words])
    classes, labels = _name_vectors()
    return _from_noun(words, _Noun(_best(classes @ vector), _best(labels @ vector)))


def _best(likeness: NDArray[np.float32]) -> tuple[tuple[int, float], ...]:
    order = np.argsort(-likeness)[:_MOST_NEAR]
    return tuple((int(i), float(likeness[i])) for i in order)


@cache
def _name_vectors() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    model = load_sentence_model()
    assert model is not None
    return model.embed(class_list(_CLASSES).names), model.embed(label_names())


def _forms(words: str) -> Iterator[str]:
    """Yield the words as they are, then in the singular."""
    yield words
    if not words:
        return
    *before, last = words.split()
    forms = [_IRREGULAR[last]] if last in _IRREGULAR else []
    if last.endswith("ies") and len(last) > 4:
        forms.append(last[:-3] + "y")
    if last.endswith("es"):
        forms.append(last[:-2])
    if last.endswith("s") and not last.endswith("ss"):
        forms.append(last[:-1])
    for form in forms:
        yield " ".join((*before, form))


@cache
def _scenes() -> Mapping[str, _Scene]:
    rows = _lines(files("tintype.guidance.words").joinpath("scenes.tsv").read_text("utf-8"))
    scenes: dict[str, _Scene] = {}
    for words, place, colors in rows:
        parts = colors.split(", ") if colors else []  # a background may have any
        palette = tuple(color for part in parts for color in _parse_share(part))
        scenes |= dict.fromkeys(words.split(", "), _Scene(place, palette))
    return scenes


def _parse_share(text: str) -> Iterator[WeightedColor]:
    """Read "burnt orange 3"."""
    name, _, weight = text.rpartition(" ")
    color = find_color(name.split())
    assert color is not None, name
    yield from (WeightedColor(each.color, each.weight * float(weight)) for each in color.palette())


@cache
def _nouns() -> Mapping[str, _Noun]:
    packed = files("tintype.guidance.words").joinpath("meanings.tsv.gz").read_bytes()
    rows = _lines(gzip.decompress(packed).decode())
    return {noun: _Noun(_parse_near(classes), _parse_near(labels)) for noun, classes, labels in rows}


def _parse_near(text: str) -> tuple[tuple[int, float], ...]:
    pairs = (each.split(":") for each in text.split())
    return tuple((int(number), int(hundredths) / 100) for number, hundredths in pairs)


def _lines(text: str) -> Iterator[list[str]]:
    return (line.split("\t") for line in text.splitlines()[1:])
