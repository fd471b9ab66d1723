// Where a window is put so that it hides neither the mark that it belongs to nor anything beyond the stage.

import { listen } from "../core/dom.js";

const GAP = 34; // CSS pixels between the mark and the window
const EDGE = 8;
const FROM_BELOW = matchMedia("(max-width: 899px) and (min-height: 521px)");
const IS_LOW = matchMedia("(max-height: 520px)");

/**
 * Let a window be dragged by a part of it; where it was left it stays until `reset`.
 * @param {HTMLElement} element
 * @param {HTMLElement} part
 * @returns {{isMoved: () => boolean, reset: () => void}}
 */
export function makeMovable(element, part) {
  let from = null;
  let isMoved = false;
  listen(part, "pointerdown", (event) => {
    if (event.target.closest("button") || FROM_BELOW.matches) return;
    part.setPointerCapture(event.pointerId);
    from = { x: event.clientX - element.offsetLeft, y: event.clientY - element.offsetTop };
  });
  listen(part, "pointermove", (event) => {
    if (!from) return;
    isMoved = true;
    const limit = (value, length, all) => Math.min(all - length, Math.max(0, value));
    element.style.left = `${limit(event.clientX - from.x, element.offsetWidth, innerWidth)}px`;
    element.style.top = `${limit(event.clientY - from.y, element.offsetHeight, innerHeight)}px`;
  });
  const end = () => {
    from = null;
  };
  listen(part, "pointerup", end);
  listen(part, "pointercancel", end);
  return {
    isMoved: () => isMoved,
    reset: () => {
      isMoved = false;
    },
  };
}

/**
 * @param {HTMLElement} element
 * @param {{x: number, y: number}} point of the page
 * @param {DOMRect} stage
 */
export function placeBeside(element, point, stage) {
  if (FROM_BELOW.matches) {
    element.style.removeProperty("left");
    element.style.removeProperty("top");
    return;
  }
  const { offsetWidth: width, offsetHeight: height } = element;
  const fitsRight = point.x + GAP + width <= innerWidth - EDGE;
  const fitsLeft = point.x - GAP - width >= stage.left + EDGE;
  const right = fitsRight || (!fitsLeft && innerWidth - point.x >= point.x - stage.left);
  const beside = right ? point.x + GAP : point.x - GAP - width;
  const wanted = IS_LOW.matches ? innerWidth : beside; // there, over the panel
  const left = Math.min(innerWidth - EDGE - width, Math.max(stage.left + EDGE, wanted));
  const top = Math.min(innerHeight - EDGE - height, Math.max(stage.top + EDGE, point.y - height / 3));
  element.style.left = `${Math.round(left)}px`;
  element.style.top = `${Math.round(Math.max(EDGE, top))}px`;
}
