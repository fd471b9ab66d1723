// Size, strength and edges of the current mark.

import { h } from "../core/dom.js";
import { number, percent, t } from "../core/texts.js";
import { slider } from "../shell/controls.js";
import { withRadius } from "./geometry.js";
import { sizes } from "./sizes.js";

const STEPS = 100;

/**
 * @param {import("../shell/app.js").App} app
 * @param {import("./desk.js").MarkDesk} desk
 * @returns {{element: HTMLElement, show: (placed: import("../core/operations.js").Placed) => void}}
 */
export function createMarkSliders({ store }, desk) {
  const most = () => Math.max(2, Math.max(store.now.photo?.width ?? 2, store.now.photo?.height ?? 2) / 8);
  const radiusAt = (step) => Math.max(1, Math.round(most() ** (step / STEPS)));
  const stepAt = (radius) => (STEPS * Math.log(Math.max(1, radius))) / Math.log(most());
  const change = (changed, isDone, label) => {
    const placed = desk.current;
    if (placed) desk.change({ ...placed, mark: { ...placed.mark, ...changed } }, isDone, label);
  };
  const resize = (step, isDone) => {
    const { photo } = store.now;
    const { mark } = desk.current ?? {};
    if (!mark) return;
    const { radius } = withRadius(mark, radiusAt(step), photo);
    sizes.remember(mark.kind, radius, photo);
    change({ radius }, isDone, "did.size");
  };
  const size = slider({
    label: t("mark.size"),
    min: 0,
    max: STEPS,
    step: 1,
    value: 0,
    say: (step) => t("mark.pixels", { count: number(2 * radiusAt(step)) }),
    onMove: (step) => resize(step, false),
    onDone: (step) => resize(step, true),
  });
  const edges = slider({
    label: t("mark.tolerance"),
    min: 1,
    max: 40,
    step: 0.5,
    value: 6,
    say: (value) => number(value),
    ends: [t("mark.tolerance_low"), t("mark.tolerance_high")],
    onMove: (tolerance) => change({ tolerance }, false, "did.size"),
    onDone: (tolerance) => change({ tolerance }, true, "did.size"),
  });
  const strength = slider({
    label: t("mark.confidence"),
    min: 0,
    max: 1,
    step: 0.05,
    value: 1,
    say: percent,
    ends: [t("mark.confidence_low"), t("mark.confidence_high")],
    onMove: (confidence) => change({ confidence }, false, "did.strength"),
    onDone: (confidence) => change({ confidence }, true, "did.strength"),
  });
  return {
    element: h("div", { class: "mark-sliders" }, size.element, edges.element, strength.element),
    show({ mark }) {
      size.element.hidden = !["point", "stroke"].includes(mark.kind);
      edges.element.hidden = mark.kind !== "grown";
      size.show(stepAt(mark.radius ?? 1));
      edges.show(mark.tolerance ?? 6);
      strength.show(mark.confidence ?? 1);
    },
  };
}
