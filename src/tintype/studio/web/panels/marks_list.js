// All marks of the photograph, as a list.

import { get } from "../core/api.js";
import { colorOfMark, hexOf } from "../core/color.js";
import { fill, h, oncePerFrame } from "../core/dom.js";
import { removeMark } from "../core/operations.js";
import { t } from "../core/texts.js";
import { describeMark } from "../marks/describe.js";
import { anchorOf } from "../marks/geometry.js";
import { button, iconButton } from "../shell/controls.js";
import { icon } from "../shell/icons.js";
import { createSection, loadWhenSeen } from "./section.js";

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createMarksList(app) {
  const { store, session } = app;
  const list = h("ul", { class: "marks-list" });
  const empty = h("p", { class: "quiet" }, t("marks.none"));
  let contradicted = new Map();
  const show = oncePerFrame(() => {
    if (!section.offsetParent) return; // it is shown again when its tab is
    const marks = [...(store.now.state?.marks ?? [])].reverse(); // what lies on top stands first
    fill(list, marks.map((placed) => createRow(app, placed, contradicted.get(placed.id))));
    empty.hidden = marks.length > 0;
    clear.hidden = marks.length < 2;
  });
  const clear = button(t("marks.clear"), () => {
    session.change(store.now.state.marks.map((placed) => removeMark(placed.id)), "did.clear");
  }, { class: "small quiet", icon: "trash" });
  const section = createSection("marks", t("marks.title"), "rings", [empty, list, clear]);
  store.watch(({ state, selected, tab, sheet }) => [state?.marks, selected, tab, sheet], show);
  loadWhenSeen(list, store, ({ photo, position }) => [photo && position?.state.marks.length > 1 && photo.id, position?.result], async (isWanted) => {
    try {
      const { contradictions } = await get(`/photos/${store.now.photo.id}/notes`);
      if (!isWanted()) return;
      contradicted = new Map(contradictions.map((it) => [it.mark, it.by]));
      show();
    } catch {
      contradicted = new Map(); // a hint that may be missing
    }
  });
  return section;
}

function createRow({ store, marks, viewer }, placed, by) {
  const swatch = h("span", { class: "swatch" });
  const color = colorOfMark(placed.mark);
  if (color) swatch.style.backgroundColor = hexOf(color);
  const said = describeMark(placed);
  const edit = () => {
    const anchor = anchorOf(placed.mark);
    const { seen } = viewer.camera;
    const isSeen = anchor.x > seen.x && anchor.y > seen.y && anchor.x < seen.x + seen.width && anchor.y < seen.y + seen.height;
    if (!isSeen) viewer.goTo(anchor);
    marks.edit(placed.id);
  };
  return h(
    "li",
    { class: placed.id === store.now.selected ? "mark-row current" : "mark-row" },
    h("button", { type: "button", class: "mark-name", aria: { label: t("marks.edit", { mark: said }) }, on: { click: edit } }, swatch, h("span", {}, said)),
    by ? h("span", { class: "warning", title: t("marks.contradicted"), role: "img", aria: { label: t("marks.contradicted") } }, icon("error", 16)) : null,
    iconButton(placed.enabled ? "eye" : "eye_off", t("mark.switch"), () => marks.toggle(placed), { class: "small", aria: { pressed: !placed.enabled } }),
    iconButton("trash", t("mark.delete"), () => marks.remove(placed), { class: "small" }),
  );
}
