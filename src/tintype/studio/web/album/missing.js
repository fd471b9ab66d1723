// What is seen instead of a photograph whose file is gone, or is another one by now.

import { fill, h } from "../core/dom.js";
import { t } from "../core/texts.js";
import { button } from "../shell/controls.js";
import { icon } from "../shell/icons.js";
import { confirmRemoval } from "./strip.js";

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createMissing(app) {
  const { store, album, viewer } = app;
  const line = h("section", { class: "missing", role: "status", hidden: true });
  const again = async () => {
    const { photo } = store.now;
    if (await album.check(photo)) app.session.open(photo);
  };
  store.watch(
    ({ photo, missing }) => [photo?.id, missing[photo?.id]],
    ([, why]) => {
      const { photo } = store.now;
      line.hidden = !why;
      viewer.element.inert = Boolean(why);
      if (!why) return fill(line);
      return fill(
        line,
        icon("error", 44),
        h("h2", {}, t("album.missing", { name: photo.name })),
        h("p", {}, why),
        h(
          "div",
          { class: "missing-actions" },
          button(t("connection.retry"), again),
          button(t("album.remove_yes"), () => confirmRemoval(app, photo), { icon: "trash" }),
        ),
      );
    },
  );
  return line;
}
