// The tools on the photograph: what a press or a drag begins.

import { colorOfMark } from "../core/color.js";
import { t } from "../core/texts.js";
import { inside, thinned } from "./geometry.js";
import { sizes } from "./sizes.js";

const LEAST_LASSO = 3;

export class Tools {
  #app;
  #desk;
  #keyed = [];

  /** Points of the line that is being drawn, and of what kind it is. */
  line = null;
  /** Where the pointer is over the photograph; null: elsewhere. */
  pointer = null;

  /**
   * @param {import("../shell/app.js").App} app
   * @param {import("./desk.js").MarkDesk} desk
   */
  constructor(app, desk) {
    this.#app = app;
    this.#desk = desk;
    app.viewer.tool = {
      begin: (place, event) => this.#begin(place, event),
      tap: (place) => this.#tap(place),
      hover: (place) => this.#hover(place),
      key: (place, event) => this.#press(place, event),
      escape: () => this.#escape(),
    };
    app.store.watch(({ tool }) => tool, () => this.#drop());
  }

  /**
   * @param {{x: number, y: number}} place
   * @returns {Object<string, any>} a spot that has no color yet
   */
  pointAt(place) {
    const { photo } = this.#app.store.now;
    return { kind: "point", ...inside(place, photo), radius: sizes.radius("point", photo) };
  }

  /**
   * The color of the stroke before, where a person goes on drawing.
   * @param {Object<string, any>} mark that is begun
   * @returns {string|number[]|null}
   */
  sameColorAgain(mark) {
    const { selected, state } = this.#app.store.now;
    const last = state?.marks.find((it) => it.id === selected)?.mark;
    const goesOn = last && last.kind === mark.kind && ["stroke", "lasso"].includes(mark.kind);
    return goesOn ? colorOfMark(last) : null;
  }

  /** @param {number} factor of the size of brush and spots */
  resizeBy(factor) {
    const { photo, tool } = this.#app.store.now;
    const kind = tool === "brush" ? "stroke" : "point";
    sizes.remember(kind, sizes.radius(kind, photo) * factor, photo);
    this.#app.announcer.hear(t("tool.size", { size: sizes.radius(kind, photo) }));
    this.#redraw();
  }

  #begin(place) {
    const { tool } = this.#app.store.now;
    if (tool !== "brush" && tool !== "lasso") return null;
    if (this.#desk.isPicking) return null;
    const add = (point) => {
      const { x, y } = inside(this.#app.viewer.toPhoto(point), this.#app.store.now.photo);
      this.line.points.push([x, y]);
      this.#redraw();
    };
    const { x, y } = inside(place, this.#app.store.now.photo);
    this.line = { kind: tool === "brush" ? "stroke" : "lasso", points: [[x, y]] };
    this.#redraw();
    return {
      move: add,
      end: (point) => {
        add(point);
        this.#finish();
      },
      cancel: () => this.#drop(),
    };
  }

  #tap(place) {
    const { tool, photo } = this.#app.store.now;
    const { viewer } = this.#app;
    if (!viewer.camera.isInside(place)) return this.#desk.popover.isOpen ? this.#desk.leave() : undefined;
    if (this.#desk.isPicking || tool === "dropper") return this.#desk.pickAt(place);
    if (tool === "mark") return this.#desk.begin(this.pointAt(place));
    if (tool === "grow") return this.#desk.begin({ kind: "grown", ...inside(place, photo) });
    return undefined;
  }

  /** Draw lines and lassos by keys: Enter adds a corner, Shift+Enter or Enter at the same place finishes. */
  #press(place, event) {
    const { tool, photo } = this.#app.store.now;
    if (tool !== "brush" && tool !== "lasso") return this.#tap(place);
    const { x, y } = inside(place, photo);
    const last = this.#keyed.at(-1);
    const isLast = event.shiftKey || (last && Math.hypot(last[0] - x, last[1] - y) < 0.5);
    if (!last || last[0] !== x || last[1] !== y) this.#keyed.push([x, y]);
    this.line = { kind: tool === "brush" ? "stroke" : "lasso", points: [...this.#keyed] };
    if (isLast) return this.#finish();
    this.#app.announcer.hear(t("tool.corner", { count: this.#keyed.length }));
    return this.#redraw();
  }

  #escape() {
    if (this.line) this.#drop();
    else if (this.#desk.popover.isOpen) this.#desk.leave();
  }

  #finish() {
    const { line } = this;
    const { photo } = this.#app.store.now;
    this.#drop();
    const points = thinned(line.points, 2.5 / this.#app.viewer.camera.zoom);
    if (line.kind === "stroke") return this.#desk.begin({ kind: "stroke", points, radius: sizes.radius("stroke", photo) });
    if (points.length >= LEAST_LASSO) return this.#desk.begin({ kind: "lasso", points });
    return this.#app.announcer.say(t("tool.lasso.help"));
  }

  #drop() {
    this.line = null;
    this.#keyed = [];
    this.#redraw();
  }

  #hover(place) {
    this.pointer = place;
    this.#redraw();
  }

  #redraw() {
    this.#desk.handles?.redraw();
  }
}
