// Buttons and other controls that are used everywhere.

import { h } from "../core/dom.js";
import { icon } from "./icons.js";

let lastId = 0;

/** @returns {string} an id that no other element has */
export function newId() {
  lastId += 1;
  return `e${lastId}`;
}

/**
 * A button with an icon alone.
 * @param {string} picture name of the icon
 * @param {string} label what it does
 * @param {() => void} act
 * @param {Object<string, any>} [more] as for `h`; `keys`: shortcut that is shown
 * @returns {HTMLButtonElement}
 */
export function iconButton(picture, label, act, { keys, class: classes = "", aria = {}, ...more } = {}) {
  return h(
    "button",
    {
      type: "button",
      class: `icon-button ${classes}`,
      title: keys ? `${label} (${keys})` : label,
      aria: { label, ...aria },
      on: { click: act },
      ...more,
    },
    icon(picture),
  );
}

/**
 * A button with words.
 * @param {string} label
 * @param {() => void} act
 * @param {Object<string, any>} [more] as for `h`; `icon`: before the words
 * @returns {HTMLButtonElement}
 */
export function button(label, act, { icon: picture, class: classes = "", ...more } = {}) {
  return h(
    "button",
    { type: "button", class: `button ${classes}`, on: { click: act }, ...more },
    picture ? icon(picture, 18) : null,
    h("span", {}, label),
  );
}

/**
 * A slider with its name and value.
 * @param {Object} given
 * @param {string} given.label
 * @param {number} given.min
 * @param {number} given.max
 * @param {number} given.step
 * @param {number} given.value
 * @param {number|null} [given.origin] where a double click returns to
 * @param {(value: number) => string} given.say the value in words
 * @param {(value: number) => void} given.onMove while it is moved
 * @param {(value: number) => void} given.onDone when it is left
 * @param {[string, string]} [given.ends] what its ends mean
 * @returns {{element: HTMLElement, show: (value: number) => void, input: HTMLInputElement}}
 */
export function slider({ label, min, max, step, value, origin = null, say, onMove, onDone, ends }) {
  const id = newId();
  const output = h("output", { class: "slider-value" });
  const input = h("input", { type: "range", id, class: "range" });
  Object.assign(input, { min: String(min), max: String(max), step: String(step) });
  const show = (now) => {
    input.value = String(now);
    const zero = origin === null ? min : origin;
    const place = (which) => `${(100 * (which - min)) / (max - min)}%`;
    input.style.setProperty("--from", place(Math.min(now, zero)));
    input.style.setProperty("--to", place(Math.max(now, zero)));
    output.textContent = say(now);
    input.setAttribute("aria-valuetext", say(now));
  };
  input.addEventListener("input", () => {
    show(input.valueAsNumber);
    onMove(input.valueAsNumber);
  });
  input.addEventListener("change", () => onDone(input.valueAsNumber));
  const element = h(
    "div",
    { class: "slider" },
    h("label", { for: id }, label),
    output,
    input,
    ends && h("div", { class: "slider-ends", aria: { hidden: true } }, h("span", {}, ends[0]), h("span", {}, ends[1])),
  );
  if (origin !== null) {
    element.addEventListener("dblclick", () => {
      show(origin);
      onDone(origin);
    });
  }
  show(value);
  return { element, show, input };
}

/**
 * Let arrow keys go around in a group of which only one is reached by Tab.
 * @param {HTMLElement} group
 * @param {string} selector of its members
 */
export function rove(group, selector) {
  const members = () => [...group.querySelectorAll(selector)].filter((it) => !it.disabled && it.offsetParent);
  group.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const all = members();
    const at = all.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = all[(at + step + all.length) % all.length];
    next.focus();
    if (next.getAttribute("role") === "radio" || next.getAttribute("role") === "tab") next.click();
  });
}
