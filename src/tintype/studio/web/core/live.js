// The live connection: one WebSocket that is opened again whenever it is lost.

import { Signal } from "./signal.js";

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 5000;

/** @typedef {"connecting"|"open"|"lost"} Status */

/** @typedef {{header: Object<string, any>, content: ArrayBuffer}} Frame what it shows, and a picture file or a field */

export class Live {
  #socket = null;
  #pause = FIRST_PAUSE;
  #timer = 0;
  #status = "connecting";

  /** Sent the status when it changes. */
  status = new Signal();
  /** Sent the messages of the studio, as values. */
  messages = new Signal();
  /** Sent each `Frame`. */
  frames = new Signal();

  /** @param {string} [address] of the WebSocket */
  constructor(address = defaultAddress()) {
    this.address = address;
    addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => document.hidden || this.retry());
  }

  /** @returns {Status} */
  get now() {
    return this.#status;
  }

  /** Open the connection. */
  connect() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#pause = FIRST_PAUSE;
      this.#become("open");
    };
    socket.onmessage = (event) => this.#take(event.data);
    socket.onclose = () => socket === this.#socket && this.#lose();
    this.#socket = socket;
  }

  /** Try at once, where the next try would be later. */
  retry() {
    if (this.#status === "lost" && this.#socket?.readyState === WebSocket.CLOSED) this.connect();
  }

  /**
   * Send a message.
   * @param {Object<string, any>} message
   * @returns {boolean} whether there was a connection to send it on
   */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #lose() {
    this.#become("lost");
    this.#timer = setTimeout(() => this.connect(), this.#pause);
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 1.7);
  }

  #become(status) {
    if (status === this.#status) return;
    this.#status = status;
    this.status.send(status);
  }

  #take(data) {
    if (typeof data === "string") this.messages.send(JSON.parse(data));
    else this.frames.send(unpackFrame(data));
  }
}

/**
 * @param {ArrayBuffer} data length of the header (4 bytes, big-endian), the header as JSON, a picture file or a field
 * @returns {Frame}
 */
export function unpackFrame(data) {
  const length = new DataView(data).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  return { header, content: data.slice(4 + length) };
}

function defaultAddress() {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live`;
}
