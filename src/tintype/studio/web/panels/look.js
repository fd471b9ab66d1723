// Sliders for the photograph as a whole.

import { h, listen } from "../core/dom.js";
import { setSettings } from "../core/operations.js";
import { number, percent, t } from "../core/texts.js";
import { button, newId, slider } from "../shell/controls.js";
import { createSection } from "./section.js";

const PLAIN = { warmth: 0, skin: 0, sky: 0 };

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createLook(app) {
  const { store, session } = app;
  const { model } = store.now.studio;
  const tryOut = (name) => (value) => session.tryOut([setSettings(changed(name, value))]);
  const change = (name) => (value) => session.change([setSettings(changed(name, value))], `did.${name}`);
  const origins = { vividness: model.default_vividness ?? 0.5, ...PLAIN };
  const sliders = Object.entries(origins).map(([name, origin]) => ({
    name,
    origin,
    ...slider({
      label: t(`look.${name}`),
      min: name === "vividness" ? 0 : -1,
      max: 1,
      step: 0.01,
      value: origin,
      origin,
      say: name === "vividness" ? percent : (value) => number(Math.round(100 * value), { signDisplay: "exceptZero" }),
      ends: [t(`look.${name}_low`), t(`look.${name}_high`)],
      onMove: tryOut(name),
      onDone: change(name),
    }),
  }));
  sliders[0].element.hidden = !model.has_vividness;
  const quality = createQuality(session);
  const reset = button(t("look.reset"), () => session.change([setSettings(plainSettings())], "did.reset"), { class: "quiet small" });
  store.watch(
    ({ state }) => state?.settings,
    (settings) => {
      if (!settings) return;
      for (const { name, origin, show, input } of sliders) {
        if (document.activeElement !== input || !input.matches(":active")) show(settings[name] ?? origin);
      }
      quality.select.value = settings.sizes ? "" : settings.quality;
      reset.hidden = isPlain(settings);
    },
  );
  return createSection("look", t("look.title"), "look", [...sliders.map((it) => it.element), quality.element, reset]);
}

function changed(name, value) {
  return name === "vividness" ? { vividness: value, decoding: null } : { [name]: value };
}

function plainSettings() {
  return { ...PLAIN, vividness: null, decoding: null, quality: "normal", sizes: null, mirrored: null, sample: null };
}

function isPlain(settings) {
  return Object.entries(plainSettings()).every(([name, value]) => (settings[name] ?? null) === value);
}

function createQuality(session) {
  const id = newId();
  const select = h(
    "select",
    { class: "select", id },
    ["fast", "normal", "best"].map((name) => h("option", { value: name }, t(`look.quality_${name}`))),
  );
  listen(select, "change", () => {
    session.change([setSettings({ quality: select.value, sizes: null, mirrored: null })], "did.quality");
  });
  return { select, element: h("div", { class: "row" }, h("label", { for: id }, t("look.quality")), select) };
}
