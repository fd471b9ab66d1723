// The window that asks what should be saved.

import { h, listen } from "../core/dom.js";
import { preferences } from "../core/preferences.js";
import { number, t, tn } from "../core/texts.js";
import { button, newId } from "../shell/controls.js";
import { openDialog } from "../shell/dialog.js";

const KINDS = ["picture", "layer", "comparison", "doubt", "project"];
const NAMES = { ".jpg": "JPEG", ".png": "PNG", ".tif": "TIFF", ".webp": "WebP", ".avif": "AVIF", ".jp2": "JPEG 2000", ".bmp": "BMP", ".heic": "HEIC", ".jxl": "JPEG XL" };

/**
 * @param {import("../shell/app.js").App} app
 * @param {(wish: import("./saver.js").Wish) => void} save
 */
export function openSaveDialog(app, save) {
  const { photo, album, studio } = app.store.now;
  const kinds = KINDS.filter((kind) => kind !== "doubt" || studio.model.capabilities.includes("doubt"));
  const group = newId();
  const radios = kinds.map((kind) => h("input", { type: "radio", name: group, value: kind, checked: kind === "picture" }));
  const format = createFormats(photo, studio);
  const badge = h("input", { type: "checkbox", checked: preferences.get("badge", false) });
  const mark = h("input", { type: "checkbox", checked: true });
  const whole = h("input", { type: "checkbox" });
  const chosen = () => radios.find((radio) => radio.checked).value;
  const options = h("div", { class: "save-options" }, format.element, choice(badge, "save.badge", "save.badge_help"));
  const marking = choice(mark, "save.mark", "save.mark_help");
  const show = () => {
    options.hidden = chosen() !== "picture";
    marking.hidden = ["project", "doubt"].includes(chosen());
  };
  for (const radio of radios) listen(radio, "change", show);
  show();
  const go = () => {
    preferences.set("badge", badge.checked);
    dialog.close();
    save({ kind: chosen(), suffix: format.select.value, badge: badge.checked, mark: mark.checked, wholeAlbum: whole.checked });
  };
  const content = [
    h(
      "fieldset",
      { class: "save-kinds" },
      h("legend", { class: "only-heard" }, t("save.what")),
      kinds.map((kind, place) => [choice(radios[place], `save.${kind}`, `save.${kind}_help`, facts(kind, photo)), kind === "picture" ? options : null]),
    ),
    marking,
    album.length > 1 ? h("label", { class: "choice" }, whole, h("span", {}, tn("save.album", album.length))) : null,
  ];
  const actions = [button(t("cancel"), () => dialog.close()), button(t("save"), go, { class: "primary", icon: "download" })];
  const dialog = openDialog(t("save.title", { name: photo.name }), content, { actions, class: "save" });
  actions[1].focus();
}

function choice(input, label, help, values) {
  return h("label", { class: "choice" }, input, h("span", {}, t(label), h("small", {}, t(help, values))));
}

function facts(kind, { width, height }) {
  return kind === "picture" ? { width: number(width), height: number(height) } : {};
}

function createFormats(photo, { writable }) {
  const id = newId();
  const same = h("option", { value: "" }, t("save.same_format", { format: photo.format, bits: photo.bit_depth }));
  const others = writable.map((suffix) => h("option", { value: suffix }, NAMES[suffix] ?? suffix.slice(1).toUpperCase()));
  const select = h("select", { class: "select", id }, same, others);
  return { select, element: h("div", { class: "row" }, h("label", { for: id }, t("save.format")), select) };
}
