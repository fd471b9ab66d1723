// Saving: files at full size, made in the background and handed to the browser when they are there.

import { address, ask, get, post } from "../core/api.js";
import { h } from "../core/dom.js";
import { t } from "../core/texts.js";
import { openSaveDialog } from "./save_dialog.js";
import { createTray } from "./tray.js";

/** @typedef {{kind: string, suffix: string, badge: boolean, mark: boolean, wholeAlbum: boolean}} Wish */

const ENDED = ["done", "failed", "stopped"];

export class Saver {
  #app;
  #mine = new Set();

  /** @param {import("../shell/app.js").App} app */
  constructor(app) {
    this.#app = app;
    this.tray = createTray(app, this);
    app.live.messages.listen((message) => message.type === "job" && this.#take(message.job));
    app.live.status.listen((status) => status === "open" && this.#renew());
  }

  /** Ask what should be saved. */
  open() {
    const { photo, position } = this.#app.store.now;
    if (photo && position) openSaveDialog(this.#app, (wish) => this.save(wish));
  }

  /**
   * Save something.
   * @param {Wish} wish
   */
  async save(wish) {
    const { store, session, announcer } = this.#app;
    const { photo, album } = store.now;
    const photos = wish.wholeAlbum ? album : [photo];
    if (store.now.waiting && store.now.connection !== "open") announcer.say(t("save.waits"));
    try {
      await session.stored();
      for (const each of photos) {
        if (wish.kind === "project") download(address(`/photos/${each.id}/project`), "");
        else await this.#give(each, wish);
      }
      if (wish.kind === "project") announcer.say(t("save.project_saved"));
    } catch (error) {
      announcer.fail(error);
    }
  }

  /** @param {Object<string, any>} job to be stopped, or its result forgotten */
  async remove(job) {
    const { store, announcer } = this.#app;
    this.#mine.delete(job.id);
    store.set({ jobs: store.now.jobs.filter((it) => it.id !== job.id) });
    try {
      await ask("DELETE", `/jobs/${job.id}`);
    } catch (error) {
      if (error.status !== 404) announcer.fail(error);
    }
  }

  /** @param {Object<string, any>} job whose file is handed to the browser */
  fetch(job) {
    download(address(`/jobs/${job.id}/file`), job.name);
  }

  async #give(photo, { kind, suffix, badge, mark }) {
    const isPicture = kind === "picture";
    const order = { photo: photo.id, kind, mark, badge: isPicture && badge, suffix: isPicture ? suffix : "" };
    const job = await post("/jobs", order);
    this.#mine.add(job.id);
    this.#take(job);
    await this.#renew(); // it may have been done, and said so, before the answer to the order was here
  }

  async #renew() {
    if (!this.#mine.size) return;
    try {
      const { jobs } = await get("/jobs");
      for (const id of this.#mine) {
        const job = jobs.find((it) => it.id === id);
        if (job) this.#take(job);
        else this.#lose(id);
      }
    } catch {
      // The next connection asks again.
    }
  }

  #lose(id) {
    const { store, announcer } = this.#app;
    const lost = store.now.jobs.find((it) => it.id === id);
    this.#mine.delete(id);
    store.set({ jobs: store.now.jobs.filter((it) => it.id !== id) });
    if (lost && lost.status !== "done") announcer.say(t("save.lost"), { kind: "error" });
  }

  #take(job) {
    if (!this.#mine.has(job.id)) return;
    const { store, announcer } = this.#app;
    const { jobs } = store.now;
    const before = jobs.find((it) => it.id === job.id);
    if (ENDED.includes(before?.status)) return; // what is heard by two ways may come in the wrong order
    store.set({ jobs: before ? jobs.map((it) => (it.id === job.id ? job : it)) : [...jobs, job] });
    if (before?.status === job.status) return;
    if (job.status === "done") {
      this.fetch(job);
      announcer.hear(t("save.done", { name: job.name }));
    }
    if (job.status === "failed") announcer.say(job.message, { kind: "error" });
  }
}

function download(href, name) {
  const link = h("a", { href, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
}
