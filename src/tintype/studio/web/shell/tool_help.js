// One line over the photograph that says what the tool does: for those who see no tooltips, as on a touch screen.

import { h } from "../core/dom.js";
import { t } from "../core/texts.js";

const STAYS = 6000; // milliseconds

/**
 * @param {import("./app.js").App} app
 * @returns {{element: HTMLElement, show: () => void}}
 */
export function createToolHelp({ store }) {
  const element = h("p", { class: "tool-help" });
  let timer = 0;
  const show = () => {
    element.textContent = t(`tool.${store.now.tool}.help`);
    element.classList.add("shown");
    clearTimeout(timer);
    timer = setTimeout(() => element.classList.remove("shown"), STAYS);
  };
  store.watch(({ tool, photo }) => [tool, Boolean(photo)], ([, isThere]) => isThere && show());
  return { element, show };
}
