// Photographs that are dropped, pasted or chosen: sent to the studio on this machine, one after the other,
// so that the album has their order. Projects follow their photographs.

import { ApiError, ask, isAbort, upload } from "../core/api.js";
import { h, listen } from "../core/dom.js";
import { bytes, t, tn } from "../core/texts.js";

const PROJECT = /\.tintype$/i;

export class Receiver {
  #app;
  #waiting = [];
  #isSending = false;
  #nextId = 1;
  #stoppers = new Map();

  /** @param {import("../shell/app.js").App} app */
  constructor(app) {
    this.#app = app;
    this.cover = h("div", { class: "drop-cover", hidden: true }, h("p", {}, t("drop.here")));
    this.input = h("input", { type: "file", multiple: true, class: "only-heard", tabIndex: -1, aria: { hidden: true } });
    this.input.addEventListener("change", () => {
      this.take([...this.input.files]);
      this.input.value = "";
    });
  }

  /** Take what is dropped or pasted anywhere on the page. */
  listen() {
    document.body.append(this.cover, this.input);
    let depth = 0;
    const show = (isOver) => {
      depth = isOver ? depth : 0;
      this.cover.hidden = !isOver;
    };
    listen(window, "dragenter", (event) => {
      if (!hasFiles(event)) return;
      depth += 1;
      show(true);
    });
    listen(window, "dragleave", (event) => {
      if (!hasFiles(event)) return;
      depth -= 1;
      if (depth <= 0) show(false);
    });
    listen(window, "dragover", (event) => hasFiles(event) && event.preventDefault());
    listen(window, "drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      show(false);
      if (!event.defaultTaken) this.#drop(event.dataTransfer);
    });
    listen(window, "paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length) this.take(files);
    });
    listen(window, "beforeunload", (event) => {
      if (this.#app.store.now.uploads.length) event.preventDefault(); // the browser asks: what is sent would be lost
    });
  }

  /**
   * Let a person choose files.
   * @param {{accept?: string, multiple?: boolean}} [options]
   */
  choose({ accept = this.#readable(), multiple = true } = {}) {
    this.input.accept = accept;
    this.input.multiple = multiple;
    this.input.click();
  }

  /** @param {File[]} files photographs, and projects, whose photographs are among them or in the album */
  take(files) {
    const projects = files.filter((file) => PROJECT.test(file.name));
    const photographs = files.filter((file) => !PROJECT.test(file.name));
    photographs.forEach((file, place) => {
      const upload = this.#note(file, place === 0);
      this.#waiting.push(() => this.#send(upload));
    });
    projects.forEach((file, place) => this.#waiting.push(() => this.#openProject(file, place === 0)));
    this.#go();
  }

  /** @param {string} id of an upload that is no longer wanted */
  stop(id) {
    const { store } = this.#app;
    this.#stoppers.get(id)?.abort();
    store.set({ uploads: store.now.uploads.filter((it) => it.id !== id) });
  }

  #readable() {
    return ["image/*", ...this.#app.store.now.studio.readable, ".tintype"].join(",");
  }

  async #drop(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = entries.some((entry) => entry.isDirectory) ? await filesOf(entries) : [...transfer.files];
    const { readable } = this.#app.store.now.studio;
    const known = files.filter((file) => PROJECT.test(file.name) || readable.includes(suffixOf(file.name)));
    this.take(known.length ? known : files.slice(0, 1)); // one that is not known is refused with a reason
  }

  #note(file, isFirst) {
    const id = `upload-${this.#nextId}`;
    this.#nextId += 1;
    const { uploads } = this.#app.store.now;
    this.#app.store.set({ uploads: [...uploads, { id, name: file.name, progress: 0 }] });
    const stopper = new AbortController();
    this.#stoppers.set(id, stopper);
    return { id, file, isFirst, signal: stopper.signal };
  }

  async #go() {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.length) await this.#waiting.shift()();
    this.#isSending = false;
  }

  async #send({ id, file, isFirst, signal }) {
    const { store, album } = this.#app;
    try {
      if (signal.aborted) return;
      this.#check(file);
      const onProgress = (progress) => this.#update(id, { progress });
      const photo = await upload("/photos", file, { query: { name: file.name || "photograph" }, onProgress, signal });
      album.add(photo);
      if (isFirst || !store.now.photo) album.open(store.now.album.find((it) => it.id === photo.id));
    } catch (error) {
      if (!isAbort(error)) this.#refuse(file.name, error.message);
    } finally {
      this.#stoppers.delete(id);
      store.set({ uploads: store.now.uploads.filter((it) => it.id !== id) });
    }
  }

  #check(file) {
    const { upload_bytes: most } = this.#app.store.now.studio.limits;
    if (file.size > most) throw new ApiError(t("drop.too_large", { size: bytes(file.size), most: bytes(most) }));
    if (!file.size) throw new ApiError(t("drop.is_empty"));
  }

  #update(id, changed) {
    const { store } = this.#app;
    store.set({ uploads: store.now.uploads.map((it) => (it.id === id ? { ...it, ...changed } : it)) });
  }

  /** Open a project with its photograph, which the album must have: the newest, unless another one lies open. */
  async #openProject(file, isFirst) {
    const { store, album, announcer } = this.#app;
    try {
      const project = JSON.parse(await file.text());
      const sha256 = project.source?.sha256;
      const photo = [store.now.photo, ...[...store.now.album].reverse()].find((it) => it && it.sha256 === sha256);
      if (!photo) throw new ApiError(t("project.needs_photo", { name: project.source?.name ?? "" }));
      if (isFirst) album.open(photo);
      const answer = await ask("PUT", `/photos/${photo.id}/project`, { json: project });
      announcer.say(tn("project.opened", answer.state.marks.length, { name: file.name }));
    } catch (error) {
      this.#refuse(file.name, error instanceof SyntaxError ? t("project.is_none") : error.message);
    }
  }

  /** Say why a file can't be taken, and its name once: most reasons begin with it. */
  #refuse(name, why) {
    const said = why.startsWith(`${name}: `) ? why : t("drop.failed", { name, why });
    this.#app.announcer.say(said, { kind: "error" });
  }
}

function hasFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

function suffixOf(name) {
  return name.slice(name.lastIndexOf(".")).toLowerCase();
}

async function filesOf(entries) {
  const found = [];
  for (const entry of entries) {
    if (entry.isFile) found.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    else found.push(...(await filesOf(await readFolder(entry))));
  }
  return found.sort((one, other) => one.name.localeCompare(other.name));
}

async function readFolder(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}
