// The pictures of the photograph that lies open: the whole in color and as it was, and the part that is looked at.

import { getPicture, isAbort } from "../core/api.js";
import { later } from "../core/dom.js";
import { Joining } from "./joining.js";

const ORIGINAL_SIDE = 1600;
const SETTLES = 250;

/** @typedef {{bitmap: ImageBitmap, result: string, view: Object<string, any>}} Shown */

export class Pictures {
  #onChange;
  #onFailure;
  #photo = null;
  #aborting = new AbortController();
  #decoded = 0;
  #arrived = 0;
  #joining = new Joining();

  /** @type {Shown|null} the whole in color */
  whole = null;
  /** @type {Shown|null} a part of it, that came live */
  part = null;
  /** @type {HTMLImageElement|null} a small picture that is shown until another one comes */
  placeholder = null;
  /** @type {ImageBitmap|null} the whole as it was */
  original = null;
  /** Digest of the colors that were shown last. */
  result = "";
  /** Whether what was shown last is a trial that nobody stored, or a draft. */
  isPassing = true;

  /**
   * @param {() => void} onChange called when there is something else to be drawn
   * @param {() => void} onFailure called when a field of the photograph could not be made a picture
   */
  constructor(onChange, onFailure) {
    this.#onChange = onChange;
    this.#onFailure = onFailure;
    this.#renewWhole = later(() => this.#fetchWhole(), SETTLES);
  }

  #renewWhole;

  /**
   * @param {Object<string, any>|null} photo that is looked at from now on
   * @param {HTMLImageElement|null} placeholder a small picture of it
   */
  turnTo(photo, placeholder) {
    this.placeholder = placeholder?.complete && placeholder.naturalWidth ? placeholder : null;
    this.#aborting.abort();
    this.#aborting = new AbortController();
    this.#photo = photo;
    this.#replace("whole", null);
    this.#replace("part", null);
    this.original?.close();
    this.original = null;
    this.result = "";
    this.isPassing = true;
    this.#arrived = this.#decoded;
    this.#onChange();
    if (photo) this.#fetchOriginal(photo);
  }

  /**
   * @param {Object<string, any>} view that is looked at from now on
   */
  prepare(view) {
    if (this.#photo && view.kind === "whole") this.#joining.prepare(this.#photo.id, view.side);
  }

  /**
   * Take a picture that came live.
   * @param {import("../core/live.js").Frame} frame
   * @returns {Promise<boolean>} whether it is shown: one that was overtaken is not
   */
  async take({ header, content }) {
    if (header.photo !== this.#photo?.id) return false;
    this.#decoded += 1;
    const number = this.#decoded;
    const photo = this.#photo;
    const bitmap = await this.#decode(header, content);
    if (!bitmap && photo === this.#photo && number >= this.#arrived) this.#onFailure();
    if (!bitmap || photo !== this.#photo || number < this.#arrived) {
      bitmap?.close();
      return false;
    }
    this.#arrived = number;
    this.result = header.result;
    this.isPassing = header.draft;
    const shown = { bitmap, result: header.result, view: header.view };
    if (header.view.kind === "whole") this.#replace("whole", shown);
    else this.#replace("part", shown);
    if (header.view.kind === "whole") this.#replace("part", null);
    else if (!header.draft && this.whole?.result !== header.result) this.#renewWhole();
    this.#onChange();
    return true;
  }

  #decode(header, content) {
    if (header.format === "field") return this.#joining.join(header, content);
    return createImageBitmap(new Blob([content], { type: `image/${header.format}` }));
  }

  #replace(which, shown) {
    this[which]?.bitmap.close();
    this[which] = shown;
  }

  async #fetchOriginal(photo) {
    const { signal } = this.#aborting;
    try {
      this.original = await getPicture(`/photos/${photo.id}/preview`, { layer: "original", side: ORIGINAL_SIDE }, signal);
      this.#onChange();
    } catch (error) {
      if (!isAbort(error) && photo === this.#photo) setTimeout(() => this.#retryOriginal(photo), 2000);
    }
  }

  #retryOriginal(photo) {
    if (photo === this.#photo && !this.original) this.#fetchOriginal(photo);
  }

  /** Fetch the whole in its new colors where only a part came live: it is under the tiles when the part is left. */
  async #fetchWhole() {
    const { result } = this;
    const photo = this.#photo;
    if (!photo || this.isPassing || this.whole?.result === result) return;
    try {
      const query = { side: 1024, v: result.slice(0, 64) };
      const bitmap = await getPicture(`/photos/${photo.id}/preview`, query, this.#aborting.signal);
      if (result !== this.result || photo !== this.#photo) return bitmap.close();
      this.#replace("whole", { bitmap, result, view: { kind: "whole" } });
      this.#onChange();
    } catch (error) {
      if (!isAbort(error)) this.isPassing = true; // the next picture that comes live renews it
    }
    return undefined;
  }
}
