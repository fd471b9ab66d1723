import copy
import json
from dataclasses import fields, replace

import jsonschema
import numpy as np
import pytest
from referencing import Registry, Resource

from document_samples import is_accepted, places
from tintype.color.bins import Decoding
from tintype.colorize.adjust import Adjustment
from tintype.colorize.colorizer import Colorizer
from tintype.colorize.passes import Passes
from tintype.colorize.project import Project, project_schema, read_project, write_project
from tintype.colorize.settings import Choice, Settings
from tintype.errors import GuidanceError, OutputExistsError, UnsupportedByModelError
from tintype.guidance.colors import WeightedColor
from tintype.guidance.document import hints_schema
from tintype.guidance.guidance import GlobalPalette, Guidance
from tintype.guidance.marks import PointMark
from tintype.photos.photo import Photo
from tiny_model import create_card, write_tiny_model

RED = PointMark(60, 60, 10, color=(50, 60, 40))
GUIDANCE = Guidance((RED,), GlobalPalette((WeightedColor((50, 10, -10)),), 0.5))
HINTS = Resource.from_contents(hints_schema())
VALIDATOR = jsonschema.Draft202012Validator(
    project_schema(), registry=Registry().with_resource("urn:tintype:hints:1", HINTS)
)
SETTINGS = Settings(
    passes=Passes((64, 96), mirrored=True),
    decoding=Decoding(0.1 + 0.2, 1 / 3),
    guidance=GUIDANCE,
    ignores_profile=True,
    choice=Choice("sample 2, seed 1", 4, "score 1"),
    guided_by="ab" * 32,
    input="sketch",
    adjustment=Adjustment(0.1, -0.2, 1 / 7),
)


@pytest.fixture
def result(opened):
    return opened.colorize(GUIDANCE, vividness=0.7, warmth=0.3, sizes=(64, 96))


@pytest.fixture
def document(result):
    return json.loads(result.project().to_json())


def test_project_renders_the_same_again(opened, result):
    project = Project.from_json(result.project().to_json())
    again = opened.render(project)
    np.testing.assert_array_equal(again.ab, result.ab)
    assert again.digest == result.digest
    assert again.mark() == result.mark()
    assert again.project() == project


def test_all_settings_survive(result):
    default = Settings(Passes((32,)), None)
    for item in fields(
        Settings
    ):  # a new one must be stored too, or old projects would not say what they mean
        assert getattr(SETTINGS, item.name) != getattr(default, item.name), item.name
    project = replace(result.project(), settings=SETTINGS)
    back = Project.from_json(project.to_json())
    assert back == project
    assert back.settings.digest("model") == SETTINGS.digest("model")


def test_canonical_json_is_known(result, document):
    text = result.project().to_json()
    assert text == json.dumps(document, sort_keys=True, separators=(",", ":"))
    assert document["source"]["sha256"] == result.photo.sha256
    assert document["model"]["name"] == "tintype-small@99"
    assert len(text) < 1500


def test_sample_that_was_kept_is_rendered_again(opened, result):
    second = result.alternatives(3, seed=5)[1]
    again = opened.render(Project.from_json(second.project().to_json()))
    np.testing.assert_array_equal(again.ab, second.ab)
    assert str(again.settings.choice) == "sample 2, seed 5, the best of 1"


def test_best_of_several_is_rendered_again(opened):
    best = opened.best_of(6, lambda one: -float(np.abs(one.ab).mean()), seed=2)
    again = opened.render(Project.from_json(best.project().to_json()))
    np.testing.assert_array_equal(again.ab, best.ab)
    assert again.digest == best.digest


def test_project_of_another_photograph_is_refused(colorizer, result):
    other = colorizer.open(Photo.from_array(np.full((128, 171), 90, np.uint8)))
    project = replace(result.project(), path="first.tintype")
    with pytest.raises(
        GuidanceError, match=r"first\.tintype: it belongs to another photograph .* with --like"
    ):
        other.render(project)


def test_project_of_another_model_is_refused(tmp_path, photo, result):
    other = Colorizer(
        write_tiny_model(tmp_path / "other.onnx", name="tintype-small@100", system="tintype", sha256="f" * 64)
    )
    with pytest.raises(
        GuidanceError, match=r"made with tintype-small@99 .*, tintype-small@100 here has ffff"
    ):
        other.open(photo).render(result.project())


def test_project_is_chosen_for_another_model_with_what_is_given(result):
    card, project = create_card(), result.project()
    assert project.choose(card) == result.settings
    changed = project.choose(card, vividness=0.0, sky=-1.0, quality="fast")
    assert changed.decoding == card.decoding_at(0.0)
    assert changed.adjustment == Adjustment(0.3, 0.0, -1.0)
    assert changed.passes.sizes != result.settings.passes.sizes
    assert changed.guidance == GUIDANCE
    more = project.with_guidance(Guidance((RED, RED)))
    assert len(project.choose(card, more).guidance.marks) == 3
    assert project.with_guidance(Guidance()) is None


def test_project_for_a_model_without_sliders_is_refused(result):
    card = create_card(bins=0, prior=None, vividness_path=(), capabilities=frozenset({"hints"}))
    with pytest.raises(UnsupportedByModelError, match="no sliders"):
        result.project().choose(card)
    plain = replace(result.project(), settings=replace(result.settings, adjustment=Adjustment()))
    assert plain.choose(card).decoding is None


def test_file_survives_and_is_not_overwritten(tmp_path, result):
    path = tmp_path / "scan_color.tintype"
    write_project(result.project(), path)
    assert read_project(path) == result.project()
    assert read_project(path).path == str(path)
    assert read_project(path).settings.guidance.source == str(path)
    with pytest.raises(OutputExistsError):
        write_project(result.project(), path)
    write_project(result.project(), path, overwrite=True)


def test_unreadable_project_is_one_line(tmp_path):
    with pytest.raises(GuidanceError, match="give a readable project file"):
        read_project(tmp_path / "none.tintype")
    (tmp_path / "bytes.tintype").write_bytes(b"\xff\x00")
    with pytest.raises(GuidanceError, match="this is no UTF-8 text; give a project file"):
        read_project(tmp_path / "bytes.tintype")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"version": 2},
            "first.tintype: version is 2; this program reads version 1, a newer file needs a newer",
        ),
        ({"version": True}, "version is True"),
        ({"format": "hints"}, 'this is no project file; give one whose "format" is "tintype-project"'),
        ({"modell": 1}, "the key 'modell' is unknown; did you mean 'model'?"),
        ({"source": {"sha256": "ab"}}, "source: the key 'width' is missing"),
        (
            {"source": {"sha256": "ab", "width": 1, "height": 1}},
            "source: sha256 is 'ab'; give 64 hexadecimal",
        ),
        ({"source": {"sha256": "a" * 64, "width": 0, "height": 1}}, "source: width is 0"),
        ({"source": {"sha256": "a" * 64, "width": 1, "height": 1, "name": "a\nb"}}, "give one line of text"),
        ({"model": {"name": "x"}}, "model: the key 'fingerprint' is missing"),
        ({"model": None}, "model: this is None; give an object"),
        ({"passes": {"sizes": []}}, "passes: sizes is []; give a list of one or more"),
        ({"passes": {"sizes": [64, 64]}}, "passes: sizes are [64, 64]; give one or more, each once"),
        ({"passes": {"sizes": [64], "mirrored": 1}}, "passes: mirrored is 1; give true or false"),
        ({"decoding": {"rarity": 3, "temperature": 1}}, "decoding: rarity is 3; give a number from 0 to 2"),
        ({"sliders": {"warmth": 2}}, "sliders: warmth is 2; give a number from -1 to 1"),
        ({"sliders": {"heat": 1}}, "sliders: the key 'heat' is unknown"),
        ({"input": "film"}, 'input is \'film\'; give "photo" or "sketch"'),
        ({"ignore_profile": None}, "ignore_profile is None; give true or false"),
        ({"choice": {"which": "size 64", "count": 0, "score": "s"}}, "choice: count is 0"),
        ({"guided_by": ""}, "guided_by is ''; give 64 hexadecimal digits"),
        ({"guidance": {"marks": [{"kind": "dot"}]}}, "guidance: marks[0]: kind is 'dot'"),
        ({"$schema": 1}, "$schema is 1"),
    ],
)
def test_mistake_in_a_project_is_named_in_one_line(document, change, message):
    with pytest.raises(GuidanceError) as caught:
        Project.from_json(json.dumps(document | change), "first.tintype")
    assert message in str(caught.value)
    assert str(caught.value).startswith("first.tintype: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "{}", '{"format": 1}', '{"a": 1, "a": 2}', "nul", "[" * 100_000]
)
def test_what_is_no_project_is_refused(text):
    with pytest.raises(GuidanceError):
        Project.from_json(text)


def test_schema_and_parser_agree_on_every_value_replaced_or_left_out(result):
    everything = json.loads(replace(result.project(), settings=SETTINGS).to_json()) | {"$schema": "x"}
    assert VALIDATOR.is_valid(everything)
    values = [None, True, 0, 1, -1, 2.5, 64, 3e9, "", "x", "a" * 64, "A" * 64, [], [64], [64, 64], {}, "x\n"]
    for path in places(everything):
        for value in (*values, "left out"):
            spoiled = {"outer": copy.deepcopy(everything)}
            parent = spoiled
            for key in ("outer", *path)[:-1]:
                parent = parent[key]
            last = ("outer", *path)[-1]
            if value != "left out":
                parent[last] = copy.deepcopy(value)
            elif path and isinstance(parent, dict):
                del parent[last]
            document = spoiled["outer"]
            is_valid = VALIDATOR.is_valid(document)
            assert is_accepted(Project.from_json, document) == is_valid, (path, value)
