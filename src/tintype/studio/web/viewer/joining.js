// Fields of color that come live become pictures: beside the page, by several workers at once.

import { address } from "../core/api.js";

const MOST_WORKERS = 4;
const PAUSE = 500;

export class Joining {
  #workers = this.#startAll();
  #waiting = new Map();
  #number = 0;

  /**
   * Fetch what a photograph is joined with, before it is needed.
   * @param {string} photo id
   * @param {number} side of the view
   */
  prepare(photo, side) {
    for (const worker of this.#workers) worker.postMessage({ number: 0, ...sources(photo, side) });
  }

  /**
   * @param {Object<string, any>} header of a frame
   * @param {ArrayBuffer} content the maps that came with it
   * @returns {Promise<ImageBitmap|null>} null where it failed twice: the photograph in gray could not be fetched, or the
   *   browser starts no workers
   */
  async join(header, content) {
    const picture = await this.#ask(header, content);
    if (picture) return picture;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    return this.#ask(header, content);
  }

  #ask({ photo, view, cells, finer, draft }, content) {
    if (!this.#workers.length) this.#workers = this.#startAll();
    this.#number += 1;
    const number = this.#number;
    const field = { maps: new Float32Array(content), cells, finer };
    const count = this.#workers.length;
    this.#workers.forEach((worker, at) => {
      const share = [at / count, (at + 1) / count];
      worker.postMessage({ number, field, isDraft: draft, share, ...sources(photo, view.side) });
    });
    return new Promise((resolve) => this.#waiting.set(number, { resolve, parts: [] }));
  }

  #startAll() {
    return Array.from({ length: countWorkers() }, () => this.#start());
  }

  #start() {
    const worker = new Worker(new URL("join_worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }) => this.#take(data));
    worker.addEventListener("error", () => this.#workers.includes(worker) && this.#giveUp());
    return worker;
  }

  /** Stop all workers, as one did not start: the others would wait for its share. */
  #giveUp() {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    for (const { resolve } of this.#waiting.values()) resolve(null);
    this.#waiting.clear();
  }

  #take({ number, ...part }) {
    const { resolve, parts } = this.#waiting.get(number) ?? {};
    if (!resolve) return;
    parts.push(part);
    if (parts.length < this.#workers.length) return; // what fails yet would fail once more if it were asked again
    this.#waiting.delete(number);
    resolve(parts.some(({ message }) => message) ? null : assemble(parts));
  }
}

function countWorkers() {
  return Math.min(MOST_WORKERS, navigator.hardwareConcurrency ?? 2);
}

function sources(photo, side) {
  const plane = address(`/photos/${photo}/preview`, { layer: "gray", side, format: "png" });
  return { plane, limits: address("/gamut/limits") };
}

function assemble(parts) {
  const [{ width, height }] = parts;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  for (const { buffer, top } of parts) {
    if (buffer.byteLength) context.putImageData(new ImageData(new Uint8ClampedArray(buffer), width), 0, top);
  }
  return canvas.transferToImageBitmap();
}
