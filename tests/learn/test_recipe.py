import dataclasses
import tomllib
from pathlib import Path

import pytest
import torch

from tintype.color.bins import BIN_COUNT
from tintype.errors import RecipeError
from tintype.learn.networks import SYSTEMS, create_network
from tintype.learn.recipe import Recipe, list_recipes, read_recipe, recipe_to_dict
from tintype.learn.recipe_limits import LIMITS, POSITIVE
from tintype.learn.release import draft_card

BACKBONES = {
    "vgg16_bn": "VGG-16",
    "mobilenetv2_100": "MobileNetV2",
    "resnet18": "ResNet-18",
    "resnet34": "ResNet-34",
    "inception_resnet_v2": "Inception-ResNet-v2",
    "convnext_tiny.fb_in22k": "ConvNeXt-T",
    "convnext_large.fb_in22k": "ConvNeXt-L",
    "eccv16": "eccv16",
}
"""How a card calls what was not trained by the recipe."""


def test_every_packaged_recipe_reads():
    names = list_recipes()
    assert "tintype-small" in names
    for name in names:
        assert read_recipe(name).name == name


def test_set_changes_values_at_every_depth():
    recipe = read_recipe(
        "tintype-small",
        ["samples=5", "loss.regression=1", "network_changes.blocks=1", "network=tintype-tiny"],
    )
    assert (recipe.samples, recipe.loss.regression, recipe.network) == (5, 1.0, "tintype-tiny")
    assert recipe.network_changes == {"blocks": 1}
    assert isinstance(recipe.loss.regression, float)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("sample=5", "sample"),
        ("loss.regresion=1", "loss.regresion"),
        ("samples=many", "samples"),
        ("samples=true", "samples"),
        ("data.sizes=3", "data.sizes"),
        ("data.sizes=[{side=64}]", "count"),
        ("samples.more=3", "samples"),
        ("samples", "samples"),
        ("optimizer.rate=-1.0", "optimizer.rate is -1; give a number at least 0"),
        ("optimizer.clip=0.0", "optimizer.clip must be above 0"),
        ("hints.points=2.0", "hints.points is 2; give a number from 0 to 1"),
        ("loss.rows=0", "loss.rows is 0; give a number at least 1"),
        ("data.sizes=[{side = 64, count = 0}]", "data.sizes.count is 0; give a number at least 1"),
        ("seed=-1", "seed is -1; give a number from 0 to 4294967295"),
        (f"seed={2**32}", "seed is 4294967296; give a number from 0 to 4294967295"),
        ("optimizer.betas=[0.9]", r"optimizer.betas is \[0.9\]; give two numbers from 0 to under 1"),
        ("adversarial.betas=[0.5, 1.0]", "adversarial.betas is .*; give two numbers from 0 to under 1"),
        ("name=../mine", "name is '../mine', and models are called by it; give small letters"),
        ("name=", "name is '', and models are called by it"),
    ],
)
def test_unknown_key_or_impossible_value_is_named(change, words):
    with pytest.raises(RecipeError, match=words):
        read_recipe("tintype-small", [change])


def test_recipe_extends_the_one_beside_it(tmp_path: Path):
    (tmp_path / "base.toml").write_text('name = "base"\nsamples = 7\n')
    (tmp_path / "mine.toml").write_text('extends = "base.toml"\nname = "mine"\n')
    recipe = read_recipe(str(tmp_path / "mine.toml"))
    assert (recipe.name, recipe.samples) == ("mine", 7)


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ('"mine.toml"', "mine.toml extends itself"),
        ('"../recipes/mine.toml"', "mine.toml extends itself"),
        ("3", "extends is 3; give the name or file of one recipe"),
        ('"none.toml"', "none.toml: No such file or directory; check the path"),
        ('"tintype-huge"', "no recipe 'tintype-huge'"),
    ],
)
def test_recipe_that_extends_nothing_usable_is_one_line(tmp_path: Path, base, words):
    path = tmp_path / "recipes" / "mine.toml"
    path.parent.mkdir()
    path.write_text(f'extends = {base}\nname = "mine"\n')
    with pytest.raises(RecipeError, match=words):
        read_recipe(str(path))


def test_limits_are_those_of_fields_that_there_are():
    recipe = read_recipe("tintype-small")
    for section, limits in (*LIMITS.items(), *POSITIVE.items()):
        for name in limits:
            assert hasattr(getattr(recipe, section) if section else recipe, name)


def test_read_recipe_of_unknown_name_lists_the_known():
    with pytest.raises(RecipeError, match="tintype-small"):
        read_recipe("tintype-huge")


def test_read_recipe_of_broken_file_is_one_line(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text("name = = 3\n")
    with pytest.raises(RecipeError) as error:
        read_recipe(str(path))
    assert "\n" not in str(error.value)
    assert "mine.toml" in str(error.value)


def test_read_recipe_of_a_file_that_is_no_text_says_so(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match=r"mine.toml: .*; give a TOML file in UTF-8"):
        read_recipe(str(path))


def test_model_of_any_recipe_can_be_called_by_it():
    recipe = read_recipe("tintype-small", ["name=mine"])
    with torch.device("meta"):
        network = create_network("tintype-small", {}, pretrained=False)
    card = draft_card(network, recipe_to_dict(recipe), "3", prior=(1 / BIN_COUNT,) * BIN_COUNT)
    assert card.name == "tintype-mine@3"


def test_card_names_no_folder_of_the_machine():
    changes = (
        'data.root="/home/me/photographs"',
        'start="/home/me/runs/first"',
        "teacher.model=tintype-small",
    )
    sources = 'data.sources=[{match = "/mnt/archive/photos-*.tar"}, {match = "train/more-*.tar"}]'
    recipe = read_recipe("tintype-small", [*changes, sources])
    with torch.device("meta"):
        network = create_network("tintype-small", {}, pretrained=False)
    told = draft_card(network, recipe_to_dict(recipe), prior=(1 / BIN_COUNT,) * BIN_COUNT).recipe
    assert (told["data"]["root"], told["start"], told["teacher"]["model"]) == (
        *("photographs", "first"),
        "tintype-small",
    )
    assert [source["match"] for source in told["data"]["sources"]] == ["photos-*.tar", "train/more-*.tar"]


def test_recipe_to_dict_keeps_every_field():
    recipe = read_recipe("tintype-small")
    assert set(recipe_to_dict(recipe)) == {f.name for f in dataclasses.fields(Recipe)}


def test_every_section_documents_every_field():
    for field in dataclasses.fields(Recipe):
        kind = type(getattr(read_recipe("tintype-small"), field.name))
        if dataclasses.is_dataclass(kind):
            for entry in dataclasses.fields(kind):
                assert f"{entry.name}:" in (kind.__doc__ or ""), f"{kind.__name__}.{entry.name}"


def test_packaged_recipe_names_no_path_of_a_machine():
    text = (Path("src/tintype/learn/recipes/tintype-small.toml")).read_text()
    assert "root" not in tomllib.loads(text)["data"]


def test_cards_say_what_a_recipe_makes_and_what_was_not_learned():
    for name in list_recipes():
        recipe = read_recipe(name)
        if recipe.loop == "clusters":  # which writes its own card
            continue
        sees = {recipe.perceptual.backbone} if recipe.loss.perceptual else set()
        changes = dict(recipe.network_changes)
        system = next(system for system in SYSTEMS if recipe.network in system.configs)
        begins = getattr(system.configs[recipe.network], "backbone", "")
        if begins and changes.get("backbone_weights") != "none":
            sees.add(begins)
        with torch.device("meta"):  # what the card says depends on no weight
            network = create_network(recipe.network, changes, pretrained=False)
        card = draft_card(network, recipe_to_dict(recipe), prior=(1 / BIN_COUNT,) * BIN_COUNT)
        assert card.summary.endswith("."), name
        assert "card" not in card.recipe
        for backbone in sees:
            assert BACKBONES[backbone] in card.origin, name


def test_every_published_size_has_a_recipe_of_its_own():
    trained = {read_recipe(name).network for name in list_recipes()}
    published = {
        name for system in SYSTEMS for name in system.configs if not name.endswith(("-test", "-tiny"))
    }
    assert published | {"ddcolor23-tiny"} <= trained
