// Colors as numbers: CIE Lab (D65) and sRGB.

/** X, Y and Z of white. */
export const WHITE = [0.95047, 1, 1.08883];
/** Red, green and blue light of X, Y and Z. */
export const LIGHT_OF_XYZ = [
  [3.2404542, -1.5371385, -0.4985314],
  [-0.969266, 1.8760108, 0.041556],
  [0.0556434, -0.2040259, 1.0572252],
];
const EPSILON = 216 / 24389;
const KAPPA = 24389 / 27;

/** @typedef {[number, number, number]} Triple */

/**
 * @param {number} lightness 0..100
 * @param {number} a
 * @param {number} b
 * @returns {Triple} sRGB 0..1; beyond for a color that does not exist
 */
export function labToSrgb(lightness, a, b) {
  const fy = (lightness + 16) / 116;
  const [x, y, z] = [fy + a / 500, fy, fy - b / 200].map((f, i) => WHITE[i] * inverse(f));
  return LIGHT_OF_XYZ.map((of) => encode(of[0] * x + of[1] * y + of[2] * z));
}

/**
 * @param {Triple} srgb 0..1
 * @returns {Triple} CIE Lab
 */
export function srgbToLab(srgb) {
  const [r, g, b] = srgb.map(decode);
  const xyz = [
    0.4124564 * r + 0.3575761 * g + 0.1804375 * b,
    0.2126729 * r + 0.7151522 * g + 0.072175 * b,
    0.0193339 * r + 0.119192 * g + 0.9503041 * b,
  ];
  const [fx, fy, fz] = xyz.map((value, i) => forward(value / WHITE[i]));
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/**
 * @param {Triple} srgb 0..1
 * @returns {string} #rrggbb
 */
export function toHex(srgb) {
  const codes = srgb.map((value) => Math.round(255 * Math.min(1, Math.max(0, value))));
  return `#${codes.map((code) => code.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * @param {string} hex #rrggbb or #rgb, with or without #
 * @returns {Triple|null} sRGB 0..1
 */
export function parseHex(hex) {
  const text = hex.trim().replace(/^#/, "");
  const long = text.length === 3 ? [...text].map((digit) => digit + digit).join("") : text;
  if (!/^[0-9a-f]{6}$/i.test(long)) return null;
  return [0, 2, 4].map((at) => parseInt(long.slice(at, at + 2), 16) / 255);
}

/**
 * @param {string|number[]} color as marks have it: #rrggbb, Lab, or "neutral"
 * @returns {Triple} CIE Lab
 */
export function labOf(color) {
  if (color === "neutral") return [60, 0, 0];
  return typeof color === "string" ? srgbToLab(parseHex(color) ?? [0.5, 0.5, 0.5]) : [...color];
}

/**
 * @param {string|number[]} color as marks have it
 * @returns {string} #rrggbb
 */
export function hexOf(color) {
  if (typeof color === "string" && color !== "neutral") return color;
  return toHex(labToSrgb(...labOf(color)));
}

/**
 * The color that a mark is shown in: its own, or the one that weighs most in its palette.
 * @param {Object<string, any>} mark
 * @returns {string|number[]|null}
 */
export function colorOfMark(mark) {
  if (mark.color) return mark.color;
  if (!mark.palette?.length) return null;
  return mark.palette.reduce((best, it) => ((it.weight ?? 1) > (best.weight ?? 1) ? it : best)).color;
}

const HARDLY = 5; // chroma: with less, nobody sees a hue in black or in white

/** Which colors exist at one lightness. */
export class Gamut {
  /** @param {{lightness: number, hues: number[], chroma: number[]}} answer of the studio */
  constructor({ lightness, hues, chroma }) {
    this.lightness = lightness;
    this.step = hues[1] - hues[0];
    this.chroma = chroma;
  }

  /** @returns {boolean} whether hardly any color exists: half of all hues have next to none, as near black and white */
  get isNarrow() {
    const sorted = [...this.chroma].sort((one, other) => one - other);
    return sorted[sorted.length >> 1] < HARDLY;
  }

  /**
   * @param {number} hue degrees
   * @returns {number} the highest chroma that exists
   */
  most(hue) {
    const place = (((hue % 360) + 360) % 360) / this.step;
    const first = Math.floor(place) % this.chroma.length;
    const share = place - Math.floor(place);
    return (1 - share) * this.chroma[first] + share * this.chroma[(first + 1) % this.chroma.length];
  }

  /**
   * @param {number} a
   * @param {number} b
   * @returns {[number, number]} the same hue, with no more chroma than exists
   */
  limit(a, b) {
    const chroma = Math.hypot(a, b);
    const most = this.most((Math.atan2(b, a) * 180) / Math.PI);
    const share = chroma > most ? most / chroma : 1;
    return [a * share, b * share];
  }
}

/**
 * @param {number} f cube root of luminance, as Lab has it
 * @returns {number} luminance, or what corresponds to it for X and Z, 0..1
 */
export function inverse(f) {
  return f ** 3 > EPSILON ? f ** 3 : (116 * f - 16) / KAPPA;
}

function forward(value) {
  return value > EPSILON ? Math.cbrt(value) : (KAPPA * value + 16) / 116;
}

/**
 * @param {number} linear light
 * @returns {number} sRGB 0..1
 */
export function encode(linear) {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.max(0, linear) ** (1 / 2.4) - 0.055;
}

function decode(code) {
  return code <= 0.04045 ? code / 12.92 : ((code + 0.055) / 1.055) ** 2.4;
}
