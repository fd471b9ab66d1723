// All steps that were made; any of them can be gone back to.

import { ask, get } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { currentLanguage, hasText, t } from "../core/texts.js";
import { createSection, loadWhenSeen } from "./section.js";

const MOST = 200;

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createHistory(app) {
  const { store, announcer } = app;
  const list = h("ol", { class: "history", reversed: true });
  const load = async (isWanted) => {
    const { photo, position } = store.now;
    try {
      const first = Math.max(0, position.steps - MOST + 1);
      const { items, step } = await get(`/photos/${photo.id}/history`, { first, count: MOST });
      if (isWanted()) fill(list, items.reverse().map((it) => createStep(app, it, it.number === step)));
    } catch (error) {
      announcer.fail(error);
    }
  };
  const section = createSection("history", t("history.title"), "history", [list]);
  loadWhenSeen(list, store, ({ photo, position }) => [photo && position && photo.id, position?.revision], load, 150);
  return section;
}

function createStep({ store, announcer }, { number, label, made_at: at }, isCurrent) {
  const said = number === 0 ? t("history.opened") : hasText(label) ? t(label) : label || t("did.change");
  const time = new Date(at).toLocaleTimeString(currentLanguage(), { hour: "2-digit", minute: "2-digit" });
  const go = async () => {
    try {
      await ask("PUT", `/photos/${store.now.photo.id}/history`, { json: { step: number } });
      announcer.hear(said);
    } catch (error) {
      announcer.fail(error);
    }
  };
  const current = isCurrent ? "step" : null;
  return h(
    "li",
    {},
    h("button", { type: "button", class: "step", aria: { current }, on: { click: go } }, h("span", {}, said), h("span", { class: "quiet" }, time)),
  );
}
