// The photograph that lies open: what was said about it, here and on the server, and the pictures that come of it.

import { Answers } from "./answers.js";
import { Delivery } from "./delivery.js";
import { drawId } from "./ids.js";
import { applyOperations } from "./operations.js";
import { Pending, UNSENT } from "./pending.js";
import { Signal } from "./signal.js";
import { retell } from "./texts.js";
import { Trials } from "./trials.js";

/** @typedef {import("./operations.js").Operation} Operation */

export class Session {
  #live;
  #store;
  #pending = new Pending();
  #delivery;
  #answers;
  #trials;
  #serial = 0;
  #view = { kind: "whole", side: 1024 };
  #format = "field";
  #awaited = 0;
  #changed = 0;
  #shown = "";
  #sentAt = new Map();
  /** @type {"none"|"asked"|"open"|"refused"} whether the studio, too, has the photograph open on this connection */
  #opening = "none";

  /** Sent each `Frame` of the photograph that lies open. */
  frames = new Signal();
  /** Sent what the studio refused: `{message}`. */
  refusals = new Signal();

  /**
   * @param {import("./live.js").Live} live
   * @param {import("./store.js").Store} store its `position`, `state`, `isTrying`, `waiting`, `waitingHere`
   *   and `busy` are kept here
   */
  constructor(live, store) {
    this.#live = live;
    this.#store = store;
    this.#trials = new Trials((operations) => this.#sendTrial(operations));
    this.#answers = new Answers(() => live.renew());
    this.#delivery = new Delivery(this.#pending, {
      mayVisit: (photo) => live.now === "open" && photo !== store.now.photo?.id,
      onChange: (photo) => this.#goOn(photo),
      onRefusal: (message) => this.refusals.send({ message }),
    });
    live.messages.listen((message) => this.#hear(message));
    live.frames.listen((frame) => this.#see(frame));
    live.status.listen((status) => (status === "open" ? this.#resume() : this.#lose()));
  }

  /**
   * Look at a photograph.
   * @param {Object<string, any>|null} photo as the album lists it
   */
  open(photo) {
    this.#trials.forget();
    this.#shown = "";
    this.#awaited = this.#serial + 1; // what was asked for before does not end what is begun here
    this.#store.set({ photo, position: null, state: null, busy: Boolean(photo), selected: null, draft: null });
    this.#view = { kind: "whole", side: this.#view.side ?? 1024 };
    this.#format = "field";
    if (!photo) this.#live.send({ type: "close" });
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
   * Ask for pictures of this photograph instead of fields of color, as the page can't join those.
   * @returns {boolean} whether that changes anything: without a connection the next one gives fields again
   */
  askForPictures() {
    if (this.#format === "jpeg" || this.#live.now !== "open") return false;
    this.#format = "jpeg";
    this.#resume();
    return true;
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
    this.#make({ type: "change", operations, label });
  }

  /**
   * @param {-1|1} by undo or redo
   * @returns {boolean} whether there is such a step
   */
  step(by) {
    const { position, waitingHere } = this.#store.now;
    const hasStep = position && (by < 0 ? position.step > 0 : position.step < position.steps);
    if (!position || (!hasStep && !waitingHere)) return false;
    this.#make({ type: "step", by, expected: position.revision + waitingHere + 1 });
    return true;
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
    const isAnswer = !draft && serial && serial >= this.#awaited;
    if (isAnswer || !this.#isBehind) this.#store.set({ busy: false });
    const start = this.#sentAt.get(serial);
    if (start === undefined || draft) return;
    for (const key of [...this.#sentAt.keys()]) if (key <= serial) this.#sentAt.delete(key);
    performance.measure("tintype-change", { start });
  }

  #next() {
    this.#serial += 1;
    return this.#serial;
  }

  #make(what) {
    this.#trials.forget();
    const item = { ...what, id: drawId(), serial: UNSENT };
    this.#pending.add(this.#store.now.photo.id, item);
    if (this.#opening === "open") this.#send(item); // else it is sent after what waits already
    if (this.#opening === "refused") this.#resume();
    this.#refresh();
  }

  #send(item) {
    const { type, id, operations, label, by } = item;
    const serial = this.#next();
    const message = type === "step" ? { type, serial, by } : { type, serial, id, operations, label };
    this.#sentAt.set(serial, performance.now());
    this.#changed = serial;
    if (!this.#live.send(message)) return;
    item.serial = serial;
    this.#answers.expect();
    this.#await(serial);
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
    this.#opening = "none";
    this.#refresh();
    if (this.#live.now !== "open") return;
    if (photo) this.#ask(photo);
    this.#delivery.go();
  }

  #ask(photo) {
    this.#opening = "asked";
    this.#live.send({ type: "open", photo: photo.id, view: this.#view, format: this.#format });
    this.#answers.expect();
  }

  #lose() {
    this.#opening = "none";
    this.#pending.lose();
    this.#answers.forget();
    this.#delivery.stop();
  }

  /** Go on after something was brought to a photograph that did not lie open; it may do so by now. */
  #goOn(photo) {
    if (photo === this.#store.now.photo?.id && photo !== this.#delivery.at) this.#resume();
    else this.#refresh();
  }

  #resend({ photo, revision }) {
    this.#opening = "open";
    this.#pending.dropStepsMade(photo, revision);
    for (const item of this.#pending.of(photo)) this.#send(item);
    if (this.#trials.operations.length) this.#trials.offer(this.#trials.operations);
  }

  #hear(message) {
    if (message.type === "state") this.#settle(message);
    if (message.type === "error") this.#refuse(message);
  }

  #settle({ serial, type: _, ...position }) {
    const { photo, position: known } = this.#store.now;
    if (serial) this.#pending.drop(position.photo, (item) => item.serial <= serial);
    if (position.photo === photo?.id) {
      if (!known || position.revision >= known.revision) this.#store.set({ position });
      if (this.#opening === "asked" && !serial && this.#delivery.at !== photo.id) this.#resend(position);
    }
    this.#note();
    if (!this.#isBehind) this.#store.set({ busy: false });
    else if (position.photo === photo?.id && !serial && !this.#store.now.isTrying) this.#store.set({ busy: true });
  }

  /** Whether what was asked for last is not on the screen yet: an older view of the photograph may come after it. */
  get #isBehind() {
    const { position, waitingHere, isTrying } = this.#store.now;
    return waitingHere > 0 || isTrying || position?.result !== this.#shown;
  }

  #refuse({ serial, error, message }) {
    const wasTrial = this.#trials.answer(serial);
    const wasOpening = !serial && this.#opening === "asked";
    if (wasOpening) this.#opening = "refused";
    for (const photo of this.#pending.photos) this.#pending.drop(photo, (item) => item.serial === serial);
    if (!serial || serial >= this.#awaited) this.#store.set({ busy: false });
    this.#note();
    if (!wasOpening || error !== "NotHereError") this.refusals.send({ message: retell(message, error), wasTrial }); // else the album says it
  }

  /** Take note that the studio has answered something. */
  #note() {
    this.#answers.hear(this.#opening === "asked" || this.#pending.isAnyOnItsWay);
    this.#refresh();
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
    const { photo, position } = this.#store.now;
    const items = this.#pending.of(photo?.id);
    this.#store.set({ waiting: this.#pending.count, waitingHere: items.length });
    if (!position) return;
    const waiting = items.flatMap((item) => item.operations ?? []);
    const tried = this.#trials.operations;
    const state = applyOperations(position.state, [...waiting, ...tried]);
    this.#store.set({ state, isTrying: tried.length > 0 });
  }
}
