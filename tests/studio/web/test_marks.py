"""Marks, by pointer: set, moved, recolored, resized, switched off, deleted; undone and redone."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from studio_samples import gray_scan, jpeg, set_mark

NAMES = {
    "#000000": "black",
    "#111111": "black",
    "#ffffff": "white",
    "#f5f5f5": "white",
    "#444444": "dark gray",
    "#808080": "gray",
    "#c0c0c0": "light gray",
    "#b78772": "light brown",  # skin
    "#8d5524": "brown",
    "#5b3a29": "dark brown",
    "#ffdbac": "beige",
    "#d2b48c": "beige",  # tan
    "#f5f5dc": "beige",
    "#8b4513": "brown",
    "#ff0000": "red",
    "#800000": "dark red",
    "#fa8072": "pink",  # salmon
    "#ffc0cb": "light pink",
    "#ffa500": "orange",
    "#ffff00": "yellow",
    "#808000": "olive",
    "#00ff00": "green",
    "#006400": "green",
    "#90ee90": "light green",
    "#40e0d0": "light turquoise",
    "#0000ff": "blue",
    "#000080": "dark blue",
    "#add8e6": "light blue",
    "#800080": "dark violet",
}
NAMES_IN_GERMAN = {"#000000": "schwarz", "#ffffff": "weiß", "#d2b48c": "beige", "#b78772": "helles Braun"}


def names_of(visitor, colors):
    return visitor.page.evaluate(
        "async (colors) => colors.map((await import('/marks/color_names.js')).nameOf)", list(colors)
    )


def marks_of(person, photo):
    return person.state(photo)["state"]["marks"]


def steps_of(person, photo):
    return person.state(photo)["steps"]


def middle_of(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_suggestion_is_one_press(visitor, person, photo):
    visitor.press(0.25, 0.5)
    chip = visitor.see(".suggestion")
    assert "% likely" in chip.get_attribute("aria-label")
    chip.click()
    visitor.settle()
    (placed,) = marks_of(person, photo)
    assert placed["mark"]["x"] == pytest.approx(100, abs=2)
    assert placed["mark"]["y"] == pytest.approx(150, abs=2)
    assert steps_of(person, photo) == 1
    expect(visitor.page.locator(".popover")).to_be_visible()


def test_press_that_chooses_no_color_stores_nothing(visitor, person, photo):
    visitor.press(0.25, 0.5)
    visitor.see(".suggestion")
    expect(visitor.page.locator(".handle")).to_have_count(1)
    visitor.keyboard.press("Escape")
    expect(visitor.page.locator(".handle")).to_have_count(0)
    assert steps_of(person, photo) == 0


def test_picture_follows_the_pointer_and_one_step_is_stored(visitor, person, photo):
    before = visitor.seen(0.5, 0.5)
    visitor.press(0.5, 0.5)
    visitor.see(".suggestion")
    x, y = middle_of(visitor.see(".wheel"))
    visitor.mouse.move(x, y)
    visitor.mouse.down()
    visitor.mouse.move(x + 70, y, steps=5)
    visitor.until(lambda: abs(visitor.seen(0.56, 0.56) - before).max() > 15)
    assert steps_of(person, photo) == 0
    visitor.mouse.move(x + 20, y + 60, steps=5)
    visitor.mouse.up()
    visitor.settle()
    assert steps_of(person, photo) == 1


def test_every_color_of_the_wheel_exists_at_the_lightness(visitor, person, photo):
    visitor.press(0.7, 0.8)
    visitor.see(".suggestion")
    for angle in (0, 90, 200, 300):
        visitor.choose_color(angle=angle, share=1)
        lightness, a, b = marks_of(person, photo)[0]["mark"]["color"]
        gamut = person.get("/gamut", params={"lightness": lightness}).json()
        assert (a * a + b * b) ** 0.5 <= max(gamut["chroma"]) + 0.1


def test_wheel_shows_the_color_of_a_mark_that_was_set_before(visitor, person, photo):
    person.amend(photo, set_mark(x=40, y=40, color="#3e5581"))
    visitor.page.reload()
    visitor.settle()
    visitor.see(".handle").click()
    visitor.see(".suggestion")
    expect(visitor.see(".wheel")).to_have_attribute("aria-valuetext", re.compile("blue"))
    knob, wheel = middle_of(visitor.see(".wheel-knob")), middle_of(visitor.see(".wheel"))
    assert np.hypot(knob[0] - wheel[0], knob[1] - wheel[1]) > 20


def test_mark_is_moved_resized_switched_off_and_deleted(visitor, person, photo):
    visitor.mark(0.3, 0.3)
    handle = visitor.page.locator(".handle")
    visitor.drag_on_page(middle_of(handle), visitor.place(0.6, 0.6))
    visitor.settle()
    (placed,) = marks_of(person, photo)
    assert placed["mark"]["x"] == pytest.approx(240, abs=3)
    assert steps_of(person, photo) == 2

    handle.click()
    visitor.see_advice()
    x, y = middle_of(visitor.see(".resize-knob"))
    visitor.drag_on_page((x, y), (x + 60, y))
    visitor.settle()
    assert marks_of(person, photo)[0]["mark"]["radius"] > placed["mark"]["radius"] + 10

    visitor.button("Switch the mark off or on").first.click()
    visitor.settle()
    assert marks_of(person, photo)[0]["enabled"] is False
    visitor.page.locator(".popover").get_by_role("button", name="Delete the mark").click()
    visitor.settle()
    assert marks_of(person, photo) == []
    expect(handle).to_have_count(0)
    expect(visitor.page.locator(".popover")).to_be_hidden()


def test_undo_and_redo_go_all_the_way(visitor, person, photo):
    for x in (0.2, 0.5, 0.8):
        visitor.mark(x, 0.5)
    for left in (2, 1, 0):
        visitor.keyboard.press("Control+z")
        expect(visitor.page.locator(".handle")).to_have_count(left)
    visitor.settle()
    assert marks_of(person, photo) == []
    expect(visitor.button("Undo")).to_be_disabled()
    for _ in range(3):
        visitor.button("Redo").click()
        visitor.settle()
    expect(visitor.page.locator(".handle")).to_have_count(3)
    expect(visitor.button("Redo")).to_be_disabled()


def test_color_as_a_number_and_no_color(visitor, person, photo):
    visitor.press(0.4, 0.4)
    visitor.see(".suggestion")
    field = visitor.page.get_by_label("Color as a number")
    field.fill("#804020")
    field.press("Enter")
    visitor.settle()
    assert marks_of(person, photo)[0]["mark"]["color"] == pytest.approx([35.5, 26.0, 31.2], abs=1)
    visitor.button("No color").click()
    visitor.settle()
    assert marks_of(person, photo)[0]["mark"]["color"] == "neutral"
    field.fill("nonsense")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")


def test_color_is_kept_where_it_is(visitor, person, photo):
    visitor.press(0.4, 0.4)
    visitor.see(".suggestion")
    visitor.button("Keep").click()
    expect(visitor.page.locator(".popover")).to_be_hidden()
    visitor.settle()
    (placed,) = marks_of(person, photo)
    assert placed["mark"]["kind"] == "field"


def test_color_is_taken_from_the_photograph(visitor, person, photo):
    visitor.mark(0.2, 0.5, angle=30)
    visitor.press(0.8, 0.5)
    visitor.see_advice()
    visitor.button("Take a color from the photograph").click()
    visitor.press(0.22, 0.54)
    expect(visitor.page.locator(".recent .swatch")).to_have_count(2)
    visitor.settle()
    second = marks_of(person, photo)[1]
    assert second["mark"]["color"].startswith("#")


def test_recent_color_is_used_again(visitor, person, photo):
    visitor.mark(0.2, 0.5, angle=30)
    visitor.press(0.8, 0.5)
    visitor.see_advice()
    visitor.see(".recent .swatch").click()
    visitor.settle()
    first, second = (placed["mark"]["color"] for placed in marks_of(person, photo))
    assert second == pytest.approx(first, abs=1)


def test_brush_goes_on_in_the_same_color(visitor, person, photo):
    visitor.keyboard.press("b")
    visitor.drag((0.1, 0.2), (0.3, 0.2), (0.4, 0.3))
    visitor.see(".suggestion")
    visitor.choose_color(angle=100)
    visitor.drag((0.1, 0.6), (0.4, 0.7))
    visitor.settle()
    first, second = (placed["mark"] for placed in marks_of(person, photo))
    assert first["kind"] == second["kind"] == "stroke"
    assert len(first["points"]) > 3
    assert second["color"] == first["color"]


def test_lasso_and_thing(visitor, person, photo):
    visitor.keyboard.press("l")
    visitor.drag((0.3, 0.3), (0.7, 0.3), (0.6, 0.7), (0.3, 0.6))
    visitor.see(".suggestion")
    visitor.choose_color(angle=200)
    visitor.keyboard.press("Escape")
    visitor.keyboard.press("g")
    visitor.press(0.85, 0.85)
    visitor.see_advice()
    visitor.choose_color(angle=300)
    expect(visitor.page.get_by_label("Edges")).to_be_visible()
    lasso, thing = (placed["mark"] for placed in marks_of(person, photo))
    assert lasso["kind"] == "lasso"
    assert thing["kind"] == "grown"


def test_reach_of_a_thing_is_seen_before_it_has_a_color(visitor, person, photo):
    visitor.keyboard.press("g")
    with visitor.page.expect_response(lambda answer: "/region" in answer.url) as first:
        visitor.press(0.8, 0.2)
    assert first.value.ok
    with visitor.page.expect_response(lambda answer: "/region" in answer.url) as second:
        visitor.page.get_by_label("Edges").press("End")
    assert second.value.ok
    assert steps_of(person, photo) == 0
    visitor.keyboard.press("Escape")


def test_mark_stays_inside_when_it_is_dragged_out(visitor, person, photo):
    visitor.mark(0.5, 0.5)
    handle = visitor.page.locator(".handle")
    visitor.drag_on_page(middle_of(handle), visitor.place(1.4, -0.4))
    visitor.settle()
    mark = marks_of(person, photo)[0]["mark"]
    assert 390 < mark["x"] < 400
    assert mark["y"] == 0


def test_strength_is_advice_or_order(visitor, person, photo):
    visitor.mark(0.5, 0.5)
    visitor.page.locator(".handle").click()
    slider = visitor.page.locator(".popover").get_by_label("Strength")
    slider.focus()
    slider.press("Home")
    visitor.settle()
    assert marks_of(person, photo)[0]["mark"]["confidence"] == 0


def test_what_another_window_does_is_seen_here(visitor, served, person, photo):
    person.amend(photo, set_mark(x=200, y=150, radius=80, color="#2040c0"))
    expect(visitor.page.locator(".handle")).to_have_count(1)
    visitor.settle()
    red, _, blue = visitor.seen(0.62, 0.5)
    assert blue > red


def test_window_is_dragged_out_of_the_way_and_stays_there(visitor):
    visitor.press(0.3, 0.5)
    visitor.see(".suggestion")
    head = visitor.page.locator(".popover-title")
    x, y = middle_of(head)
    visitor.drag_on_page((x, y), (x + 150, y - 60))
    window = visitor.page.locator(".popover")
    moved = window.bounding_box()
    visitor.choose_color(angle=40)
    assert (window.bounding_box()["x"], window.bounding_box()["y"]) == (moved["x"], moved["y"])


def test_colors_have_the_names_that_people_give_them(served, open_page):
    for locale, names in (("en-US", NAMES), ("de-DE", NAMES_IN_GERMAN)):
        visitor = open_page(served.place, locale=locale)
        visitor.see(".welcome")
        assert dict(zip(names, names_of(visitor, names), strict=True)) == names


def test_black_and_white_places_say_that_they_take_no_color(served, person, open_page):
    stripes = gray_scan().copy()
    stripes[:100], stripes[100:200], stripes[200:] = 1, 120, 254
    person.add(jpeg(stripes))
    visitor = open_page(served.place)
    visitor.settle()
    for y, said in ((0.1, "choose a lighter place"), (0.5, None), (0.9, "choose a darker place")):
        visitor.press(0.3, y)
        visitor.see_advice()
        note = visitor.page.locator(".color-note")
        if said is None:
            expect(note).to_be_hidden()
        else:
            expect(note).to_contain_text(said)
        visitor.keyboard.press("Escape")
