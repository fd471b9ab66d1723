// Bringing the album into another order by dragging its small pictures.

import { listen } from "../core/dom.js";

const KIND = "application/x-tintype-photo";

/**
 * @param {import("../shell/app.js").App} app
 * @param {HTMLElement} list of elements with `data-photo`
 */
export function letReorder({ store, album, announcer }, list) {
  const items = () => [...list.querySelectorAll("[data-photo]")];
  const clear = () => {
    for (const item of items()) item.classList.remove("before", "after");
  };
  listen(list, "dragstart", (event) => {
    const item = event.target.closest("[data-photo]");
    if (!item) return;
    event.dataTransfer.setData(KIND, item.dataset.photo);
    event.dataTransfer.effectAllowed = "move";
  });
  listen(list, "dragover", (event) => {
    if (!event.dataTransfer.types.includes(KIND)) return;
    event.preventDefault();
    clear();
    const found = findGap(items(), event.clientX);
    found?.item.classList.add(found.isAfter ? "after" : "before");
  });
  listen(list, "dragleave", clear);
  listen(list, "dragend", clear);
  listen(list, "drop", (event) => {
    const id = event.dataTransfer.getData(KIND);
    const found = findGap(items(), event.clientX);
    clear();
    if (!id || !found) return;
    event.preventDefault();
    const ids = store.now.album.map((photo) => photo.id).filter((it) => it !== id);
    const at = ids.indexOf(found.item.dataset.photo);
    if (at < 0) return; // dropped on itself
    ids.splice(at + (found.isAfter ? 1 : 0), 0, id);
    album.arrange(ids).catch((error) => announcer.fail(error));
  });
}

/** The item that is nearest to a place, and on which side of it the place is. */
function findGap(items, x) {
  let best = null;
  for (const item of items) {
    const { left, width } = item.getBoundingClientRect();
    const offset = x - left - width / 2;
    if (!best || Math.abs(offset) < best.distance) best = { item, distance: Math.abs(offset), isAfter: offset > 0 };
  }
  return best;
}
