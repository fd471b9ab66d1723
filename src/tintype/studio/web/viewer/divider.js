// The line between before and after, which is dragged or moved by arrow keys.

import { h, listen } from "../core/dom.js";
import { percent, t } from "../core/texts.js";
import { icon } from "../shell/icons.js";

const STEP = 0.02;

/**
 * @param {import("../shell/app.js").App} app
 * @param {import("./viewer.js").Viewer} viewer
 * @returns {HTMLElement}
 */
export function createDivider({ store }, viewer) {
  const knob = h(
    "div",
    {
      class: "divider-knob",
      role: "slider",
      tabIndex: 0,
      aria: { label: t("view.divider"), valuemin: 0, valuemax: 100, orientation: "horizontal" },
    },
    icon("arrow_left", 16),
    icon("arrow_right", 16),
  );
  const before = h("span", { class: "pane-label before" }, t("view.before"));
  const after = h("span", { class: "pane-label after" }, t("view.after"));
  const line = h("div", { class: "divider-line" }, knob);
  const divider = h("div", { class: "divider" }, before, after, line);
  const show = () => {
    line.style.left = `${100 * viewer.split}%`;
    knob.setAttribute("aria-valuenow", String(Math.round(100 * viewer.split)));
    knob.setAttribute("aria-valuetext", t("view.divider_at", { share: percent(viewer.split) }));
    viewer.draw();
  };
  const move = (split) => {
    viewer.split = Math.min(1, Math.max(0, split));
    show();
    viewer.moved.send();
  };
  listen(knob, "pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    knob.focus();
    knob.setPointerCapture(event.pointerId);
  });
  listen(knob, "pointermove", (event) => {
    if (!knob.hasPointerCapture(event.pointerId)) return;
    const { left, width } = divider.getBoundingClientRect();
    move((event.clientX - left) / width);
  });
  listen(knob, "keydown", (event) => {
    const steps = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, Home: -1, End: 1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    move(viewer.split + steps[event.key]);
  });
  store.watch(
    ({ compare, showsOriginal }) => [compare, showsOriginal],
    ([compare, isOriginal]) => {
      divider.hidden = isOriginal || compare === "off";
      divider.dataset.compare = compare;
      show();
    },
  );
  return divider;
}
