"""Panels: sliders, alternatives, doubt, what is seen, words, palettes, references, the album, history."""

import numpy as np
import pytest
from playwright.sync_api import expect
from skimage import data

from photo_samples import save
from studio_samples import gray_scan, jpeg, set_mark
from web_samples import PATIENCE


@pytest.fixture
def settings_of(person, photo):
    return lambda: person.state(photo)["state"]["settings"]


def test_slider_shows_while_it_moves_and_stores_once(visitor, person, photo, settings_of):
    warmth = visitor.page.get_by_label("Warmth")
    box = warmth.bounding_box()
    y = box["y"] + box["height"] / 2
    before = visitor.seen(0.5, 0.5)
    visitor.mouse.move(box["x"] + box["width"] / 2, y)
    visitor.mouse.down()
    visitor.mouse.move(box["x"] + box["width"] * 0.9, y, steps=6)
    visitor.until(lambda: abs(visitor.seen(0.5, 0.5) - before).max() > 3)
    assert person.state(photo)["steps"] == 0
    visitor.mouse.up()
    visitor.settle()
    assert settings_of()["warmth"] == pytest.approx(0.8, abs=0.1)
    assert person.state(photo)["steps"] == 1
    visitor.button("Reset").click()
    visitor.settle()
    assert settings_of()["warmth"] == 0
    expect(warmth).to_have_value("0")


def test_vividness_by_keys(visitor, settings_of):
    slider = visitor.page.get_by_label("Vividness")
    slider.focus()
    slider.press("End")
    visitor.settle()
    assert settings_of()["vividness"] == 1


def test_alternative_is_chosen_and_left_again(visitor, settings_of):
    cards = visitor.page.locator(".alternative")
    expect(cards).to_have_count(6)
    cards.nth(2).click()
    visitor.settle()
    assert settings_of()["sample"] == {"number": 3, "seed": 0}
    expect(cards.nth(2)).to_have_attribute("aria-pressed", "true")
    visitor.button("Back to the likeliest").click()
    visitor.settle()
    assert settings_of()["sample"] is None


def test_doubtful_place_is_offered(visitor):
    visitor.keyboard.press("n")
    visitor.see(".suggestion, .toast")
    expect(visitor.page.locator(".handle.draft, .toast").first).to_be_visible()


def test_doubt_tints_a_third_at_most_and_is_away_while_a_color_is_chosen(visitor):
    legend = visitor.page.locator(".legend")
    expect(legend).to_be_hidden()
    ramp = save(np.tile(np.arange(256, dtype=np.uint8), (8, 1)), "PNG")
    visitor.page.route("**/doubt*", lambda route: route.fulfill(body=ramp, content_type="image/png"))
    visitor.keyboard.press("d")
    visitor.until("window.tintype.viewer.overlays.shown.length === 1")
    expect(legend).to_have_text("certaindoubtful")
    tinted = visitor.page.evaluate(
        """() => {
          const [{ bitmap, opacity }] = window.tintype.viewer.overlays.shown;
          const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
          context.drawImage(bitmap, 0, 0);
          const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
          const opaque = data.filter((value, at) => at % 4 === 3 && value > 0);
          return { share: opaque.length / (data.length / 4), most: (Math.max(...opaque) / 255) * opacity };
        }"""
    )
    assert 0.2 < tinted["share"] <= 0.34
    assert tinted["most"] <= 0.6  # what is under it is still seen
    visitor.press(0.4, 0.4)
    visitor.until("window.tintype.viewer.overlays.shown[0].opacity === 0")
    expect(legend).to_contain_class("away")
    visitor.keyboard.press("Escape")
    visitor.until("window.tintype.viewer.overlays.shown[0].opacity > 0.3")


def test_class_that_is_seen_is_shown_and_corrected(visitor, person, photo):
    section = visitor.open_section("Guide", "seen")
    row = section.locator(".seen").first
    with visitor.page.expect_response(lambda answer: "/classes/" in answer.url):
        row.hover()
    row.get_by_role("button").first.click()
    row.get_by_label("It is rather").fill("grass")
    with visitor.page.expect_response(lambda answer: "/correction" in answer.url) as answered:
        row.get_by_role("button", name="Color it so").click()
    assert answered.value.status in (200, 422)
    visitor.see(".toast")


def test_words_are_followed_and_forgotten(visitor, person, photo):
    section = visitor.open_section("Guide", "words")
    section.get_by_role("textbox").fill("autumn")
    section.get_by_role("textbox").press("Enter")
    visitor.see(".toast")
    visitor.settle()
    assert person.state(photo)["state"]["palette"]["origin"].startswith("word")
    section.get_by_role("button", name="Forget the words").click()
    visitor.settle()
    assert person.state(photo)["state"]["palette"] is None


def test_palette_is_chosen_and_weakened(visitor, person, photo):
    section = visitor.open_section("Guide", "palette")
    section.get_by_role("radio", name="Kodachrome").click()
    visitor.settle()
    assert person.state(photo)["state"]["palette"]["strength"] == 1
    strength = section.get_by_label("Strength of the palette")
    strength.focus()
    strength.press("Home")
    visitor.settle()
    assert person.state(photo)["state"]["palette"]["strength"] == 0
    section.get_by_role("radio", name="None").click()
    visitor.settle()
    assert person.state(photo)["state"]["palette"] is None


def test_palettes_have_names_that_are_read_in_full(served, photo, open_page):
    visitor = open_page(served.place, locale="de-DE")
    visitor.settle()
    section = visitor.open_section("Vorgaben", "palette")
    names = section.locator(".palette-name")
    expect(names).to_have_text(
        [
            "Keine",
            "Autochrom",
            "Dufaycolor",
            "Von Hand getönt",
            "Kodachrome",
            "Technicolor, zwei Streifen",
        ]
    )
    assert names.evaluate_all("them => them.every((it) => it.scrollHeight <= it.clientHeight + 1)")
    tips = [row.get_attribute("title") for row in section.locator(".palette-row").all()]
    assert tips[-1].startswith("Technicolor in zwei Farben")


def test_reference_gives_its_colors_and_one_of_them(visitor, person, photo):
    section = visitor.open_section("Guide", "reference")
    content = save(data.coffee()[::4, ::4], "PNG")
    section.locator("input[type=file]").set_input_files(
        {"name": "cup.png", "mimeType": "image/png", "buffer": content}
    )
    canvas = section.locator("canvas")
    canvas.click(position={"x": 20, "y": 20})
    expect(visitor.see(".toast")).to_contain_text("kept")
    section.get_by_role("button", name="Use its colors").click()
    expect(section.get_by_role("button", name="Use its colors")).to_be_enabled(timeout=PATIENCE)
    visitor.settle()
    section.get_by_role("button", name="Only its palette").click()
    expect(section.get_by_role("button", name="Only its palette")).to_be_enabled(timeout=PATIENCE)
    visitor.settle()
    assert person.state(photo)["state"]["palette"]["colors"]


def test_scribble_becomes_marks(visitor, person, photo):
    section = visitor.open_section("Guide", "scribble")
    layer = np.zeros((300, 400, 4), np.uint8)
    layer[100:120, 50:200] = (200, 30, 30, 255)
    section.locator("input[type=file]").set_input_files(
        {"name": "strokes.png", "mimeType": "image/png", "buffer": save(layer, "PNG")}
    )
    visitor.see(".toast")
    visitor.settle()
    assert len(person.state(photo)["state"]["marks"]) == 1


def test_marks_are_carried_over_the_album(visitor, served, person, photo):
    other = person.add(jpeg(gray_scan(280, 400)), name="other.jpg")
    person.amend(photo, set_mark(x=200, y=150, radius=40))
    expect(visitor.page.locator(".strip-item")).to_have_count(2)
    section = visitor.open_section("Guide", "carry")
    section.get_by_role("button", name="Carry these marks").click()
    expect(visitor.see(".toast")).to_contain_text("of 1 photographs")
    assert person.state(other)["steps"] in (0, 1)


def test_list_of_marks_is_a_way_to_them(visitor, person, photo):
    person.amend(photo, set_mark("a", x=50, y=50), set_mark("b", x=300, y=200, color="#2040c0"))
    section = visitor.open_section("Marks", "marks")
    expect(section.locator(".mark-row")).to_have_count(2)
    expect(section.locator(".mark-name").first).to_contain_text("blue")
    section.locator(".mark-name").first.click()
    expect(visitor.page.locator(".popover")).to_be_visible()
    visitor.keyboard.press("Escape")
    section.get_by_role("button", name="Delete the mark").first.click()
    visitor.settle()
    assert [it["id"] for it in person.state(photo)["state"]["marks"]] == ["a"]


def test_history_that_comes_late_does_not_take_the_place_of_a_newer_one(visitor, person, photo):
    late = []

    def answer(route):
        if late:
            return route.continue_()
        late.append((route, route.fetch()))
        return None

    visitor.page.route("**/history?*", answer)
    section = visitor.open_section("Marks", "history")
    visitor.until(lambda: late)
    person.amend(photo, set_mark(), label="did.spot")
    expect(section.locator(".step")).to_have_count(2)
    route, response = late[0]
    with visitor.page.expect_event("requestfinished", lambda it: it == route.request):
        route.fulfill(response=response)
    visitor.frames(4)
    expect(section.locator(".step")).to_have_count(2)


def test_step_of_the_history_is_gone_back_to(visitor, person, photo):
    for x in (50, 150, 250):
        person.amend(photo, set_mark(f"m{x}", x=x, y=50), label="did.spot")
    section = visitor.open_section("Marks", "history")
    steps = section.locator(".step")
    expect(steps).to_have_count(4)
    expect(steps.first).to_contain_text("Spot colored")
    steps.nth(2).click()
    expect(visitor.page.locator(".handle")).to_have_count(1)
    assert person.state(photo)["step"] == 1
