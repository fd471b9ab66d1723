"""All screens at all sizes, light and dark: nothing is cut off, and axe-core finds no serious fault."""

from importlib.resources import files

import pytest
from playwright.sync_api import expect
from skimage import data

from photo_samples import save
from studio_samples import gray_scan, jpeg
from web_samples import DESK, LARGE, PHONE, PHONE_ON_ITS_SIDE, is_wider

AXE_CORE = files("axe_playwright_python") / "axe.min.js"
LOOKS = [
    pytest.param(PHONE, id="phone"),
    pytest.param(PHONE_ON_ITS_SIDE, id="side"),
    pytest.param(DESK, id="desk"),
    pytest.param(LARGE, id="large"),
]


def walk(visitor):
    """Go from screen to screen; yield the name of each."""
    page = visitor.page
    visitor.settle()
    yield "photograph"
    for tab in ("look", "guide", "marks"):
        if page.locator(f"#tab-{tab}").get_attribute("aria-selected") != "true":
            page.locator(f"#tab-{tab}").click()
        folded = page.locator(f"#page-{tab} details:not([open]):not([hidden]) summary")
        while folded.count():
            folded.first.click()
        yield tab
    if page.locator("body.sheet").count():
        page.locator("#tab-marks").click()
    visitor.frames(4)  # the photograph has another place now
    visitor.press(0.3, 0.4)
    visitor.see(".suggestion")
    yield "color"
    page.keyboard.press("Escape")
    for key in ("c", "s"):
        page.keyboard.press(key)
        visitor.frames(2)
        yield f"comparison {key}"
    page.keyboard.press("s")
    for key in ("Control+s", "?"):
        page.keyboard.press(key)
        visitor.see("dialog")
        yield f"window {key}"
        page.keyboard.press("Escape")
        page.locator("dialog").wait_for(state="detached")
    page.locator(".topbar [aria-haspopup=menu]").last.click()
    visitor.see(".menu")
    yield "menu"
    page.keyboard.press("Escape")


def walk_seldom_seen(visitor):
    """Go through what is seen before there is a photograph, now and then, and when something is wrong."""
    page = visitor.page
    visitor.see(".welcome")
    yield "welcome"
    visitor.drop(("nothing.jpg", b""))
    visitor.see(".toast.error")
    yield "refusal before there is a photograph"
    scan = gray_scan().copy()
    scan[:, :120] = 1
    visitor.drop(("Oma.jpg", jpeg(scan)))
    visitor.settle()
    page.locator(".tool[aria-checked=true]").click()
    visitor.see(".tool-help.shown")
    yield "what the tool does"
    page.keyboard.press("d")
    visitor.see(".legend")
    yield "doubt"
    visitor.press(0.1, 0.5)
    visitor.see(".color-note")
    yield "color of a black place"
    page.keyboard.press("Escape")
    for entry in (".menu-entry", ".menu-entry.danger"):
        page.locator(".photo-name").click()
        page.locator(entry).first.click()
        visitor.see("dialog")
        yield f"window of {entry}"
        page.keyboard.press("Escape")
        page.locator("dialog").wait_for(state="detached")
    page.keyboard.press("Control+s")
    page.locator("dialog .button.primary").click()
    visitor.see(".job.done")
    yield "saved file"
    page.locator("#tab-guide").click()
    page.locator("[data-section=reference] summary").click()
    picture = {"name": "cup.png", "mimeType": "image/png", "buffer": save(data.coffee()[::4, ::4], "PNG")}
    page.locator("[data-section=reference] input[type=file]").set_input_files(picture)
    visitor.see(".reference-picture").click(position={"x": 20, "y": 20})
    visitor.see(".toast.note")
    yield "reference"
    page.evaluate("window.tintype.store.set({ connection: 'lost' })")
    visitor.see(".banner")
    yield "lost connection"


def overflowing(page):
    """Texts of controls that are wider than their place, without those that are shortened by dots."""
    return page.evaluate(
        """(isShortened => [...document.querySelectorAll("button, label, summary, h2, h3, option")]
          .filter((it) => it.offsetParent && it.scrollWidth > it.clientWidth + 2)
          .filter((it) => ![...it.querySelectorAll("*"), it].some((one) => isShortened(one)))
          .filter((it) => getComputedStyle(it).overflow !== "hidden" && !it.closest(".handles, .strip"))
          .map((it) => it.innerText || it.className)
        )((one) => getComputedStyle(one).textOverflow === "ellipsis")"""
    )


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
@pytest.mark.parametrize("look", LOOKS)
def test_nothing_is_wider_than_its_place(served, photo, open_page, look, locale):
    visitor = open_page(served.place, **look, locale=locale)
    for screen in walk(visitor):
        assert not is_wider(visitor.page), screen
        assert overflowing(visitor.page) == [], screen
    assert visitor.page.evaluate("document.documentElement.lang") == locale[:2]


def test_photograph_is_not_covered_by_the_color_window_on_a_phone(served, photo, open_page):
    visitor = open_page(served.place, **PHONE)
    visitor.settle()
    visitor.page.touchscreen.tap(*visitor.place(0.5, 0.5))
    visitor.see(".suggestion")
    visitor.frames(3)
    window = visitor.see(".popover").bounding_box()
    assert visitor.place(0.5, 1.0)[1] <= window["y"] + 1
    assert visitor.place(0.5, 0.0)[1] >= 0


def test_theme_and_language_are_chosen_and_kept(served, photo, open_page):
    visitor = open_page(served.place, color_scheme="light")
    visitor.settle()
    ground = "getComputedStyle(document.body).backgroundColor"
    light = visitor.page.evaluate(ground)
    visitor.page.locator(".topbar [aria-haspopup=menu]").last.click()
    visitor.page.get_by_role("menuitemradio", name="Dark", exact=True).click()
    dark = visitor.page.evaluate(ground)
    assert dark != light
    visitor.page.locator(".topbar [aria-haspopup=menu]").last.click()
    visitor.page.get_by_role("menuitemradio", name="Deutsch").click()
    expect(visitor.button("Speichern")).to_be_visible()
    assert visitor.page.evaluate(ground) == dark


@pytest.mark.parametrize(("wish", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_by_itself_for_who_wishes_so(served, photo, open_page, wish, moves):
    visitor = open_page(served.place, reduced_motion=wish)
    visitor.settle()
    visitor.press(0.5, 0.5)
    visitor.see(".suggestion")
    durations = visitor.page.evaluate(
        """[...document.querySelectorAll("*")].map((it) => getComputedStyle(it))
          .flatMap((it) => [it.transitionDuration, it.animationDuration]).flatMap((it) => it.split(","))
          .map(parseFloat)"""
    )
    assert (max(durations) > 0.01) == moves


def open_checked(open_page, place, **look):
    """Open the page with axe-core in it."""
    visitor = open_page(place, **look, bypass_csp=True)
    visitor.page.add_script_tag(content=AXE_CORE.read_text("utf-8"))
    return visitor


def serious_faults(page):
    """What axe-core finds."""
    return page.evaluate(
        """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
          .filter(({ impact }) => ["serious", "critical"].includes(impact))
          .map(({ id, nodes }) => `${id}: ${nodes[0].target.join(" ")}`)"""
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_serious_fault(served, photo, open_page, look, theme):
    visitor = open_checked(open_page, served.place, **look, color_scheme=theme)
    for screen in walk(visitor):
        assert serious_faults(visitor.page) == [], screen


@pytest.mark.parametrize(
    ("look", "theme", "locale"),
    [
        pytest.param(PHONE, "light", "en-US", id="phone-light-en"),
        pytest.param(PHONE, "dark", "de-DE", id="phone-dark-de"),
        pytest.param(DESK, "light", "de-DE", id="desk-light-de"),
        pytest.param(DESK, "dark", "en-US", id="desk-dark-en"),
    ],
)
def test_what_is_seldom_seen_has_no_fault_either(served, open_page, look, theme, locale):
    visitor = open_checked(open_page, served.place, **look, color_scheme=theme, locale=locale)
    for screen in walk_seldom_seen(visitor):
        assert serious_faults(visitor.page) == [], screen
        assert not is_wider(visitor.page), screen
        assert overflowing(visitor.page) == [], screen
