// The files that are being made: how far they are, stopping them, fetching them again. A whole album is one line.

import { fill, h } from "../core/dom.js";
import { bytes, number, percent, t, tn } from "../core/texts.js";
import { button, iconButton } from "../shell/controls.js";
import { icon } from "../shell/icons.js";
import { isOpen } from "./save.js";

const MOST_NOTES = 4; // of an album: each photograph may have its own

/**
 * @param {import("../shell/app.js").App} app
 * @param {import("./saver.js").Saver} saver
 * @returns {HTMLElement}
 */
export function createTray({ store }, saver) {
  const tray = h("section", { class: "tray", hidden: true, aria: { label: t("save.files") } });
  let lines = new Map(); // kept while only numbers change: a button that is being pressed must not go away
  store.watch(
    ({ saves }) => saves,
    (saves) => {
      const wanted = linesOf(saves);
      const shown = new Map();
      for (const { key, create, files } of wanted) {
        shown.set(key, lines.get(key) ?? create(saver, files));
        shown.get(key).show(files);
      }
      if ([...shown.keys()].join() !== [...lines.keys()].join()) fill(tray, [...shown.values()].map(({ element }) => element));
      lines = shown;
      tray.hidden = !saves.length;
    },
  );
  return tray;
}

/** The lines of the tray: a new one where what can be done is another. */
function linesOf(saves) {
  const lines = new Map();
  for (const save of saves) {
    const { album } = save;
    const files = album && saves.filter((it) => it.album === album);
    if (album && !lines.has(album)) lines.set(album, { key: `${album} ${files.some(isOpen)}`, create: createAlbum, files });
    if (!album || save.status === "failed") lines.set(save.id, { key: `${save.id} ${save.status}`, create: createFile, files: [save] });
  }
  return [...lines.values()];
}

function createFile(saver, [save]) {
  const { status, order, notes } = save;
  const name = save.file || save.name;
  const buttons = isOpen(save)
    ? button(t("stop"), () => saver.remove([save]), { class: "small" })
    : [
        status === "done" ? button(t("save.again"), () => saver.fetch(save), { class: "small" }) : null,
        iconButton("close", t("close"), () => saver.remove([save]), { class: "small" }),
      ];
  const line = createLine({ status, name, isBusy: isOpen(save), buttons });
  const say = ({ progress, message, bytes: size }) => {
    if (status === "failed") return message;
    const said = status === "running" ? percent(progress) : status === "done" ? bytes(size) : t(`job.${status}`);
    return `${t(`save.${order.kind}`)} · ${said}`;
  };
  const show = ([now]) => {
    line.show({ said: say(now), progress: now.progress, notes: status === "waiting" && now.message ? [now.message] : notes });
  };
  return { element: line.element, show };
}

function createAlbum(saver, all) {
  const isBusy = all.some(isOpen);
  let files = all;
  const buttons = isBusy
    ? button(t("save.stop_all"), () => saver.remove(files.filter(isOpen)), { class: "small" })
    : iconButton("close", t("close"), () => saver.remove(files), { class: "small" });
  const line = createLine({ status: isBusy ? "running" : "done", name: t("save.whole_album"), isBusy, buttons });
  const show = (now) => {
    files = now;
    const count = (status) => now.filter((it) => it.status === status).length;
    const said = [t(`save.${now[0].order.kind}`), t("save.of", { count: number(count("done")), all: number(now.length) })];
    if (count("failed")) said.push(tn("save.failed", count("failed")));
    const progress = now.reduce((sum, it) => sum + (isOpen(it) ? it.progress : 1), 0) / now.length;
    const reasons = now.filter((it) => it.status === "waiting").map((it) => it.message);
    const notes = [...new Set([...reasons, ...now.flatMap((it) => it.notes)])].filter(Boolean).slice(0, MOST_NOTES);
    line.show({ said: said.join(" · "), progress, notes });
  };
  return { element: line.element, show };
}

function createLine({ status, name, isBusy, buttons }) {
  const small = h("small");
  const quiet = h("p", { class: "quiet" });
  const bar = isBusy ? h("progress", { max: 1, aria: { label: t("save.progress", { name }) } }) : null;
  const picture = icon(status === "failed" ? "error" : status === "done" ? "check" : "download", 18);
  const title = h("div", { class: "job-name" }, h("span", {}, name), small);
  const element = h("div", { class: `job ${status}` }, picture, title, buttons, bar, quiet);
  const show = ({ said, progress, notes }) => {
    small.textContent = said;
    if (bar) bar.value = progress;
    quiet.textContent = notes.join(" ");
    quiet.hidden = !notes.length;
  };
  return { element, show };
}
