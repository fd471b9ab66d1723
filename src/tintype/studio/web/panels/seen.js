// What the model sees, and how it is told that it sees something else.

import { get, post } from "../core/api.js";
import { fill, h, listen } from "../core/dom.js";
import { percent, t, thingMeant, thingNamed } from "../core/texts.js";
import { button, newId } from "../shell/controls.js";
import { propose } from "./proposals.js";
import { createSection, loadWhenSeen } from "./section.js";

const COUNT = 5;

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createSeen(app) {
  const { store, announcer } = app;
  const list = h("ul", { class: "seen-list" });
  const load = async (isWanted) => {
    const { photo } = store.now;
    try {
      const { classes } = await get(`/photos/${photo.id}/classes`, { count: COUNT });
      if (isWanted()) fill(list, classes.map((it) => createClass(app, it)));
    } catch (error) {
      announcer.fail(error);
    }
  };
  const content = [h("p", { class: "quiet" }, t("seen.help")), list];
  const section = createSection("seen", t("seen.title"), "seen", content);
  section.hidden = !store.now.studio.model.capabilities.includes("classes");
  loadWhenSeen(list, store, ({ photo }) => [photo?.id], load, 300);
  store.watch(({ photo }) => photo?.id, () => {
    fill(list);
    store.set({ seenClass: null });
  });
  return section;
}

function createClass(app, { index, name: seen, probability }) {
  const { store } = app;
  const name = thingNamed(seen);
  const show = (isShown) => store.set({ seenClass: isShown ? index : null });
  const form = createCorrection(app, seen);
  const correct = button(t("seen.correct"), () => {
    form.hidden = !form.hidden;
    correct.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) form.querySelector("input").focus();
  }, { class: "small quiet", aria: { expanded: false, label: t("seen.correct_it", { name }) } });
  const row = h(
    "li",
    { class: "seen" },
    h("div", { class: "seen-row" }, h("span", { class: "seen-name" }, name), h("span", { class: "quiet" }, percent(probability)), correct),
    h("meter", { min: 0, max: 1, value: probability, aria: { hidden: true } }),
    form,
  );
  listen(row, "pointerenter", () => show(true));
  listen(row, "pointerleave", () => show(false));
  listen(row, "focusin", () => show(true));
  listen(row, "focusout", () => show(false));
  return row;
}

/** Offer the names of things that are understood; they are asked for once. */
function offerWords() {
  const id = "things-that-are-understood";
  if (!document.getElementById(id)) {
    const list = h("datalist", { id });
    document.body.append(list);
    get("/words").then(({ things }) => fill(list, things.map((it) => h("option", { value: thingNamed(it) }))), () => list.remove());
  }
  return id;
}

function createCorrection(app, seen) {
  const id = newId();
  const input = h("input", { type: "text", class: "field", id, maxLength: 100, placeholder: t("seen.example"), autocomplete: "off" });
  input.setAttribute("list", offerWords());
  const send = button(t("seen.apply"), () => {
    const instead = thingMeant(input.value.trim());
    if (!instead) return input.focus();
    const ask = () => post(`/photos/${app.store.now.photo.id}/correction`, { seen, instead });
    return propose(app, send, ask, "did.correction");
  }, { class: "small" });
  listen(input, "keydown", (event) => event.key === "Enter" && send.click());
  return h("div", { class: "seen-form", hidden: true }, h("label", { for: id }, t("seen.is_rather")), h("div", { class: "joined" }, input, send));
}
