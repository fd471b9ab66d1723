// What the pointer tries: one trial is on its way at a time, and the newest takes the place of those that wait.
//
// The server gives a picture up as soon as something newer is asked for. Asking at each movement of the pointer would
// show nothing until the pointer rests; asking again when a picture has come shows as many as there can be.

// Not more often than is seen, though: whoever lets go should not wait for what the browser still has to draw.

const PATIENCE = 400;
const PACE = 40;

/** @typedef {import("./operations.js").Operation} Operation */

export class Trials {
  #send;
  #sent = 0;
  #timer = 0;
  #next = null;
  #pacer = 0;
  #sentAt = -PACE;

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
    clearTimeout(this.#pacer);
    this.#pacer = 0;
    this.operations = [];
    this.#next = null;
    this.#sent = 0;
  }

  #go() {
    if (!this.#next || this.#pacer) return;
    const pause = this.#sentAt + PACE - performance.now();
    if (pause > 0) {
      this.#pacer = setTimeout(() => {
        this.#pacer = 0;
        this.#go();
      }, pause);
      return;
    }
    this.#sentAt = performance.now();
    const operations = this.#next;
    this.#next = null;
    this.#sent = this.#send(operations);
    const serial = this.#sent;
    this.#timer = setTimeout(() => this.answer(serial), PATIENCE);
  }
}
