// What the pointer tries: one trial is on its way at a time, and the newest takes the place of those that wait.
//
// The server gives a picture up as soon as something newer is asked for. Asking at each movement of the pointer would
// show nothing until the pointer rests; asking again when a picture has come shows as many as there can be.

const PATIENCE = 400;

/** @typedef {import("./operations.js").Operation} Operation */

export class Trials {
  #send;
  #sent = 0;
  #timer = 0;
  #next = null;

  /** @type {Operation[]} what is tried now */
  operations = [];

  /** @param {(operations: Operation[]) => number} send sends a trial; its number */
  constructor(send) {
    this.#send = send;
  }

  /** @param {Operation[]} operations */
  offer(operations) {
    this.operations = operations;
    this.#next = operations;
    if (!this.#sent) this.#go();
  }

  /**
   * Hear that a picture, or a refusal, has come.
   * @param {number} serial of what it answers
   * @returns {boolean} whether it answers a trial
   */
  answer(serial) {
    if (!this.#sent || serial < this.#sent) return false;
    clearTimeout(this.#timer);
    this.#sent = 0;
    this.#go();
    return true;
  }

  /** Try nothing. */
  forget() {
    clearTimeout(this.#timer);
    this.operations = [];
    this.#next = null;
    this.#sent = 0;
  }

  #go() {
    if (!this.#next) return;
    const operations = this.#next;
    this.#next = null;
    this.#sent = this.#send(operations);
    const serial = this.#sent;
    this.#timer = setTimeout(() => this.answer(serial), PATIENCE);
  }
}
