// Marks in words.

import { colorOfMark } from "../core/color.js";
import { t } from "../core/texts.js";
import { nameOf } from "./color_names.js";

/**
 * @param {import("../core/operations.js").Placed} placed
 * @returns {string} what a mark is, in words
 */
export function describeMark({ mark, enabled }) {
  const isPin = mark.kind === "field" && (mark.origin ?? "person") === "person";
  const kind = isPin ? t("mark.pinned") : t(`mark.${mark.kind}`);
  const color = nameOf(colorOfMark(mark));
  const from = t(`origin.${(mark.origin ?? "person").split(":")[0]}`);
  return t(enabled ? "mark.described" : "mark.described_off", { kind, color, from });
}
