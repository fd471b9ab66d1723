// Saving: files at full size, made in the background and handed to the browser when they are there. What is to be saved
// waits in the page until the studio has a place for it, so that an album may have any number of photographs.

import { address, ask, get, getFile, post } from "../core/api.js";
import { h } from "../core/dom.js";
import { drawId } from "../core/ids.js";
import { t, tn } from "../core/texts.js";
import { Kept } from "./kept.js";
import { createSave, isOpen, isOrdered, knownBy } from "./save.js";
import { openSaveDialog } from "./save_dialog.js";
import { createTray } from "./tray.js";

/** @typedef {{kind: string, suffix: string, badge: boolean, mark: boolean, wholeAlbum: boolean}} Wish */

/** @typedef {import("./save.js").Save} Save */

const AT_ONCE = 4; // jobs of a page that the studio has: other pages want places, too
const PAUSE = 2000; // before what was refused for now is tried again

export class Saver {
  #app;
  #kept = new Kept();
  #isOrdering = false;
  #timer = 0;

  /** @param {import("../shell/app.js").App} app */
  constructor(app) {
    this.#app = app;
    this.tray = createTray(app, this);
    app.store.watch(({ saves }) => saves, (saves) => this.#kept.keep(saves));
    this.#kept.inherit((saves) => this.#goOnWith(saves));
    app.live.messages.listen((message) => message.type === "job" && this.#take(message.job));
    app.live.status.listen((status) => status === "open" && this.#renew());
  }

  /** Ask what should be saved. */
  open() {
    const { photo, position, missing } = this.#app.store.now;
    if (photo && position && !missing[photo.id]) openSaveDialog(this.#app, (wish) => this.save(wish));
  }

  /**
   * Save something.
   * @param {Wish} wish
   */
  save({ wholeAlbum, kind, suffix, badge, mark }) {
    const { store, announcer } = this.#app;
    const { photo, album, saves, connection } = store.now;
    const isPicture = kind === "picture";
    const order = { kind, mark, badge: isPicture && badge, suffix: isPicture ? suffix : "" };
    const shared = wholeAlbum ? drawId(8) : "";
    const added = (wholeAlbum ? album : [photo]).map((it) => createSave({ ...order, photo: it.id }, it.name, shared));
    if (connection !== "open") announcer.say(t("save.waits"));
    store.set({ saves: [...saves, ...added] });
    this.#order();
  }

  /**
   * Stop what is not done yet of some files, or forget those that are.
   * @param {Save[]} files
   */
  async remove(files) {
    const { store, announcer } = this.#app;
    const ids = new Set(files.map(({ id }) => id));
    const isGone = ({ id }) => ids.has(id);
    const gone = store.now.saves.filter(isGone); // as they stand by now
    store.set({ saves: store.now.saves.filter((it) => !isGone(it)) });
    const given = gone.map(({ job }) => job).filter(Boolean);
    try {
      const { jobs } = given.length ? await get("/jobs") : { jobs: [] }; // some have made room for others
      for (const { id } of jobs) if (given.includes(id)) await ask("DELETE", `/jobs/${id}`);
    } catch (error) {
      if (error.status !== 404) announcer.fail(error);
    }
    this.#order();
  }

  /** @param {Save} save whose file is handed to the browser once more */
  async fetch({ order, job }) {
    try {
      if (order.kind === "project") return await giveProject(order.photo);
      return giveResult(await get(`/jobs/${job}`)); // which is an error where the result has made room for others
    } catch (error) {
      return this.#app.announcer.fail(error);
    }
  }

  #goOnWith(saves) {
    const { store } = this.#app;
    store.set({ saves: [...saves, ...store.now.saves] });
    this.#renew();
  }

  /** Give orders as long as there are some, and the studio takes them. */
  async #order() {
    if (this.#isOrdering) return;
    this.#isOrdering = true;
    clearTimeout(this.#timer);
    for (let save = this.#next(); save; save = this.#next()) {
      try {
        await this.#begin(save);
      } catch (error) {
        if (error.isPassing) {
          this.#wait(save, error);
          break;
        }
        this.#end(save, { status: "failed", message: error.message });
      }
    }
    this.#isOrdering = false;
  }

  /** @returns {Save|undefined} what is to be ordered: one alone before those of an album */
  #next() {
    const { saves } = this.#app.store.now;
    if (saves.filter(isOrdered).length >= AT_ONCE) return undefined;
    const waiting = saves.filter((save) => save.status === "waiting" && !save.job);
    return waiting.find((save) => !save.album) ?? waiting[0];
  }

  async #begin(save) {
    await this.#app.session.stored(); // so that the file has what was changed just before
    if (save.order.kind === "project") return this.#end(save, { status: "done", ...(await giveProject(save.order.photo)) });
    const job = await post("/jobs", save.order);
    if (!this.#find(save.id)) return void (await ask("DELETE", `/jobs/${job.id}`)); // stopped meanwhile
    this.#update(save.id, { job: job.id });
    this.#take(job);
    return this.#renew(); // it may have been done, and said so, before the answer to the order was here
  }

  /** Try again soon; where nothing of this page's own will make room, say why it waits, and show what could. */
  #wait({ id }, error) {
    this.#timer = setTimeout(() => this.#order(), PAUSE);
    if (this.#app.store.now.saves.some(isOrdered)) return;
    this.#update(id, { message: error.message });
    if (error.kind === "StudioLimitError") this.#showOthers().catch(() => undefined);
  }

  async #showOthers() {
    const { jobs } = await get("/jobs");
    const { store } = this.#app;
    const { saves, album } = store.now;
    const others = jobs.filter((job) => job.status === "done" && !saves.some((save) => save.job === job.id));
    const shown = others.map((job) => {
      const name = album.find((photo) => photo.id === job.photo)?.name ?? "";
      return { ...createSave({ photo: job.photo, kind: job.kind }, name), ...knownBy(job) };
    });
    if (shown.length) store.set({ saves: [...saves, ...shown] });
  }

  async #renew() {
    const known = this.#app.store.now.saves.filter(isOrdered);
    try {
      const { jobs } = known.length ? await get("/jobs") : { jobs: [] };
      for (const save of known) {
        const job = jobs.find((it) => it.id === save.job);
        if (job) this.#take(job);
        else this.#end(save, { status: "failed", message: t("save.lost") });
      }
      this.#order();
    } catch {
      // The next connection asks again.
    }
  }

  #take(job) {
    const save = this.#app.store.now.saves.find((it) => it.job === job.id);
    if (!save || !isOrdered(save)) return; // what is heard by two ways may come in the wrong order
    if (isOpen(job)) return this.#update(save.id, knownBy(job));
    if (job.status === "done") giveResult(job);
    this.#end(save, knownBy(job));
    this.#order();
  }

  #end({ id }, changed) {
    const { announcer, store } = this.#app;
    this.#update(id, changed);
    const save = this.#find(id);
    if (!save) return;
    const { album, status, message, file } = save;
    const all = store.now.saves.filter((it) => album && it.album === album);
    const done = all.filter((it) => it.status === "done").length;
    if (!album && status === "done") announcer.hear(t("save.done", { name: file }));
    if (!album && status === "failed") announcer.say(message, { kind: "error" });
    if (album && !all.some(isOpen)) announcer.hear(tn("save.album_done", done));
  }

  #find(id) {
    return this.#app.store.now.saves.find((save) => save.id === id);
  }

  #update(id, changed) {
    const { store } = this.#app;
    store.set({ saves: store.now.saves.map((save) => (save.id === id ? { ...save, ...changed } : save)) });
  }
}

function giveResult({ id, name }) {
  download(address(`/jobs/${id}/file`), name);
}

async function giveProject(photo) {
  const { blob, name } = await getFile(`/photos/${photo}/project`);
  const href = URL.createObjectURL(blob);
  download(href, name);
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser reads it after the click
  return { file: name, bytes: blob.size, progress: 1 };
}

function download(href, name) {
  const link = h("a", { href, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
}
