// Something that happens, and those who want to hear of it.

export class Signal {
  #listeners = new Set();

  /**
   * @param {(value: any) => void} react
   * @returns {() => void} ends it
   */
  listen(react) {
    this.#listeners.add(react);
    return () => this.#listeners.delete(react);
  }

  /** @param {any} [value] */
  send(value) {
    for (const react of [...this.#listeners]) react(value);
  }
}
