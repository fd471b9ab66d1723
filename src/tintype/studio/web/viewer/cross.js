// The keyboard's pointer: a cross on the photograph that arrow keys move and Enter presses.

import { h, listen } from "../core/dom.js";
import { t } from "../core/texts.js";
import { sayPlace } from "./viewer.js";

const STEP = 12; // CSS pixels
const EDGE = 24;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {import("../shell/app.js").App} app
 * @param {import("./viewer.js").Viewer} viewer
 * @returns {{element: HTMLElement, place: () => {x: number, y: number}}}
 */
export function createCross({ store, announcer }, viewer) {
  let place = null;
  const line = h("div", { class: "cross", aria: { hidden: true } });
  const element = h(
    "div",
    { class: "cross-field", tabIndex: 0, role: "application", aria: { label: t("view.photo"), description: t("view.photo_help") } },
    line,
  );
  const current = () => place ?? { x: viewer.camera.x, y: viewer.camera.y };
  const show = () => {
    const { x, y } = viewer.toStage(current());
    line.style.transform = `translate(${x}px, ${y}px)`;
  };
  const move = ([dx, dy], fine) => {
    const step = (fine ? 1 : STEP) / viewer.camera.zoom;
    const { width, height } = viewer.camera.photo;
    const { x, y } = current();
    element.classList.add("keyed");
    place = { x: clamp(x + dx * step, width), y: clamp(y + dy * step, height) };
    keepInView(viewer, place);
    show();
    announcer.hear(sayPlace(place));
  };
  listen(element, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    if (arrow && event.shiftKey) viewer.pan(-80 * arrow[0], -80 * arrow[1]);
    else if (arrow) move(arrow, event.altKey);
    else if (event.key === "Enter") viewer.tool.key?.(current(), event);
    else if (event.key === "Escape") viewer.tool.escape?.();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  listen(element, "focus", () => element.classList.toggle("keyed", element.matches(":focus-visible")));
  listen(element, "pointerdown", () => element.classList.remove("keyed"));
  listen(element, "blur", () => element.classList.remove("keyed"));
  viewer.moved.listen(show);
  store.watch(({ photo }) => photo?.id, () => {
    place = null;
  });
  return { element, place: current };
}

function clamp(value, length) {
  return Math.min(length - 1, Math.max(0, value));
}

function keepInView(viewer, place) {
  const point = viewer.toStage(place);
  const pane = viewer.colorPane;
  const beyond = (value, from, length) => Math.min(0, value - from - EDGE) + Math.max(0, value - from - length + EDGE);
  const [dx, dy] = [beyond(point.x, pane.x, pane.width), beyond(point.y, pane.y, pane.height)];
  if (dx || dy) viewer.pan(-dx, -dy);
}
