// What a person chose for this browser; nothing about photographs is kept here.

const KEY = "tintype.preferences";

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") ?? {};
  } catch {
    return {}; // nothing is kept, or not by us
  }
}

let values = read();

export const preferences = {
  /**
   * @param {string} name
   * @param {any} [otherwise]
   * @returns {any}
   */
  get(name, otherwise = null) {
    return values[name] ?? otherwise;
  },

  /**
   * @param {string} name
   * @param {any} value null to forget it
   */
  set(name, value) {
    values = { ...read(), [name]: value };
    try {
      localStorage.setItem(KEY, JSON.stringify(values));
    } catch {
      // A private window may refuse: the choice holds until the page is closed.
    }
  },
};
