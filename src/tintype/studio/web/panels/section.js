// Parts of the panel that are folded and unfolded, and that ask for what they show once they are seen.

import { h, later, listen } from "../core/dom.js";
import { preferences } from "../core/preferences.js";
import { icon } from "../shell/icons.js";

/**
 * @param {string} name under which it is remembered whether it is folded
 * @param {string} title
 * @param {string} picture name of the icon
 * @param {any[]} content
 * @param {{isOpen?: boolean}} [options] to begin with
 * @returns {HTMLDetailsElement}
 */
export function createSection(name, title, picture, content, { isOpen = true } = {}) {
  const section = h(
    "details",
    { class: "section", data: { section: name } },
    h("summary", {}, icon(picture, 18), h("span", {}, title), icon("arrow_down", 16)),
    h("div", { class: "section-body" }, content),
  );
  section.open = preferences.get("folded", {})[name] === undefined ? isOpen : !preferences.get("folded", {})[name];
  listen(section, "toggle", () => preferences.set("folded", { ...preferences.get("folded", {}), [name]: !section.open }));
  return section;
}

/**
 * Load something when it is seen, and again when what it depends on has changed and rested.
 * @param {HTMLElement} element
 * @param {import("../core/store.js").Store} store
 * @param {(values: Object<string, any>) => any[]} select what it depends on; the first is null while there is nothing
 * @param {(isWanted: () => boolean) => void} load is told whether it is still for this that it loads: answers may
 *   overtake each other
 * @param {number} [rest] milliseconds
 */
export function loadWhenSeen(element, store, select, load, rest = 900) {
  let isSeen = false;
  let isStale = true;
  let version = 0;
  const go = later(() => {
    if (!isSeen || !isStale || store.now.connection !== "open" || !select(store.now)[0]) return;
    isStale = false;
    const loaded = version;
    load(() => loaded === version);
  }, rest);
  new IntersectionObserver(([entry]) => {
    isSeen = entry.isIntersecting;
    if (isSeen) go();
  }).observe(element);
  store.watch((values) => [...select(values), values.connection], () => {
    isStale = true;
    version += 1;
    go();
  });
}
