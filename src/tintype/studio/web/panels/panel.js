import { h } from "../core/dom.js";
export function createPanel() { return h("aside", { class: "panel" }); }
