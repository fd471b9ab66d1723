// The live connection: one WebSocket that is opened again whenever it is lost.

import { Signal } from "./signal.js";

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 5000;
const PATIENCE = 8000; // for a connection to be made

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
    this.#leave();
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      clearTimeout(this.#timer);
      this.#pause = FIRST_PAUSE;
      this.#become("open");
    };
    socket.onmessage = (event) => socket === this.#socket && this.#take(event.data);
    socket.onclose = () => socket === this.#socket && this.renew();
    this.#socket = socket;
    this.#timer = setTimeout(() => this.renew(), PATIENCE);
  }

  /** Try at once, where the next try would be later. */
  retry() {
    if (this.#status === "lost") this.connect();
  }

  /** Give the connection up, as nobody answers on it, and open another one in a moment. */
  renew() {
    this.#leave();
    this.#become("lost");
    this.#timer = setTimeout(() => this.connect(), this.#pause);
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 1.7);
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

  /** Hear nothing more of the connection: closing one that broke off halfway takes its time. */
  #leave() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
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
