// What can be laid over the colors: where the model doubts, where it sees something, how far a mark reaches.

import { askPicture, getPicture, isAbort } from "../core/api.js";
import { later } from "../core/dom.js";
import { outline, tint } from "./tints.js";

const DOUBT = [255, 0, 200];
const SEEN = [0, 170, 255];
const REGION_SIDE = 640;
const RESTS = 90;

export class Overlays {
  #app;
  #onChange;
  #shown = { doubt: null, seen: null, region: null };
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
        this.#renew("doubt", path && ((signal) => getPicture(path, {}, signal)), (gray) => tint(gray, DOUBT));
      },
    );
    app.store.watch(
      ({ photo, seenClass }) => [photo?.id, seenClass],
      ([id, index]) => {
        const path = id && index !== null ? `/photos/${id}/classes/${index}` : "";
        this.#renew("seen", path && ((signal) => getPicture(path, {}, signal)), (gray) => tint(gray, SEEN));
      },
    );
    const drawRegion = later(() => this.#drawRegion(), RESTS);
    app.store.watch(({ photo, draft, selected, state }) => [photo?.id, reachOf(draft, selected, state)], drawRegion);
  }

  /** @returns {Array<{bitmap: ImageBitmap, opacity: number}>} */
  get shown() {
    const { doubt, seen, region } = this.#shown;
    const all = [
      { bitmap: doubt, opacity: 0.75 },
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

  #show(which, bitmap) {
    if (this.#shown[which] === bitmap) return;
    this.#shown[which]?.close();
    this.#shown[which] = bitmap;
    this.#onChange();
  }
}

/** The place of the current mark as text, its color left out; empty where its shape says how far it reaches. */
function reachOf(draft, selected, state) {
  const mark = (draft ?? state?.marks.find((it) => it.id === selected))?.mark;
  if (!mark || !["grown", "mask"].includes(mark.kind)) return "";
  const { palette: _, origin: __, confidence: ___, ...place } = mark;
  return JSON.stringify({ ...place, color: "neutral" });
}
