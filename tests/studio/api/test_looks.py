"""Looking closer: suggestions, existing colors, the eyedropper, doubt, classes, alternatives, palettes."""

import json

import numpy as np
import pytest

from photo_samples import color, save
from studio_samples import decoded, set_mark
from tintype.color.gamut import is_in_gamut
from tintype.color.lab import srgb_to_lab


def ask(person, photo, path, **options):
    return person.get(f"/photos/{photo}/{path}", **options).json()


def test_suggestions_exist_at_the_lightness_of_the_place(person, photo):
    found = ask(person, photo, "suggestions?x=120&y=90&count=3")["suggestions"]
    assert 1 <= len(found) <= 3
    shares = [it["probability"] for it in found]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1.0001
    lightness = ask(person, photo, "gamut?x=120&y=90")["lightness"]
    for it in found:
        assert it["lab"][0] == pytest.approx(lightness, abs=1e-4)
        assert is_in_gamut(np.array(it["lab"]), 1e-4)
        srgb = np.array([int(it["hex"][i : i + 2], 16) for i in (1, 3, 5)]) / 255
        assert np.abs(srgb_to_lab(srgb) - it["lab"]).max() < 2


def test_suggestions_can_leave_a_mark_out(person, photo):
    before = ask(person, photo, "suggestions?x=120&y=90")
    person.amend(photo, set_mark("m", x=120, y=90, radius=30, color="#e00000"))
    assert ask(person, photo, "suggestions?x=120&y=90") != before
    assert ask(person, photo, "suggestions?x=120&y=90&without=m") == before


def test_gamut_ends_where_colors_end(person):
    answer = person.get("/gamut?lightness=60").json()
    for hue, chroma in zip(answer["hues"], answer["chroma"], strict=True):
        a, b = np.cos(np.radians(hue)), np.sin(np.radians(hue))
        assert is_in_gamut(np.array([60, 0.98 * chroma * a, 0.98 * chroma * b]))
        assert not is_in_gamut(np.array([60, 1.03 * chroma * a + 0.2 * a, 1.03 * chroma * b + 0.2 * b]))


@pytest.mark.parametrize("lightness", [0, 100])
def test_black_and_white_have_no_color(person, lightness):
    assert max(person.get(f"/gamut?lightness={lightness}").json()["chroma"]) < 0.5


def test_eyedropper_gives_what_is_seen(person, photo):
    person.amend(photo, set_mark(x=300, y=60, radius=60, color="#c02020"))
    tile = ask(person, photo, "color?x=300&y=60")
    assert tile["lab"][1] > 15
    gray = ask(person, photo, "color?x=300&y=60&layer=gray")
    assert gray["lab"][1:] == pytest.approx([0, 0], abs=0.01)
    assert gray["lab"][0] == pytest.approx(tile["lab"][0], abs=0.4)
    assert ask(person, photo, "color?x=0&y=299&radius=32")["hex"].startswith("#")


@pytest.mark.parametrize("path", ["suggestions", "gamut", "color"])
@pytest.mark.parametrize("place", ["x=400&y=0", "x=0&y=300", "x=-1&y=0", "x=nan&y=0", "x=1e400&y=1", "x=1"])
def test_place_outside_is_refused(person, photo, path, place):
    assert ask(person, photo, f"{path}?{place}", status=422)["message"]


def test_doubtful_places_lie_inside_and_move_away_from_marks(person, photo):
    places = ask(person, photo, "doubtful?count=3")["places"]
    assert places
    for it in places:
        assert 0 <= it["x"] < 400
        assert 0 <= it["y"] < 300
    first = places[0]
    person.amend(photo, set_mark(x=first["x"], y=first["y"]))
    after = ask(person, photo, "doubtful?count=1")["places"]
    assert all(abs(it["x"] - first["x"]) + abs(it["y"] - first["y"]) > 20 for it in after)


def test_classes_come_likeliest_first(person, photo):
    found = ask(person, photo, "classes?count=4")["classes"]
    shares = [it["probability"] for it in found]
    assert len(found) == 4
    assert shares == sorted(shares, reverse=True)
    for it in found:
        x, y, width, height = it["box"]
        assert it["name"]
        assert 0 <= x < x + width <= 401
        assert 0 <= y < y + height <= 301
    where = decoded(person.get(f"/photos/{photo}/classes/{found[0]['index']}").content)
    assert where.shape == (300, 400)
    assert (where.min(), where.max()) == (0, 255)
    assert "there is no class" in ask(person, photo, "classes/99999", status=404)["message"]


def test_mark_that_two_others_contradict_is_told_by_its_id(person, photo):
    red, blue = {"x": 50, "y": 50}, {"x": 50, "y": 50, "color": "#2030c0"}
    person.amend(photo, set_mark("off", enabled=False, **red), set_mark("a", **red), set_mark("b", **blue))
    assert ask(person, photo, "notes") == {
        "notes": [],
        "contradictions": [],
    }  # one against one: who is right?
    person.amend(photo, set_mark("c", **blue))
    told = ask(person, photo, "notes")
    assert told["contradictions"] == [{"mark": "a", "by": ["b", "c"]}]
    assert len(told["notes"]) == 1


def region(person, photo, mark, status=200):
    return person.ask("POST", f"/photos/{photo}/region?side=400", status, json={"mark": mark})


def test_region_of_a_mark_is_drawn_before_it_is_stored(person):
    gray = np.full((300, 400), 60, np.uint8)
    gray[100:200, 150:250] = 190
    photo = person.add(save(gray, "PNG"), "square.png")
    drawn = decoded(region(person, photo, {"kind": "grown", "x": 200, "y": 150, "color": "#a03020"}).content)
    assert drawn.shape == (300, 400)
    assert drawn[110:190, 160:240].min() == 255
    assert drawn[:90].max() == drawn[210:].max() == drawn[:, :140].max() == 0
    disc = {"kind": "point", "x": 50, "y": 60, "radius": 20, "color": "#a03020"}
    drawn = decoded(region(person, photo, disc).content)
    assert abs((drawn > 127).sum() - np.pi * 20**2) < 130
    assert (drawn[60, 50], drawn[60, 80]) == (255, 0)
    assert "is outside" in region(person, photo, disc | {"x": 401}, 422).json()["message"]
    assert person.state(photo)["revision"] == 0


@pytest.mark.parametrize("path", ["secret.png", "/etc/passwd"])
def test_mark_can_t_name_a_file_of_the_server(person, photo, path):
    mark = {"kind": "mask", "file": path, "color": "#a03020"}
    assert region(person, photo, mark, 422).json()["error"] == "Invalid"
    person.amend(photo, {"op": "set_mark", "mark": {"id": "m", "mark": mark}}, status=422)


def test_words_are_listed_for_completion(person):
    words = person.get("/words").json()
    assert {"name": "olive drab", "hex": "#6b6544"} in words["colors"]
    assert "goldfish" in words["things"]


@pytest.mark.parametrize("slider", ["warmth", "skin", "sky"])
def test_sliders_change_the_result_and_have_ends(person, photo, slider):
    before = person.state(photo)["result"]
    settings = {"op": "set_settings", "settings": {slider: 0.7}}
    assert person.amend(photo, settings)["result"] != before
    settings["settings"][slider] = 1.2
    assert "less than or equal to 1" in person.amend(photo, settings, status=422)["message"]


def test_vividness_and_decoding_exclude_each_other(person, photo):
    decoding = {"rarity": 0.5, "temperature": 0.5}
    changed = person.amend(photo, {"op": "set_settings", "settings": {"decoding": decoding}})
    assert changed["state"]["settings"]["decoding"] == decoding
    error = person.amend(photo, {"op": "set_settings", "settings": {"vividness": 0.5}}, status=422)
    assert "give one of the two" in error["message"]


def test_alternative_that_is_chosen_becomes_the_picture(person, photo):
    strip = ask(person, photo, "alternatives?count=3&seed=5")["alternatives"]
    assert [it["number"] for it in strip] == [1, 2, 3]
    second = strip[1]
    chosen = {"number": second["number"], "seed": second["seed"]}
    now = person.amend(photo, {"op": "set_settings", "settings": {"sample": chosen}})
    assert now["result"] == second["result"]
    small = person.get(second["picture"] + "&side=128&format=png").content
    assert small == person.get(f"/photos/{photo}/preview?side=128&format=png").content


def test_palette_comes_from_a_photograph_a_file_or_another_photograph(person, photo):
    def read(name, content):
        return person.ask("POST", "/palettes", params={"name": name}, content=content).json()["palette"]

    of_photo = read("Wedding.png", save(color(), "PNG"))
    assert len(of_photo["colors"]) > 5
    assert of_photo["origin"] == "match:Wedding.png"
    of_file = read("mine.json", json.dumps(["#556b2f", [50, 10, -20]]).encode())
    assert len(of_file["colors"]) == 2
    of_other = ask(person, photo, "palette")["palette"]
    for palette in (of_photo, of_file, of_other):
        found = person.amend(photo, {"op": "set_palette", "palette": palette})
        assert found["state"]["palette"] == palette


def test_named_palettes_are_listed_ready_to_be_set(person, photo):
    palettes = person.get("/palettes").json()["palettes"]
    assert "autochrome" in [it["name"] for it in palettes]
    for it in palettes:
        assert it["title"]
        assert it["swatches"][0]["hex"].startswith("#")
    found = person.amend(photo, {"op": "set_palette", "palette": palettes[0]["palette"]})
    assert found["state"]["palette"] == palettes[0]["palette"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.json", b"{"),
        ("x.json", b""),
        ("x.png", b"no"),
        ("../../x.json", b"[]"),
        ("x.gpl", b"GIMP"),
        ("x", b"\xff"),
    ],
)
def test_what_is_no_palette_is_refused_under_its_own_name(person, name, content):
    error = person.ask("POST", "/palettes", 422, params={"name": name}, content=content).json()
    assert "x" in error["message"]
    assert str(person.studio.folder) not in error["message"]
    assert [*person.studio.library.incoming.iterdir()] == []
