// Pointers, pens, fingers and wheels on the photograph.

import { listen } from "../core/dom.js";

const STILL = 5; // CSS pixels that a press may move and be a press
const STILL_FINGER = 10;
const TWICE = 350; // milliseconds between two presses that belong together
const TWICE_APART = 24; // CSS pixels
const IS_OTHER = "button:not(.handle), [role=slider]"; // what lies over the photograph and takes its presses itself

/** @typedef {import("./camera.js").Point} Point */

/**
 * @param {PointerEvent} event
 * @returns {number} CSS pixels that it may move and be a press: fingers are less steady than pens and mice
 */
export function stillness({ pointerType }) {
  return pointerType === "touch" ? STILL_FINGER : STILL;
}

/**
 * @typedef {Object} Handlers
 * @property {(point: Point, event: PointerEvent) => {move: (point: Point) => void, end: (point: Point) => void, cancel: () => void}|null} begin
 *   takes a drag for a tool; null: it pans
 * @property {(point: Point, event: PointerEvent) => void} tap
 * @property {(point: Point) => void} tapTwice after two taps on the same place
 * @property {(dx: number, dy: number) => void} pan
 * @property {(factor: number, at: Point) => void} zoom
 * @property {(point: Point|null) => void} hover
 */

export class Gestures {
  #element;
  #handlers;
  #pointers = new Map();
  #drag = null;
  #start = null;
  #isMoved = false;
  #tapped = { time: -TWICE, x: 0, y: 0 };
  #isPinching = false;
  #hasPen = false;
  #spacePressed = false;

  /**
   * @param {HTMLElement} element
   * @param {Handlers} handlers
   */
  constructor(element, handlers) {
    this.#element = element;
    this.#handlers = handlers;
    listen(element, "pointerdown", (event) => this.#down(event));
    listen(element, "pointermove", (event) => this.#move(event));
    listen(element, "pointerup", (event) => this.#up(event));
    listen(element, "pointercancel", (event) => this.#cancel(event));
    listen(element, "pointerleave", () => handlers.hover(null));
    // What a finger has pressed here is done; the click that follows would press what a tap has opened below the finger.
    const hasClick = (event) => event.cancelable && !event.target.closest(IS_OTHER);
    listen(element, "touchend", (event) => hasClick(event) && event.preventDefault(), { passive: false });
    listen(element, "wheel", (event) => this.#wheel(event), { passive: false });
    listen(element, "contextmenu", (event) => event.preventDefault());
    listen(window, "keydown", (event) => event.code === "Space" && this.#setSpace(true));
    listen(window, "keyup", (event) => event.code === "Space" && this.#setSpace(false));
  }

  #setSpace(isPressed) {
    this.#spacePressed = isPressed;
    this.#element.classList.toggle("grabbing", isPressed);
  }

  #point(event) {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #down(event) {
    if (event.button === 2 || event.target.closest(IS_OTHER)) return undefined;
    if (event.pointerType === "touch" && this.#hasPen) return undefined; // the hand that draws rests on the photograph
    if (event.isPrimary) this.#beginAnew(event);
    const isOnMark = Boolean(event.target.closest(".handles")); // which is dragged, unless a second finger comes
    if (!isOnMark) this.#element.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, this.#point(event));
    if (this.#pointers.size === 2) return this.#beginPinch();
    if (this.#pointers.size > 2 || isOnMark) return undefined;
    this.#start = { point: this.#point(event), event };
    this.#isMoved = false;
    const pans = event.button === 1 || this.#spacePressed;
    this.#drag = pans ? null : this.#handlers.begin(this.#start.point, event);
    this.#start.pans = pans;
    return undefined;
  }

  #beginAnew({ pointerType }) {
    this.#finish().drag?.cancel();
    this.#pointers.clear();
    this.#isPinching = false;
    this.#hasPen = pointerType === "pen";
  }

  #move(event) {
    const point = this.#point(event);
    const last = this.#pointers.get(event.pointerId);
    if (!last) return event.pointerType === "touch" ? undefined : this.#handlers.hover(point);
    if (this.#isPinching) return this.#pinch(event.pointerId, point);
    this.#pointers.set(event.pointerId, point);
    if (!this.#start) return undefined;
    const { x, y } = this.#start.point;
    if (!this.#isMoved && Math.hypot(point.x - x, point.y - y) < stillness(event)) {
      this.#pointers.set(event.pointerId, this.#drag ? point : last);
      return undefined;
    }
    this.#isMoved = true;
    if (this.#drag) {
      const all = event.getCoalescedEvents?.() ?? [];
      for (const each of all.length ? all : [event]) this.#drag.move(this.#point(each));
    } else {
      this.#element.classList.add("panning");
      this.#handlers.pan(point.x - last.x, point.y - last.y);
    }
    return undefined;
  }

  #up(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (event.pointerType === "pen") this.#hasPen = false;
    this.#element.classList.remove("panning");
    if (this.#isPinching) {
      if (!this.#pointers.size) this.#isPinching = false;
      return;
    }
    const point = this.#point(event);
    const { start, drag } = this.#finish();
    if (drag) drag.end(point);
    else if (start && !this.#isMoved && !start.pans) this.#tap(start.point, event);
  }

  #tap(point, event) {
    const { time, x, y } = this.#tapped;
    const isSecond = event.timeStamp - time < TWICE && Math.hypot(point.x - x, point.y - y) < TWICE_APART;
    this.#tapped = isSecond ? { time: -TWICE, ...point } : { time: event.timeStamp, ...point };
    this.#handlers.tap(point, event);
    if (isSecond) this.#handlers.tapTwice(point);
  }

  #cancel(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (event.pointerType === "pen") this.#hasPen = false;
    this.#element.classList.remove("panning");
    if (!this.#pointers.size) this.#isPinching = false;
    this.#finish().drag?.cancel();
  }

  #finish() {
    const ended = { start: this.#start, drag: this.#drag };
    this.#start = null;
    this.#drag = null;
    return ended;
  }

  #beginPinch() {
    this.#finish().drag?.cancel();
    this.#isPinching = true;
    for (const id of this.#pointers.keys()) this.#element.setPointerCapture(id); // also from a mark, which stays then
  }

  #pinch(id, point) {
    const other = [...this.#pointers].find(([key]) => key !== id)?.[1];
    const last = this.#pointers.get(id);
    this.#pointers.set(id, point);
    if (!other) return;
    const [before, after] = [last, point].map((it) => ({
      x: (it.x + other.x) / 2,
      y: (it.y + other.y) / 2,
      apart: Math.max(1, Math.hypot(it.x - other.x, it.y - other.y)),
    }));
    this.#handlers.pan(after.x - before.x, after.y - before.y);
    this.#handlers.zoom(after.apart / before.apart, after);
  }

  #wheel(event) {
    event.preventDefault();
    const unit = [1, 16, 400][event.deltaMode];
    const amount = Math.max(-240, Math.min(240, event.deltaY * unit));
    if (event.shiftKey) this.#handlers.pan(-(event.deltaX || event.deltaY) * unit, 0);
    else this.#handlers.zoom(Math.exp(-amount / (event.ctrlKey ? 100 : 400)), this.#point(event));
  }
}
