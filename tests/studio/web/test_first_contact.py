"""From nothing to a photograph in color: dropped, pasted or chosen, several at once, and what can't be opened."""

import base64
import json

import pytest
from playwright.sync_api import expect

from photo_samples import save
from studio_samples import gray_scan, jpeg, serving, set_mark
from tintype.studio.limits import Limits
from tiny_model import write_style_model
from web_samples import DESK, PHONE, PHONE_ON_ITS_SIDE, browsing

STYLE = {"vector": [30.0, 20.0], "origin": "match:autumn.png"}
PASTE = """
([text, name]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
  window.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer }));
}
"""
DROP = """
([text, name]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}
"""


def as_text(content):
    return base64.b64encode(content).decode()


@pytest.mark.parametrize("look", [DESK, PHONE], ids=["desk", "phone"])
def test_first_photograph_is_in_color_after_one_drop(served, open_page, look):
    visitor = open_page(served.place, **look)
    visitor.see(".welcome")
    visitor.page.evaluate(DROP, [as_text(jpeg()), "Oma 1931.jpg"])
    visitor.settle()
    expect(visitor.page.locator(".photo-title")).to_have_text("Oma 1931.jpg")
    expect(visitor.page.locator(".welcome")).to_be_hidden()
    expect(visitor.page.locator(".drop-cover")).to_be_hidden()
    assert max(visitor.colorfulness(x, 0.5) for x in (0.2, 0.5, 0.8)) > 5


def test_photograph_is_pasted(served, open_page):
    visitor = open_page(served.place)
    visitor.see(".welcome")
    visitor.page.evaluate(PASTE, [as_text(jpeg()), "image.jpg"])
    visitor.settle()
    expect(visitor.page.locator(".strip-item")).to_have_count(1)


def test_several_photographs_make_an_album(served, open_page, person):
    visitor = open_page(served.place)
    visitor.see(".welcome")
    visitor.drop(*((f"{name}.jpg", jpeg(gray_scan(200 + 10 * at))) for at, name in enumerate("abc")))
    visitor.settle()
    expect(visitor.page.locator(".strip-item:not(.loading)")).to_have_count(3)
    expect(visitor.page.locator(".photo-title")).to_have_text("a.jpg")
    visitor.keyboard.press(".")
    expect(visitor.page.locator(".photo-title")).to_have_text("b.jpg")
    visitor.settle()
    visitor.page.locator(".strip-item").nth(2).click()
    expect(visitor.page.locator(".photo-title")).to_have_text("c.jpg")
    visitor.settle()
    visitor.page.reload()
    expect(visitor.page.locator(".photo-title")).to_have_text("c.jpg")


def test_photograph_on_its_way_is_stopped(served, person):
    with browsing(allowed=["ERR_ABORTED", "ERR_FAILED"]) as open_page:
        visitor = open_page(served.place)
        visitor.drop(("first.jpg", jpeg()))
        visitor.settle()
        held = []

        def hold(route):
            held.append(route)

        visitor.page.route("**/api/v1/photos?name=slow.jpg", hold)
        visitor.drop(("slow.jpg", jpeg(gray_scan(210))), ("next.jpg", jpeg(gray_scan(220))))
        visitor.until(lambda: held)
        visitor.page.get_by_role("button", name="Stop sending slow.jpg").click()
        expect(visitor.page.locator(".strip-item.loading")).to_have_count(0)
        expect(visitor.page.locator(".strip-item")).to_have_count(2)
        assert [photo["name"] for photo in person.get("/photos").json()["photos"]] == [
            "first.jpg",
            "next.jpg",
        ]


def test_browser_asks_before_a_page_is_left_that_sends(served, open_page):
    visitor = open_page(served.place)
    visitor.drop(("first.jpg", jpeg()))
    visitor.settle()
    held, asked = [], []

    def hold(route):
        held.append(route)

    visitor.page.route("**/api/v1/photos?name=slow.jpg", hold)
    visitor.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    visitor.drop(("slow.jpg", jpeg(gray_scan(210))))
    visitor.see(".strip-item.loading")
    visitor.until(lambda: held)
    visitor.page.locator(".topbar [aria-haspopup=menu]").last.click()
    visitor.page.get_by_role("menuitemradio", name="Deutsch").click()
    visitor.until(lambda: asked)
    assert asked == ["beforeunload"]
    visitor.until("window.tintype.store.now.uploads.length === 1")
    held[0].continue_()
    expect(visitor.page.locator(".strip-item:not(.loading)")).to_have_count(2)
    visitor.page.reload()
    visitor.see(".save-button", has_text="Speichern")
    assert asked == ["beforeunload"]


def test_projects_are_opened_with_the_photographs_they_come_with(served, open_page, person):
    scans = {name: jpeg(gray_scan(200 + 10 * at)) for at, name in enumerate("abc")}
    projects = {}
    for name, scan in scans.items():
        photo = person.add(scan, name=f"{name}.jpg")
        person.amend(photo, set_mark("one"), set_mark("two", x=200))
        projects[name] = person.get(f"/photos/{photo}/project").content
        person.ask("DELETE", f"/photos/{photo}")
    lost = json.dumps({"source": {"sha256": "0" * 64, "name": "wedding.jpg"}}).encode()
    visitor = open_page(served.place)
    visitor.see(".welcome")
    visitor.drop(
        ("lost.tintype", lost),
        *((f"{name}.tintype", project) for name, project in projects.items()),
        *((f"{name}.jpg", scan) for name, scan in scans.items()),
    )
    expect(visitor.see(".toast", has_text="c.tintype is opened")).to_contain_text("2 marks")
    (error,) = [line for line in visitor.lines_said if "is opened" not in line]
    assert error.startswith("lost.tintype: ")
    assert "wedding.jpg" in error
    expect(visitor.page.locator(".photo-title")).to_have_text("a.jpg")
    photos = person.get("/photos").json()["photos"]
    assert [it["name"] for it in photos] == ["a.jpg", "b.jpg", "c.jpg"]
    assert [len(person.state(it["id"])["state"]["marks"]) for it in photos] == [2, 2, 2]


def styled_project(person, photo):
    """A photograph's project, with a style besides."""
    project = json.loads(person.get(f"/photos/{photo}/project").content)
    project["guidance"]["style"] = STYLE
    return json.dumps(project).encode()


def test_project_with_a_style_is_followed_where_the_model_takes_one(tmp_path, open_page):
    model = write_style_model(tmp_path / "style.onnx").path
    with serving(tmp_path / "styled", model) as served, served.person() as person:
        photo = person.add()
        project = styled_project(person, photo)
        visitor = open_page(served.place)
        visitor.settle()
        before = visitor.seen(0.5, 0.5)
        visitor.drop(("Oma.tintype", project))
        visitor.see(".toast", has_text="Oma.tintype is opened")
        visitor.until(lambda: abs(visitor.seen(0.5, 0.5) - before).max() > 10)
        visitor.settle()
        visitor.page.get_by_role("tab", name="Guide").click()
        visitor.page.locator("[data-section=reference] summary").click()
        visitor.button("Forget its style").click()
        visitor.settle()
        assert person.state(photo)["state"]["style"] is None
        expect(visitor.button("Forget its style")).to_be_hidden()


def test_project_with_a_style_is_refused_in_one_line_where_the_model_takes_none(served, person):
    photo = person.add()
    person.amend(photo, set_mark())
    project = styled_project(person, photo)
    before = person.state(photo)
    with browsing(allowed=["422"]) as open_page:
        visitor = open_page(served.place)
        visitor.settle()
        visitor.drop(("Oma.tintype", project))
        expect(visitor.see(".toast.error")).to_contain_text(
            "style: the model test-tiny@1 takes none; leave it out"
        )
        visitor.settle()
    assert person.state(photo) == before


def test_what_is_no_photograph_is_refused_in_one_line(served):
    with browsing(allowed=["422"]) as open_page:
        visitor = open_page(served.place)
        visitor.see(".welcome")
        visitor.drop(("letter.txt", b"Dear Ann"))
        said = visitor.see(".toast.error").inner_text()
        assert said.startswith("letter.txt: ")
        assert "\n" not in said.strip()
        expect(visitor.page.locator(".welcome")).to_be_visible()


def test_empty_file_is_refused_before_it_is_sent(served, open_page):
    visitor = open_page(served.place)
    visitor.see(".welcome")
    visitor.drop(("nothing.jpg", b""))
    expect(visitor.see(".toast.error")).to_contain_text("empty")


def test_photograph_in_color_is_said_to_be_one(served, open_page):
    visitor = open_page(served.place)
    visitor.see(".welcome")
    picture = gray_scan()[..., None].repeat(3, axis=2)
    picture[:150, :, 0] = 250
    picture[150:, :, 2] = 250
    visitor.drop(("color.png", save(picture, "PNG")))
    expect(visitor.see(".toast")).to_contain_text("in color already")


def test_nothing_is_asked_of_another_place(served, open_page):
    asked = []
    visitor = open_page(served.place)
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.page.reload()
    visitor.see(".welcome")
    visitor.drop(("a.jpg", jpeg()))
    visitor.settle()
    own = (f"http://{served.place}/", f"ws://{served.place}/", f"blob:http://{served.place}/", "data:")
    assert [url for url in asked if not url.startswith(own)] == []


def test_page_comes_with_a_strict_policy(served, person):
    policy = person.client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_removed_photograph_is_gone_and_the_next_is_open(served, open_page, person):
    person.add(jpeg(), name="a.jpg")
    person.add(jpeg(gray_scan(200)), name="b.jpg")
    visitor = open_page(served.place)
    visitor.settle()
    expect(visitor.page.locator(".alternative")).to_have_count(6)  # nothing more is asked of the photograph
    visitor.until("[...document.images].every((it) => it.complete)")
    visitor.page.locator(".strip-item").first.focus()
    visitor.keyboard.press("Delete")
    visitor.button("Remove").click()
    expect(visitor.page.locator(".strip-item")).to_have_count(1)
    expect(visitor.page.locator(".photo-title")).to_have_text("b.jpg")
    expect(visitor.see(".toast")).to_contain_text("a.jpg")
    assert [it["name"] for it in person.get("/photos").json()["photos"]] == ["b.jpg"]


def test_album_is_brought_into_another_order(served, open_page, person):
    for at, name in enumerate("abc"):
        person.add(jpeg(gray_scan(200 + 10 * at)), name=f"{name}.jpg")
    visitor = open_page(served.place)
    visitor.settle()
    items = visitor.page.locator(".strip-item")
    items.nth(0).drag_to(items.nth(2), target_position={"x": 70, "y": 20})
    expect(items.nth(2)).to_have_attribute("aria-label", "a.jpg")
    names = [it["name"] for it in person.get("/photos").json()["photos"]]
    assert names == ["b.jpg", "c.jpg", "a.jpg"]
    items.nth(2).click(button="right")
    visitor.page.get_by_role("menuitem", name="Move to the left").click()
    expect(items.nth(1)).to_have_attribute("aria-label", "a.jpg")


def test_photograph_whose_file_is_gone_says_so_until_it_is_back_or_removed(tmp_path, tiny):
    scan = tmp_path / "Oma.jpg"
    scan.write_bytes(jpeg())
    limits = Limits(memory_bytes=1)
    with serving(tmp_path / "data", tiny, limits=limits) as served, browsing(allowed=["404"]) as open_page:
        photo = served.studio.library.open_file(scan).id
        with served.person() as person:
            person.add(jpeg(gray_scan(200)), name="other.jpg")  # there is room for one open photograph only
        scan.rename(tmp_path / "elsewhere.jpg")
        visitor = open_page(served.place, f"#{photo}")
        line = visitor.see(".missing")
        expect(line).to_contain_text("Oma.jpg can't be shown")
        expect(line).to_contain_text("the file is gone")
        expect(visitor.page.locator(".strip-item .strip-sign:visible")).to_have_count(1)
        expect(visitor.page.locator(".strip-item img:visible")).to_have_count(1)
        expect(visitor.button("Save")).to_be_disabled()
        visitor.until("document.querySelector('.panel').inert")
        (tmp_path / "elsewhere.jpg").rename(scan)
        visitor.button("Try again").click()
        expect(line).to_be_hidden()
        visitor.settle()
        assert visitor.colorfulness(0.5, 0.5) > 5
        expect(visitor.page.locator(".strip-item img:visible")).to_have_count(2)
        visitor.keyboard.press(".")
        visitor.settle()
        scan.unlink()
        visitor.keyboard.press(",")
        expect(line).to_be_visible()
        line.get_by_role("button", name="Remove").click()
        visitor.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(visitor.page.locator(".photo-title")).to_have_text("other.jpg")
        expect(line).to_be_hidden()
        visitor.settle()


@pytest.mark.parametrize("look", [PHONE, PHONE_ON_ITS_SIDE], ids=["phone", "side"])
def test_menu_of_a_photograph_is_found_on_a_phone(served, photo, open_page, look):
    visitor = open_page(served.place, **look)
    visitor.settle()
    arrow = visitor.see(".photo-name .icon")
    visitor.page.touchscreen.tap(*(arrow.bounding_box()[it] + 8 for it in "xy"))
    expect(visitor.page.get_by_role("menuitem", name="Rename")).to_be_visible()
