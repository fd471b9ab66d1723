// Strokes that were drawn in another program.

import { upload } from "../core/api.js";
import { h, listen } from "../core/dom.js";
import { t } from "../core/texts.js";
import { button } from "../shell/controls.js";
import { propose } from "./proposals.js";
import { createSection } from "./section.js";

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createScribble(app) {
  const input = h("input", { type: "file", class: "only-heard", accept: "image/*,.tif,.tiff", tabIndex: -1, aria: { hidden: true } });
  const choose = button(t("scribble.choose"), () => input.click(), { icon: "scribble" });
  listen(input, "change", () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    const path = `/photos/${app.store.now.photo.id}/scribble`;
    propose(app, choose, () => upload(path, file, { query: { name: file.name } }), "did.scribble");
  });
  const content = [h("p", { class: "quiet" }, t("scribble.help")), choose, input];
  return createSection("scribble", t("scribble.title"), "scribble", content, { isOpen: false });
}
