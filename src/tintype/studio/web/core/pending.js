// What was done to any photograph and the studio has not yet said it stored. It outlives a lost connection, and the
// page itself.

const KEY = "tintype.pending";

/** Serial of what no message of this connection carried. */
export const UNSENT = Infinity;

/**
 * @typedef {Object} Waiting
 * @property {string} id of a change: stored once, however often it is sent
 * @property {"change"|"step"} type
 * @property {number} serial of the message that carried it
 * @property {Object[]} [operations]
 * @property {string} [label]
 * @property {-1|1} [by] of a step
 * @property {number} [expected] revision that there is when a step was made
 */

export class Pending {
  /** @type {Object<string, Waiting[]>} */
  #items = {};

  /** What waits from an earlier page is found again. */
  constructor() {
    for (const [photo, items] of Object.entries(readStored())) {
      this.#items[photo] = items.map((item) => ({ ...item, serial: UNSENT }));
    }
  }

  /** @returns {string[]} ids of the photographs for which something waits */
  get photos() {
    return Object.keys(this.#items);
  }

  /** @returns {number} how much waits */
  get count() {
    return Object.values(this.#items).flat().length;
  }

  /** @returns {boolean} whether something is on its way */
  get isAnyOnItsWay() {
    return Object.values(this.#items).flat().some((item) => item.serial !== UNSENT);
  }

  /**
   * @param {string|undefined} photo
   * @returns {Waiting[]} in the order in which they were made
   */
  of(photo) {
    return this.#items[photo] ?? [];
  }

  /**
   * @param {string} photo
   * @param {Waiting} item
   */
  add(photo, item) {
    this.#items[photo] = [...this.of(photo), item];
    changeStored(photo, (items) => [...items, item]);
  }

  /**
   * Forget what was stored or refused.
   * @param {string} photo
   * @param {(item: Waiting) => boolean} isDone
   */
  drop(photo, isDone) {
    const done = this.of(photo).filter(isDone).map((item) => item.id);
    if (!done.length) return;
    const left = (items) => items.filter((item) => !done.includes(item.id));
    setItems(this.#items, photo, left(this.of(photo)));
    changeStored(photo, left);
  }

  /**
   * Forget the steps that were made, though nobody heard of it: made once more they would go too far.
   * @param {string} photo
   * @param {number} revision that there is
   */
  dropStepsMade(photo, revision) {
    this.drop(photo, (item) => item.type === "step" && (item.expected ?? 0) <= revision);
  }

  /** Know that nothing is on its way any more. */
  lose() {
    for (const item of Object.values(this.#items).flat()) item.serial = UNSENT;
  }
}

function setItems(all, photo, items) {
  if (items.length) all[photo] = items;
  else delete all[photo];
}

function readStored() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/** Another page may keep its own there. */
function changeStored(photo, change) {
  const all = readStored();
  setItems(all, photo, change(all[photo] ?? []));
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // No room, or a private window: what waits is kept as long as the page is open.
  }
}
