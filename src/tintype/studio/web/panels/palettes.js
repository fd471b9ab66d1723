// A palette for the photograph as a whole.

import { get, upload } from "../core/api.js";
import { hexOf, labOf } from "../core/color.js";
import { fill, h, listen } from "../core/dom.js";
import { setPalette } from "../core/operations.js";
import { hasText, percent, retell, t } from "../core/texts.js";
import { button, slider } from "../shell/controls.js";
import { openMenu } from "../shell/menu.js";
import { createSection, loadWhenSeen } from "./section.js";

const MOST = 14;

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createPalettes(app) {
  const { store, session, announcer } = app;
  const list = h("div", { class: "palettes", role: "radiogroup", aria: { label: t("palette.title") } });
  let own = [];
  let named = [];
  const choose = (palette) => session.change([setPalette(palette)], palette ? "did.palette" : "did.no_palette");
  const strength = createStrength(store, session);
  const show = () => {
    const chosen = keyOf(store.now.state?.palette);
    const known = [...own, ...named];
    const isKnown = !chosen || known.some(({ palette }) => keyOf(palette) === chosen);
    const other = isKnown ? [] : [{ name: t("palette.chosen"), palette: store.now.state.palette, title: "" }];
    fill(list, row({ name: t("palette.none"), title: "", palette: null }, !chosen, choose), [...other, ...known].map((it) => row(it, keyOf(it.palette) === chosen, choose)));
    strength.element.hidden = !chosen;
  };
  const take = (palette, name) => {
    own = [{ ...palette, name: palette.name || name }, ...own.filter((it) => keyOf(it.palette) !== keyOf(palette.palette))];
    for (const note of palette.notes) announcer.say(retell(note));
    choose(palette.palette);
  };
  const content = [h("p", { class: "quiet" }, t("palette.help")), list, strength.element, createSources(app, take)];
  const section = createSection("palette", t("palette.title"), "palette", content, { isOpen: false });
  section.hidden = !store.now.studio.model.capabilities.includes("palette");
  loadWhenSeen(list, store, ({ studio }) => [studio], async () => {
    try {
      named = (await get("/palettes")).palettes.map(inWords);
      show();
    } catch (error) {
      announcer.fail(error);
    }
  }, 50);
  store.watch(({ state }) => state?.palette, show);
  return section;
}

function createStrength(store, session) {
  const changed = (strength) => [setPalette({ ...store.now.state.palette, strength })];
  const control = slider({
    label: t("palette.strength"),
    min: 0,
    max: 1,
    step: 0.05,
    value: 1,
    say: percent,
    onMove: (value) => session.tryOut(changed(value)),
    onDone: (value) => session.change(changed(value), "did.palette_strength"),
  });
  store.watch(({ state }) => state?.palette?.strength, (value) => control.show(value ?? 1));
  return control;
}

function createSources(app, take) {
  const { store, announcer } = app;
  const input = h("input", { type: "file", class: "only-heard", tabIndex: -1, aria: { hidden: true } });
  input.accept = "image/*,.gpl,.ase,.aco,.json,.tif,.tiff";
  listen(input, "change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      take(await upload("/palettes", file, { query: { name: file.name } }), file.name);
    } catch (error) {
      announcer.fail(error);
    }
  });
  const fromAlbum = button(t("palette.from_album"), () => {
    const others = store.now.album.filter((photo) => photo.id !== store.now.photo.id);
    openMenu(fromAlbum, others.map((photo) => ({
      label: photo.name,
      icon: "album",
      act: () => get(`/photos/${photo.id}/palette`).then((it) => take(it, photo.name), (error) => announcer.fail(error)),
    })));
  }, { class: "small", icon: "album" });
  store.watch(({ album }) => album.length, (count) => {
    fromAlbum.hidden = count < 2;
  });
  const fromFile = button(t("palette.from_file"), () => input.click(), { class: "small", icon: "file" });
  return h("div", { class: "buttons" }, fromFile, fromAlbum, input);
}

/** A palette that has a name, with that name and what is said of it in the language of the page. */
function inWords({ name, title, ...palette }) {
  const say = (key, otherwise) => (hasText(key) ? t(key) : otherwise);
  return { ...palette, name: say(`palette.named.${name}`, name), title: say(`palette.named.${name}.help`, title) };
}

function row({ name, title, palette }, isChosen, choose) {
  const colors = tellingColors(palette?.colors ?? []);
  const bar = h("span", { class: "palette-bar" }, colors.map(({ color, weight }) => {
    const part = h("span");
    part.style.backgroundColor = hexOf(color);
    part.style.flexGrow = String(Math.sqrt(weight));
    return part;
  }));
  return h(
    "button",
    { type: "button", class: "palette-row", role: "radio", title, aria: { checked: isChosen }, on: { click: () => choose(palette) } },
    h("span", { class: "palette-name" }, name),
    colors.length ? bar : null,
  );
}

/** The colors that tell most of a palette, in the order of their hues. */
function tellingColors(colors) {
  const all = colors.map(({ color, weight = 1 }) => {
    const [, a, b] = labOf(color);
    return { color, weight: weight * (5 + Math.hypot(a, b)), hue: Math.hypot(a, b) < 6 ? -4 : Math.atan2(b, a) };
  });
  const most = all.sort((one, other) => other.weight - one.weight).slice(0, MOST);
  return most.sort((one, other) => one.hue - other.hue);
}

function keyOf(palette) {
  return palette ? JSON.stringify(palette.colors) : "";
}
