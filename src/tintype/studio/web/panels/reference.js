// A color photograph as a model: its colors where it shows the same, its palette, or a single color of it.

import { upload } from "../core/api.js";
import { toHex } from "../core/color.js";
import { fill, h, listen } from "../core/dom.js";
import { setPalette, setStyle } from "../core/operations.js";
import { t } from "../core/texts.js";
import { button } from "../shell/controls.js";
import { propose } from "./proposals.js";
import { createSection } from "./section.js";

const STILL = 4;

/**
 * @param {import("../shell/app.js").App} app
 * @returns {HTMLElement}
 */
export function createReference(app) {
  const { store, marks } = app;
  const input = h("input", { type: "file", class: "only-heard", accept: "image/*,.tif,.tiff", tabIndex: -1, aria: { hidden: true } });
  const area = h("div", { class: "reference-area" });
  let file = null;
  let region = null;

  const use = button(t("reference.use"), () => {
    const query = { name: file.name, region: region?.join(",") };
    return propose(app, use, () => upload(`/photos/${store.now.photo.id}/reference`, file, { query }), "did.reference");
  }, { class: "primary" });
  const palette = button(t("reference.palette"), () => {
    const ask = async () => {
      const answer = await upload("/palettes", file, { query: { name: file.name } });
      return { operations: [setPalette(answer.palette)], notes: answer.notes };
    };
    return propose(app, palette, ask, "did.palette");
  });
  const choose = button(t("reference.choose"), () => input.click(), { icon: "reference", class: "wide" });
  const other = button(t("reference.other"), () => input.click(), { class: "quiet" });
  const forget = button(t("reference.forget_style"), () => app.session.change([setStyle(null)], "did.no_style"), { class: "quiet" });
  store.watch(({ state }) => state?.style, (style) => {
    forget.hidden = !style;
  });
  const actions = h("div", { class: "buttons", hidden: true }, use, palette, other);

  const take = async (chosen) => {
    if (!chosen) return;
    file = chosen;
    region = null;
    const preview = await createPreview(chosen, {
      onColor: (hex) => marks.useColor(hex),
      onRegion: (box) => {
        region = box;
      },
    });
    fill(area, preview, h("p", { class: "quiet" }, t(preview.matches(".reference") ? "reference.hint" : "reference.no_preview")));
    actions.hidden = false;
  };
  fill(area, choose);
  listen(input, "change", () => {
    take(input.files[0]);
    input.value = "";
  });
  const content = [h("p", { class: "quiet" }, t("reference.help")), area, actions, forget, input];
  const section = createSection("reference", t("reference.title"), "reference", content, { isOpen: false });
  listen(section, "dragover", (event) => event.preventDefault());
  listen(section, "drop", (event) => {
    event.defaultTaken = true; // by this part: it is no photograph for the album
    event.preventDefault();
    section.open = true;
    take(event.dataTransfer.files[0]);
  });
  return section;
}

/** A preview on which a press takes a color, and a drag a region. */
async function createPreview(file, { onColor, onRegion }) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return h("p", {}, file.name); // a format that the studio reads, and this browser does not
  }
  const canvas = h("canvas", { class: "reference-picture", width: bitmap.width, height: bitmap.height, role: "img", aria: { label: file.name } });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const box = h("div", { class: "reference-box", hidden: true });
  const frame = h("div", { class: "reference" }, canvas, box);
  let from = null;
  const place = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const share = (value, length) => Math.min(1, Math.max(0, value / length));
    return [share(event.clientX - left, width) * bitmap.width, share(event.clientY - top, height) * bitmap.height];
  };
  listen(canvas, "pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    from = { at: place(event), x: event.clientX, y: event.clientY };
  });
  listen(canvas, "pointermove", (event) => from && showBox(box, bitmap, from.at, place(event)));
  listen(canvas, "pointerup", (event) => {
    if (!from) return;
    const begun = from;
    from = null;
    const [x, y] = place(event);
    if (Math.hypot(event.clientX - begun.x, event.clientY - begun.y) >= STILL) return onRegion(boxOf(begun.at, [x, y]));
    box.hidden = true;
    onRegion(null);
    const { data } = context.getImageData(Math.min(x, bitmap.width - 1), Math.min(y, bitmap.height - 1), 1, 1);
    return onColor(toHex([data[0] / 255, data[1] / 255, data[2] / 255]));
  });
  return frame;
}

function boxOf(one, other) {
  const [left, top] = [0, 1].map((axis) => Math.floor(Math.min(one[axis], other[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.ceil(Math.max(one[axis], other[axis])));
  return [left, top, Math.max(1, right - left), Math.max(1, bottom - top)];
}

function showBox(element, bitmap, one, other) {
  const [left, top, width, height] = boxOf(one, other);
  const share = (value, length) => `${(100 * value) / length}%`;
  element.hidden = false;
  element.style.left = share(left, bitmap.width);
  element.style.top = share(top, bitmap.height);
  element.style.width = share(width, bitmap.width);
  element.style.height = share(height, bitmap.height);
}
