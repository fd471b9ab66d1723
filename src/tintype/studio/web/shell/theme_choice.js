// Light, dark, or what the system says.

import { preferences } from "../core/preferences.js";

/** @returns {"light"|"dark"|"system"} */
export function currentTheme() {
  return preferences.get("theme", "system");
}

/** @param {"light"|"dark"|"system"} which */
export function chooseTheme(which) {
  preferences.set("theme", which);
  const { dataset } = document.documentElement;
  if (which === "system") delete dataset.theme;
  else dataset.theme = which;
}
