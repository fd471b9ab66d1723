// The panel: three tabs with what concerns the photograph as a whole. On a phone it rises from below.

import { h, listen } from "../core/dom.js";
import { t } from "../core/texts.js";
import { rove } from "../shell/controls.js";
import { icon } from "../shell/icons.js";
import { createAlternatives } from "./alternatives.js";
import { createCarry } from "./carry.js";
import { createDoubt } from "./doubt.js";
import { createHistory } from "./history.js";
import { createLook } from "./look.js";
import { createMarksList } from "./marks_list.js";
import { createPalettes } from "./palettes.js";
import { createReference } from "./reference.js";
import { createScribble } from "./scribble.js";
import { createSeen } from "./seen.js";
import { createWords } from "./words.js";

const TABS = [
  { name: "look", icon: "look", parts: [createLook, createAlternatives, createDoubt] },
  { name: "guide", icon: "guide", parts: [createWords, createSeen, createPalettes, createReference, createCarry, createScribble] },
  { name: "marks", icon: "marks", parts: [createMarksList, createHistory] },
];
const NARROW = matchMedia("(max-width: 899px) and (min-height: 521px)");

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createPanel(app) {
  const { store } = app;
  const tabs = h("div", { class: "tabs", role: "tablist", aria: { label: t("panel.title") } });
  const pages = TABS.map((tab) => createPage(app, tab));
  const buttons = TABS.map((tab) => createTab(store, tab));
  tabs.append(...buttons);
  rove(tabs, ".tab");
  const panel = h("aside", { class: "panel", aria: { label: t("panel.title") } }, tabs, pages);
  const show = () => {
    const { tab, sheet } = store.now;
    const isShown = !NARROW.matches || sheet;
    document.body.classList.toggle("sheet", isShown && NARROW.matches);
    TABS.forEach(({ name }, place) => {
      const isIt = name === tab;
      buttons[place].setAttribute("aria-selected", String(isIt && isShown));
      buttons[place].tabIndex = isIt ? 0 : -1;
      pages[place].hidden = !isIt || !isShown;
    });
  };
  store.watch(({ tab, sheet }) => [tab, sheet], show);
  store.watch(({ photo, missing }) => !photo || photo.id in missing, (isIdle) => {
    panel.inert = isIdle;
  });
  listen(NARROW, "change", show);
  return panel;
}

function createTab(store, { name, icon: picture }) {
  const choose = () => {
    const { tab, sheet } = store.now;
    store.set({ tab: name, sheet: tab !== name || !sheet });
  };
  return h(
    "button",
    {
      type: "button",
      class: "tab",
      role: "tab",
      id: `tab-${name}`,
      aria: { controls: `page-${name}` },
      on: { click: choose },
    },
    icon(picture),
    h("span", {}, t(`panel.${name}`)),
  );
}

function createPage(app, { name, parts }) {
  return h(
    "div",
    { class: "page", role: "tabpanel", id: `page-${name}`, tabIndex: -1, aria: { labelledby: `tab-${name}` } },
    parts.map((create) => create(app)),
  );
}
