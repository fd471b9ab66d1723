"""What a person says about a photograph: checked, changed by operations, and turned into guidance."""

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from studio_samples import point
from tintype.errors import GuidanceError, StudioLimitError
from tintype.studio.state import Operation, State, apply_operations

OPERATIONS = TypeAdapter(list[Operation])


def state(*marks, **more):
    return State.model_validate({"marks": [*marks], **more})


def after(begun, *operations):
    return apply_operations(begun, OPERATIONS.validate_python([*operations]))


def ids(of):
    return [placed.id for placed in of.marks]


def test_marks_that_are_switched_off_guide_nothing():
    found = state(point("a"), point("b", enabled=False), point("c", x=7)).guidance()
    assert [mark.x for mark in found.marks] == [100, 7]


def test_palette_guides_the_whole():
    colors = [{"color": "#556b2f", "weight": 2}]
    assert state(palette={"colors": colors, "strength": 0.5}).guidance().palette.strength == 0.5


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"marks": [{"id": "a", "mark": {"kind": "blob"}}]}, "kind is 'blob'"),
        (
            {"marks": [{"id": "a", "mark": {"kind": "point", "x": 1, "y": 2}}]},
            "neither a color nor a palette",
        ),
        ({"marks": [{"id": "a b", "mark": point()["mark"]}]}, "should match pattern"),
        ({"marks": [{"mark": point()["mark"]}]}, "Field required"),
        ({"palette": {"colors": []}}, "give 1 to 1000"),
        ({"settings": {"vividness": 1.5}}, "less than or equal to 1"),
        ({"settings": {"vividness": float("nan")}}, "finite number"),
        ({"settings": {"quality": "superb"}}, "'fast', 'normal' or 'best'"),
        ({"settings": {"sample": {"number": 0}}}, "greater than or equal to 1"),
        ({"mode": 3}, "Extra inputs are not permitted"),
    ],
)
def test_nonsense_is_refused_with_its_reason(document, message):
    with pytest.raises(ValidationError, match=message):
        State.model_validate(document)


def test_ids_must_differ_and_marks_have_a_limit():
    with pytest.raises(GuidanceError, match="two marks have the id 'a'"):
        state(point("a"), point("b"), point("a")).check(10)
    with pytest.raises(StudioLimitError, match="there are 3 marks; place at most 2"):
        state(point("a"), point("b"), point("c")).check(2)


def test_setting_a_mark_replaces_it_where_it_is():
    begun = state(point("a"), point("b"))
    moved = after(begun, {"op": "set_mark", "mark": point("a", x=5)}, {"op": "set_mark", "mark": point("c")})
    assert ids(moved) == ["a", "b", "c"]
    assert moved.marks[0].mark["x"] == 5
    assert begun.marks[0].mark["x"] == 100


def test_marks_are_removed_and_brought_on_top():
    begun = state(point("a"), point("b"), point("c"))
    assert ids(after(begun, {"op": "remove_mark", "id": "b"}, {"op": "remove_mark", "id": "z"})) == ["a", "c"]
    assert ids(after(begun, {"op": "order_marks", "ids": ["b", "a"]})) == ["c", "b", "a"]


def test_settings_that_are_not_named_stay():
    begun = state(settings={"vividness": 0.3, "quality": "best"})
    changed = after(begun, {"op": "set_settings", "settings": {"vividness": None, "sample": {"number": 2}}})
    assert changed.settings.vividness is None
    assert (changed.settings.quality, changed.settings.sample.number) == ("best", 2)


def test_palette_is_set_and_taken_away():
    colored = after(state(), {"op": "set_palette", "palette": {"colors": [{"color": [50, 0, 10]}]}})
    assert colored.palette["colors"] == [{"color": [50, 0, 10]}]
    assert after(colored, {"op": "set_palette", "palette": None}) == state()


def test_style_is_set_taken_away_and_guides_the_whole():
    styled = after(state(), {"op": "set_style", "style": {"vector": [1, 0.5]}})
    assert styled.guidance().style.vector == (1, 0.5)
    assert after(styled, {"op": "set_style", "style": None}) == state()
    with pytest.raises(ValidationError, match="give 1 to 4096 that are not all 0"):
        state(style={"vector": [0, 0]})


def test_state_is_stored_in_one_way_and_comes_back():
    begun = state(point("a"), palette={"colors": [{"color": "#556b2f"}]}, settings={"vividness": 0.25})
    assert State.model_validate_json(begun.dump()) == begun
    assert State.model_validate_json(begun.dump()).dump() == begun.dump()


def test_schema_of_marks_says_what_hints_files_say():
    schema = State.model_json_schema()
    validator = Draft202012Validator(schema)
    assert validator.is_valid({"marks": [point()]})
    assert not validator.is_valid({"marks": [{"id": "a", "mark": {"kind": "point", "x": 1}}]})
    assert "$defs/mark" not in str(schema)
