import numpy as np
import pytest

from tintype.guidance.colors import WeightedColor
from tintype.guidance.words import meaning as module
from tintype.guidance.words.learned import label_names, learned_palette
from tintype.guidance.words.meaning import PLACES, find_meaning, is_known, mixed, palette_of_classes
from tintype.models.classes import class_list

CLASSES = class_list("imagenet-1k")


def share(palette, test):
    return sum(c.weight for c in palette if test(*c.color)) / sum(c.weight for c in palette)


@pytest.fixture(autouse=True)
def without_sentence_model(monkeypatch):
    """What the base installation understands."""
    monkeypatch.setattr(module, "load_sentence_model", lambda: None)


@pytest.mark.parametrize(
    ("phrase", "class_name"),
    [("tench", "tench"), ("a coat", "trench coat"), ("two dogs", "beagle"), ("old brown bear", "brown bear")],
)
def test_things_are_classes(phrase, class_name):
    found = find_meaning(phrase)
    assert CLASSES.index_of(class_name) in found.classes
    assert found.likeness == 1
    assert not found.is_scene


@pytest.mark.parametrize("word", ["sky", "grass", "leaves", "sea", "skin", "hands"])
def test_stuff_has_a_place_and_colors(word):
    found = find_meaning(word)
    assert found.place in PLACES
    assert found.palette
    assert found.is_scene


def test_seasons_color_the_whole_picture():
    found = find_meaning("autumn")
    assert found.is_scene
    assert found.place == ""


def test_mood_before_a_thing_changes_its_colors():
    plain, autumn = find_meaning("forest"), find_meaning("autumn forest")
    assert autumn.words == "forest"
    assert autumn.unread == ()
    green = [share(found.palette, lambda _, a, b: a < -8) for found in (plain, autumn)]
    assert green[1] < 0.6 * green[0]


def test_words_that_are_passed_over_are_named():
    found = find_meaning("gizmotronic zebra")
    assert found.words == "zebra"
    assert found.unread == ("gizmotronic",)
    assert find_meaning("autumn gizmo").unread == ("gizmo",)


@pytest.mark.parametrize("word", ["gizmotron", "", "xyzzy plugh"])
def test_unknown_words_mean_nothing(word):
    assert find_meaning(word) is None
    assert not is_known(word)


@pytest.mark.parametrize(("word", "class_name"), [("fedora", "cowboy hat"), ("waistcoat", "suit")])
def test_nouns_are_understood_by_the_table(word, class_name):
    found = find_meaning(word)
    assert CLASSES.index_of(class_name) in found.classes
    assert found.via
    assert 0.5 < found.likeness < 1


@pytest.mark.parametrize("word", ["dogs", "foxes", "ponies", "women", "children", "goldfish"])
def test_plurals_are_understood(word):
    assert find_meaning(word).classes


def test_labels_have_learned_colors():
    assert len(label_names()) > 200
    orange, forest = learned_palette({"orange": 1.0}), learned_palette({"forest": 1.0})
    assert share(orange, lambda _, a, b: a > 10 and b > 25) > 0.3
    assert share(forest, lambda _, a, b: a < 0 and b > 5) > 0.3
    half = learned_palette({"orange": 1.0, "forest": 1.0})
    assert sum(color.weight for color in half) == pytest.approx(1, abs=0.2)


def test_classes_have_the_colors_of_their_label():
    assert palette_of_classes(["goldfish"]) == learned_palette({"goldfish": 1.0})
    assert palette_of_classes([]) == ()


def test_mixed_palettes_have_their_shares():
    red, blue = WeightedColor((50, 60, 40), 5.0), WeightedColor((40, 10, -40), 1.0)
    colors = mixed([((red,), 0.7), ((blue,), 0.3), ((), 1.0)])
    assert [color.weight for color in colors] == pytest.approx([0.7, 0.3])


def test_word_outside_of_the_table_is_understood_by_its_vector(monkeypatch):
    class Model:
        def embed(self, texts):
            vectors = np.zeros((len(texts), len(CLASSES.names)), np.float32)
            for i, text in enumerate(texts):
                known = CLASSES.index_of(text)
                vectors[i, 340 if text == "gizmotron" else (known or 0)] = 1
            return vectors

    monkeypatch.setattr(module, "load_sentence_model", Model)
    monkeypatch.setattr(module, "_name_vectors", module._name_vectors.__wrapped__)
    found = find_meaning("gizmotron")
    assert found.classes == (340,)
    assert found.via == "zebra"
