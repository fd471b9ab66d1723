// Where the model doubts, and where to look first.

import { get } from "../core/api.js";
import { fill, h, listen } from "../core/dom.js";
import { percent, t } from "../core/texts.js";
import { button } from "../shell/controls.js";
import { createSection, loadWhenSeen } from "./section.js";

const COUNT = 6;
const SIDE = 56;

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createDoubt(app) {
  const { store, announcer, marks } = app;
  const shown = h("input", { type: "checkbox" });
  listen(shown, "change", () => store.set({ showsDoubt: shown.checked }));
  const places = h("div", { class: "places", role: "group", aria: { label: t("doubt.first") } });
  const load = async (isWanted) => {
    const { photo } = store.now;
    try {
      const answer = await get(`/photos/${photo.id}/doubtful`, { count: COUNT });
      if (!isWanted()) return;
      fill(places, answer.places.map((place, at) => createPlace(app, place, at)));
      if (!answer.places.length) fill(places, h("p", { class: "quiet" }, t("doubt.none")));
    } catch (error) {
      announcer.fail(error);
    }
  };
  const content = [
    h("label", { class: "choice" }, shown, h("span", {}, t("doubt.show"))),
    h("p", { class: "quiet" }, t("doubt.first_help")),
    places,
    button(t("doubt.next"), () => marks.goToDoubtful(), { class: "small", title: `${t("doubt.next")} (N)` }),
  ];
  const section = createSection("doubt", t("doubt.title"), "doubt", content);
  section.hidden = !store.now.studio.model.capabilities.includes("doubt");
  loadWhenSeen(places, store, ({ photo, position }) => [photo && position && photo.id, position?.result], load);
  store.watch(({ showsDoubt }) => showsDoubt, (isShown) => {
    shown.checked = isShown;
  });
  return section;
}

function createPlace({ viewer, marks }, place, at) {
  const label = t("doubt.place", { number: at + 1, doubt: percent(place.doubt) });
  const press = () => {
    viewer.goTo(place, place.radius);
    marks.begin(marks.tools.pointAt(place));
  };
  return h("button", { type: "button", class: "place", title: label, aria: { label }, on: { click: press } }, drawPlace(viewer, place));
}

/** A small picture of what is around a place. */
function drawPlace(viewer, place) {
  const canvas = h("canvas", { width: 2 * SIDE, height: 2 * SIDE, aria: { hidden: true } });
  const bitmap = viewer.pictures.original;
  if (!bitmap) return canvas;
  const scale = bitmap.width / viewer.camera.photo.width;
  const side = Math.min(bitmap.width, bitmap.height, Math.max(24, 2.4 * place.radius * scale));
  const first = (center, length) => Math.min(length - side, Math.max(0, center * scale - side / 2));
  const [left, top] = [first(place.x, bitmap.width), first(place.y, bitmap.height)];
  canvas.getContext("2d").drawImage(bitmap, left, top, side, side, 0, 0, 2 * SIDE, 2 * SIDE);
  return canvas;
}
