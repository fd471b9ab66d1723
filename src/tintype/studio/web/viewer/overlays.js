// What can be laid over the colors: where the model doubts, and where it sees something.

import { getPicture, isAbort } from "../core/api.js";

const DOUBT = [255, 0, 200];
const SEEN = [0, 170, 255];

export class Overlays {
  #app;
  #onChange;
  #doubt = null;
  #seen = null;
  #aborting = { doubt: new AbortController(), seen: new AbortController() };

  /**
   * @param {import("../shell/app.js").App} app
   * @param {() => void} onChange called when there is something else to be drawn
   */
  constructor(app, onChange) {
    this.#app = app;
    this.#onChange = onChange;
    app.store.watch(
      ({ photo, showsDoubt, position }) => [photo?.id, showsDoubt, position?.result],
      ([id, isShown, result]) => this.#renew("doubt", id && isShown && result ? `/photos/${id}/doubt` : "", DOUBT),
    );
    app.store.watch(
      ({ photo, seenClass }) => [photo?.id, seenClass],
      ([id, index]) => this.#renew("seen", id && index !== null ? `/photos/${id}/classes/${index}` : "", SEEN),
    );
  }

  /** @returns {Array<{bitmap: ImageBitmap, opacity: number}>} */
  get shown() {
    const both = [
      { bitmap: this.#doubt, opacity: 0.75 },
      { bitmap: this.#seen, opacity: 0.6 },
    ];
    return both.filter(({ bitmap }) => bitmap);
  }

  async #renew(which, path, color) {
    this.#aborting[which].abort();
    if (!path) return this.#show(which, null);
    this.#aborting[which] = new AbortController();
    try {
      const gray = await getPicture(path, {}, this.#aborting[which].signal);
      this.#show(which, await tint(gray, color));
    } catch (error) {
      if (!isAbort(error)) this.#app.announcer.fail(error);
    }
    return undefined;
  }

  #show(which, bitmap) {
    if (which === "doubt") this.#doubt = bitmap;
    else this.#seen = bitmap;
    this.#onChange();
  }
}

/** Turn gray into a color that is the more opaque the lighter the gray was, from the darkest that is common on. */
function tint(gray, [red, green, blue]) {
  const canvas = new OffscreenCanvas(gray.width, gray.height);
  const context = canvas.getContext("2d");
  context.drawImage(gray, 0, 0);
  const pixels = context.getImageData(0, 0, gray.width, gray.height);
  const { least, most } = findRange(pixels.data);
  for (let at = 0; at < pixels.data.length; at += 4) {
    const share = Math.min(1, Math.max(0, (pixels.data[at] - least) / (most - least)));
    pixels.data.set([red, green, blue, 255 * share ** 1.4], at);
  }
  context.putImageData(pixels, 0, 0);
  return canvas.transferToImageBitmap();
}

/** The grays between which nine tenths of a picture lie. */
function findRange(data) {
  const counts = new Array(256).fill(0);
  for (let at = 0; at < data.length; at += 4) counts[data[at]] += 1;
  const total = data.length / 4;
  const grayAt = (share) => {
    let seen = 0;
    return counts.findIndex((count) => (seen += count) >= share * total);
  };
  const least = grayAt(0.08);
  return { least, most: Math.max(least + 24, grayAt(0.98)) };
}
