// Fields of color that come live become pictures: beside the page, by several workers at once.

import { address } from "../core/api.js";

const MOST_WORKERS = 4;

export class Joining {
  #workers = Array.from({ length: countWorkers() }, () => this.#start());
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
   * @returns {Promise<ImageBitmap|null>} null where the photograph in gray could not be fetched
   */
  join({ photo, view, cells, finer, draft }, content) {
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

  #start() {
    const worker = new Worker(new URL("join_worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }) => this.#take(data));
    return worker;
  }

  #take({ number, ...part }) {
    const { resolve, parts } = this.#waiting.get(number) ?? {};
    if (!resolve) return;
    parts.push(part);
    if (part.message) resolve(null);
    else if (parts.length < this.#workers.length) return;
    else resolve(assemble(parts));
    this.#waiting.delete(number);
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
