// Drawing the photograph on a canvas: previews, tiles and live parts over each other, in one or two panes.

import { levelFor, listTiles } from "./tiles.js";

const ENOUGH = 1.12;
const HARDLY = 1.5; // times larger than it is drawn: that a picture may be without being averaged
const SQUARE = 3; // from this enlargement on pixels are shown as squares

/**
 * @typedef {Object} Scene
 * @property {Object<string, any>} photo
 * @property {import("./camera.js").Camera} camera
 * @property {import("./pictures.js").Pictures} pictures
 * @property {import("./tiles.js").Tiles} tiles
 * @property {Array<{bitmap: ImageBitmap, opacity: number}>} overlays over the colors
 */

/**
 * @typedef {Object} Pane
 * @property {"color"|"original"} layer
 * @property {number} x in CSS pixels
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {import("./camera.js").Box} [clip] of the pane: what of it is drawn
 */

/**
 * Draw panes; what is missing is returned.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Pane[]} panes
 * @returns {import("./tiles.js").Tile[]} tiles that should be fetched
 */
export function drawPanes(context, scene, panes) {
  const ratio = devicePixelRatio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  return panes.flatMap((pane) => drawPane(context, scene, pane));
}

function drawPane(context, scene, pane) {
  const { camera, photo } = scene;
  const clip = pane.clip ?? pane;
  context.save();
  context.beginPath();
  context.rect(clip.x, clip.y, clip.width, clip.height);
  context.clip();
  const corner = camera.toPane({ x: 0, y: 0 });
  context.translate(pane.x + corner.x, pane.y + corner.y);
  context.scale(camera.zoom, camera.zoom);
  context.beginPath();
  context.rect(0, 0, photo.width, photo.height);
  context.clip();
  context.imageSmoothingEnabled = camera.zoom * devicePixelRatio < SQUARE;
  context.imageSmoothingQuality = "medium";
  const missing = pane.layer === "original" ? drawOriginal(context, scene) : drawColor(context, scene);
  context.restore();
  return missing;
}

function drawOriginal(context, scene) {
  const { original } = scene.pictures;
  drawWhole(context, scene.photo, original ?? scene.pictures.placeholder);
  return original ? drawTiles(context, scene, "original", original.width / scene.photo.width) : [];
}

function drawColor(context, scene) {
  const { pictures, photo, overlays } = scene;
  const { whole, part, original } = pictures;
  drawWhole(context, photo, whole?.bitmap ?? original ?? pictures.placeholder);
  const isFresh = whole?.result === pictures.result;
  const share = isFresh ? whole.bitmap.width / photo.width : 0;
  const isCovered = part?.result === pictures.result && covers(scene, part.view);
  const hasTiles = pictures.result && !pictures.isPassing && !isCovered;
  const missing = hasTiles ? drawTiles(context, scene, "color", share) : [];
  if (part?.result === pictures.result) drawPart(context, part);
  for (const { bitmap, opacity } of overlays) {
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = true;
    context.drawImage(bitmap, 0, 0, photo.width, photo.height);
    context.globalAlpha = 1;
  }
  return missing;
}

function drawWhole(context, photo, bitmap) {
  if (!bitmap) return;
  const reduction = (bitmap.width ?? bitmap.naturalWidth) / (photo.width * context.getTransform().a);
  context.imageSmoothingQuality = reduction > HARDLY ? "medium" : "low"; // which is several times faster
  context.drawImage(bitmap, 0, 0, photo.width, photo.height);
  context.imageSmoothingQuality = "medium";
}

function drawPart(context, { bitmap, view }) {
  const side = 2 ** view.level;
  context.drawImage(bitmap, view.left * side, view.top * side, bitmap.width * side, bitmap.height * side);
}

/** Draw tiles where the picture of the whole, `share` of the full size, is not sharp enough. */
function drawTiles(context, { photo, camera, tiles }, layer, share) {
  const scale = camera.zoom * devicePixelRatio;
  if (share * ENOUGH >= Math.min(1, scale)) return [];
  const level = levelFor(photo, scale);
  const missing = [];
  for (const tile of listTiles(photo, layer, level, camera.seen)) {
    const bitmap = tiles.find(tile.key);
    if (!bitmap) {
      missing.push(tile);
      continue;
    }
    const side = 2 ** level;
    const step = photo.tile_side * side;
    context.drawImage(bitmap, tile.column * step, tile.row * step, bitmap.width * side, bitmap.height * side);
  }
  return missing;
}

/**
 * @param {Scene} scene
 * @param {Object<string, any>} view that a picture shows
 * @returns {boolean} whether all that is seen is in it
 */
function covers({ camera }, view) {
  const side = 2 ** view.level;
  const { x, y, width, height } = camera.seen;
  return (
    view.left * side <= x + side &&
    view.top * side <= y + side &&
    (view.left + view.width) * side >= x + width - side &&
    (view.top + view.height) * side >= y + height - side
  );
}

/**
 * What should come live for what is seen: the whole at the size of the screen, or a part of a level.
 * @param {Object<string, any>} photo
 * @param {import("./camera.js").Camera} camera
 * @param {number} most longer side of the whole, in pixels
 * @returns {Object<string, any>} a view as in the description of the interface
 */
export function viewFor(photo, camera, most) {
  const scale = camera.zoom * devicePixelRatio;
  const needed = Math.max(photo.width, photo.height) * Math.min(1, scale);
  if (needed <= most || camera.seesAll) {
    return { kind: "whole", side: Math.min(most, Math.max(512, Math.ceil(needed / 128) * 128)) };
  }
  const level = levelFor(photo, scale);
  const { x, y, width, height } = camera.seen;
  const [left, top] = [Math.floor(x / 2 ** level), Math.floor(y / 2 ** level)];
  const right = Math.ceil((x + width) / 2 ** level);
  const bottom = Math.ceil((y + height) / 2 ** level);
  const [wide, high] = [Math.max(1, right - left), Math.max(1, bottom - top)];
  return { kind: "part", level, left, top, width: Math.min(4096, wide), height: Math.min(4096, high) };
}
