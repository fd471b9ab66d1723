import pytest

from tintype.errors import ModelError
from tintype.models.card import CLASS_LISTS
from tintype.models.classes import class_list


@pytest.fixture(scope="module")
def classes():
    return class_list("imagenet-1k")


def test_every_list_of_a_card_can_be_read():
    for name in CLASS_LISTS:
        found = class_list(name)
        assert found.name == name
        assert len(found.names) == len(found.synonyms) == len(set(found.names))
        assert all(found.names)


def test_list_that_is_not_known_is_named():
    with pytest.raises(ModelError, match="'birds' have no names here; known are imagenet-1k"):
        class_list("birds")


def test_order_is_that_of_the_challenge(classes):
    assert len(classes.names) == 1000
    assert [classes.names[i] for i in (0, 207, 281, 652, 999)] == [
        *("tench", "golden retriever", "tabby", "military uniform", "toilet tissue")
    ]
    assert "tabby cat" in classes.synonyms[281]


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("Tench", {"tench"}),
        ("tinca tinca", {"tench"}),
        ("trench-coat", {"trench coat"}),
        ("coat", {"fur coat", "trench coat", "lab coat"}),
        ("cat", {"tabby", "tiger cat", "Persian cat", "Siamese cat", "Egyptian cat"}),
        ("crane", {"crane"}),
        ("setter", {"English setter", "Irish setter", "Gordon setter"}),
        ("gazebo", set()),
    ],
)
def test_words_stand_for_classes(classes, word, names):
    assert {classes.names[i] for i in classes.find(word)} == names


def test_dogs_are_all_dogs(classes):
    dogs = classes.find("dog")
    assert dogs == tuple(range(151, 269))
    assert set(dogs) < set(classes.find("animal"))


def test_kinds_are_of_the_list(classes):
    assert len(classes.kinds) > 300
    for word, numbers in classes.kinds.items():
        assert word == word.strip().casefold()
        assert numbers == tuple(sorted(set(numbers)))
        assert 0 <= numbers[0] <= numbers[-1] < len(classes.names), word


def test_name_is_found_whatever_its_case(classes):
    assert classes.index_of("GOLDEN Retriever") == 207
    assert classes.index_of("dog") is None
