// Windows over the page that ask or tell something.

import { h } from "../core/dom.js";
import { t } from "../core/texts.js";
import { button, iconButton, newId } from "./controls.js";

/**
 * Open a window; it is gone when it is closed.
 * @param {string} title
 * @param {any[]} content
 * @param {{class?: string, actions?: Element[], onClose?: () => void}} [options]
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, content, { class: classes = "", actions = [], onClose } = {}) {
  const id = newId();
  const dialog = h(
    "dialog",
    { class: `dialog ${classes}`, aria: { labelledby: id } },
    h(
      "header",
      { class: "dialog-head" },
      h("h2", { id }, title),
      iconButton("close", t("close"), () => dialog.close()),
    ),
    h("div", { class: "dialog-body" }, content),
    actions.length ? h("footer", { class: "dialog-foot" }, actions) : null,
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose?.();
  });
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Ask for a text.
 * @param {string} title
 * @param {string} label
 * @param {string} value to begin with
 * @returns {Promise<string|null>} null: it was left
 */
export function askText(title, label, value) {
  return new Promise((resolve) => {
    let answer = null;
    const id = newId();
    const input = h("input", { type: "text", class: "field", id, value, maxLength: 200, required: true });
    const done = () => {
      answer = input.value.trim() || null;
      dialog.close();
    };
    input.addEventListener("keydown", (event) => event.key === "Enter" && done());
    const content = [h("label", { class: "field-label", for: id }, label), input];
    const actions = [button(t("cancel"), () => dialog.close()), button(t("ok"), done, { class: "primary" })];
    const dialog = openDialog(title, content, { actions, class: "small", onClose: () => resolve(answer) });
    input.focus();
    input.select();
  });
}

/**
 * Ask whether something should be done that can't be undone.
 * @param {string} title
 * @param {string} text
 * @param {string} yes
 * @returns {Promise<boolean>}
 */
export function askConsent(title, text, yes) {
  return new Promise((resolve) => {
    let answer = false;
    const agree = () => {
      answer = true;
      dialog.close();
    };
    const cancel = button(t("cancel"), () => dialog.close());
    const actions = [cancel, button(yes, agree, { class: "danger" })];
    const options = { actions, class: "small", onClose: () => resolve(answer) };
    const dialog = openDialog(title, [h("p", {}, text)], options);
    cancel.focus();
  });
}
