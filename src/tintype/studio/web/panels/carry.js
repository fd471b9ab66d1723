// The album: what was decided for one photograph is carried to others that show the same.

import { ask, post } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { drawId } from "../core/ids.js";
import { number, t, tn } from "../core/texts.js";
import { button, newId } from "../shell/controls.js";
import { propose } from "./proposals.js";
import { createSection } from "./section.js";

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createCarry(app) {
  const { store } = app;
  const id = newId();
  const select = h("select", { class: "select", id });
  const take = button(t("carry.take"), () => {
    const like = () => post(`/photos/${store.now.photo.id}/like`, { photo: select.value });
    return propose(app, take, like, "did.carried");
  }, { class: "small" });
  const progress = h("progress", { hidden: true, max: 1, aria: { label: t("carry.all") } });
  const all = button(t("carry.all"), () => carryToAll(app, all, stop, progress), { class: "small" });
  const stop = button(t("stop"), () => stop.controller?.abort(), { class: "small", hidden: true });
  const content = [
    h("p", { class: "quiet" }, t("carry.help")),
    h("label", { for: id }, t("carry.from")),
    h("div", { class: "joined" }, select, take),
    h("div", { class: "buttons" }, all, stop),
    progress,
  ];
  const section = createSection("carry", t("carry.title"), "album", content, { isOpen: false });
  store.watch(
    ({ album, photo }) => [album, photo?.id],
    ([album, open]) => {
      section.hidden = album.length < 2;
      fill(select, album.filter((photo) => photo.id !== open).map((photo) => h("option", { value: photo.id }, photo.name)));
    },
  );
  return section;
}

async function carryToAll({ store, announcer }, all, stop, progress) {
  const { photo, album } = store.now;
  const others = album.filter((it) => it.id !== photo.id);
  stop.controller = new AbortController();
  const { signal } = stop.controller;
  Object.assign(progress, { hidden: false, value: 0 });
  [all.disabled, stop.hidden] = [true, false];
  let carried = 0;
  const failed = [];
  for (const [place, other] of others.entries()) {
    if (signal.aborted) break;
    try {
      carried += await carryTo(photo, other, signal);
    } catch (error) {
      if (!signal.aborted) failed.push(`${other.name}: ${error.message}`);
    }
    progress.value = (place + 1) / others.length;
  }
  [all.disabled, stop.hidden, progress.hidden] = [false, true, true];
  announcer.say(tn("carry.done", carried, { all: number(others.length) }));
  if (failed.length) announcer.say(failed[0], { kind: "error" });
}

async function carryTo(from, to, signal) {
  const { operations } = await ask("POST", `/photos/${to.id}/like`, { json: { photo: from.id }, signal });
  if (!operations.length) return 0;
  await ask("PATCH", `/photos/${to.id}/state`, { json: { operations, label: "did.carried", id: drawId() } });
  return 1;
}
