"""Someone who works in the studio's page all day: does this and that, and goes on while no server is there."""

from collections import Counter

import numpy as np
from PIL import Image
from playwright.sync_api import expect
from skimage import data

from photo_samples import save
from studio_samples import gray_scan, jpeg
from web_samples import DESK, PATIENCE, PHONE, is_wider

SLIDERS = ("Warmth", "Sky", "Skin", "Vividness")
PALETTES = ("Autochrome", "Dufaycolor", "Tinted by hand", "Kodachrome")
COLORED = {"name": "cup.png", "mimeType": "image/png", "buffer": save(data.coffee()[::4, ::4], "PNG")}


class Worker:
    """A person whose work goes by rounds: each has the same actions, in another order.

    Args:
        visitor: at the page, where a photograph lies open.

    Attributes:
        round: the actions.
        done: how often each was done, by its name.
    """

    def __init__(self, visitor):
        self.visitor, self.page = visitor, visitor.page
        self.random = np.random.default_rng(6)
        self.done = Counter()
        self.round = [
            *[self.set_mark] * 3,
            *[self.move_mark] * 2,
            self.recolor,
            self.resize_mark,
            self.switch_mark,
            self.delete_mark,
            self.draw,
            *[self.undo] * 2,
            self.redo,
            *[self.slide] * 2,
            self.take_alternative,
            self.compare,
            self.enlarge,
            self.turn_page,
            self.say_words,
            self.choose_palette,
            self.follow_reference,
            self.save,
            self.drop_photograph,
            self.use_a_phone,
        ]
        self._next = []

    @property
    def now(self):
        """What the page knows: the photograph that lies open, its state, where it stands."""
        return self.page.evaluate(
            "(({ photo, state, position }) => ({ ...position, photo: photo.id, state }))(window.tintype.store.now)"
        )

    def act(self):
        """Do something, and see it done."""
        if not self._next:
            self._next = [self.round[it] for it in self.random.permutation(len(self.round))]
        action = self._next.pop()
        action()
        self.rest()
        self.done[action.__name__] += 1

    def rest(self):
        """Wait until all is stored, and seen, and close what was said: nobody presses on a place under a line."""
        self.visitor.until("!window.tintype.store.now.waiting && !window.tintype.store.now.isTrying")
        self.visitor.settle()
        self.page.evaluate(
            "document.querySelectorAll('.toast .icon-button').forEach((close) => close.click())"
        )

    def lose_server_at_a_mark(self, kill):
        """Choose a color, and the server is gone: move the mark, then a slider, and undo that.

        Returns:
            Where the photograph is to stand once all this is stored, and stored once.
        """
        begun = self.now
        self.choose_place()
        self.visitor.press_wheel(angle=200)
        kill()
        self.move_new_mark()
        moved = self.now["state"]
        self.slide()
        self.undo()
        step = begun["step"] + 2
        return {"revision": begun["revision"] + 4, "step": step, "steps": step + 1, "state": moved}

    def lose_server_at_a_slider(self, kill):
        """Leave a slider, and the server is gone: undo that, set a mark, and move it; returns as the other."""
        begun = self.now
        self.slide()
        kill()
        self.undo()
        self.choose_place()
        self.visitor.press_wheel(angle=80)
        self.move_new_mark()
        state = begun["state"] | {"marks": self.now["state"]["marks"]}
        step = begun["step"] + 2
        return {"revision": begun["revision"] + 4, "step": step, "steps": step, "state": state}

    def choose_place(self):
        """Press on the photograph, where a mark is then to get its color, and wait for what is suggested."""
        self.page.keyboard.press("m")
        self.visitor.press(*self.place())
        self.visitor.see(".popover .suggestions:not(.asking)")  # it takes another place when they come

    def place(self):
        return self.random.uniform(0.08, 0.92), self.random.uniform(0.08, 0.85)

    def leave(self):
        """Close the window of a mark, which then has the focus."""
        expect(self.page.locator(".handle.draft")).to_have_count(0)
        self.page.keyboard.press("Escape")
        expect(self.page.locator(".popover")).to_be_hidden()

    def move_new_mark(self):
        self.leave()
        self.page.keyboard.press("ArrowRight")
        self.finish_moving()

    def finish_moving(self):
        """Wait until the page takes it that the keys rest."""
        self.visitor.until("!window.tintype.store.now.isTrying")

    def handle(self):
        """One of the marks that are seen, which there are."""
        handles = self.page.locator(".handle:not([hidden])[data-origin=person]")
        if not handles.count():
            self.set_mark()
        return handles.nth(int(self.random.integers(handles.count())))

    def set_mark(self):
        self.choose_place()
        self.visitor.choose_color(angle=float(self.random.uniform(0, 360)))
        self.leave()

    def draw(self):
        self.page.keyboard.press("b")
        self.visitor.drag(self.place(), self.place())
        self.visitor.see(".popover .suggestions:not(.asking)")
        self.visitor.choose_color(angle=90)
        self.leave()

    def move_mark(self):
        self.handle().focus()
        for _ in range(3):
            self.page.keyboard.press("ArrowRight")
        self.finish_moving()

    def recolor(self):
        self.handle().press("Enter")
        self.visitor.see(".popover")
        field = self.page.get_by_label("Color as a number")
        field.fill(f"#{self.random.integers(1 << 24):06x}")
        field.press("Enter")
        self.rest()
        self.leave()

    def resize_mark(self):
        self.handle().press(["[", "]"][self.random.integers(2)])
        self.finish_moving()

    def delete_mark(self):
        self.handle().press("Delete")

    def switch_mark(self):
        self.handle().press(" ")

    def undo(self):
        self.page.keyboard.press("Control+z")

    def redo(self):
        self.page.keyboard.press("Control+Shift+z")

    def slide(self):
        section = self.visitor.open_section("Look", "look")
        slider = section.get_by_label(SLIDERS[self.random.integers(len(SLIDERS))], exact=True)
        slider.press(["ArrowLeft", "ArrowRight"][self.random.integers(2)])

    def take_alternative(self):
        self.visitor.open_section("Look", "alternatives").locator(".alternative").nth(1).click()

    def compare(self):
        self.page.keyboard.press("c")
        self.visitor.frames(1)
        self.page.keyboard.press("c")

    def enlarge(self):
        self.page.keyboard.press("1")
        self.visitor.frames(10)
        self.visitor.settle()
        self.page.keyboard.press("0")

    def turn_page(self):
        self.page.keyboard.press([",", "."][self.random.integers(2)])

    def drop_photograph(self):
        number = self.done["drop_photograph"]
        self.visitor.drop((f"dropped-{number}.jpg", jpeg(gray_scan(300, 400 + number))))
        self.visitor.until(f"window.tintype.store.now.photo.name === 'dropped-{number}.jpg'")

    def say_words(self):
        section = self.visitor.open_section("Guide", "words")
        section.get_by_role("textbox").fill("autumn")
        with self.page.expect_response("**/words"):
            section.get_by_role("textbox").press("Enter")
        section.get_by_role("textbox").blur()  # what is pressed next is no text
        self.rest()
        assert self.now["state"]["palette"]  # of the words, or the one that was chosen

    def choose_palette(self):
        section = self.visitor.open_section("Guide", "palette")
        name = PALETTES[self.random.integers(len(PALETTES))]
        section.get_by_role("radio", name=name).click()
        self.rest()
        assert self.now["state"]["palette"]["strength"] == 1

    def follow_reference(self):
        """Take a photograph's colors and take them back; take its palette and have none."""
        before = self.now["state"]
        section = self.visitor.open_section("Guide", "reference")
        section.locator("input[type=file]").set_input_files(COLORED)
        section.locator("canvas").wait_for()
        for name in ("Use its colors", "Only its palette"):
            section.get_by_role("button", name=name).click()
            expect(section.get_by_role("button", name=name)).to_be_enabled(timeout=PATIENCE)
            self.rest()
            assert self.now["state"] != before
            self.undo()
            self.rest()
            assert self.now["state"] == before

    def save(self):
        self.page.keyboard.press("Control+s")
        with self.page.expect_download() as download:
            self.page.get_by_role("dialog").get_by_role("button", name="Save").click()
        with Image.open(download.value.path()) as picture:
            picture.load()
            assert picture.format == "JPEG"
        self.page.locator(".job").get_by_role("button", name="Close").click()

    def use_a_phone(self):
        self.page.set_viewport_size(PHONE["viewport"])
        self.rest()
        assert not is_wider(self.page)
        self.page.set_viewport_size(DESK["viewport"])
