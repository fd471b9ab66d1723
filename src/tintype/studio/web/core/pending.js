// Changes that the studio has not yet said it stored. They outlive a lost connection, and the page itself.

const KEY = "tintype.pending";

/**
 * @typedef {Object} Waiting
 * @property {"change"|"step"} type
 * @property {number} serial of the message that carried it last
 * @property {string} [id] of a change: stored once, however often it is sent
 * @property {Object[]} [operations]
 * @property {string} [label]
 * @property {-1|1} [by] of a step
 * @property {number} [expected] revision that there is when a step was made
 */

export class Pending {
  /** @type {Waiting[]} */
  #items = [];
  #photo = "";

  /** @returns {Waiting[]} in the order in which they were made */
  get items() {
    return this.#items;
  }

  /**
   * Go over to a photograph; what waits for it from an earlier page is found again.
   * @param {string} photo
   */
  turnTo(photo) {
    this.#photo = photo;
    this.#items = readStored()[photo] ?? [];
  }

  /** @param {Waiting} item */
  add(item) {
    this.#items = [...this.#items, item];
    this.#store();
  }

  /**
   * Forget what was stored or refused.
   * @param {(item: Waiting) => boolean} isDone
   */
  drop(isDone) {
    const left = this.#items.filter((item) => !isDone(item));
    if (left.length === this.#items.length) return;
    this.#items = left;
    this.#store();
  }

  #store() {
    const changes = this.#items.filter((item) => item.type === "change");
    const stored = { ...readStored(), [this.#photo]: changes };
    if (!changes.length) delete stored[this.#photo];
    try {
      localStorage.setItem(KEY, JSON.stringify(stored));
    } catch {
      // No room, or a private window: what waits is kept as long as the page is open.
    }
  }
}

function readStored() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") ?? {};
  } catch {
    return {};
  }
}
