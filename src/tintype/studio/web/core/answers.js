// Notices that no answer comes: a connection that broke off halfway, as over Wi-Fi, looks open for minutes.

const PATIENCE = 8000;
const MOST_PATIENCE = 64000;

export class Answers {
  #giveUp;
  #timer = 0;
  #patience = PATIENCE;

  /** @param {() => void} giveUp called when no answer came */
  constructor(giveUp) {
    this.#giveUp = giveUp;
  }

  /** Expect an answer from now on, unless one is expected already. */
  expect() {
    this.#timer ||= setTimeout(() => this.#end(), this.#patience);
  }

  /**
   * Hear that one has come.
   * @param {boolean} isMoreDue whether others are still to come
   */
  hear(isMoreDue) {
    this.#patience = PATIENCE;
    this.forget();
    if (isMoreDue) this.expect();
  }

  /** Expect none. */
  forget() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  /** On a slow connection an answer may stand behind a picture: each new one is given more time. */
  #end() {
    this.#patience = Math.min(MOST_PATIENCE, 2 * this.#patience);
    this.forget();
    this.#giveUp();
  }
}
