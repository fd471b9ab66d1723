// Small color and full lightness joined to a picture, as the studio does it for files: see raise_ab.py and gamut.py.
// What depends on lightness alone is looked up, for a picture in gray has 256 of it; so a pixel takes some nanoseconds.

import { srgbToLab } from "../core/color.js";

const LIGHTNESSES = 201; // rows of the table of limits: L 0, 0.5 .. 100
const HUES = 361; // its columns: 0, 1 .. 360 degrees
const ANGLES = 1440; // steps around the circle of a and b, told by their shares instead of by the angle
const FARTHEST = 20; // units of L that a pixel may differ from its surroundings before the slope no longer holds
const DARK = 24 / 116;
const STEEP = 108 / 841;
const FINE = 1 << 16; // steps of linear light
const CODES = tabulateCodes();
const X_WHITE = 0.95047;
const Z_WHITE = 1.08883;

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
      this.#luminance[code] = uncurve(this.#root[code]);
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
   * @returns {Uint8ClampedArray} (height, width, 4) sRGB, opaque
   */
  join(plane, field) {
    const { width, height, codes } = plane;
    const [rows, columns] = field.finer;
    const wide = stretch(refine(field), rows, columns, width);
    const pixels = new Uint8ClampedArray(4 * width * height);
    const lines = new Uint32Array(pixels.buffer);
    for (let y = 0; y < height; y += 1) {
      const [before, after, part] = placeBetween(y, height, rows);
      this.#joinLine(wide, before * width, after * width, part, codes, lines, y * width, width, rows * width);
    }
    return pixels;
  }

  #joinLine(wide, above, below, part, codes, lines, start, width, size) {
    const lightnesses = this.#lightness;
    const roots = this.#root;
    const luminances = this.#luminance;
    const floors = this.#floors;
    for (let x = 0; x < width; x += 1) {
      const code = codes[start + x];
      let from = above + x;
      let to = below + x;
      let a = wide[from] + part * (wide[to] - wide[from]);
      let b = wide[from + size] + part * (wide[to + size] - wide[from + size]);
      from += 2 * size;
      to += 2 * size;
      const slopeA = wide[from] + part * (wide[to] - wide[from]);
      const slopeB = wide[from + size] + part * (wide[to + size] - wide[from + size]);
      from += 2 * size;
      to += 2 * size;
      let detail = lightnesses[code] - (wide[from] + part * (wide[to] - wide[from]));
      detail = detail > FARTHEST ? FARTHEST : detail < -FARTHEST ? -FARTHEST : detail;
      a += slopeA * detail;
      b += slopeB * detail;
      const strength = (a < 0 ? -a : a) + (b < 0 ? -b : b);
      if (strength > floors[code]) {
        const share = this.#limit(code, a, b, strength);
        a *= share;
        b *= share;
      }
      const luminance = luminances[code];
      const rootX = roots[code] + a / 500;
      const rootZ = roots[code] - b / 200;
      const moreX = (rootX > DARK ? rootX * rootX * rootX : (rootX - 16 / 116) * STEEP) - luminance;
      const moreZ = (rootZ > DARK ? rootZ * rootZ * rootZ : (rootZ - 16 / 116) * STEEP) - luminance;
      const red = luminance + 3.2404542 * X_WHITE * moreX - 0.4985314 * Z_WHITE * moreZ;
      const green = luminance - 0.969266 * X_WHITE * moreX + 0.041556 * Z_WHITE * moreZ;
      const blue = luminance + 0.0556434 * X_WHITE * moreX + 1.0572252 * Z_WHITE * moreZ;
      lines[start + x] = 0xff000000 | (encode(blue) << 16) | (encode(green) << 8) | encode(red);
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

/** Resize maps bicubically, as Pillow does. */
function refine({ maps, cells, finer }) {
  const [rows, columns] = cells;
  const [high, wide] = finer;
  const across = weigh(columns, wide);
  const down = weigh(rows, high);
  const count = maps.length / (rows * columns);
  const refined = new Float32Array(count * high * wide);
  const broad = new Float32Array(rows * wide);
  for (let map = 0; map < count; map += 1) {
    const source = map * rows * columns;
    for (let y = 0; y < rows; y += 1) {
      for (let x = 0; x < wide; x += 1) {
        const { first, weights } = across[x];
        let sum = 0;
        for (let i = 0; i < weights.length; i += 1) sum += weights[i] * maps[source + y * columns + first + i];
        broad[y * wide + x] = sum;
      }
    }
    for (let y = 0; y < high; y += 1) {
      const { first, weights } = down[y];
      const target = (map * high + y) * wide;
      for (let x = 0; x < wide; x += 1) {
        let sum = 0;
        for (let i = 0; i < weights.length; i += 1) sum += weights[i] * broad[(first + i) * wide + x];
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

/** Stretch maps (n, rows, columns) to a width. */
function stretch(maps, rows, columns, width) {
  const lines = maps.length / columns;
  const wide = new Float32Array(lines * width);
  for (let x = 0; x < width; x += 1) {
    const [left, right, part] = placeBetween(x, width, columns);
    for (let line = 0; line < lines; line += 1) {
      const from = maps[line * columns + left];
      wide[line * width + x] = from + part * (maps[line * columns + right] - from);
    }
  }
  return wide;
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

function uncurve(root) {
  return root > DARK ? root ** 3 : (root - 16 / 116) * STEEP;
}

function encode(linear) {
  return CODES[linear <= 0 ? 0 : linear >= 1 ? FINE : (linear * FINE + 0.5) | 0];
}

function tabulateCodes() {
  return Uint8Array.from({ length: FINE + 1 }, (_, at) => {
    const linear = at / FINE;
    return Math.round(255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055));
  });
}
