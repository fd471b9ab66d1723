"""What the page computes by itself is what the server computes: colors, what operations do."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from studio_samples import point
from tintype.color.gamut import max_chroma
from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.studio.state import Operation, State, apply_operations

COLORS = np.random.default_rng(3).uniform(0, 1, (50, 3))


def in_page(visitor, module, body, value):
    """Run something with a module of the page."""
    return visitor.page.evaluate(
        f"async (value) => {{ const it = await import('/{module}'); {body} }}", value
    )


def test_colors_are_the_same_numbers(visitor):
    expected = srgb_to_lab(COLORS)
    lab = in_page(visitor, "core/color.js", "return value.map((one) => it.srgbToLab(one));", COLORS.tolist())
    assert np.abs(np.array(lab) - expected).max() < 0.05
    srgb = in_page(
        visitor, "core/color.js", "return value.map((one) => it.labToSrgb(...one));", expected.tolist()
    )
    assert np.abs(np.array(srgb) - lab_to_srgb(expected)).max() < 0.002


def test_limited_colors_exist(visitor, person):
    gamut = person.get("/gamut", params={"lightness": 62}).json()
    body = "const gamut = new it.Gamut(value); return [...Array(72)].map((_, i) => gamut.most(5 * i + 2));"
    most = np.array(in_page(visitor, "core/color.js", body, gamut))
    hues = 5.0 * np.arange(72) + 2
    beyond = most - max_chroma(np.full(72, 62.0), hues)
    assert beyond.max() < 1  # units of Lab: less than can be seen
    assert beyond.min() > -5  # at the corners of the gamut, between two hues that were asked for


@pytest.mark.parametrize("seed", range(5))
def test_operations_do_the_same(visitor, seed):
    random = np.random.default_rng(seed)
    names = ["a", "b", "c", "d"]

    def draw():
        kind = random.integers(5)
        name = str(random.choice(names))
        if kind == 0:
            return {"op": "remove_mark", "id": name}
        if kind == 1:
            return {"op": "order_marks", "ids": random.permutation(names)[:3].tolist()}
        if kind == 2:
            return {"op": "set_settings", "settings": {"warmth": float(random.uniform(-1, 1))}}
        return {"op": "set_mark", "mark": {"enabled": True, **point(name, x=int(random.integers(300)))}}

    operations = [draw() for _ in range(30)]
    adapter = TypeAdapter(list[Operation])
    expected = apply_operations(State(), adapter.validate_python(operations)).model_dump(mode="json")
    begun = State().model_dump(mode="json")
    body = "return it.applyOperations(value[0], value[1]);"
    assert in_page(visitor, "core/operations.js", body, [begun, operations]) == expected


def test_names_of_colors_are_words_that_people_use(visitor):
    named = {"#c81e1e": "red", "#1e3cc8": "blue", "#2e8b57": "green", "#7a4a21": "brown", "#808080": "gray"}
    body = "return value.map((hex) => it.nameOf(hex));"
    said = in_page(visitor, "marks/color_names.js", body, [*named])
    for name, words in zip(named.values(), said, strict=True):
        assert name in words, (name, words)
