// Other colorings that are possible, as small pictures.

import { address, get } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { setSettings } from "../core/operations.js";
import { t } from "../core/texts.js";
import { button } from "../shell/controls.js";
import { createSection, loadWhenSeen } from "./section.js";

const COUNT = 6;
const SIDE = 256;

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createAlternatives(app) {
  const { store, session, announcer } = app;
  const grid = h("div", { class: "alternatives", role: "group", aria: { label: t("alternatives.title") } });
  let seed = 0;
  let shown = [];
  const choose = (sample) => session.change([setSettings({ sample })], sample ? "did.alternative" : "did.no_alternative");
  const show = () => {
    const sample = store.now.state?.settings.sample ?? null;
    const cards = shown.map((it) => card(it, sample?.number === it.number && sample?.seed === it.seed, choose));
    fill(grid, cards);
    none.hidden = !sample;
  };
  const load = async (isWanted = () => true) => {
    const { photo, position } = store.now;
    grid.classList.add("asking");
    try {
      const { alternatives } = await get(`/photos/${photo.id}/alternatives`, { count: COUNT, seed });
      if (photo.id !== store.now.photo?.id || !isWanted()) return;
      const version = position?.result.slice(0, 24);
      shown = alternatives.map((it) => ({ ...it, address: address(it.picture.split("?")[0], { seed: it.seed, side: SIDE, v: version }) }));
      show();
    } catch (error) {
      announcer.fail(error);
    } finally {
      grid.classList.remove("asking");
    }
  };
  const more = button(t("alternatives.more"), () => {
    seed += 1;
    load();
  }, { class: "small" });
  const none = button(t("alternatives.none"), () => choose(null), { class: "small" });
  const content = [h("p", { class: "quiet" }, t("alternatives.help")), grid, h("div", { class: "buttons" }, more, none)];
  const section = createSection("alternatives", t("alternatives.title"), "alternatives", content);
  section.hidden = !store.now.studio.model.capabilities.includes("samples");
  loadWhenSeen(grid, store, ({ photo, state }) => [photo && state && photo.id, allButTheSample(state)], load);
  store.watch(({ state }) => state?.settings.sample, show);
  store.watch(({ photo }) => photo?.id, () => {
    seed = 0;
    shown = [];
    show();
  });
  return section;
}

/** What the alternatives depend on beside the sample that is chosen. */
function allButTheSample(state) {
  if (!state) return "";
  return JSON.stringify([state.marks, state.palette, state.style, { ...state.settings, sample: null }]);
}

function card({ number, seed, address: source }, isChosen, choose) {
  const label = t("alternatives.one", { number });
  return h(
    "button",
    {
      type: "button",
      class: "alternative",
      aria: { label, pressed: isChosen },
      title: label,
      on: { click: () => choose(isChosen ? null : { number, seed }) },
    },
    h("img", { src: source, alt: "", decoding: "async", on: { error: (event) => event.target.remove() } }),
  );
}
