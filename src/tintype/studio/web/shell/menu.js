// A menu that opens beside what was pressed.

import { h, listen } from "../core/dom.js";
import { rove } from "./controls.js";
import { icon } from "./icons.js";

const GAP = 6;

/**
 * @param {HTMLElement} anchor
 * @param {Array<{label: string, act: () => void, icon?: string, danger?: boolean, checked?: boolean, keys?: string}|null>} entries
 *   null: a line between them
 */
export function openMenu(anchor, entries) {
  const menu = h("div", { class: "menu", role: "menu" });
  menu.append(...entries.map((entry) => (entry ? showEntry(entry, () => close(true)) : h("hr"))));
  (anchor.closest("header, nav, aside, main") ?? document.body).append(menu);
  place(menu, anchor.getBoundingClientRect());
  anchor.setAttribute("aria-expanded", "true");
  rove(menu, "button");
  menu.querySelector("button").focus();
  const ends = [
    listen(document, "pointerdown", (event) => !menu.contains(event.target) && close(false), { capture: true }),
    listen(window, "resize", () => close(false)),
    listen(menu, "keydown", (event) => {
      if (event.key !== "Escape" && event.key !== "Tab") return;
      event.preventDefault();
      event.stopPropagation();
      close(true);
    }),
  ];
  function close(returnsFocus) {
    for (const end of ends) end();
    menu.remove();
    anchor.removeAttribute("aria-expanded");
    if (returnsFocus) anchor.focus();
  }
}

function showEntry({ label, act, icon: picture, danger, checked, keys }, close) {
  const isChoice = checked !== undefined;
  return h(
    "button",
    {
      type: "button",
      class: danger ? "menu-entry danger" : "menu-entry",
      role: isChoice ? "menuitemradio" : "menuitem",
      aria: { checked: isChoice ? checked : null },
      on: {
        click: () => {
          close();
          act();
        },
      },
    },
    isChoice ? h("span", { class: "menu-check" }, checked ? icon("check", 18) : null) : icon(picture ?? "menu", 18),
    h("span", {}, label),
    keys && h("kbd", {}, keys),
  );
}

function place(menu, beside) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = beside.bottom + GAP + height < innerHeight;
  const left = Math.min(Math.max(GAP, beside.left), innerWidth - width - GAP);
  const top = below ? beside.bottom + GAP : Math.max(GAP, beside.top - GAP - height);
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}
