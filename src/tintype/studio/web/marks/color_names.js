// Colors in words, for those who can't see them.

import { labOf } from "../core/color.js";
import { t } from "../core/texts.js";

const HUES = [
  [15, "pink"],
  [48, "red"],
  [80, "orange"],
  [108, "yellow"],
  [128, "lime"],
  [170, "green"],
  [215, "teal"],
  [308, "blue"],
  [342, "violet"],
  [361, "pink"],
];
const SHADES = { brown: [30, 55], pink: [35, 80], blue: [24, 75] }; // lightness: dark below, light above
const VIVID = 60; // chroma from which nobody calls a color light, however light it is

/**
 * @param {string|number[]|null} color as marks have it
 * @returns {string} such as "dark green"
 */
export function nameOf(color) {
  if (color === null || color === undefined) return t("color.several");
  if (color === "neutral") return t("color.neutral");
  const [lightness, a, b] = labOf(color);
  const chroma = Math.hypot(a, b);
  if (lightness < 3 || (lightness < 10 && chroma < 12)) return t("color.black");
  if (lightness > 96 && chroma < 8) return t("color.white");
  if (chroma < (lightness > 85 ? 5 : 12)) return t(`color.gray_${shadeOf(lightness, 35, 75)}`);
  const name = nameOfHue(lightness, chroma, ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360);
  if (name === "beige") return t("color.beige");
  const [dark, light] = SHADES[name] ?? [35, 75];
  return t(`color.shade_${shadeOf(lightness, dark, chroma < VIVID ? light : 100)}`, { color: t(`color.${name}`) });
}

function shadeOf(lightness, dark, light) {
  return lightness < dark ? "dark" : lightness > light ? "light" : "medium";
}

/** The name of a color that has a hue; what is dull or pale often has another name than what is vivid. */
function nameOfHue(lightness, chroma, hue) {
  const isPale = lightness > 70 && hue > 46 && hue < 112 && chroma < (hue > 95 ? 15 : 45);
  if (isPale) return "beige";
  const isEarth = lightness <= 70 && hue > 38 && hue < 90 && chroma < (hue > 46 ? 58 : 34);
  if (isEarth) return "brown";
  if (hue >= 90 && hue < 125 && lightness < 58) return "olive";
  if ((hue < 15 || hue > 342) && lightness < 48) return "red";
  if (hue < 46 && lightness > (chroma < 35 ? 50 : 64)) return "pink";
  return HUES.find(([end]) => hue < end)[1];
}
