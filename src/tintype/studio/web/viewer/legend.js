// What the tint over a photograph means, as long as it is there.

import { h } from "../core/dom.js";
import { t } from "../core/texts.js";
import { isChoosing } from "./overlays.js";

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createLegend({ store }) {
  const scale = h("span", { class: "legend-scale", aria: { hidden: true } });
  const legend = h("p", { class: "legend pane-label" }, h("span", {}, t("doubt.low")), scale, h("span", {}, t("doubt.high")));
  store.watch(
    (values) => [values.showsDoubt && !values.showsOriginal, isChoosing(values)],
    ([isShown, isAway]) => {
      legend.hidden = !isShown;
      legend.classList.toggle("away", isAway);
    },
  );
  return legend;
}
