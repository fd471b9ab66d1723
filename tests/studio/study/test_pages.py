"""The pages in a real browser, at the width of a desk and of a phone, with several participants at once."""

import asyncio
import csv
import re
import shutil
from collections import Counter

import pytest
from playwright.async_api import async_playwright, expect

from study_samples import PREFERENCE, STUDY, served, write_study
from tintype.studio.study.answers import answer_rows, summarize

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
PATIENCE = 300_000
expect.set_options(timeout=PATIENCE)
SHORT = """
[real_or_colored]
trials = 4
exposure_seconds = 0.4
practice = 1
attention = 1

[preference]
trials = 3
practice = 0
attention = 0
"""
TOTAL = 9
OPEN = ".stage.open:not(.told) .choice.left:enabled"


@pytest.fixture
def server(tmp_path, cache):
    with served(write_study(tmp_path, parts=SHORT), cache) as found:
        yield found


@pytest.fixture(scope="module")
def visit():
    """Run `go(open_page)` in a browser that all tests share, with cookies of its own; all that fails is heard."""
    with asyncio.Runner() as runner:
        playwright = runner.run(async_playwright().start())
        options = {"executable_path": shutil.which("chromium"), "args": ARGUMENTS, "timeout": PATIENCE}
        browser = runner.run(playwright.chromium.launch(**options))
        yield lambda go: runner.run(visited(browser, go))
        runner.run(browser.close())
        runner.run(playwright.stop())


async def visited(browser, go):
    contexts, faults = [], []

    async def open_page(address, **options):
        contexts.append(await browser.new_context(**options))
        contexts[-1].set_default_timeout(PATIENCE)
        page = await contexts[-1].new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: said.type == "error" and faults.append(said.text))
        await page.goto(address)
        return page

    try:
        found = await go(open_page)
    finally:
        for context in contexts:
            await context.close()
    assert faults == []
    return found


async def begin(page):
    await page.get_by_role("button", name="I agree").click()
    await page.get_by_role("heading", name="Spot the machine").wait_for()


async def see(page):
    """Wait until the page takes an answer: some time after the frame in which the pictures are seen first."""
    await page.locator(OPEN).wait_for()
    await page.evaluate(
        """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 160))))"""
    )


async def press(page, key):
    await see(page)
    await page.keyboard.press(key)
    await page.locator(OPEN).wait_for(state="detached")


async def tap(page, side):
    await see(page)
    await page.locator(f".stage.open:not(.told) .choice.{side}:enabled").tap()
    await page.locator(OPEN).wait_for(state="detached")


async def take_part(page, answer):
    """Go on to the end with `answer(number)`; return the heading of the last page."""
    number = 0
    while True:
        await page.locator(f"{OPEN}, .told .go, article h1").first.wait_for()
        if await page.locator(OPEN).count():
            number += 1
            await answer(number)
            continue
        heading = await page.locator("h1").inner_text()
        if heading == "Thank you":
            return number
        await page.locator(".go").click()
        await page.locator("h1", has_text=heading).wait_for(state="detached")


def test_several_participants_at_once_by_keys_and_by_touch(server, visit):
    async def by_keys(page):
        return await take_part(page, lambda number: press(page, "ArrowLeft" if number % 2 else "ArrowRight"))

    async def by_touch(page):
        return await take_part(page, lambda number: tap(page, "left" if number % 2 else "right"))

    async def go(open_page):
        looks = [DESK, DESK | {"color_scheme": "dark"}, PHONE | {"color_scheme": "dark"}]
        pages = [await open_page(server.address, **look) for look in looks]
        ways = [by_keys, by_keys, by_touch]
        return await asyncio.gather(*(way(page) for way, page in zip(ways, pages, strict=True)))

    assert visit(go) == [TOTAL] * 3
    rows = [*answer_rows(server.study.store)]
    assert summarize(server.study.store).finished == 3
    for number, row in enumerate(rows):
        assert row["answer"] == ("right" if number % TOTAL % 2 else "left")
        assert 150 <= int(row["response_ms"]) <= PATIENCE
    assert sorted(Counter(row["layout"] for row in rows).items()) == [
        ("side_by_side", 2 * TOTAL),
        ("stacked", TOTAL),
    ]


def test_exposure_ends_in_time_and_is_measured(server, visit):
    async def go(open_page):
        page = await open_page(server.address, **DESK)
        await begin(page)
        await page.locator("article .go").click()
        await page.locator(".stage.covered").wait_for()
        assert not await page.locator(".frame img").first.is_visible()
        assert await page.locator(".choice.left").is_visible()
        await page.keyboard.press("ArrowRight")
        await page.locator(".told").wait_for()
        assert await page.locator(".frame img").first.is_visible()

    visit(go)
    (row,) = answer_rows(server.study.store)
    # A frame more or less at 60 Hz; a machine under load may draw late, never early.
    assert int(row["exposure_ms"]) >= 380
    assert int(row["exposure_ms"]) <= int(row["response_ms"])


def test_reload_and_a_new_window_go_on_where_it_was(server, visit):
    async def go(open_page):
        page = await open_page(server.address, **DESK)
        await begin(page)
        await page.locator("article .go").click()
        await press(page, "ArrowLeft")
        await page.reload()
        await expect(page.locator(".lead")).to_contain_text(f"1 of {TOTAL}")
        await page.close()
        page = await page.context.new_page()
        await page.goto(server.address)
        await page.get_by_role("heading", name="Welcome back").wait_for()
        await page.get_by_role("button", name="Go on").click()
        await page.locator(OPEN).wait_for()
        assert re.match(r"1 of 5", await page.locator(".count").inner_text())

    visit(go)
    assert summarize(server.study.store).begun == 1


def test_answer_given_without_a_connection_arrives_later(server, visit):
    async def go(open_page):
        page = await open_page(server.address, **DESK)
        await begin(page)
        await page.locator("article .go").click()
        await see(page)
        await page.route("**/api/answer", lambda route: route.abort())
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator("#notice")).to_contain_text("Your answer is safe")
        assert summarize(server.study.store).participants[0].done == 0
        await page.unroute("**/api/answer")
        await page.reload()
        await expect(page.locator(".lead")).to_contain_text(f"1 of {TOTAL}")

    with pytest.raises(AssertionError, match="ERR_FAILED"):  # which is all that the browser complained of
        visit(go)
    assert summarize(server.study.store).participants[0].done == 1


def test_pause_and_withdrawal(server, visit):
    async def go(open_page):
        page = await open_page(server.address, **PHONE)
        await begin(page)
        await page.locator("article .go").click()
        await page.locator(OPEN).wait_for()
        await page.keyboard.press("Escape")
        await page.get_by_role("heading", name="Pause").wait_for()
        await page.keyboard.press("ArrowLeft")  # is no answer now
        await page.keyboard.press("Escape")
        await page.locator("dialog").wait_for(state="detached")
        await tap(page, "left")
        await page.locator(".told .go").click()
        await page.get_by_role("button", name="Start").click()
        await page.get_by_role("button", name="Pause").click()
        await page.get_by_role("button", name="Stop and delete").click()
        await page.get_by_role("button", name="No, keep them").click()
        assert summarize(server.study.store).participants[0].done == 1
        await page.get_by_role("button", name="Stop and delete").click()
        await page.get_by_role("button", name="Yes, delete them").click()
        await page.get_by_role("heading", name="Deleted").wait_for()

    visit(go)
    assert summarize(server.study.store).begun == 0


def test_who_declines_leaves_no_trace(server, visit):
    async def go(open_page):
        page = await open_page(server.address, **PHONE)
        await page.get_by_role("button", name="No, thank you").click()
        await page.get_by_text("Nothing was stored").wait_for()
        assert await page.context.cookies() == []

    visit(go)
    assert summarize(server.study.store).begun == 0


@pytest.mark.parametrize("look", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_is_wider_than_the_window(server, look, visit):
    async def go(open_page):
        page = await open_page(server.address, **look)
        width = look["viewport"]["width"]
        await page.locator("article").wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await begin(page)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.locator("article .go").click()
        await page.locator(OPEN).wait_for()
        for side in ("left", "right"):
            box = await page.locator(f".choice.{side}").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= look["viewport"]["height"]
            assert min(box["width"], box["height"]) >= 150

    visit(go)


def test_organizer_downloads_the_table_and_closes_the_study(server, tmp_path, visit):
    async def go(open_page):
        page = await open_page(server.address, **DESK)
        await begin(page)
        await page.locator("article .go").click()
        await press(page, "ArrowLeft")
        key = server.study.store.organizer_key
        desk = await open_page(f"{server.address}organizer#{key}", **DESK)
        await desk.get_by_role("heading", name="Participants").wait_for()
        assert key not in desk.url
        await expect(desk.locator("main")).to_contain_text("1 of 9")
        assert "null" not in await desk.locator("main").inner_text()
        async with desk.expect_download() as download:
            await desk.get_by_role("button", name="Download").click()
        await (await download.value).save_as(tmp_path / "answers.csv")
        await desk.get_by_role("button", name="Close the study").click()
        await desk.get_by_text("who has begun may finish").wait_for()
        late = await open_page(server.address, **PHONE)
        await late.get_by_role("heading", name="This study is over").wait_for()

    visit(go)
    (row,) = csv.DictReader((tmp_path / "answers.csv").read_text().splitlines())
    assert (row["study"], row["answer"]) == ("sample", "left")


def test_organizer_without_the_key_is_told_where_it_is(server, visit):
    async def go(open_page):
        desk = await open_page(f"{server.address}organizer#wrong", **DESK)
        await desk.get_by_text("tintype study serve").wait_for()

    with pytest.raises(AssertionError, match="403"):
        visit(go)


def test_visitors_of_a_kiosk_follow_each_other(tmp_path, cache, visit):
    path = write_study(
        tmp_path, parts="[preference]\ntrials = 1\npractice = 0\nattention = 0\n", top="kiosk = true\n"
    )

    async def go(open_page):
        page = await open_page(server.address, **DESK)
        await page.get_by_role("button", name="I agree").click()
        await take_part(page, lambda number: press(page, "ArrowLeft"))
        await page.get_by_role("button", name="Someone else").click()
        await page.get_by_role("button", name="I agree").click()
        await page.get_by_role("heading", name="Choose the better").wait_for()

    with served(path, cache) as server:
        visit(go)
        assert (summarize(server.study.store).begun, summarize(server.study.store).finished) == (2, 1)


def test_texts_of_the_study_stand_on_the_page_as_they_are(tmp_path, cache, visit):
    texts = '[texts]\nwelcome = "<b>Willkommen</b> & so weiter"\nagree = "Ja"\n'
    path = tmp_path / "study.toml"
    write_study(tmp_path, parts=PREFERENCE)
    path.write_text('language = "de"\n' + STUDY + PREFERENCE + texts, "utf-8")

    async def go(open_page):
        page = await open_page(server.address, **DESK)
        await page.get_by_text("<b>Willkommen</b> & so weiter").wait_for()
        await page.get_by_role("button", name="Ja").wait_for()
        assert await page.locator("html").get_attribute("lang") == "de"
        assert "Rehearsal" in await page.locator("body").inner_text()

    with served(path, cache, is_rehearsal=True) as server:
        visit(go)
