// What can be laid over the colors: where the model doubts, where it sees something, how far a mark reaches.

import { askPicture, getPicture, isAbort } from "../core/api.js";
import { later } from "../core/dom.js";
import { outline, tint } from "./tints.js";

const DOUBT = [255, 0, 200];
const SEEN = [0, 170, 255];
// Shares of a picture's grays, from the darkest on, between which its color sets in. Of the doubt only the upper third
// is shown: every photograph is a little doubtful all over.
const DOUBTED = { from: 0.67, to: 0.98 };
const COMMON = { from: 0.08, to: 0.98 };
const REGION_SIDE = 640;
const RESTS = 90;
const FADES = 160; // milliseconds
const STANDS_STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Overlays {
  #app;
  #onChange;
  #shown = { doubt: null, seen: null, region: null };
  #goal = 1;
  #presence = 1; // of the doubt: it fades away while a color is chosen, which it would hide
  #aborting = { doubt: new AbortController(), seen: new AbortController(), region: new AbortController() };

  /**
   * @param {import("../shell/app.js").App} app
   * @param {() => void} onChange called when there is something else to be drawn
   */
  constructor(app, onChange) {
    this.#app = app;
    this.#onChange = onChange;
    app.store.watch(
      ({ photo, showsDoubt, position }) => [photo?.id, showsDoubt, position?.result],
      ([id, isShown, result]) => {
        const path = id && isShown && result ? `/photos/${id}/doubt` : "";
        this.#renew("doubt", path && ((signal) => getPicture(path, {}, signal)), (gray) => tint(gray, DOUBT, DOUBTED));
      },
    );
    app.store.watch(
      ({ photo, seenClass }) => [photo?.id, seenClass],
      ([id, index]) => {
        const path = id && index !== null ? `/photos/${id}/classes/${index}` : "";
        this.#renew("seen", path && ((signal) => getPicture(path, {}, signal)), (gray) => tint(gray, SEEN, COMMON));
      },
    );
    app.store.watch(isChoosing, (isAway) => this.#fade(isAway ? 0 : 1));
    const drawRegion = later(() => this.#drawRegion(), RESTS);
    app.store.watch(({ photo, draft, selected, state }) => [photo?.id, reachOf(draft, selected, state)], drawRegion);
  }

  /** @returns {Array<{bitmap: ImageBitmap, opacity: number}>} */
  get shown() {
    const { doubt, seen, region } = this.#shown;
    const all = [
      { bitmap: doubt, opacity: 0.55 * this.#presence },
      { bitmap: seen, opacity: 0.6 },
      { bitmap: region, opacity: 1 },
    ];
    return all.filter(({ bitmap }) => bitmap);
  }

  /** Ask how far the current mark reaches, where only the studio knows. */
  #drawRegion() {
    const { photo, draft, selected, state } = this.#app.store.now;
    const mark = reachOf(draft, selected, state);
    const path = photo && mark ? `/photos/${photo.id}/region` : "";
    const ask = (signal) => askPicture(path, { mark: JSON.parse(mark) }, { side: REGION_SIDE }, signal);
    this.#renew("region", path && ask, outline);
  }

  async #renew(which, ask, dress) {
    this.#aborting[which].abort();
    if (!ask) return this.#show(which, null);
    const aborting = new AbortController();
    this.#aborting[which] = aborting;
    try {
      const gray = await ask(aborting.signal);
      const bitmap = dress(gray);
      gray.close();
      if (!aborting.signal.aborted) this.#show(which, bitmap);
    } catch (error) {
      if (!isAbort(error)) this.#app.announcer.fail(error);
    }
    return undefined;
  }

  #fade(end) {
    const start = this.#presence;
    const begun = performance.now();
    this.#goal = end;
    const step = () => {
      if (this.#goal !== end) return;
      const share = STANDS_STILL.matches ? 1 : Math.min(1, (performance.now() - begun) / FADES);
      this.#presence = start + share * (end - start);
      this.#onChange();
      if (share < 1) requestAnimationFrame(step);
    };
    if (start !== end) step();
  }

  #show(which, bitmap) {
    if (this.#shown[which] === bitmap) return;
    this.#shown[which]?.close();
    this.#shown[which] = bitmap;
    this.#onChange();
  }
}

/**
 * @param {Object<string, any>} values of the store
 * @returns {boolean} whether a color is being chosen, or a mark moved: what is under it must be seen as it is
 */
export function isChoosing({ draft, selected, isTrying }) {
  return Boolean(draft || selected || isTrying);
}

/** The place of the current mark as text, its color left out; empty where its shape says how far it reaches. */
function reachOf(draft, selected, state) {
  const mark = (draft ?? state?.marks.find((it) => it.id === selected))?.mark;
  if (!mark || !["grown", "mask"].includes(mark.kind)) return "";
  const { palette: _, origin: __, confidence: ___, ...place } = mark;
  return JSON.stringify({ ...place, color: "neutral" });
}
