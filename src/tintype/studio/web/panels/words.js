// Saying in words what has which color.

import { post } from "../core/api.js";
import { h, listen } from "../core/dom.js";
import { removeMark, setPalette } from "../core/operations.js";
import { t } from "../core/texts.js";
import { button, newId } from "../shell/controls.js";
import { propose } from "./proposals.js";
import { createSection } from "./section.js";

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createWords(app) {
  const { store, session } = app;
  const id = newId();
  const input = h("textarea", { class: "field", id, rows: 2, maxLength: 2000, placeholder: t("words.example") });
  const send = button(t("words.apply"), () => {
    const prompt = input.value.trim();
    if (!prompt) return input.focus();
    return propose(app, send, () => post(`/photos/${store.now.photo.id}/words`, { prompt }), "did.words");
  }, { class: "primary" });
  listen(input, "keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send.click();
  });
  const isSaid = (it) => it?.origin?.startsWith("word") ?? false;
  const marks = () => (store.now.state?.marks ?? []).filter(({ mark }) => isSaid(mark));
  const forget = button(t("words.forget"), () => {
    const { palette } = store.now.state;
    session.change([...marks().map((placed) => removeMark(placed.id)), ...(isSaid(palette) ? [setPalette(null)] : [])], "did.no_words");
  }, { class: "quiet" });
  store.watch(({ state }) => [state?.marks, state?.palette], ([, palette]) => {
    const origins = [...marks().map(({ mark }) => mark), ...(isSaid(palette) ? [palette] : [])].map(({ origin }) => origin);
    forget.hidden = !origins.length;
    const said = [...new Set(origins.map((origin) => origin.slice("word:".length)))].filter(Boolean);
    if (document.activeElement !== input && !input.value) input.value = said.join(", ");
  });
  store.watch(({ photo }) => photo?.id, () => {
    input.value = "";
  });
  const content = [
    h("label", { class: "quiet", for: id }, t("words.help")),
    input,
    h("div", { class: "buttons" }, send, forget),
  ];
  return createSection("words", t("words.title"), "words", content);
}
