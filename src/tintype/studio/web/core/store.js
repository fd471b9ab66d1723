// What the page knows, in one place: who shows a part of it is told when that part changes.

/** @typedef {Object<string, any>} Values */

export class Store {
  #values;
  #watchers = new Set();

  /** @param {Values} values to begin with */
  constructor(values) {
    this.#values = values;
  }

  /** @returns {Values} what is known; not to be changed but by `set` */
  get now() {
    return this.#values;
  }

  /**
   * Change some values; who watches them is told at once.
   * @param {Values} changed
   */
  set(changed) {
    this.#values = { ...this.#values, ...changed };
    for (const watcher of [...this.#watchers]) watcher.look(this.#values);
  }

  /**
   * Be told of a part: now, and whenever it changes.
   * @param {(values: Values) => any} select the part; several as an array
   * @param {(part: any) => void} react
   * @returns {() => void} ends it
   */
  watch(select, react) {
    let last = NOTHING;
    const watcher = {
      look: (values) => {
        const part = select(values);
        if (isSame(part, last)) return;
        last = part;
        react(part);
      },
    };
    this.#watchers.add(watcher);
    watcher.look(this.#values);
    return () => this.#watchers.delete(watcher);
  }
}

const NOTHING = Symbol("nothing");

function isSame(one, other) {
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length) {
    return one.every((value, place) => Object.is(value, other[place]));
  }
  return Object.is(one, other);
}
