// The album as a strip of small pictures.

import { address } from "../core/api.js";
import { fill, h, listen } from "../core/dom.js";
import { percent, t } from "../core/texts.js";
import { iconButton, rove } from "../shell/controls.js";
import { icon } from "../shell/icons.js";
import { openMenu } from "../shell/menu.js";
import { letReorder } from "./reordering.js";

const SIDE = 160;

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createStrip(app) {
  const { store, receiver } = app;
  const list = h("div", { class: "strip-list", role: "listbox", aria: { label: t("album.title") } });
  const add = iconButton("add", t("album.add"), () => receiver.choose(), { class: "strip-add" });
  const sending = h("div", { class: "strip-list", role: "group", aria: { label: t("album.sending") } });
  const strip = h("nav", { class: "strip", aria: { label: t("album.title") } }, list, sending, add);
  const items = new Map();
  rove(list, ".strip-item");
  letReorder(app, list);
  store.watch(
    // What is open gets a new small picture when its large one is there, which it would only delay.
    ({ album, photo, position, changed, busy, missing }) => [album, photo?.id, busy ? null : position?.result, changed, missing],
    ([album, open, result, changed]) => {
      strip.hidden = !album.length;
      const shown = album.map((photo) => showPhoto(app, items, photo, photo.id === open, photo.id === open ? result : changed[photo.id]));
      for (const id of [...items.keys()]) if (!album.some((photo) => photo.id === id)) items.delete(id);
      if (!isSame([...list.children], shown)) fill(list, shown);
    },
  );
  showUploads(app, sending);
  store.watch(
    ({ photo }) => photo?.id,
    (id) => requestAnimationFrame(() => items.get(id)?.element.scrollIntoView({ block: "nearest", inline: "nearest" })),
  );
  return strip;
}

function isSame(one, other) {
  return one.length === other.length && one.every((value, place) => value === other[place]);
}

function showPhoto(app, items, photo, isOpen, result) {
  const item = items.get(photo.id) ?? createItem(app, photo);
  items.set(photo.id, item);
  const version = String(result ?? item.version);
  const isMissing = photo.id in app.store.now.missing;
  item.picture.hidden = isMissing;
  item.sign.hidden = !isMissing;
  if (isMissing) item.picture.removeAttribute("src");
  else if (version !== item.version || !item.picture.src) {
    item.version = version;
    item.picture.src = address(`/photos/${photo.id}/preview`, { side: SIDE, v: version.slice(0, 32) || null });
  }
  item.element.setAttribute("aria-selected", String(isOpen));
  const name = isMissing ? t("album.missing", { name: photo.name }) : photo.name;
  item.element.setAttribute("aria-label", name);
  item.element.title = name;
  item.element.tabIndex = isOpen ? 0 : -1;
  return item.element;
}

function createItem(app, photo) {
  const { album } = app;
  const current = () => app.store.now.album.find((it) => it.id === photo.id) ?? photo;
  const picture = h("img", { alt: "", draggable: false, decoding: "async", loading: "lazy", fetchPriority: "low" });
  const sign = h("span", { class: "strip-sign", hidden: true }, icon("error", 24));
  listen(picture, "error", () => album.check(current()));
  const element = h(
    "div",
    {
      class: "strip-item",
      role: "option",
      draggable: true,
      data: { photo: photo.id },
      on: {
        click: () => album.open(current()),
        keydown: (event) => onKey(app, event, current()),
        contextmenu: (event) => {
          event.preventDefault();
          openPhotoMenu(app, current(), element);
        },
      },
    },
    picture,
    sign,
  );
  return { element, picture, sign, version: "" };
}

function onKey(app, event, photo) {
  if (event.key === "Enter" || event.key === " ") app.album.open(photo);
  else if (event.key === "Delete") confirmRemoval(app, photo);
  else if (event.key === "F2" || event.key === "ContextMenu") openPhotoMenu(app, photo, event.currentTarget);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/**
 * Offer what can be done with a photograph of the album.
 * @param {import("../shell/app.js").App} app
 * @param {Object<string, any>} photo
 * @param {HTMLElement} anchor
 */
export function openPhotoMenu(app, photo, anchor) {
  const { album, announcer } = app;
  const go = (promise) => promise.catch((error) => announcer.fail(error));
  const pages = photo.page_count > 1 ? [photo.page - 1, photo.page + 1] : [];
  openMenu(anchor, [
    { label: t("album.rename"), icon: "words", act: () => rename(app, photo) },
    { label: t("album.copy"), icon: "alternatives", act: () => go(album.copy(photo)) },
    ...pages
      .filter((page) => page >= 0 && page < photo.page_count)
      .map((page) => ({
        label: t("album.page", { page: page + 1, count: photo.page_count }),
        icon: "file",
        act: () => go(album.copy(photo, page)),
      })),
    { label: t("album.earlier"), icon: "arrow_left", act: () => go(album.move(photo.id, -1)) },
    { label: t("album.later"), icon: "arrow_right", act: () => go(album.move(photo.id, 1)) },
    { label: t("album.remove"), icon: "trash", danger: true, act: () => confirmRemoval(app, photo) },
  ]);
}

async function rename(app, photo) {
  const { askText } = await import("../shell/dialog.js");
  const name = await askText(t("album.rename"), t("album.name"), photo.name);
  if (name) app.album.rename(photo, name).catch((error) => app.announcer.fail(error));
}

/**
 * Remove a photograph, if that is what is wanted.
 * @param {import("../shell/app.js").App} app
 * @param {Object<string, any>} photo
 */
export async function confirmRemoval(app, photo) {
  const { askConsent } = await import("../shell/dialog.js");
  const text = photo.path ? t("album.remove_opened", { name: photo.name }) : t("album.remove_sent", { name: photo.name });
  if (await askConsent(t("album.remove"), text, t("album.remove_yes"))) {
    app.album.remove(photo).catch((error) => app.announcer.fail(error));
  }
}

function showUploads({ store, receiver }, sending) {
  const shown = new Map();
  store.watch(
    ({ uploads }) => [uploads],
    ([uploads]) => {
      for (const upload of uploads) {
        if (!shown.has(upload.id)) shown.set(upload.id, createUpload(upload, receiver));
        shown.get(upload.id).show(upload.progress);
      }
      for (const id of [...shown.keys()]) if (!uploads.some((it) => it.id === id)) shown.delete(id);
      const elements = [...shown.values()].map((it) => it.element);
      if (!isSame([...sending.children], elements)) fill(sending, elements);
      sending.hidden = !uploads.length;
    },
  );
}

function createUpload({ id, name }, receiver) {
  const bar = h("progress", { max: 1, aria: { label: name } });
  const said = h("span", {});
  const stop = iconButton("close", t("album.stop_sending", { name }), () => receiver.stop(id), { class: "small" });
  const element = h("div", { class: "strip-item loading", title: name }, stop, said, bar);
  const show = (progress) => {
    bar.value = progress;
    said.textContent = progress < 1 ? percent(progress) : "…";
  };
  return { element, show };
}
