// Colors that were used last, in this browser.

import { preferences } from "../core/preferences.js";
import { Signal } from "../core/signal.js";

const MOST = 10;

/** Sent when the colors have changed. */
export const recentChanged = new Signal();

/** @returns {string[]} #rrggbb, the newest first */
export function recentColors() {
  return preferences.get("recent", []);
}

/** @param {string} hex a color that was used */
export function rememberColor(hex) {
  const colors = [hex, ...recentColors().filter((it) => it !== hex)].slice(0, MOST);
  preferences.set("recent", colors);
  recentChanged.send(colors);
}
