// The handles of marks: buttons on the photograph that are dragged, pressed, and moved by keys.

import { colorOfMark, hexOf } from "../core/color.js";
import { h, listen, oncePerFrame } from "../core/dom.js";
import { t } from "../core/texts.js";
import { stillness } from "../viewer/gestures.js";
import { describeMark } from "./describe.js";
import { anchorOf, boxOf, canMove, canResize, scaled, translated, withRadius } from "./geometry.js";
import { drawBrush, drawShape } from "./shapes.js";
import { sizes } from "./sizes.js";

const STEP = 4; // CSS pixels
const EDGE = 12;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Handles {
  #app;
  #desk;
  #buttons = new Map();
  #knob;

  /**
   * @param {import("../shell/app.js").App} app
   * @param {import("./desk.js").MarkDesk} desk
   */
  constructor(app, desk) {
    this.#app = app;
    this.#desk = desk;
    this.redraw = oncePerFrame(() => this.#draw());
    this.#knob = this.#createKnob();
    app.viewer.handles.append(this.#knob);
    app.viewer.moved.listen(this.redraw);
    app.store.watch(
      ({ state, draft, selected, showsOriginal, compare }) => [state, draft, selected, showsOriginal, compare],
      () => this.refresh(),
    );
  }

  /** @returns {import("../core/operations.js").Placed|null} the mark whose handle has the focus */
  get focused() {
    const found = [...this.#buttons].find(([, button]) => button === document.activeElement);
    return found ? (this.#find(found[0]) ?? null) : null;
  }

  /** @param {string|null} id of the mark whose handle takes the focus, where there is one */
  focus(id) {
    this.#buttons.get(id)?.focus({ preventScroll: true });
  }

  /** Show the marks that there are now. */
  refresh() {
    const { state, draft, selected } = this.#app.store.now;
    const marks = state?.marks ?? [];
    const all = draft && !marks.some((it) => it.id === draft.id) ? [...marks, draft] : marks;
    const ids = new Set(all.map((placed) => placed.id));
    for (const [id, button] of this.#buttons) {
      if (ids.has(id)) continue;
      button.remove();
      this.#buttons.delete(id);
    }
    for (const placed of all) this.#show(placed, [selected, draft?.id].includes(placed.id), placed.id === draft?.id);
    this.#draw();
  }

  #find(id) {
    const { state, draft } = this.#app.store.now;
    return draft?.id === id ? draft : state?.marks.find((it) => it.id === id);
  }

  #show(placed, isCurrent, isDraft) {
    let button = this.#buttons.get(placed.id);
    if (!button) {
      button = this.#create(placed.id);
      this.#buttons.set(placed.id, button);
      this.#app.viewer.handles.insertBefore(button, this.#knob);
    }
    const color = colorOfMark(placed.mark);
    button.style.backgroundColor = color ? hexOf(color) : "";
    button.classList.toggle("off", !placed.enabled);
    button.classList.toggle("current", isCurrent);
    button.classList.toggle("draft", isDraft && !color);
    button.classList.toggle("neutral", color === "neutral");
    button.dataset.origin = (placed.mark.origin ?? "person").split(":")[0];
    button.setAttribute("aria-label", isDraft ? t("mark.begun") : describeMark(placed));
    button.title = button.getAttribute("aria-label");
  }

  #create(id) {
    const button = h("button", { type: "button", class: "handle", aria: { haspopup: "dialog", keyshortcuts: "Enter Space Delete" } });
    this.#makeDraggable(button, {
      begin: () => (canMove(this.#find(id).mark) ? this.#find(id) : null),
      move: (placed, dx, dy) => ({ ...placed, mark: translated(placed.mark, dx, dy, this.#app.store.now.photo) }),
      label: "did.move",
      press: () => this.#press(id),
    });
    listen(button, "keydown", (event) => this.#onKey(event, id));
    listen(button, "pointerenter", () => this.redraw());
    listen(button, "pointerleave", () => this.redraw());
    listen(button, "focus", () => this.redraw());
    listen(button, "blur", () => this.redraw());
    return button;
  }

  #press(id) {
    if (this.#desk.isPicking) return this.#desk.pickAt(anchorOf(this.#find(id).mark));
    if (this.#app.store.now.draft?.id === id) return undefined;
    return this.#desk.edit(id);
  }

  /** The knob at the rim of the current mark, by which it is resized. */
  #createKnob() {
    const knob = h("div", { class: "resize-knob", hidden: true, aria: { hidden: true }, title: t("mark.resize") });
    this.#makeDraggable(knob, {
      begin: () => this.#desk.current,
      move: (placed, dx) => this.#resized(placed, dx),
      label: "did.size",
      press: () => undefined,
    });
    return knob;
  }

  #resized(placed, dx) {
    const { photo } = this.#app.store.now;
    const { mark } = placed;
    if (mark.kind === "lasso") {
      const box = boxOf(mark);
      return { ...placed, mark: scaled(mark, Math.max(0.1, 1 + dx / Math.max(1, box.width / 2)), photo) };
    }
    const resized = withRadius(mark, (mark.radius || 1) + dx, photo);
    if (mark.kind !== "grown") sizes.remember(mark.kind, resized.radius, photo);
    return { ...placed, mark: resized };
  }

  #makeDraggable(element, { begin, move, label, press }) {
    let from = null;
    listen(element, "pointerdown", (event) => {
      if (event.button !== 0) return;
      from = { x: event.clientX, y: event.clientY, placed: begin(), isMoved: false, last: null };
      element.setPointerCapture(event.pointerId);
    });
    listen(element, "pointermove", (event) => {
      if (!from?.placed || !element.hasPointerCapture(event.pointerId)) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.isMoved && Math.hypot(dx, dy) < stillness(event)) return;
      from.isMoved = true;
      const { zoom } = this.#app.viewer.camera;
      from.last = move(from.placed, dx / zoom, dy / zoom);
      this.#desk.change(from.last, false, label);
    });
    const end = () => {
      const ended = from;
      from = null;
      if (!ended) return;
      if (ended.last) {
        this.#desk.change(ended.last, true, label);
        this.#desk.popover.renew();
      } else press();
    };
    listen(element, "pointerup", end);
    listen(element, "lostpointercapture", () => {
      if (from?.last) { // a second finger came, or the system took the first: it stays where it was
        this.#desk.change(from.placed, false, label);
        this.#app.session.endTrial();
      }
      from = null;
    });
    listen(element, "click", (event) => event.detail === 0 && press()); // by a screen reader
  }

  #onKey(event, id) {
    const placed = this.#find(id);
    const arrow = ARROWS[event.key];
    if (!placed || event.ctrlKey || event.metaKey) return;
    if (arrow && canMove(placed.mark)) {
      const step = ((event.shiftKey ? 5 : 1) * (event.altKey ? 1 : STEP)) / this.#app.viewer.camera.zoom;
      this.#desk.nudge(placed, arrow[0] * step, arrow[1] * step);
    } else if (event.key === "Enter") this.#press(id);
    else if (event.key === " ") this.#desk.toggle(placed);
    else if (event.key === "Delete" || event.key === "Backspace") this.#desk.remove(placed);
    else if (event.key === "Escape") this.#desk.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #draw() {
    const { viewer } = this.#app;
    const colorPane = viewer.colorPane;
    const pane = colorPane.clip ?? colorPane;
    const current = this.#desk.current;
    const shapes = [];
    const { state, draft } = this.#app.store.now;
    const all = new Map([...(state?.marks ?? []), ...(draft ? [draft] : [])].map((placed) => [placed.id, placed]));
    for (const [id, button] of this.#buttons) {
      const placed = all.get(id);
      if (!placed) continue;
      const point = viewer.camera.toPane(anchorOf(placed.mark));
      const [x, y] = [point.x + colorPane.x, point.y + colorPane.y];
      const isSeen = x > pane.x - EDGE && y > pane.y - EDGE && x < pane.x + pane.width + EDGE && y < pane.y + pane.height + EDGE;
      button.hidden = !isSeen;
      button.style.transform = `translate(${x}px, ${y}px)`;
      const isPointed = button.matches(":hover, :focus-visible");
      if (isSeen && (id === current?.id || isPointed)) shapes.push(...drawShape(placed.mark, viewer));
    }
    this.#placeKnob(current);
    viewer.shapes.replaceChildren(...shapes, ...this.#drawTool());
    this.#desk.popover.follow();
  }

  #placeKnob(current) {
    const { viewer } = this.#app;
    this.#knob.hidden = !current || !canResize(current.mark) || (current.mark.kind === "grown" && !current.mark.radius);
    if (this.#knob.hidden) return;
    const { mark } = current;
    const anchor = anchorOf(mark);
    const box = boxOf(mark);
    const x = mark.kind === "lasso" ? box.x + box.width : anchor.x + mark.radius;
    const at = viewer.toStage({ x, y: anchor.y });
    const beside = viewer.toStage(anchor).x + 22;
    this.#knob.style.transform = `translate(${Math.max(at.x, beside)}px, ${at.y}px)`;
  }

  #drawTool() {
    const { viewer, store } = this.#app;
    const { line, pointer } = this.#desk.tools ?? {};
    if (line) {
      const radius = sizes.radius("stroke", store.now.photo);
      const mark = line.kind === "lasso" && line.points.length > 2 ? line : { ...line, kind: "stroke", radius: line.kind === "stroke" ? radius : 0 };
      return drawShape(mark, viewer, "drawing");
    }
    if (store.now.tool !== "brush" || !pointer || !store.now.photo) return [];
    return drawBrush(pointer, sizes.radius("stroke", store.now.photo), viewer);
  }
}
