// What the studio knows about a place: the model's suggestions, and which colors exist at its lightness.

import { get } from "../core/api.js";

const COUNT = 5;

/**
 * @typedef {Object} Advice
 * @property {Array<{lab: number[], hex: string, probability: number}>} suggestions likeliest first
 * @property {{lightness: number, hues: number[], chroma: number[]}} gamut
 * @property {{lab: number[], hex: string}} color that the place has now
 */

/**
 * Ask about a place.
 * @param {string} photo id
 * @param {{x: number, y: number}} place
 * @param {{without?: string, hasSuggestions?: boolean, signal?: AbortSignal}} options `without`: as if this mark were not there
 * @returns {Promise<Advice>}
 */
export async function adviseOn(photo, place, { without, hasSuggestions = true, signal }) {
  const { x, y } = place;
  const [gamut, color, said] = await Promise.all([
    get(`/photos/${photo}/gamut`, { x, y }, signal),
    get(`/photos/${photo}/color`, { x, y, radius: 2 }, signal),
    hasSuggestions
      ? get(`/photos/${photo}/suggestions`, { x, y, count: COUNT, without }, signal)
      : { suggestions: [] },
  ]);
  return { gamut, color, suggestions: said.suggestions };
}

/**
 * The color of a place, averaged over a few pixels.
 * @param {string} photo id
 * @param {{x: number, y: number}} place
 * @returns {Promise<{lab: number[], hex: string}>}
 */
export function colorAt(photo, { x, y }) {
  return get(`/photos/${photo}/color`, { x, y, radius: 2 });
}
