// Where marks lie, and how they are moved and resized. All in pixels of the photograph.

/** @typedef {Object<string, any>} Mark as in hints files */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{width: number, height: number}} Size */

const FINE = 10; // coordinates are kept to a tenth of a pixel
const LEAST_STEP = 0.6;

/**
 * @param {Mark} mark
 * @returns {{x: number, y: number, width: number, height: number}} the box around its places, without its radius
 */
export function boxOf(mark) {
  if (mark.points) {
    const xs = mark.points.map((point) => point[0]);
    const ys = mark.points.map((point) => point[1]);
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
  }
  return { x: mark.x, y: mark.y, width: mark.width ?? 0, height: mark.height ?? 0 };
}

/**
 * @param {Mark} mark
 * @returns {Point} where its handle is
 */
export function anchorOf(mark) {
  if (mark.kind === "stroke") {
    const [x, y] = mark.points[Math.floor(mark.points.length / 2)];
    return { x, y };
  }
  if (mark.kind === "lasso") return middleOf(mark.points);
  const box = boxOf(mark);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/**
 * @param {Mark} mark
 * @param {number} dx
 * @param {number} dy
 * @param {Size} photo it stays inside of
 * @returns {Mark} the mark elsewhere
 */
export function translated(mark, dx, dy, photo) {
  const box = boxOf(mark);
  const limit = (delta, from, length, whole) => Math.min(whole - length - from, Math.max(-from, delta));
  const isWhole = mark.kind === "mask";
  const inside = (length) => length - (mark.points || mark.width ? 0 : 1);
  const move = [
    limit(dx, box.x, box.width, inside(photo.width)),
    limit(dy, box.y, box.height, inside(photo.height)),
  ].map((delta) => (isWhole ? Math.round(delta) : delta));
  if (mark.points) return { ...mark, points: mark.points.map(([x, y]) => [fine(x + move[0]), fine(y + move[1])]) };
  return { ...mark, x: fine(mark.x + move[0]), y: fine(mark.y + move[1]) };
}

/**
 * @param {Mark} mark
 * @param {number} factor
 * @param {Size} photo
 * @returns {Mark} the mark larger or smaller; one that has no size stays
 */
export function scaled(mark, factor, photo) {
  const longest = Math.max(photo.width, photo.height);
  if (mark.kind === "lasso") return { ...mark, points: scaledPoints(mark.points, factor, photo) };
  if (!canResize(mark)) return mark;
  return withRadius(mark, Math.max(mark.radius || defaultReach(mark, photo), longest / 2000) * factor, photo);
}

/**
 * @param {Mark} mark
 * @param {number} radius
 * @param {Size} photo
 * @returns {Mark}
 */
export function withRadius(mark, radius, photo) {
  const longest = Math.max(photo.width, photo.height);
  return { ...mark, radius: fine(Math.min(longest / (mark.kind === "grown" ? 1 : 4), Math.max(1, radius))) };
}

/** @type {(mark: Mark) => boolean} whether it can be larger or smaller */
export function canResize(mark) {
  return ["point", "stroke", "lasso", "grown"].includes(mark.kind);
}

/** @type {(mark: Mark) => boolean} whether it can be elsewhere */
export function canMove(mark) {
  return mark.kind !== "field";
}

/** @type {(mark: Mark) => boolean} whether it has one color, or a palette that a color can replace */
export function canRecolor(mark) {
  return mark.kind !== "field";
}

/**
 * Leave out points of a drawn line that are hardly apart.
 * @param {Array<[number, number]>} points
 * @param {number} apart
 * @returns {Array<[number, number]>}
 */
export function thinned(points, apart) {
  const kept = [];
  for (const [x, y] of points) {
    const last = kept.at(-1);
    if (!last || Math.hypot(x - last[0], y - last[1]) >= Math.max(LEAST_STEP, apart)) kept.push([fine(x), fine(y)]);
  }
  return kept;
}

/**
 * @param {Point} place
 * @param {Size} photo
 * @returns {Point} the nearest place of the photograph
 */
export function inside({ x, y }, photo) {
  const limit = (value, length) => fine(Math.min(length - 0.1, Math.max(0, value)));
  return { x: limit(x, photo.width), y: limit(y, photo.height) };
}

function defaultReach(mark, photo) {
  return mark.kind === "grown" ? (2 / 3) * Math.max(photo.width, photo.height) : 1;
}

function scaledPoints(points, factor, photo) {
  const middle = middleOf(points);
  return points.map(([x, y]) => {
    const place = { x: middle.x + factor * (x - middle.x), y: middle.y + factor * (y - middle.y) };
    const { x: nearX, y: nearY } = inside(place, photo);
    return [nearX, nearY];
  });
}

/** The mean of a polygon's points, or the one of them that is nearest where the mean lies outside. */
function middleOf(points) {
  const sum = points.reduce(([x, y], point) => [x + point[0], y + point[1]], [0, 0]);
  const mean = { x: sum[0] / points.length, y: sum[1] / points.length };
  if (isWithin(points, mean)) return mean;
  const distance = ([x, y]) => Math.hypot(x - mean.x, y - mean.y);
  const [x, y] = points.reduce((best, point) => (distance(point) < distance(best) ? point : best));
  return { x, y };
}

function isWithin(points, { x, y }) {
  let isIn = false;
  points.forEach(([x1, y1], at) => {
    const [x2, y2] = points[(at + 1) % points.length];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) isIn = !isIn;
  });
  return isIn;
}

function fine(value) {
  return Math.round(value * FINE) / FINE;
}
