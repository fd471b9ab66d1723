// Where a window is put so that it hides neither the mark that it belongs to nor anything beyond the stage.

const GAP = 34; // CSS pixels between the mark and the window
const EDGE = 8;
const NARROW = 900;

/**
 * @param {HTMLElement} element
 * @param {{x: number, y: number}} point of the page
 * @param {DOMRect} stage
 */
export function placeBeside(element, point, stage) {
  if (innerWidth < NARROW) {
    element.style.removeProperty("left");
    element.style.removeProperty("top");
    return;
  }
  const { offsetWidth: width, offsetHeight: height } = element;
  const fitsRight = point.x + GAP + width <= innerWidth - EDGE;
  const fitsLeft = point.x - GAP - width >= stage.left + EDGE;
  const right = fitsRight || (!fitsLeft && innerWidth - point.x >= point.x - stage.left);
  const wanted = right ? point.x + GAP : point.x - GAP - width;
  const left = Math.min(innerWidth - EDGE - width, Math.max(stage.left + EDGE, wanted));
  const top = Math.min(innerHeight - EDGE - height, Math.max(stage.top + EDGE, point.y - height / 3));
  element.style.left = `${Math.round(left)}px`;
  element.style.top = `${Math.round(Math.max(EDGE, top))}px`;
}
