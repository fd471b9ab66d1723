// Shortcuts, and the window that lists them.

import { h, listen } from "../core/dom.js";
import { preferences } from "../core/preferences.js";
import { t } from "../core/texts.js";
import { TOOLS } from "./toolbar.js";

const IS_TEXT = "input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

export class Keys {
  #app;
  #bindings;

  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.#app = app;
    const { store, announcer, viewer, receiver, saver, album, marks } = app;
    const choose = (tool) => {
      store.set({ tool });
      announcer.hear(t(`tool.${tool}`));
    };
    const bind = (keys, text, act, more = {}) => ({ keys: [keys].flat(), text, act, ...more });
    this.#bindings = [
      { title: "keys.general" },
      bind("mod+z", "undo", () => app.step(-1)),
      bind(["mod+shift+z", "mod+y"], "redo", () => app.step(1)),
      bind("mod+s", "save", () => saver.open()),
      bind("mod+o", "album.add", () => receiver.choose()),
      bind([",", "PageUp"], "keys.previous", () => album.step(-1)),
      bind([".", "PageDown"], "keys.next", () => album.step(1)),
      bind("?", "keys.title", () => this.show()),
      { title: "tools.title" },
      ...TOOLS.map(({ name, key }) => bind(key.toLowerCase(), `tool.${name}`, () => choose(name))),
      bind("[", "keys.smaller", () => marks.resizeBy(1 / 1.25)),
      bind("]", "keys.larger", () => marks.resizeBy(1.25)),
      { title: "keys.viewing" },
      bind(["+", "="], "view.closer", () => viewer.zoomBy(1.5)),
      bind("-", "view.farther", () => viewer.zoomBy(1 / 1.5)),
      bind("0", "view.fit", () => viewer.fit()),
      bind("1", "view.actual", () => viewer.zoomToActual()),
      bind("c", "view.slider", () => viewer.compare("slider")),
      bind("s", "view.sides", () => viewer.compare("sides")),
      bind("o", "view.hold", () => store.set({ showsOriginal: true }), { release: () => store.set({ showsOriginal: false }) }),
      bind("d", "doubt.show", () => store.set({ showsDoubt: !store.now.showsDoubt })),
      bind("n", "doubt.next", () => marks.goToDoubtful()),
      bind("x", "marks.show", () => store.set({ showsMarks: !store.now.showsMarks })),
      { title: "keys.on_photo" },
      { keys: ["arrows"], text: "keys.cross" },
      { keys: ["shift+arrows"], text: "keys.pan" },
      { keys: ["Enter"], text: "keys.press" },
      { keys: ["shift+Enter"], text: "keys.finish" },
      { title: "keys.on_mark" },
      { keys: ["arrows"], text: "keys.move" },
      { keys: ["Enter"], text: "keys.edit" },
      { keys: ["Space"], text: "keys.toggle" },
      { keys: ["Delete"], text: "keys.delete" },
    ];
  }

  /** Take keys anywhere on the page. */
  listen() {
    listen(document, "keydown", (event) => this.#take(event));
    listen(document, "keyup", (event) => this.#release(event));
    listen(window, "blur", () => this.#app.store.set({ showsOriginal: false }));
  }

  /** Open the window that lists all shortcuts. */
  async show() {
    const { openDialog } = await import("./dialog.js");
    const off = h("input", { type: "checkbox", checked: preferences.get("letters", true) });
    off.addEventListener("change", () => preferences.set("letters", off.checked));
    const sections = [];
    for (const binding of this.#bindings) {
      if (binding.title) sections.push(h("h3", {}, t(binding.title)), h("dl", { class: "key-list" }));
      else sections.at(-1).append(h("div", {}, h("dt", {}, t(binding.text)), h("dd", {}, binding.keys.map(showKeys))));
    }
    const pairs = [];
    for (let i = 0; i < sections.length; i += 2) pairs.push(h("section", {}, sections[i], sections[i + 1]));
    openDialog(t("keys.title"), [
      h("div", { class: "key-columns" }, pairs),
      h("label", { class: "choice" }, off, h("span", {}, t("keys.letters"))),
    ], { class: "wide" });
  }

  #take(event) {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return undefined;
    if (event.key === "Escape" && this.#app.marks.popover.isOpen) return void this.#app.marks.leave();
    const binding = this.#find(event);
    if (!binding || (!this.#app.store.now.photo && !["album.add", "keys.title"].includes(binding.text))) return undefined;
    event.preventDefault();
    if (!event.repeat || binding.text.startsWith("view") || binding.text.startsWith("keys.")) binding.act();
    return undefined;
  }

  #release(event) {
    const key = event.key.toLowerCase();
    for (const { keys, release } of this.#bindings) if (release && keys.includes(key)) release();
  }

  #find(event) {
    const isGraph = event.getModifierState("AltGraph"); // with which brackets are typed on many keyboards
    const isMod = !isGraph && (event.ctrlKey || event.metaKey);
    const isAlt = !isGraph && event.altKey && /^[a-z0-9]$/i.test(event.key);
    const inText = event.target instanceof Element && event.target.closest(IS_TEXT);
    if (!isMod && (inText || isAlt || (event.key.length === 1 && !preferences.get("letters", true)))) return null;
    if (isMod && inText && event.key.toLowerCase() !== "s") return null;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isNamed = event.key.length > 1 || /[a-z]/.test(key);
    const name = [isMod ? "mod" : "", event.shiftKey && isNamed ? "shift" : "", key].filter(Boolean).join("+");
    return this.#bindings.find((it) => it.act && it.keys.includes(name)) ?? null;
  }
}

function showKeys(keys, place) {
  const isMac = /mac|iphone|ipad/i.test(navigator.platform);
  const names = { mod: isMac ? "⌘" : t("key.ctrl"), shift: t("key.shift"), arrows: "← ↑ ↓ →" };
  const parts = keys.length > 1 ? keys.split(/\+(?=.)/) : [keys];
  const shown = parts.map((part) => h("kbd", {}, names[part] ?? (part.length === 1 ? part.toUpperCase() : part)));
  return [place ? h("span", { class: "key-or" }, "/") : null, ...shown];
}
