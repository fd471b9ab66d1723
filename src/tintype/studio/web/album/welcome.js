// What is seen while there is no photograph.

import { h } from "../core/dom.js";
import { t } from "../core/texts.js";
import { button } from "../shell/controls.js";
import { icon } from "../shell/icons.js";

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createWelcome({ store, receiver }) {
  const title = t(matchMedia("(pointer: coarse)").matches ? "welcome.title_touch" : "welcome.title");
  const busy = h("p", { class: "welcome-busy", role: "status" });
  const stop = button(t("stop"), () => store.now.uploads.forEach(({ id }) => receiver.stop(id)), { class: "small" });
  const welcome = h(
    "section",
    { class: "welcome", aria: { label: title } },
    h("div", { class: "welcome-sign", aria: { hidden: true } }, icon("album", 44)),
    h("h2", {}, title),
    h("p", { class: "welcome-lead" }, t("welcome.lead")),
    button(t("welcome.choose"), () => receiver.choose(), { class: "primary large", icon: "upload" }),
    busy,
    stop,
    h("p", { class: "welcome-note" }, t("welcome.private")),
  );
  store.watch(
    ({ photo, uploads }) => [photo, uploads],
    ([photo, uploads]) => {
      welcome.hidden = Boolean(photo);
      busy.textContent = uploads.length ? t("welcome.busy", { name: uploads[0].name }) : "";
      stop.hidden = !uploads.length;
    },
  );
  return welcome;
}
