// The line at the top: the photograph's name, undo and redo, saving, and what concerns the page itself.

import { openPhotoMenu } from "../album/strip.js";
import { fill, h } from "../core/dom.js";
import { preferences } from "../core/preferences.js";
import { currentLanguage, LANGUAGES, number, t } from "../core/texts.js";
import { button, iconButton } from "./controls.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { chooseTheme, currentTheme } from "./theme_choice.js";

/**
 * @param {import("./app.js").App} app
 * @returns {HTMLElement}
 */
export function createTopbar(app) {
  const { store, receiver, saver } = app;
  const undo = iconButton("undo", t("undo"), () => app.step(-1), { keys: "Ctrl+Z" });
  const redo = iconButton("redo", t("redo"), () => app.step(1), { keys: "Ctrl+Shift+Z" });
  const name = h("button", { type: "button", class: "photo-name", aria: { haspopup: "menu" } });
  name.addEventListener("click", () => openPhotoMenu(app, store.now.photo, name));
  const busy = h("span", { class: "busy", role: "img", aria: { label: t("busy") }, hidden: true });
  const save = button(t("save"), () => saver.open(), { class: "primary save-button", icon: "download", title: `${t("save")} (Ctrl+S)` });
  const add = iconButton("add", t("album.add"), () => receiver.choose(), { class: "only-empty", keys: "Ctrl+O" });
  const more = iconButton("menu", t("menu"), () => openMenu(more, entries(app)), { aria: { haspopup: "menu" } });
  store.watch(({ photo }) => photo, (photo) => showName(name, photo));
  store.watch(
    ({ photo, position, waitingHere, busy: isBusy }) => [photo, position, waitingHere, isBusy],
    ([photo, position, waitingHere, isBusy]) => {
      for (const element of [undo, redo, save, name]) element.hidden = !photo;
      undo.disabled = !position || (position.step <= 0 && !waitingHere);
      redo.disabled = !position || position.step >= position.steps || waitingHere > 0;
      busy.hidden = !isBusy;
    },
  );
  store.watch(({ photo, position, missing }) => !position || photo.id in missing, (isIdle) => {
    save.disabled = isIdle;
  });
  return h(
    "header",
    { class: "topbar" },
    h("div", { class: "brand" }, h("img", { src: "icon.svg", alt: "", width: 26, height: 26 }), h("h1", {}, "Tintype")),
    h("div", { class: "topbar-photo" }, name, busy),
    h("div", { class: "topbar-actions" }, add, undo, redo, more, save),
  );
}

function showName(element, photo) {
  if (!photo) return fill(element);
  const size = t("photo.size", { width: number(photo.width), height: number(photo.height) });
  return fill(
    element,
    h("span", { class: "photo-title" }, photo.name),
    h("span", { class: "photo-facts" }, `${size} · ${photo.format} · ${t("photo.bits", { bits: photo.bit_depth })}`),
    icon("arrow_down", 16),
  );
}

function entries(app) {
  const theme = currentTheme();
  const languages = Object.entries(LANGUAGES).map(([language, label]) => ({
    label,
    checked: language === currentLanguage(),
    act: () => chooseLanguage(language),
  }));
  return [
    { label: t("album.add"), icon: "add", act: () => app.receiver.choose(), keys: "Ctrl+O" },
    { label: t("keys.title"), icon: "help", act: () => app.keys.show(), keys: "?" },
    null,
    ...["system", "light", "dark"].map((which) => ({
      label: t(`theme.${which}`),
      checked: theme === which,
      act: () => chooseTheme(which),
    })),
    null,
    ...languages,
    null,
    { label: t("about.title"), icon: "info", act: () => showAbout(app) },
  ];
}

function chooseLanguage(language) {
  preferences.set("language", language);
  location.reload(); // what is sent would be lost by that: the browser asks before; saving goes on by itself
}

async function showAbout({ store }) {
  const { openDialog } = await import("./dialog.js");
  const { tintype, model } = store.now.studio;
  openDialog(t("about.title"), [
    h("p", {}, t("about.version", { version: tintype, model: model.name })),
    h("p", {}, model.summary),
    h("p", {}, t("about.private")),
    h("p", {}, t("about.truth")),
    h("p", {}, h("a", { href: "/api/v1/openapi.json", target: "_blank", rel: "noopener" }, t("about.interface"))),
  ]);
}
