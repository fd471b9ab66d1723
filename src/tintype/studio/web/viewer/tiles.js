// Tiles of zoom levels: those that are seen are fetched, the middle first; those seen last are kept.

import { getPicture, isAbort } from "../core/api.js";

const AT_ONCE = 4;
const KEPT = 160;
const PAUSE_AFTER_FAILURE = 1500;

/**
 * @typedef {Object} Tile
 * @property {string} key
 * @property {"color"|"original"} layer
 * @property {number} level
 * @property {number} column
 * @property {number} row
 */

export class Tiles {
  #bitmaps = new Map();
  #running = new Map();
  #wanted = [];
  #photo = "";
  #result = "";
  #onArrival;
  #pausedUntil = 0;

  /** @param {() => void} onArrival called when a tile has come */
  constructor(onArrival) {
    this.#onArrival = onArrival;
  }

  /**
   * Say what is looked at: tiles of something else are forgotten.
   * @param {string} photo
   * @param {string} result digest of the colors
   */
  turnTo(photo, result) {
    if (photo !== this.#photo) this.#forget(() => true);
    else if (result !== this.#result) this.#forget((key) => key.startsWith("color/"));
    this.#photo = photo;
    this.#result = result;
  }

  /**
   * @param {string} key
   * @returns {ImageBitmap|undefined}
   */
  find(key) {
    const found = this.#bitmaps.get(key);
    if (found) {
      this.#bitmaps.delete(key);
      this.#bitmaps.set(key, found);
    }
    return found;
  }

  /**
   * Fetch what is missing; what is no longer wanted is given up.
   * @param {Tile[]} tiles in the order in which they matter
   */
  want(tiles) {
    const keys = new Set(tiles.map((tile) => tile.key));
    for (const [key, running] of this.#running) if (!keys.has(key)) running.abort();
    this.#wanted = tiles.filter((tile) => !this.#bitmaps.has(tile.key) && !this.#running.has(tile.key));
    this.#go();
  }

  #go() {
    if (performance.now() < this.#pausedUntil) return;
    while (this.#running.size < AT_ONCE && this.#wanted.length) this.#fetch(this.#wanted.shift());
  }

  async #fetch({ key, layer, level, column, row }) {
    const running = new AbortController();
    this.#running.set(key, running);
    const [photo, result] = [this.#photo, this.#result];
    try {
      const path = `/photos/${photo}/tiles/${layer}/${level}/${column}/${row}`;
      const bitmap = await getPicture(path, { v: result.slice(0, 64) }, running.signal);
      const isRight = photo === this.#photo && (layer !== "color" || result === this.#result);
      if (isRight) this.#keep(key, bitmap);
      else bitmap.close();
    } catch (error) {
      if (!isAbort(error)) this.#pause(); // the preview stays; the tile is asked for again when it is drawn next
    } finally {
      if (this.#running.get(key) === running) this.#running.delete(key);
      this.#go();
    }
  }

  #pause() {
    this.#pausedUntil = performance.now() + PAUSE_AFTER_FAILURE;
    setTimeout(this.#onArrival, PAUSE_AFTER_FAILURE + 50);
  }

  #keep(key, bitmap) {
    this.#bitmaps.set(key, bitmap);
    for (const [oldest, old] of this.#bitmaps) {
      if (this.#bitmaps.size <= KEPT) break;
      this.#bitmaps.delete(oldest);
      old.close();
    }
    this.#onArrival();
  }

  #forget(isOld) {
    for (const [key, bitmap] of [...this.#bitmaps]) {
      if (!isOld(key)) continue;
      this.#bitmaps.delete(key);
      bitmap.close();
    }
    for (const [key, running] of this.#running) if (isOld(key)) running.abort();
    this.#wanted = this.#wanted.filter(({ key }) => !isOld(key));
  }
}

/**
 * List the tiles of a level that show a part of a photograph, those in the middle first.
 * @param {Object<string, any>} photo as the studio describes it
 * @param {"color"|"original"} layer
 * @param {number} level
 * @param {import("./camera.js").Box} box pixels of the full size
 * @returns {Tile[]}
 */
export function listTiles(photo, layer, level, box) {
  const { columns, rows } = photo.levels[level];
  const side = photo.tile_side * 2 ** level;
  const first = [Math.floor(box.x / side), Math.floor(box.y / side)];
  const last = [
    Math.min(columns, Math.ceil((box.x + box.width) / side)),
    Math.min(rows, Math.ceil((box.y + box.height) / side)),
  ];
  const middle = [(first[0] + last[0] - 1) / 2, (first[1] + last[1] - 1) / 2];
  const tiles = [];
  for (let row = first[1]; row < last[1]; row += 1) {
    for (let column = first[0]; column < last[0]; column += 1) {
      const distance = Math.hypot(column - middle[0], row - middle[1]);
      tiles.push({ key: `${layer}/${level}/${column}/${row}`, layer, level, column, row, distance });
    }
  }
  return tiles.sort((one, other) => one.distance - other.distance);
}

/**
 * The level whose pixels are about as large as those of the screen.
 * @param {Object<string, any>} photo
 * @param {number} scale pixels of the screen for a pixel of the photograph
 * @returns {number}
 */
export function levelFor(photo, scale) {
  const level = Math.floor(Math.log2(1 / scale) + 0.35);
  return Math.min(photo.levels.length - 1, Math.max(0, level));
}
