// The files that are being made: how far they are, stopping them, fetching them again.

import { fill, h } from "../core/dom.js";
import { bytes, percent, t } from "../core/texts.js";
import { button, iconButton } from "../shell/controls.js";
import { icon } from "../shell/icons.js";

/**
 * @param {import("../shell/app.js").App} app
 * @param {import("./saver.js").Saver} saver
 * @returns {HTMLElement}
 */
export function createTray({ store }, saver) {
  const tray = h("section", { class: "tray", hidden: true, aria: { label: t("save.files") } });
  store.watch(
    ({ jobs }) => jobs,
    (jobs) => {
      tray.hidden = !jobs.length;
      fill(tray, jobs.map((job) => createJob(store, saver, job)));
    },
  );
  return tray;
}

function createJob(store, saver, job) {
  const name = job.name || store.now.album.find((photo) => photo.id === job.photo)?.name || "";
  const isBusy = ["waiting", "running"].includes(job.status);
  const said = job.status === "running" ? percent(job.progress) : job.status === "done" ? bytes(job.bytes) : t(`job.${job.status}`);
  return h(
    "div",
    { class: `job ${job.status}` },
    icon(job.status === "failed" ? "error" : job.status === "done" ? "check" : "download", 18),
    h("div", { class: "job-name" }, h("span", {}, name), h("small", {}, job.status === "failed" ? job.message : [t(`save.${job.kind}`), " · ", said])),
    isBusy
      ? button(t("stop"), () => saver.remove(job), { class: "small" })
      : [
          job.status === "done" ? button(t("save.again"), () => saver.fetch(job), { class: "small" }) : null,
          iconButton("close", t("close"), () => saver.remove(job), { class: "small" }),
        ],
    isBusy ? h("progress", { max: 1, value: job.progress, aria: { label: t("save.progress", { name }) } }) : null,
    job.notes.length ? h("p", { class: "quiet" }, job.notes.join(" ")) : null,
  );
}
