// The photograph that lies open: what was said about it, here and on the server, and the pictures that come of it.

import { drawId } from "./ids.js";
import { applyOperations } from "./operations.js";
import { Pending } from "./pending.js";
import { Signal } from "./signal.js";
import { Trials } from "./trials.js";

/** @typedef {import("./operations.js").Operation} Operation */

export class Session {
  #live;
  #store;
  #pending = new Pending();
  #trials;
  #serial = 0;
  #view = { kind: "whole", side: 1024 };
  #awaited = 0;
  #changed = 0;
  #shown = "";
  #sentAt = new Map();
  #mustResend = false;

  /** Sent each `Frame` of the photograph that lies open. */
  frames = new Signal();
  /** Sent what the studio refused: `{message}`. */
  refusals = new Signal();

  /**
   * @param {import("./live.js").Live} live
   * @param {import("./store.js").Store} store its `position`, `state`, `isTrying`, `waiting` and `busy` are kept here
   */
  constructor(live, store) {
    this.#live = live;
    this.#store = store;
    this.#trials = new Trials((operations) => this.#sendTrial(operations));
    live.messages.listen((message) => this.#hear(message));
    live.frames.listen((frame) => this.#see(frame));
    live.status.listen((status) => status === "open" && this.#resume());
  }

  /**
   * Look at a photograph.
   * @param {Object<string, any>|null} photo as the album lists it
   */
  open(photo) {
    this.#trials.forget();
    this.#shown = "";
    this.#store.set({ photo, position: null, state: null, busy: Boolean(photo), selected: null, draft: null });
    if (!photo) return void this.#live.send({ type: "close" });
    this.#pending.turnTo(photo.id);
    this.#view = { kind: "whole", side: this.#view.side ?? 1024 };
    this.#resume();
  }

  /**
   * Say which part is looked at, and how large.
   * @param {Object<string, any>} view as in the description of the interface
   */
  look(view) {
    if (JSON.stringify(view) === JSON.stringify(this.#view)) return;
    this.#view = view;
    if (this.#store.now.photo) this.#live.send({ type: "view", view });
  }

  /**
   * Show what it would be like; nothing is stored.
   * @param {Operation[]} operations
   */
  tryOut(operations) {
    this.#trials.offer(operations);
    this.#refresh();
  }

  /** End a trial: the picture is again what was stored. */
  endTrial() {
    if (!this.#trials.operations.length) return;
    this.#trials.forget();
    this.#refresh();
    this.#sendTrial([]);
  }

  /**
   * Make a change: a step of the history.
   * @param {Operation[]} operations
   * @param {string} label key of a text, for the history
   */
  change(operations, label) {
    if (!operations.length || !this.#store.now.photo) return;
    this.#trials.forget();
    const item = { type: "change", id: drawId(), operations, label, serial: this.#next() };
    this.#pending.add(item);
    this.#send(item);
    this.#refresh();
  }

  /** @param {-1|1} by undo or redo */
  step(by) {
    const { position } = this.#store.now;
    const hasStep = position && (by < 0 ? position.step > 0 : position.step < position.steps);
    if (!hasStep && !this.#pending.items.length) return;
    this.#trials.forget();
    const expected = position.revision + this.#pending.items.length + 1;
    const item = { type: "step", by, expected, serial: this.#next() };
    this.#pending.add(item);
    this.#send(item);
    this.#refresh();
  }

  /**
   * Wait until all changes are stored.
   * @returns {Promise<void>}
   */
  stored() {
    return new Promise((resolve) => {
      const end = this.#store.watch(({ waiting }) => waiting, (waiting) => {
        if (waiting) return;
        resolve();
        queueMicrotask(() => end());
      });
    });
  }

  /**
   * Hear that a picture is on the screen; how long a change took is there for whoever measures.
   * @param {Object<string, any>} header of the picture
   */
  noteShown({ photo, serial, draft, result }) {
    if (photo !== this.#store.now.photo?.id) return;
    this.#shown = draft ? "" : result;
    if (!draft && (serial === 0 || serial >= this.#awaited)) this.#store.set({ busy: false });
    const start = this.#sentAt.get(serial);
    if (start === undefined || draft) return;
    for (const key of [...this.#sentAt.keys()]) if (key <= serial) this.#sentAt.delete(key);
    performance.measure("tintype-change", { start });
  }

  #next() {
    this.#serial += 1;
    return this.#serial;
  }

  #send(item) {
    const { type, serial, id, operations, label, by } = item;
    const message = type === "step" ? { type, serial, by } : { type, serial, id, operations, label };
    this.#sentAt.set(serial, performance.now());
    this.#changed = serial;
    if (this.#live.send(message)) this.#await(serial);
  }

  #sendTrial(operations) {
    const serial = this.#next();
    if (this.#live.send({ type: "try", serial, operations })) this.#await(serial);
    return serial;
  }

  #await(serial) {
    this.#awaited = serial;
    this.#store.set({ busy: true });
  }

  #resume() {
    const { photo } = this.#store.now;
    if (!photo || this.#live.now !== "open") return;
    this.#live.send({ type: "open", photo: photo.id, view: this.#view, format: "field" });
    this.#mustResend = true;
  }

  #resend(revision) {
    this.#mustResend = false;
    this.#pending.drop((item) => item.type === "step" && (item.expected ?? 0) <= revision);
    for (const item of this.#pending.items) {
      item.serial = this.#next();
      this.#send(item);
    }
  }

  #hear(message) {
    if (message.type === "state") this.#settle(message);
    if (message.type === "error") this.#refuse(message);
  }

  #settle({ serial, type: _, ...position }) {
    const { photo, position: known } = this.#store.now;
    if (position.photo !== photo?.id) return;
    if (serial) this.#pending.drop((item) => item.serial <= serial);
    if (!known || position.revision >= known.revision) this.#store.set({ position });
    if (serial >= this.#awaited && position.result === this.#shown) this.#store.set({ busy: false });
    if (this.#mustResend && !serial) this.#resend(position.revision);
    this.#refresh();
  }

  #refuse({ serial, message }) {
    const wasTrial = this.#trials.answer(serial);
    this.#pending.drop((item) => item.serial === serial);
    if (serial >= this.#awaited) this.#store.set({ busy: false });
    this.#refresh();
    this.refusals.send({ message, wasTrial });
  }

  #see(frame) {
    const { header } = frame;
    if (header.photo !== this.#store.now.photo?.id) return;
    this.#trials.answer(header.serial);
    const isLate = header.draft && header.serial < this.#changed; // it would only delay what comes next
    if (!isLate) this.frames.send(frame);
  }

  /** Show what was stored, what is on its way, and what is tried. */
  #refresh() {
    const { position } = this.#store.now;
    if (!position) return;
    const items = this.#pending.items;
    const waiting = items.flatMap((item) => item.operations ?? []);
    const tried = this.#trials.operations;
    const state = applyOperations(position.state, [...waiting, ...tried]);
    this.#store.set({ state, isTrying: tried.length > 0, waiting: items.length });
  }
}
