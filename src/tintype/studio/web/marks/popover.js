// The window beside a mark in which its color is chosen.

import { isAbort } from "../core/api.js";
import { colorOfMark, Gamut, hexOf, labOf, parseHex, srgbToLab, toHex, labToSrgb } from "../core/color.js";
import { fill, h, listen } from "../core/dom.js";
import { percent, t } from "../core/texts.js";
import { button, iconButton } from "../shell/controls.js";
import { adviseOn } from "./advice.js";
import { nameOf } from "./color_names.js";
import { anchorOf, canRecolor } from "./geometry.js";
import { createMarkSliders } from "./mark_sliders.js";
import { makeMovable, placeBeside } from "./placing.js";
import { recentChanged, recentColors } from "./recent.js";
import { createWheel } from "./wheel.js";

export class Popover {
  #app;
  #desk;
  #wheel;
  #asking = new AbortController();
  #movable;
  #lightness = 60;

  /**
   * @param {import("../shell/app.js").App} app
   * @param {import("./desk.js").MarkDesk} desk
   */
  constructor(app, desk) {
    this.#app = app;
    this.#desk = desk;
    this.#wheel = createWheel({
      onMove: (lab) => this.#choose(lab, false),
      onDone: (lab) => this.#choose(lab, true),
    });
    this.element = this.#build();
    this.#movable = makeMovable(this.element, this.element.firstChild);
    listen(this.element, "keydown", (event) => this.#onKey(event));
    recentChanged.listen(() => this.#showRecent());
    app.store.watch(({ state, draft, selected }) => [state, draft, selected], () => this.isOpen && this.show());
    app.store.watch(({ photo }) => photo?.id, () => this.isOpen && desk.leave());
  }

  /** @returns {boolean} */
  get isOpen() {
    return !this.element.hidden;
  }

  /** Open it for the current mark. */
  open() {
    this.element.hidden = false;
    document.body.classList.add("choosing");
    this.show();
    this.renew();
    this.#place();
    requestAnimationFrame(() => this.#focusFirst());
  }

  /** Close it. */
  close() {
    this.#asking.abort();
    this.#movable?.reset();
    this.element.hidden = true;
    document.body.classList.remove("choosing");
  }

  /** Show the current mark's color and values. */
  show() {
    const placed = this.#desk.current;
    if (!placed) return this.close();
    const color = colorOfMark(placed.mark);
    this.#title.textContent = t(`mark.${placed.mark.kind}`);
    this.#sliders.show(placed);
    this.#toggle.setAttribute("aria-pressed", String(!placed.enabled));
    this.#toggle.disabled = this.#app.store.now.draft?.id === placed.id && !color;
    this.#pinButton.hidden = this.#app.store.now.draft?.id !== placed.id;
    this.#colors.forEach((element) => (element.hidden = !canRecolor(placed.mark)));
    if (color === null) return undefined;
    const [, a, b] = labOf(color);
    this.#wheel.show(a, b);
    this.#showHex(color);
    return undefined;
  }

  /** Ask again what the model thinks of the place. */
  async renew() {
    const placed = this.#desk.current;
    if (!placed || !this.isOpen) return;
    this.#asking.abort();
    this.#asking = new AbortController();
    const { photo, studio } = this.#app.store.now;
    const options = {
      without: this.#app.store.now.draft ? undefined : placed.id,
      hasSuggestions: studio.model.capabilities.includes("suggestions"),
      signal: this.#asking.signal,
    };
    this.#suggestions.classList.add("asking");
    try {
      this.#take(await adviseOn(photo.id, anchorOf(placed.mark), options));
    } catch (error) {
      if (isAbort(error)) return;
      fill(this.#suggestions, h("p", { class: "quiet" }, error.message));
    }
    this.#suggestions.classList.remove("asking");
  }

  /** Stay beside the mark when the view moves. */
  follow() {
    if (this.isOpen) this.#place();
  }

  #take({ gamut, color, suggestions }) {
    this.#lightness = gamut.lightness;
    this.#wheel.setGamut(gamut);
    const placed = this.#desk.current;
    if (!placed) return;
    this.#note.hidden = !canRecolor(placed.mark) || !new Gamut(gamut).isNarrow;
    this.#note.textContent = this.#note.hidden ? "" : t(gamut.lightness < 50 ? "wheel.too_dark" : "wheel.too_light");
    const own = colorOfMark(placed.mark);
    if (own === null) {
      this.#wheel.show(color.lab[1], color.lab[2]);
      this.#showHex(color.lab);
    }
    fill(this.#suggestions, suggestions.map((it) => this.#suggestion(it)));
    this.#showRecent();
    this.#place();
  }

  #suggestion({ lab, hex, probability }) {
    const chance = probability < 0.005 ? `< ${percent(0.01)}` : percent(probability);
    const label = t("suggestion", { color: nameOf(lab), chance });
    const chip = h("span", { class: "chip-color" });
    chip.style.backgroundColor = hex;
    return h(
      "button",
      { type: "button", class: "suggestion", title: label, aria: { label }, on: { click: () => this.#choose(lab, true) } },
      chip,
      h("span", { class: "chip-chance" }, chance),
    );
  }

  #choose(color, isDone) {
    this.#showHex(color);
    this.#desk.recolor(color, isDone);
  }

  #showHex(color) {
    const shown = color === "neutral" ? toHex(labToSrgb(this.#lightness, 0, 0)) : hexOf(color);
    if (document.activeElement !== this.#hex) this.#hex.value = shown;
    this.#now.style.backgroundColor = shown;
    this.#name.textContent = nameOf(color);
  }

  #typed() {
    const srgb = parseHex(this.#hex.value);
    this.#hex.setAttribute("aria-invalid", String(!srgb));
    if (srgb) this.#desk.recolor(srgbToLab(srgb).map((value) => Math.round(100 * value) / 100), true);
  }

  async #pickFromScreen() {
    try {
      const { sRGBHex } = await new EyeDropper().open();
      this.#desk.useColor(sRGBHex.slice(0, 7));
    } catch {
      // Escape was pressed: nothing is chosen.
    }
  }

  #showRecent() {
    const colors = recentColors();
    this.#recent.hidden = !colors.length;
    fill(
      this.#recent,
      h("span", { class: "quiet" }, t("recent.title")),
      colors.map((hex) => {
        const label = t("recent.use", { color: nameOf(hex), hex });
        const one = h("button", { type: "button", class: "swatch pressable", title: label, aria: { label } });
        one.style.backgroundColor = hex;
        listen(one, "click", () => this.#choose(srgbToLab(parseHex(hex)), true));
        return one;
      }),
    );
  }

  #title = h("h2", { class: "popover-title", id: "popover-title" });
  #suggestions = h("div", { class: "suggestions", role: "group", aria: { label: t("suggestions.title") } });
  #note = h("p", { class: "color-note", role: "status", hidden: true });
  #now = h("span", { class: "swatch large", aria: { hidden: true } });
  #name = h("span", { class: "color-name" });
  #hex = h("input", { type: "text", class: "field hex", spellcheck: false, autocomplete: "off", maxLength: 7, aria: { label: t("color.hex") } });
  #recent = h("div", { class: "recent", role: "group", aria: { label: t("recent.title") } });
  #sliders;
  #toggle;
  #pinButton;
  #colors;

  #build() {
    const desk = this.#desk;
    this.#sliders = createMarkSliders(this.#app, desk);
    this.#toggle = iconButton("eye_off", t("mark.switch"), () => desk.current && desk.toggle(desk.current));
    this.#pinButton = button(t("mark.pin"), () => desk.pin(), { icon: "pin", class: "small", title: t("mark.pin_help") });
    listen(this.#hex, "change", () => this.#typed());
    const screen = "EyeDropper" in window && iconButton("screen", t("dropper.screen"), () => this.#pickFromScreen());
    const actions = [
      this.#toggle,
      iconButton("trash", t("mark.delete"), () => desk.current && desk.remove(desk.current), { keys: t("key.delete") }),
      iconButton("close", t("close"), () => desk.leave(), { keys: "Esc" }),
    ];
    const colorActions = [
      button(t("color.neutral"), () => this.#choose("neutral", true), { class: "small", title: t("color.neutral_help") }),
      this.#pinButton,
      iconButton("dropper", t("dropper.photo"), () => desk.pickFromPhoto()),
      screen,
    ];
    this.#colors = [
      this.#suggestions,
      this.#wheel.element,
      h("div", { class: "color-row" }, this.#now, this.#name, this.#hex),
      h("div", { class: "color-actions" }, colorActions),
    ];
    return h(
      "section",
      { class: "popover", role: "dialog", hidden: true, aria: { labelledby: "popover-title" } },
      h("div", { class: "popover-head" }, this.#title, h("div", { class: "popover-actions" }, actions)),
      h("div", { class: "popover-body" }, this.#note, this.#colors, this.#recent, this.#sliders.element),
    );
  }

  #onKey(event) {
    if (event.key === "Escape") this.#desk.leave();
    else if (event.key === "Delete" && !event.target.matches("input") && this.#desk.current) this.#desk.remove(this.#desk.current);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #focusFirst() {
    if (!this.isOpen || this.element.contains(document.activeElement)) return;
    this.#wheel.element.focus({ preventScroll: true, focusVisible: false });
  }

  #place() {
    const placed = this.#desk.current;
    if (!placed || this.#movable.isMoved()) return;
    const { viewer } = this.#app;
    const stage = viewer.element.getBoundingClientRect();
    const { x, y } = viewer.toStage(anchorOf(placed.mark));
    placeBeside(this.element, { x: stage.left + x, y: stage.top + y }, stage);
  }
}
