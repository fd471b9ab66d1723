// How large spots and brushes are, as this browser remembers it.

import { preferences } from "../core/preferences.js";

/** Sizes of the next marks. */
export const sizes = {
  /**
   * @param {"point"|"stroke"} kind
   * @param {{width: number, height: number}} photo
   * @returns {number} radius in pixels of the photograph
   */
  radius(kind, photo) {
    const share = preferences.get(`${kind}Size`, kind === "stroke" ? 0.015 : 0.01);
    return Math.max(1, Math.round(share * Math.max(photo.width, photo.height)));
  },

  /** Remember a radius for the next marks of a kind. */
  remember(kind, radius, photo) {
    preferences.set(`${kind}Size`, Math.min(0.2, Math.max(0.001, radius / Math.max(photo.width, photo.height))));
  },
};
