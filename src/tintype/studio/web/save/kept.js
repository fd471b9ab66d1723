// What a page saves, kept so that it outlives the page: one that is reloaded, or opened after it was closed, goes on.

import { drawId } from "../core/ids.js";

const PREFIX = "tintype.saves.";

export class Kept {
  #key = PREFIX + drawId(8);
  #text = "[]";

  constructor() {
    hold(this.#key, () => undefined);
  }

  /** @param {import("./save.js").Save[]} saves of this page */
  keep(saves) {
    const text = JSON.stringify(saves.map(({ progress: _, ...save }) => save));
    if (text === this.#text) return;
    this.#text = text;
    try {
      if (saves.length) localStorage.setItem(this.#key, text);
      else localStorage.removeItem(this.#key);
    } catch {
      // No room, or a private window: they are known as long as the page is open.
    }
  }

  /**
   * Find what pages that are gone were saving.
   * @param {(saves: import("./save.js").Save[]) => void} takeOver
   */
  inherit(takeOver) {
    for (const key of storedKeys()) {
      if (key === this.#key) continue;
      hold(key, () => {
        takeOver(readStored(key));
        localStorage.removeItem(key);
      });
    }
  }
}

/**
 * Do something if no other page holds a name; then this one holds it until it is gone.
 * Browsers know locks at secure addresses only: elsewhere two pages may give the same file, which is better than none.
 */
function hold(name, act) {
  if (!navigator.locks) act();
  else navigator.locks.request(name, { ifAvailable: true }, (lock) => lock && (act(), new Promise(() => undefined)));
}

function storedKeys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function readStored(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "[]").map((save) => ({ ...save, progress: 0 }));
  } catch {
    return [];
  }
}
