// Small color and full lightness joined to a picture, as the studio does it for files: see raise_ab.py and gamut.py.
// What depends on lightness alone is looked up, for a picture in gray has 256 of it; so a pixel takes some nanoseconds.

import { encode, inverse, LIGHT_OF_XYZ, srgbToLab, WHITE } from "../core/color.js";

const LIGHTNESSES = 201; // rows of the table of limits: L 0, 0.5 .. 100
const HUES = 361; // its columns: 0, 1 .. 360 degrees
const ANGLES = 1440; // steps around the circle of a and b, told by their shares instead of by the angle
const FARTHEST = 20; // units of L that a pixel may differ from its surroundings before the slope no longer holds
const DARK = 24 / 116;
const STEEP = 108 / 841;
const FINE = 1 << 14; // steps of linear light, a fifth of a code at most
const CODES = tabulateCodes();
const MAPS = 5;
const [RED_OF_X, GREEN_OF_X, BLUE_OF_X] = LIGHT_OF_XYZ.map((of) => of[0] * WHITE[0]);
const [RED_OF_Z, GREEN_OF_Z, BLUE_OF_Z] = LIGHT_OF_XYZ.map((of) => of[2] * WHITE[2]);

/** @typedef {{width: number, height: number, codes: Uint8Array}} Plane the photograph in gray, sRGB */

/**
 * @typedef {Object} Field the color, as it comes live
 * @property {Float32Array} maps of a, b, the slopes of both over lightness, and lightness, one after the other
 * @property {[number, number]} cells rows and columns of each
 * @property {[number, number]} finer to how many they are resized before they are stretched
 */

export class Joiner {
  #lightness = new Float32Array(256);
  #root = new Float64Array(256); // of luminance, as Lab takes it
  #luminance = new Float64Array(256);
  #limits = new Float32Array(256 * (ANGLES + 1));
  #floors = new Float32Array(256);

  /** @param {Float32Array} table of the studio: up to which chroma colors exist */
  constructor(table) {
    for (let code = 0; code < 256; code += 1) {
      const share = code / 255;
      const lightness = Math.max(0, srgbToLab([share, share, share])[0]);
      this.#lightness[code] = lightness;
      this.#root[code] = (lightness + 16) / 116;
      this.#luminance[code] = inverse(this.#root[code]);
      this.#tabulate(table, code, lightness);
    }
  }

  /** Tabulate |a| + |b| of the strongest colors of a lightness, all around. */
  #tabulate(table, code, lightness) {
    const row = Math.min(lightness * 2, LIGHTNESSES - 1.001);
    const start = code * (ANGLES + 1);
    let least = Infinity;
    for (let at = 0; at <= ANGLES; at += 1) {
      const [a, b] = directionAt(at);
      const hue = ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;
      const limit = readTable(table, row, hue) / Math.hypot(a, b);
      this.#limits[start + at] = limit;
      least = Math.min(least, limit);
    }
    this.#floors[code] = least;
  }

  /**
   * @param {Plane} plane
   * @param {Field} field
   * @param {number} [top] first row that is joined
   * @param {number} [bottom] the one after the last
   * @returns {Uint8ClampedArray} (bottom - top, width, 4) sRGB, opaque
   */
  join(plane, field, top = 0, bottom = plane.height) {
    const { width, height, codes } = plane;
    const [rows, columns] = field.finer;
    if (top >= bottom) return new Uint8ClampedArray(0);
    const first = placeBetween(top, height, rows)[0];
    const count = placeBetween(bottom - 1, height, rows)[1] - first + 1;
    const maps = refine(field, first, count);
    const pixels = new Uint8ClampedArray(4 * width * (bottom - top));
    const lines = new Uint32Array(pixels.buffer);
    const line = new Float64Array(MAPS * columns);
    const places = Array.from({ length: width }, (_, x) => placeBetween(x, width, columns));
    const parts = Float64Array.from(places, ([, , part]) => part);
    const runs = findRuns(places);
    for (let y = top; y < bottom; y += 1) {
      const [above, below, part] = placeBetween(y, height, rows);
      for (let map = 0; map < MAPS; map += 1) {
        const from = (map * count + above - first) * columns;
        const to = (map * count + below - first) * columns;
        for (let x = 0; x < columns; x += 1) line[map * columns + x] = maps[from + x] + part * (maps[to + x] - maps[from + x]);
      }
      for (const run of runs) this.#joinRun(run, parts, line, columns, codes, y * width, lines, (y - top) * width);
    }
    return pixels;
  }

  /** Join some pixels side by side, along which the maps are straight lines. */
  #joinRun({ first, last, left, right }, parts, line, columns, codes, from, lines, to) {
    const lightnesses = this.#lightness;
    const roots = this.#root;
    const luminances = this.#luminance;
    const floors = this.#floors;
    const stepA = line[right] - line[left];
    const stepB = line[columns + right] - line[columns + left];
    const stepSlopeA = line[2 * columns + right] - line[2 * columns + left];
    const stepSlopeB = line[3 * columns + right] - line[3 * columns + left];
    const stepAround = line[4 * columns + right] - line[4 * columns + left];
    for (let x = first; x < last; x += 1) {
      const share = parts[x];
      const code = codes[from + x];
      let detail = lightnesses[code] - line[4 * columns + left] - share * stepAround;
      detail = detail > FARTHEST ? FARTHEST : detail < -FARTHEST ? -FARTHEST : detail;
      let a = line[left] + share * stepA + (line[2 * columns + left] + share * stepSlopeA) * detail;
      let b = line[columns + left] + share * stepB + (line[3 * columns + left] + share * stepSlopeB) * detail;
      const strength = (a < 0 ? -a : a) + (b < 0 ? -b : b);
      if (strength > floors[code]) {
        const kept = this.#limit(code, a, b, strength);
        a *= kept;
        b *= kept;
      }
      const luminance = luminances[code];
      const rootX = roots[code] + a * 0.002;
      const rootZ = roots[code] - b * 0.005;
      const moreX = (rootX > DARK ? rootX * rootX * rootX : (rootX - 16 / 116) * STEEP) - luminance;
      const moreZ = (rootZ > DARK ? rootZ * rootZ * rootZ : (rootZ - 16 / 116) * STEEP) - luminance;
      const red = luminance + RED_OF_X * moreX + RED_OF_Z * moreZ;
      const green = luminance + GREEN_OF_X * moreX + GREEN_OF_Z * moreZ;
      const blue = luminance + BLUE_OF_X * moreX + BLUE_OF_Z * moreZ;
      lines[to + x] = 0xff000000 | (codeOf(blue) << 16) | (codeOf(green) << 8) | codeOf(red);
    }
  }

  /** How much of its strength a color keeps. */
  #limit(code, a, b, strength) {
    const place = shareOf(a, b, strength) * ANGLES;
    const first = Math.min(place | 0, ANGLES - 1);
    const at = code * (ANGLES + 1) + first;
    const most = this.#limits[at] + (place - first) * (this.#limits[at + 1] - this.#limits[at]);
    return strength > most ? most / strength : 1;
  }
}

/** Half of a plane, for drafts. */
export function halve({ width, height, codes }) {
  const [wide, high] = [Math.max(1, width >> 1), Math.max(1, height >> 1)];
  const half = new Uint8Array(wide * high);
  const [right, below] = [width > 1 ? 1 : 0, height > 1 ? width : 0];
  for (let y = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      const at = 2 * y * width + 2 * x;
      half[y * wide + x] = (codes[at] + codes[at + right] + codes[at + below] + codes[at + right + below] + 2) >> 2;
    }
  }
  return { width: wide, height: high, codes: half };
}

/** Resize maps bicubically, as Pillow does: some of their new rows. */
function refine({ maps, cells, finer }, first, count) {
  const [rows, columns] = cells;
  const wide = finer[1];
  const across = weigh(columns, wide);
  const down = weigh(rows, finer[0]).slice(first, first + count);
  const highest = down[0].first;
  const lowest = Math.max(...down.map((it) => it.first + it.weights.length));
  const refined = new Float32Array(MAPS * count * wide);
  const broad = new Float32Array(rows * wide);
  for (let map = 0; map < MAPS; map += 1) {
    for (let y = highest; y < lowest; y += 1) {
      const source = (map * rows + y) * columns;
      for (let x = 0; x < wide; x += 1) {
        const { first: left, weights } = across[x];
        let sum = 0;
        for (let i = 0; i < weights.length; i += 1) sum += weights[i] * maps[source + left + i];
        broad[y * wide + x] = sum;
      }
    }
    for (let y = 0; y < count; y += 1) {
      const { first: above, weights } = down[y];
      const target = (map * count + y) * wide;
      for (let x = 0; x < wide; x += 1) {
        let sum = 0;
        for (let i = 0; i < weights.length; i += 1) sum += weights[i] * broad[(above + i) * wide + x];
        refined[target + x] = sum;
      }
    }
  }
  return refined;
}

/** The cells, and their weights, that each of `count` places between `cells` takes. */
function weigh(cells, count) {
  const scale = cells / count;
  const reach = 2 * Math.max(1, scale);
  return Array.from({ length: count }, (_, at) => {
    const center = (at + 0.5) * scale;
    const first = Math.max(0, Math.floor(center - reach + 0.5));
    const last = Math.min(cells, Math.floor(center + reach + 0.5));
    const weights = Array.from({ length: last - first }, (__, i) => cubic((first + i - center + 0.5) / Math.max(1, scale)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}

function cubic(distance) {
  const far = Math.abs(distance);
  if (far < 1) return (1.5 * far - 2.5) * far * far + 1;
  return far < 2 ? ((-0.5 * far + 2.5) * far - 4) * far + 2 : 0;
}

/** Which pixels of a line lie between the same two columns. */
function findRuns(places) {
  const runs = [];
  places.forEach(([left, right], x) => {
    const run = runs.at(-1);
    if (run?.left === left) run.last = x + 1;
    else runs.push({ first: x, last: x + 1, left, right });
  });
  return runs;
}

/** Between which two of `count` places a pixel of `full` lies, and how far along. */
function placeBetween(pixel, full, count) {
  const place = Math.min(count - 1, Math.max(0, (pixel + 0.5) * (count / full) - 0.5));
  const before = Math.floor(place);
  return [before, Math.min(before + 1, count - 1), place - before];
}

/** How far around the circle a color lies, 0..1: by the shares of |a| and |b|, which is faster than an angle. */
function shareOf(a, b, strength) {
  const share = b / strength;
  if (a >= 0) return b >= 0 ? share / 4 : 1 + share / 4;
  return 0.5 - share / 4;
}

/** The direction that lies so far around, with |a| + |b| = 1. */
function directionAt(at) {
  const place = (4 * at) / ANGLES;
  if (place <= 1) return [1 - place, place];
  if (place <= 3) return [1 - place + (place > 2 ? 2 * (place - 2) : 0), 2 - place];
  return [place - 3, place - 4];
}

function readTable(table, row, hue) {
  const [top, left] = [Math.floor(row), Math.min(Math.floor(hue), HUES - 2)];
  const [down, right] = [row - top, hue - left];
  const read = (y) => table[y * HUES + left] + right * (table[y * HUES + left + 1] - table[y * HUES + left]);
  return read(top) + down * (read(top + 1) - read(top));
}

function codeOf(linear) {
  return CODES[linear <= 0 ? 0 : linear >= 1 ? FINE : (linear * FINE + 0.5) | 0];
}

function tabulateCodes() {
  return Uint8Array.from({ length: FINE + 1 }, (_, at) => Math.round(255 * encode(at / FINE)));
}
