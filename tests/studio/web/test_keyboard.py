"""Everything without a pointer."""

import pytest
from playwright.sync_api import expect


def marks_of(person, photo):
    return [placed["mark"] for placed in person.state(photo)["state"]["marks"]]


@pytest.fixture
def at_photo(visitor):
    """A visitor whose focus is on the photograph."""
    visitor.page.get_by_label("Photograph", exact=True).focus()
    return visitor


def test_photograph_is_reached_by_tab(visitor):
    for _ in range(30):
        visitor.keyboard.press("Tab")
        if visitor.page.evaluate("document.activeElement.classList.contains('cross-field')"):
            break
    else:
        pytest.fail("30 times Tab did not reach the photograph")
    assert visitor.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Photograph"


def press_quickly(visitor, key, times):
    """Press a key some times without a pause, however slow the machine is."""
    visitor.page.evaluate(
        """([key, times]) => {
          while (times--) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        }""",
        [key, times],
    )


def test_mark_is_set_colored_moved_and_deleted_by_keys(at_photo, person, photo):
    for _ in range(4):
        at_photo.keyboard.press("ArrowRight")
    at_photo.keyboard.press("Enter")
    at_photo.see(".suggestion")
    at_photo.until("document.activeElement.classList.contains('wheel')")
    at_photo.keyboard.press("ArrowUp")
    at_photo.keyboard.press("ArrowLeft")
    at_photo.settle()
    (mark,) = marks_of(person, photo)
    assert mark["x"] > 210

    at_photo.keyboard.press("Escape")
    at_photo.until("document.activeElement.classList.contains('handle')")
    steps = person.state(photo)["steps"]
    press_quickly(at_photo, "ArrowDown", 5)
    at_photo.until("!window.tintype.store.now.isTrying")
    at_photo.settle()
    assert marks_of(person, photo)[0]["y"] > mark["y"] + 5
    assert person.state(photo)["steps"] == steps + 1

    at_photo.keyboard.press("]")
    at_photo.until("!window.tintype.store.now.isTrying")
    at_photo.settle()
    assert marks_of(person, photo)[0]["radius"] > mark["radius"]
    at_photo.keyboard.press(" ")
    at_photo.settle()
    assert person.state(photo)["state"]["marks"][0]["enabled"] is False
    at_photo.keyboard.press("Delete")
    at_photo.settle()
    assert marks_of(person, photo) == []


@pytest.mark.parametrize(("key", "kind"), [("b", "stroke"), ("l", "lasso")])
def test_line_and_lasso_are_drawn_by_keys(at_photo, person, photo, key, kind):
    at_photo.keyboard.press(key)
    for arrow in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        at_photo.keyboard.press("Enter")
        for _ in range(3):
            at_photo.keyboard.press(arrow)
    at_photo.keyboard.press("Shift+Enter")
    at_photo.see(".suggestion").press("Enter")
    at_photo.settle()
    (mark,) = marks_of(person, photo)
    assert mark["kind"] == kind
    assert len(mark["points"]) == 4


def test_tools_are_chosen_by_arrow_keys(visitor):
    visitor.page.get_by_role("radio", name="Color a spot").focus()
    visitor.keyboard.press("ArrowDown")
    expect(visitor.page.get_by_role("radio", name="Color a thing")).to_have_attribute("aria-checked", "true")
    expect(visitor.page.get_by_role("radio", name="Color a thing")).to_be_focused()


def test_shortcuts_are_listed_and_letters_can_be_switched_off(visitor):
    visitor.keyboard.press("?")
    visitor.page.get_by_role("dialog", name="Keyboard shortcuts").get_by_label("Single letters").uncheck()
    visitor.keyboard.press("Escape")
    visitor.keyboard.press("b")
    expect(visitor.page.get_by_role("radio", name="Color a spot")).to_have_attribute("aria-checked", "true")
    visitor.keyboard.press("Control+s")
    visitor.see("dialog")


def test_letters_typed_into_a_field_are_no_shortcuts(visitor):
    visitor.page.get_by_role("tab", name="Guide").click()
    field = visitor.page.get_by_label("Say what has which color.")
    field.fill("")
    field.press_sequentially("b c d ?")
    assert field.input_value() == "b c d ?"
    expect(visitor.page.get_by_role("radio", name="Color a spot")).to_have_attribute("aria-checked", "true")
    expect(visitor.page.locator("dialog")).to_have_count(0)


def test_what_happens_is_said_to_those_who_hear_the_page(at_photo):
    heard = at_photo.page.locator(".only-heard[role=status]").first
    expect(heard).to_contain_text("is colored")
    at_photo.keyboard.press("ArrowRight")
    expect(heard).to_contain_text(",")
    at_photo.keyboard.press("Enter")
    expect(heard).to_contain_text("choose its color")
    at_photo.keyboard.press("Escape")
    at_photo.keyboard.press("b")
    expect(heard).to_have_text("Brush")


def test_undo_and_redo_are_said_to_those_who_hear_the_page(visitor, person, photo):
    heard = visitor.page.locator(".only-heard[role=status]").first
    visitor.keyboard.press("Control+z")
    expect(heard).to_have_text("There is nothing to undo.")
    visitor.mark(0.3, 0.4)
    for key, said in (("z", "Undone."), ("y", "Done again."), ("y", "There is nothing to redo.")):
        visitor.keyboard.press(f"Control+{key}")
        expect(heard).to_have_text(said)
        visitor.settle()


def test_what_a_tool_does_is_seen_when_it_is_chosen(visitor):
    help_line = visitor.page.locator(".tool-help")
    visitor.keyboard.press("b")
    expect(help_line).to_be_visible()
    expect(help_line).to_have_text("Draw over what should have one color.")
    visitor.page.clock.install()
    visitor.page.clock.pause_at(visitor.page.evaluate("Date.now()") + 1000)
    visitor.page.get_by_role("radio", name="Lasso").click()
    expect(help_line).to_have_text("Draw around what should have one color.")
    visitor.page.clock.run_for(7000)
    expect(help_line).to_be_hidden()
    visitor.page.get_by_role("radio", name="Lasso").click()
    expect(help_line).to_be_visible()
    bar = visitor.page.locator(".viewbar").bounding_box()
    line = help_line.bounding_box()
    assert line["y"] + line["height"] <= bar["y"]
