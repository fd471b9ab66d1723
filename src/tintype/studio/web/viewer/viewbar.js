// How the photograph is looked at: before and after, overlays, and how large.

import { h, listen } from "../core/dom.js";
import { t } from "../core/texts.js";
import { iconButton } from "../shell/controls.js";

/**
 * @param {import("../shell/app.js").App} app
 * @param {import("./viewer.js").Viewer} viewer
 * @returns {HTMLElement}
 */
export function createViewbar({ store }, viewer) {
  const toggle = (name) => store.set({ [name]: !store.now[name] });
  const slider = iconButton("compare", t("view.slider"), () => viewer.compare("slider"), { keys: "C" });
  const sides = iconButton("sides", t("view.sides"), () => viewer.compare("sides"), { keys: "S" });
  const hold = createHold(store);
  const doubt = iconButton("doubt", t("doubt.show"), () => toggle("showsDoubt"), { keys: "D" });
  const marks = iconButton("rings", t("marks.show"), () => toggle("showsMarks"), { keys: "X" });
  const percent = h("button", { type: "button", class: "zoom-text", title: `${t("view.actual")} (1)` });
  listen(percent, "click", () => viewer.zoomToActual());
  const showZoom = () => {
    percent.textContent = viewer.zoomText;
    percent.setAttribute("aria-label", t("view.zoom_is", { zoom: viewer.zoomText }));
  };
  viewer.moved.listen(showZoom);
  store.watch(
    ({ compare, showsDoubt, showsMarks, studio }) => [compare, showsDoubt, showsMarks, studio],
    ([compare, showsDoubt, showsMarks, studio]) => {
      slider.setAttribute("aria-pressed", String(compare === "slider"));
      sides.setAttribute("aria-pressed", String(compare === "sides"));
      doubt.setAttribute("aria-pressed", String(showsDoubt));
      marks.setAttribute("aria-pressed", String(showsMarks));
      doubt.hidden = !(studio?.model.capabilities.includes("doubt") ?? true);
    },
  );
  const groups = [
    [slider, sides, hold],
    [doubt, marks],
    [
      iconButton("minus", t("view.farther"), () => viewer.zoomBy(1 / 1.5), { keys: "-" }),
      percent,
      iconButton("add", t("view.closer"), () => viewer.zoomBy(1.5), { keys: "+" }),
      iconButton("fit", t("view.fit"), () => viewer.fit(), { keys: "0" }),
    ],
  ];
  return h(
    "div",
    { class: "viewbar", role: "toolbar", aria: { label: t("view.title") }, on: { pointerdown: (event) => event.stopPropagation() } },
    groups.map((group) => h("div", { class: "viewbar-group" }, group)),
  );
}

/** A button that shows the photograph as it was, as long as it is held. */
function createHold(store) {
  const set = (showsOriginal) => store.set({ showsOriginal });
  const hold = iconButton("pointer_hold", t("view.hold"), () => undefined, { keys: "O" });
  listen(hold, "pointerdown", (event) => {
    hold.setPointerCapture(event.pointerId);
    set(true);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) listen(hold, end, () => set(false));
  listen(hold, "keydown", (event) => [" ", "Enter"].includes(event.key) && !event.repeat && set(true));
  listen(hold, "keyup", (event) => [" ", "Enter"].includes(event.key) && set(false));
  store.watch(({ showsOriginal }) => showsOriginal, (isShown) => hold.setAttribute("aria-pressed", String(isShown)));
  return hold;
}
