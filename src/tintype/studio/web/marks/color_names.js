// Colors in words, for those who can't see them.

import { labOf } from "../core/color.js";
import { t } from "../core/texts.js";

const HUES = [
  [15, "pink"],
  [52, "red"],
  [80, "orange"],
  [108, "yellow"],
  [128, "lime"],
  [170, "green"],
  [215, "teal"],
  [308, "blue"],
  [342, "violet"],
  [361, "pink"],
];

/**
 * @param {string|number[]|null} color as marks have it
 * @returns {string} such as "dark green"
 */
export function nameOf(color) {
  if (color === null || color === undefined) return t("color.several");
  if (color === "neutral") return t("color.neutral");
  const [lightness, a, b] = labOf(color);
  const chroma = Math.hypot(a, b);
  const shade = lightness < 35 ? "dark" : lightness > 75 ? "light" : "medium";
  if (chroma < 10) return t(`color.gray_${shade}`);
  const hue = ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;
  const isBrown = hue > 35 && hue < 95 && lightness < 58 && chroma < 55;
  const isOlive = hue >= 95 && hue < 125 && lightness < 58;
  const isRed = (hue < 15 || hue > 342) && lightness < 48;
  const name = isBrown ? "brown" : isOlive ? "olive" : isRed ? "red" : HUES.find(([end]) => hue < end)[1];
  return t(`color.shade_${shade}`, { color: t(`color.${name}`) });
}
