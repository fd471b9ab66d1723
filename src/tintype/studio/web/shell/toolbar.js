// The tools: what a press on the photograph does.

import { h } from "../core/dom.js";
import { t } from "../core/texts.js";
import { iconButton, rove } from "./controls.js";
import { createToolHelp } from "./tool_help.js";

/** The tools, each with its icon and key. */
export const TOOLS = [
  { name: "hand", icon: "hand", key: "H" },
  { name: "mark", icon: "mark", key: "M" },
  { name: "grow", icon: "wand", key: "G" },
  { name: "brush", icon: "brush", key: "B" },
  { name: "lasso", icon: "lasso", key: "L" },
  { name: "dropper", icon: "dropper", key: "I" },
];

/**
 * @param {import("./app.js").App} app
 * @returns {HTMLElement}
 */
export function createToolbar(app) {
  const { store, announcer, viewer } = app;
  const help = createToolHelp(app);
  viewer.element.append(help.element);
  const bar = h("div", { class: "tools", role: "radiogroup", aria: { label: t("tools.title") } });
  const buttons = TOOLS.map(({ name, icon, key }) => {
    const choose = () => {
      store.set({ tool: name });
      help.show(); // also of the tool that was chosen already
      announcer.hear(t(`tool.${name}.help`));
    };
    const label = t(`tool.${name}`);
    const element = iconButton(icon, label, choose, { keys: key, role: "radio", class: "tool", data: { tool: name } });
    element.title = `${label} (${key}) – ${t(`tool.${name}.help`)}`;
    return element;
  });
  bar.append(...buttons);
  rove(bar, ".tool");
  store.watch(
    ({ tool, photo, studio, missing }) => [tool, photo && !(photo.id in missing), studio],
    ([tool, isThere, studio]) => {
      const canMark = studio?.model.capabilities.includes("hints") ?? true;
      buttons.forEach((element, place) => {
        const isIt = TOOLS[place].name === tool;
        element.setAttribute("aria-checked", String(isIt));
        element.tabIndex = isIt ? 0 : -1;
        element.disabled = !isThere || (!canMark && place > 0);
      });
    },
  );
  return h("section", { class: "toolbar", aria: { label: t("tools.title") } }, bar);
}
