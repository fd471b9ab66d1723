// Brings to the studio what was done to photographs that no longer lie open, once there is a connection again.

import { ask, isAbort } from "./api.js";
import { UNSENT } from "./pending.js";
import { tn } from "./texts.js";

const PAUSE = 2000;
const PATIENCE = 20000;
const NOT_HERE = 404;

export class Delivery {
  #pending;
  #hooks;
  #timer = 0;
  #isGoing = false;
  #aborting = new AbortController();

  /** Id of the photograph to which something is being brought. */
  at = "";

  /**
   * @param {import("./pending.js").Pending} pending
   * @param {{mayVisit: (photo: string) => boolean, onChange: (photo: string) => void, onRefusal: (message: string) => void}} hooks
   *   whether something may be brought to a photograph now; called when it was, or a visit ended; called with a line
   *   about what was refused
   */
  constructor(pending, hooks) {
    this.#pending = pending;
    this.#hooks = hooks;
  }

  /** Bring all that waits, photograph by photograph; what fails in passing is tried again. */
  async go() {
    clearTimeout(this.#timer);
    if (this.#isGoing) return;
    this.#isGoing = true;
    this.#aborting = new AbortController();
    try {
      for (let photo = this.#next(); photo; photo = this.#next()) await this.#visit(photo);
    } catch (error) {
      if (isAbort(error) || error.isPassing) this.#timer = setTimeout(() => this.go(), PAUSE);
      else this.#hooks.onRefusal(error.message);
    } finally {
      this.#isGoing = false;
    }
  }

  /** Wait for no answer any more. */
  stop() {
    this.#aborting.abort();
  }

  #next() {
    const isUnsent = (photo) => this.#pending.of(photo).every((item) => item.serial === UNSENT);
    return this.#pending.photos.find((photo) => this.#hooks.mayVisit(photo) && isUnsent(photo));
  }

  async #visit(photo) {
    this.at = photo;
    try {
      await this.#bringAll(photo);
    } catch (error) {
      if (error.status !== NOT_HERE) throw error;
      this.#hooks.onRefusal(tn("connection.gone", this.#pending.of(photo).length));
      this.#pending.drop(photo, () => true);
    } finally {
      this.at = "";
      this.#hooks.onChange(photo);
    }
  }

  async #bringAll(photo) {
    let position = await this.#ask("GET", `/photos/${photo}/state`);
    this.#pending.dropStepsMade(photo, position.revision);
    for (const item of this.#pending.of(photo)) {
      if (!this.#hooks.mayVisit(photo)) return;
      position = await this.#bring(photo, item, position);
      this.#pending.drop(photo, ({ id }) => id === item.id);
      this.#hooks.onChange(photo);
    }
  }

  /** @returns {Promise<Object<string, any>>} where the photograph stands then */
  async #bring(photo, { type, id, operations, label, by }, position) {
    try {
      if (type === "change") return await this.#ask("PATCH", `/photos/${photo}/state`, { id, operations, label });
      const step = Math.min(Math.max(position.step + by, 0), position.steps); // unlike undo, it may be asked for twice
      return await this.#ask("PUT", `/photos/${photo}/history`, { step });
    } catch (error) {
      if (isAbort(error) || error.isPassing || error.status === NOT_HERE) throw error;
      this.#hooks.onRefusal(error.message);
      return position;
    }
  }

  async #ask(method, path, json) {
    const timer = setTimeout(() => this.stop(), PATIENCE);
    try {
      return await ask(method, path, { json, signal: this.#aborting.signal });
    } finally {
      clearTimeout(timer);
    }
  }
}
