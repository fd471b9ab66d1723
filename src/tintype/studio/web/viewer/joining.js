// Fields of color that come live become pictures, beside the page.

import { address } from "../core/api.js";

export class Joining {
  #worker = new Worker(new URL("join_worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #number = 0;

  constructor() {
    this.#worker.addEventListener("message", ({ data }) => this.#take(data));
  }

  /**
   * Fetch what a photograph is joined with, before it is needed.
   * @param {string} photo id
   * @param {number} side of the view
   */
  prepare(photo, side) {
    this.#worker.postMessage({ number: 0, ...sources(photo, side) });
  }

  /**
   * @param {Object<string, any>} header of a frame
   * @param {ArrayBuffer} maps that came with it
   * @returns {Promise<ImageBitmap|null>} null where the photograph in gray could not be fetched
   */
  join({ photo, view, cells, finer, draft }, maps) {
    this.#number += 1;
    const number = this.#number;
    const field = { maps: new Float32Array(maps), cells, finer };
    this.#worker.postMessage({ number, field, isDraft: draft, ...sources(photo, view.side) }, [maps]);
    return new Promise((resolve) => this.#waiting.set(number, resolve));
  }

  #take({ number, bitmap = null }) {
    this.#waiting.get(number)?.(bitmap);
    this.#waiting.delete(number);
  }
}

function sources(photo, side) {
  const plane = address(`/photos/${photo}/preview`, { layer: "gray", side, format: "png" });
  return { plane, limits: address("/gamut/limits") };
}
