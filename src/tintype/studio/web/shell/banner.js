// A line at the top while there is no connection.

import { h } from "../core/dom.js";
import { t, tn } from "../core/texts.js";
import { button } from "./controls.js";
import { icon } from "./icons.js";

const PATIENCE = 900; // a restart of the server that is over sooner is nobody's concern

/**
 * @param {import("./app.js").App} app
 * @returns {HTMLElement}
 */
export function createBanner({ store, live, announcer }) {
  const said = h("span");
  const banner = h(
    "div",
    { class: "banner", role: "status", hidden: true },
    icon("error", 18),
    said,
    button(t("connection.retry"), () => live.retry(), { class: "small" }),
  );
  let timer = 0;
  const show = (waiting) => {
    said.textContent = waiting ? tn("connection.lost_waiting", waiting) : t("connection.lost");
    banner.hidden = false;
  };
  store.watch(
    ({ connection, waiting }) => [connection, waiting],
    ([connection, waiting]) => {
      clearTimeout(timer);
      if (connection === "lost") timer = setTimeout(show, banner.hidden ? PATIENCE : 0, waiting);
      else if (!banner.hidden) {
        banner.hidden = true;
        announcer.hear(t("connection.back"));
      }
    },
  );
  return banner;
}
