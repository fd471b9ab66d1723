// The page begins here.

import { comeIn } from "./core/api.js";
import { h } from "./core/dom.js";
import { loadTexts, t } from "./core/texts.js";
import { App } from "./shell/app.js";

async function begin() {
  await loadTexts();
  try {
    await comeIn();
    const app = new App();
    await app.begin();
    document.body.append(...app.elements);
    app.start();
    window.tintype = app; // for those who look behind the page, and for its tests
  } catch (error) {
    const again = h("button", { type: "button", class: "button primary", on: { click: () => location.reload() } });
    again.textContent = t("connection.retry");
    const line = h("p", { role: "alert" }, error.message);
    document.body.append(h("main", { class: "stranded" }, h("h1", {}, t("app.name")), line, again));
    if (!(error.status >= 0)) throw error;
  }
}

begin();
