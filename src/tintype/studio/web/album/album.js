// The photographs that the studio has, and which of them lies open.

import { ask, get, post } from "../core/api.js";
import { retell, t } from "../core/texts.js";

/** @typedef {Object<string, any>} Photo as the studio describes it */

export class Album {
  #app;

  /** @param {import("../shell/app.js").App} app */
  constructor(app) {
    this.#app = app;
  }

  get #store() {
    return this.#app.store;
  }

  /** Ask which photographs there are. */
  async refresh() {
    const { photos } = await get("/photos");
    this.#store.set({ album: photos });
    const { photo } = this.#store.now;
    const still = photos.find((it) => it.id === photo?.id);
    if (photo && !still) this.open(photos[0] ?? null);
    else if (still && still.name !== photo.name) this.#store.set({ photo: still });
  }

  /** Open the photograph that the address names, or the first one. */
  openFirst() {
    const { album } = this.#store.now;
    const named = location.hash.slice(1);
    this.open(album.find((photo) => photo.id === named) ?? album[0] ?? null);
  }

  /** @param {Photo|null} photo to look at */
  open(photo) {
    if (photo?.id === this.#store.now.photo?.id) return;
    this.#app.session.open(photo);
    history.replaceState(null, "", photo ? `#${photo.id}` : location.pathname);
    if (!photo) return;
    this.#app.announcer.hear(t("album.opened", { name: photo.name }));
    if (photo.tone === "color") this.#app.announcer.say(t("album.is_color", { name: photo.name }));
  }

  /** @param {-1|1} by to the photograph beside the one that lies open */
  step(by) {
    const { album, photo } = this.#store.now;
    const at = album.findIndex((it) => it.id === photo?.id);
    const next = album[at + by];
    if (next) this.open(next);
  }

  /**
   * Add what was received.
   * @param {Photo} photo
   */
  add(photo) {
    const { album } = this.#store.now;
    if (!album.some((it) => it.id === photo.id)) this.#store.set({ album: [...album, photo] });
    for (const note of photo.notes) this.#app.announcer.say(retell(note));
  }

  /**
   * Find out whether a photograph can still be read; where not, the page shows why until it can.
   * @param {Photo} photo
   * @returns {Promise<boolean>}
   */
  async check(photo) {
    const { [photo.id]: _, ...others } = this.#store.now.missing;
    try {
      await get(`/photos/${photo.id}/color`, { x: 0, y: 0, layer: "original" }); // what can't be answered from a cache
      this.#store.set({ missing: others });
      return true;
    } catch (error) {
      if (error.status && !error.isPassing) this.#store.set({ missing: { ...others, [photo.id]: error.message } });
      return false;
    }
  }

  /**
   * Remove a photograph and all that was done to it.
   * @param {Photo} photo
   */
  async remove(photo) {
    this.#leave(photo.id); // first, so that nothing is asked of what is gone
    await ask("DELETE", `/photos/${photo.id}`);
    this.forget(photo.id);
    this.#app.announcer.say(t("album.removed", { name: photo.name }));
  }

  /** @param {string} id of a photograph that is gone */
  forget(id) {
    this.#leave(id);
    this.#store.set({ album: this.#store.now.album.filter((it) => it.id !== id) });
  }

  /** Open the next photograph where this one lies open. */
  #leave(id) {
    const { album, photo } = this.#store.now;
    if (photo?.id !== id) return;
    const at = album.findIndex((it) => it.id === id);
    this.open(album[at + 1] ?? album[at - 1] ?? null);
  }

  /**
   * @param {Photo} photo
   * @param {string} name
   */
  async rename(photo, name) {
    const renamed = await ask("PATCH", `/photos/${photo.id}`, { json: { name } });
    const { album, photo: open } = this.#store.now;
    this.#store.set({ album: album.map((it) => (it.id === photo.id ? renamed : it)) });
    if (open?.id === photo.id) this.#store.set({ photo: renamed });
  }

  /**
   * Open another version, or another page, of a photograph's file.
   * @param {Photo} photo
   * @param {number} [page]
   */
  async copy(photo, page) {
    const copied = await post(`/photos/${photo.id}/copies`, undefined, { page });
    await this.refresh();
    this.open(this.#store.now.album.find((it) => it.id === copied.id) ?? null);
  }

  /**
   * Bring a photograph to another place.
   * @param {string} id
   * @param {-1|1} by
   */
  async move(id, by) {
    const ids = this.#store.now.album.map((photo) => photo.id);
    const at = ids.indexOf(id);
    if (at + by < 0 || at + by >= ids.length) return;
    ids.splice(at + by, 0, ...ids.splice(at, 1));
    await this.arrange(ids);
  }

  /** @param {string[]} ids of all photographs, in their new order */
  async arrange(ids) {
    const { photos } = await ask("PUT", "/photos/order", { json: { photos: ids } });
    this.#store.set({ album: photos });
  }
}
