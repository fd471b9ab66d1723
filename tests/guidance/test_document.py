"""The schema and the parser say the same, but for what a schema can't say."""

import base64
import copy
import json
from itertools import pairwise

import jsonschema
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from document_samples import is_accepted, places
from tintype.guidance.document import hints_schema
from tintype.guidance.guidance import Guidance

VALIDATOR = jsonschema.Draft202012Validator(hints_schema())

in_range = st.one_of(st.integers(0, 1000), st.floats(0, 1e6), st.sampled_from([0, 1, 1.0, 1e6, 12.5]))
beyond = [
    1.001,
    1.5,
    -0.001,
    100.5,
    150.5,
    -150.5,
    1e6 + 1,
    0,
    1,
    2,
    0.5,
    "#ffffff",
    "#fffff",
    [1, 2],
    [0, 4],
]
odd = [None, True, False, "", "film", "point", [], {}, [1, 2, 3], [1, 2, 3, 4], [-0.5, 0, 0]]
EVERYTHING = {
    "$schema": "hints.schema.json",
    "version": 1,
    "marks": [
        {
            "kind": "point",
            "x": 1,
            "y": 2,
            "radius": 3,
            "color": "#123456",
            "confidence": 0.5,
            "origin": "film",
        },
        {
            "kind": "stroke",
            "points": [[1, 2], [3, 4]],
            "radius": 3,
            "palette": [{"color": [50, 1, 2], "weight": 1}],
        },
        {"kind": "mask", "x": 0, "y": 0, "width": 2, "height": 2, "runs": [0, 3, 1], "color": [50, 1, 2]},
        {"kind": "lasso", "points": [[1, 2], [3, 4], [5, 0]], "color": "neutral", "confidence": 0},
        {"kind": "grown", "x": 1, "y": 2, "tolerance": 12, "radius": 30, "color": "neutral"},
        {
            **{"kind": "mask", "x": 0, "y": 1, "width": 1, "height": 1, "runs": [0, 1], "frame": [4, 5]},
            "palette": [{"color": "neutral"}],
        },
        {
            **{"kind": "field", "x": 1.5, "y": 0, "width": 2, "height": 0.5, "columns": 2, "rows": 1},
            **{"ab": "6AMY/AAAAAA=", "weights": "/wA=", "origin": "person:pin"},
        },
    ],
    "palette": {"colors": [{"color": "#ffffff", "weight": 2}], "strength": 0.5, "origin": "word:autumn"},
    "style": {"vector": [0.5, -2, 0], "origin": "match:autumn.jpg"},
}
anything = st.one_of(
    st.sampled_from(beyond),
    st.sampled_from(odd).map(copy.deepcopy),
    st.integers(-5, 10**7),
    st.floats(-1e7, 1e7),
    st.text(max_size=8),
)
hexes = st.just("neutral") | st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)
labs = st.tuples(st.floats(0, 100), st.floats(-150, 150), st.integers(-150, 150)).map(list)
colors = st.one_of(hexes, labs)
weighted = st.fixed_dictionaries(
    {"color": colors}, optional={"weight": st.floats(0, 1e6, exclude_min=True, allow_subnormal=False)}
)
palettes = st.lists(weighted, min_size=1, max_size=3)
origins = st.sampled_from(["person", "match:a.jpg", "film", "word:green grass"])
paints = st.one_of(st.fixed_dictionaries({"color": colors}), st.fixed_dictionaries({"palette": palettes}))
details = st.fixed_dictionaries({}, optional={"confidence": st.floats(0, 1), "origin": origins})


@st.composite
def boxes(draw):
    width, height = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    cuts = sorted(draw(st.sets(st.integers(1, max(width * height - 1, 1)), max_size=5)) | {0, width * height})
    runs = [high - low for low, high in pairwise(cuts)]
    runs = runs if len(runs) > 1 and draw(st.booleans()) else [0, *runs]
    return {
        "kind": "mask",
        "x": draw(st.integers(0, 9)),
        "y": 3.0,
        "width": width,
        "height": height,
        "runs": runs,
    }


@st.composite
def fields(draw):
    columns, rows = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    count = columns * rows
    codes = draw(st.lists(st.integers(-15000, 15000), min_size=2 * count, max_size=2 * count))
    weights = draw(st.binary(min_size=count, max_size=count))
    sides = st.floats(0.001, 1e6)
    return {
        "kind": "field",
        "x": draw(in_range),
        "y": draw(in_range),
        "width": draw(sides),
        "height": draw(sides),
        "columns": columns,
        "rows": rows,
        "ab": base64.b64encode(np.array(codes, "<i2").tobytes()).decode(),
        "weights": base64.b64encode(weights).decode(),
    }


point_lists = st.lists(in_range, min_size=2, max_size=2)
shapes = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("point"), "x": in_range, "y": in_range}, optional={"radius": in_range}
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("stroke"),
            "points": st.lists(point_lists, min_size=1, max_size=3),
        },
        optional={"radius": in_range},
    ),
    st.fixed_dictionaries(
        {"kind": st.just("lasso"), "points": st.lists(point_lists, min_size=3, max_size=5)}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("grown"), "x": in_range, "y": in_range},
        optional={"radius": in_range, "tolerance": st.floats(1, 100)},
    ),
    boxes(),
    st.builds(lambda box: {**box, "frame": [7, 9]}, boxes()),
)
marks = st.one_of(
    st.builds(lambda shape, paint, rest: shape | paint | rest, shapes, paints, details),
    st.builds(lambda field, rest: field | rest, fields(), details),
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "version": st.sampled_from([1, 1.0]),
        "$schema": st.text(max_size=5),
        "marks": st.lists(marks, max_size=3),
        "palette": st.fixed_dictionaries(
            {"colors": palettes}, optional={"strength": st.floats(0, 1), "origin": origins}
        ),
        "style": st.fixed_dictionaries(
            {"vector": st.lists(st.floats(-9, 9), min_size=1, max_size=4).filter(any)},
            optional={"origin": origins},
        ),
    },
)


@st.composite
def mutated(draw):
    """Draw a valid document and spoil it in one place: replace, remove or add."""
    document = copy.deepcopy(draw(st.one_of(documents, st.just(EVERYTHING))))
    *way, last = draw(st.sampled_from([path for path in places(document) if path] or [("marks",)]))
    parent = document
    for key in way:
        parent = parent[key]
    change = draw(st.sampled_from(["replace", "remove", "add"]))
    if change == "replace":
        parent[last] = draw(anything)
    elif change == "remove" and last in range(len(parent)) if isinstance(parent, list) else last in parent:
        del parent[last]
    elif isinstance(parent, list):
        parent.append(draw(anything))
    else:
        parent[draw(st.sampled_from(["x", "radius", "colour", "kind", "palette", "confidence"]))] = draw(
            anything
        )
    return document


def fills_its_box(mark):
    """Return whether a mark that the schema accepts says what a schema can't check."""
    if mark["kind"] == "mask":
        return "file" not in mark and sum(mark["runs"]) == mark["width"] * mark["height"]
    if mark["kind"] != "field":
        return True
    cells = int(mark["rows"]) * int(mark["columns"])
    if not (is_base64(mark["ab"], 4 * cells) and is_base64(mark["weights"], cells)):
        return False
    return np.abs(np.frombuffer(base64.b64decode(mark["ab"]), "<i2").astype(int)).max() <= 15000


def is_base64(text, length):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return base64.b64encode(data).decode() == text and len(data) == length


def test_schema_is_a_valid_schema():
    jsonschema.Draft202012Validator.check_schema(hints_schema())


@given(documents)
@settings(max_examples=200, deadline=None)
def test_valid_documents_are_accepted_by_schema_and_parser(document):
    assert VALIDATOR.is_valid(document)
    assert is_accepted(Guidance.from_json, document)


@given(documents)
@settings(max_examples=100, deadline=None)
def test_canonical_json_is_valid_and_stable(document):
    guidance = Guidance.from_json(json.dumps(document))
    assert VALIDATOR.is_valid(json.loads(guidance.to_json()))
    assert Guidance.from_json(guidance.to_json()) == guidance
    assert Guidance.from_json(guidance.to_json()).digest() == guidance.digest()


@given(mutated())
@settings(max_examples=300, deadline=None)
def test_schema_and_parser_agree_on_spoiled_documents(document):
    valid = VALIDATOR.is_valid(document)
    assume(not valid or all(fills_its_box(mark) for mark in document.get("marks", [])))
    assert is_accepted(Guidance.from_json, document) == valid


def test_schema_and_parser_agree_on_every_value_replaced():
    for path in places(EVERYTHING):
        for value in (*beyond, *odd):
            document = {"outer": copy.deepcopy(EVERYTHING)}
            parent = document
            for key in ("outer", *path)[:-1]:
                parent = parent[key]
            parent[("outer", *path)[-1]] = copy.deepcopy(value)
            spoiled = document["outer"]
            valid = VALIDATOR.is_valid(spoiled)
            if not valid or all(fills_its_box(mark) for mark in spoiled.get("marks", [])):
                assert is_accepted(Guidance.from_json, spoiled) == valid, (path, value)


@given(
    st.recursive(
        anything, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner)
    )
)
@settings(max_examples=200, deadline=None)
def test_schema_and_parser_agree_on_any_json(document):
    assert is_accepted(Guidance.from_json, document) == VALIDATOR.is_valid(document)


@pytest.mark.parametrize("text", ["person\n", "person:", "person:a\nb", "#ffffff\n", "match:" + "x" * 201])
def test_schema_and_parser_refuse_stray_line_breaks(text):
    mark = {"kind": "point", "x": 1, "y": 1, "color": "#ffffff"}
    spoiled = {"marks": [mark | ({"color": text} if text[0] == "#" else {"origin": text})]}
    assert not VALIDATOR.is_valid(spoiled)
    assert not is_accepted(Guidance.from_json, spoiled)
