// What is said: short lines for the eye, and for those who hear the page.

import { h } from "../core/dom.js";
import { t } from "../core/texts.js";
import { iconButton } from "./controls.js";
import { icon } from "./icons.js";

const STAYS = 6000;
const MOST = 3;

export class Announcer {
  #heard = h("div", { class: "only-heard", role: "status", aria: { live: "polite" } });
  #urgent = h("div", { class: "only-heard", role: "alert" });
  #lines = h("div", { class: "toasts" });

  /** @returns {Element[]} to be put on the page */
  get elements() {
    return [this.#heard, this.#urgent, this.#lines];
  }

  /**
   * Say something to those who hear the page; the eye sees it happen.
   * @param {string} text
   */
  hear(text) {
    this.#heard.textContent = "";
    requestAnimationFrame(() => {
      this.#heard.textContent = text;
    });
  }

  /**
   * Say a line that everybody should know.
   * @param {string} text
   * @param {{kind?: "note"|"error", action?: {label: string, act: () => void}}} [options]
   */
  say(text, { kind = "note", action } = {}) {
    (kind === "error" ? this.#urgent : this.#heard).textContent = text;
    for (const old of [...this.#lines.children]) if (old.dataset.text === text) old.remove();
    while (this.#lines.children.length >= MOST) (this.#lines.querySelector(".note") ?? this.#lines.firstChild).remove();
    this.#lines.append(this.#line(text, kind, action));
  }

  /** @param {unknown} error that a person should know of */
  fail(error) {
    this.say(error instanceof Error ? error.message : String(error), { kind: "error" });
  }

  #line(text, kind, action) {
    const line = h("div", { class: `toast ${kind}`, data: { text } });
    const go = () => line.remove();
    let timer = setTimeout(go, kind === "error" ? 2 * STAYS : STAYS);
    line.addEventListener("pointerenter", () => clearTimeout(timer));
    line.addEventListener("pointerleave", () => {
      timer = setTimeout(go, STAYS / 2);
    });
    const act = () => {
      go();
      action.act();
    };
    line.append(
      icon(kind === "error" ? "error" : "info", 18),
      h("span", {}, text),
      ...(action ? [h("button", { type: "button", class: "toast-action", on: { click: act } }, action.label)] : []),
      iconButton("close", t("close"), go, { class: "small" }),
    );
    return line;
  }
}
