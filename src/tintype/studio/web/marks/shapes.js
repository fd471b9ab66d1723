// The shapes of marks as lines over the photograph: their reach, and what is being drawn.

import { svg } from "../core/dom.js";
import { boxOf } from "./geometry.js";

/**
 * Draw a mark's reach, in pixels of the stage.
 * @param {Object<string, any>} mark
 * @param {import("../viewer/viewer.js").Viewer} viewer
 * @param {string} [classes]
 * @returns {SVGElement[]} dark under light, so that it is seen on everything
 */
export function drawShape(mark, viewer, classes = "") {
  const { zoom } = viewer.camera;
  const at = ([x, y]) => viewer.toStage({ x, y });
  if (mark.points) {
    const text = mark.points.map(at).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    if (mark.kind === "lasso") return twice("polygon", { points: text }, classes);
    const reach = svg("polyline", { points: text, class: "shape-reach", "stroke-width": Math.max(2, 2 * mark.radius * zoom) });
    return [reach, ...twice("polyline", { points: text }, classes)];
  }
  if (mark.width) {
    const box = boxOf(mark);
    const { x, y } = at([box.x, box.y]);
    return twice("rect", { x, y, width: box.width * zoom, height: box.height * zoom, rx: 3 }, `${classes} dashed`);
  }
  if (!mark.radius) return [];
  const { x, y } = at([mark.x, mark.y]);
  return twice("circle", { cx: x, cy: y, r: Math.max(2, mark.radius * zoom) }, mark.kind === "grown" ? `${classes} dashed` : classes);
}

/**
 * The outline of the brush at the pointer.
 * @param {{x: number, y: number}} place
 * @param {number} radius
 * @param {import("../viewer/viewer.js").Viewer} viewer
 * @returns {SVGElement[]}
 */
export function drawBrush(place, radius, viewer) {
  return drawShape({ kind: "point", ...place, radius }, viewer, "brush-outline");
}

function twice(tag, attributes, classes) {
  return ["shape-under", "shape-over"].map((which) => svg(tag, { ...attributes, class: `${which} ${classes}` }));
}
