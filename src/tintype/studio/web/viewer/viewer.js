// The photograph in the middle of the page.

import { h, later, oncePerFrame, svg } from "../core/dom.js";
import { Signal } from "../core/signal.js";
import { number, percent, t } from "../core/texts.js";
import { Camera } from "./camera.js";
import { createCross } from "./cross.js";
import { createDivider } from "./divider.js";
import { drawPanes, viewFor } from "./drawing.js";
import { Gestures } from "./gestures.js";
import { createLegend } from "./legend.js";
import { Overlays } from "./overlays.js";
import { Pictures } from "./pictures.js";
import { Tiles } from "./tiles.js";
import { createViewbar } from "./viewbar.js";

const LIVE_SIDE = 1408;
const SETTLES = 120;
const NARROW = 560;

export class Viewer {
  #app;
  #canvas = h("canvas", { class: "canvas", aria: { hidden: true } });
  #gestures;
  #tellView;
  #isFirstPicture = true;
  #isSaid = false; // that the studio sends pictures ready-made
  #size = { width: 1, height: 1 }; // of the stage: asking the page for it at each movement would be slow

  camera = new Camera();
  /** Share of the width that shows the photograph as it was, where a slider compares. */
  split = 0.5;
  /** Sent when what is seen has moved. */
  moved = new Signal();
  /** What takes presses and drags; set by the desk of marks. */
  tool = { begin: () => null, tap: () => undefined, hover: () => undefined };

  /** @param {import("../shell/app.js").App} app */
  constructor(app) {
    this.#app = app;
    this.draw = oncePerFrame(() => this.#draw());
    this.pictures = new Pictures(this.draw, () => this.#askForPictures());
    this.tiles = new Tiles(this.draw);
    this.overlays = new Overlays(app, this.draw);
    this.shapes = svg("svg", { class: "shapes", "aria-hidden": "true" });
    this.handles = h("div", { class: "handles", role: "group", aria: { label: t("marks.on_photo") } });
    this.#tellView = later(() => this.#sayView(), SETTLES);
    this.element = this.#build();
    this.#gestures = this.#takeGestures();
    this.#watch();
  }

  /** Show the whole photograph. */
  fit() {
    this.camera.fit();
    this.#afterMove(t("view.fit"));
  }

  /**
   * Show the photograph's own pixels, or the whole if they are shown already.
   * @param {import("./camera.js").Point} [at] of the pane: what stays where it is
   */
  zoomToActual(at) {
    const { camera } = this;
    if (Math.abs(camera.zoom - camera.actualZoom) < 1e-6) return this.fit();
    camera.zoomBy(camera.actualZoom / camera.zoom, at);
    return this.#afterMove(percent(1));
  }

  /**
   * @param {number} factor
   * @param {import("./camera.js").Point} [at] of the pane
   */
  zoomBy(factor, at) {
    this.camera.zoomBy(factor, at);
    this.#afterMove(this.zoomText);
  }

  /** Move by CSS pixels. */
  pan(dx, dy) {
    this.camera.pan(dx, dy);
    this.#afterMove();
  }

  /**
   * Bring a place of the photograph into view.
   * @param {import("./camera.js").Point} place
   * @param {number} [reach] pixels around it that should be seen
   */
  goTo(place, reach = 0) {
    const { camera } = this;
    const least = reach ? Math.min(camera.pane.width, camera.pane.height) / (6 * reach) : 0;
    const zoom = Math.min(Math.max(camera.zoom, least), Math.max(camera.zoom, 2 * camera.actualZoom));
    camera.goTo(place, zoom);
    this.#afterMove();
  }

  /** @param {"slider"|"sides"} how switched off where it is on */
  compare(how) {
    const { store, announcer } = this.#app;
    const compare = store.now.compare === how ? "off" : how;
    store.set({ compare });
    announcer.hear(compare === "off" ? t("view.compare_off") : t(`view.${how}`));
  }

  /** @returns {string} how large the photograph's pixels are */
  get zoomText() {
    return percent(this.camera.zoom * devicePixelRatio);
  }

  /** @returns {Object<string, any>} what should come live, as in the description of the interface */
  get view() {
    return viewFor(this.#app.store.now.photo, this.camera, LIVE_SIDE);
  }

  /** @returns {{x: number, y: number, width: number, height: number}} where the colors are shown, on the stage */
  get colorPane() {
    return this.panes.find((pane) => pane.layer === "color") ?? this.panes[0];
  }

  /** @type {(point: import("./camera.js").Point) => import("./camera.js").Point} from the stage to the photograph */
  toPhoto(point) {
    return this.camera.toPhoto(this.#onPane(point));
  }

  /** @type {(place: import("./camera.js").Point) => import("./camera.js").Point} from the photograph to the stage */
  toStage(place) {
    const pane = this.colorPane;
    const point = this.camera.toPane(place);
    return { x: point.x + pane.x, y: point.y + pane.y };
  }

  /** @returns {import("./drawing.js").Pane[]} */
  get panes() {
    const { compare, showsOriginal } = this.#app.store.now;
    const { width, height } = this.#size;
    const all = { x: 0, y: 0, width, height };
    if (showsOriginal) return [{ layer: "original", ...all }];
    if (compare === "sides") return width >= height ? halves(width, height) : storeys(width, height);
    if (compare !== "slider") return [{ layer: "color", ...all }];
    const at = Math.round(width * this.split);
    return [
      { layer: "original", ...all, clip: { x: 0, y: 0, width: at, height } },
      { layer: "color", ...all, clip: { x: at, y: 0, width: width - at, height } },
    ];
  }

  get #hasBar() {
    return !document.body.classList.contains("choosing");
  }

  #paneAt(point) {
    const { compare } = this.#app.store.now;
    if (compare !== "sides") return this.panes.at(-1);
    const isIn = ({ x, y, width, height }) => point.x >= x && point.y >= y && point.x < x + width && point.y < y + height;
    return this.panes.find(isIn) ?? this.panes[0];
  }

  #onPane(point) {
    const pane = this.#paneAt(point);
    return { x: point.x - pane.x, y: point.y - pane.y };
  }

  #build() {
    this.cross = createCross(this.#app, this);
    return h(
      "div",
      { class: "viewer", hidden: true },
      this.#canvas,
      this.shapes,
      this.cross.element,
      createDivider(this.#app, this),
      createLegend(this.#app),
      this.handles,
      createViewbar(this.#app, this),
    );
  }

  #takeGestures() {
    return new Gestures(this.element, {
      begin: (point, event) => this.tool.begin(this.toPhoto(point), event),
      tap: (point, event) => this.tool.tap(this.toPhoto(point), event),
      hover: (point) => this.tool.hover(point && this.toPhoto(point)),
      tapTwice: (point) => this.#app.store.now.tool === "hand" && this.zoomToActual(this.#onPane(point)),
      pan: (dx, dy) => this.pan(dx, dy),
      zoom: (factor, at) => {
        this.camera.zoomBy(factor, this.#onPane(at));
        this.#afterMove();
      },
    });
  }

  #watch() {
    const { store, session } = this.#app;
    new ResizeObserver(() => this.#resize()).observe(this.element);
    store.watch(({ photo }) => photo?.id, () => this.#turnTo(store.now.photo));
    store.watch(({ compare, showsOriginal }) => [compare, showsOriginal], () => this.#resize());
    store.watch(({ showsMarks, showsOriginal }) => [showsMarks, showsOriginal], ([marks, original]) =>
      this.element.classList.toggle("bare", !marks || original),
    );
    store.watch(({ tool }) => tool, (tool) => {
      this.element.dataset.tool = tool;
    });
    session.frames.listen((frame) => this.#take(frame));
  }

  #turnTo(photo) {
    this.element.hidden = !photo;
    this.pictures.turnTo(photo, photo && document.querySelector(`[data-photo="${photo.id}"] img`));
    this.#isFirstPicture = true;
    if (!photo) return;
    this.camera.photo = { width: photo.width, height: photo.height };
    this.camera.isFitted = true;
    this.#resize();
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width || !height) return;
    this.#size = { width, height };
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.camera.margin = Math.min(width, height) < NARROW ? { side: 8, top: 8, bottom: this.#hasBar ? 60 : 8 } : { side: 28, top: 22, bottom: 68 };
    const pane = this.colorPane;
    this.camera.resize({ width: pane.width, height: pane.height });
    this.#draw();
    this.#afterMove();
  }

  async #take(frame) {
    const isShown = await this.pictures.take(frame);
    if (!isShown) return;
    if (this.#isFirstPicture && !frame.header.draft) {
      this.#isFirstPicture = false;
      this.#app.announcer.hear(t("view.colored", { name: this.#app.store.now.photo?.name ?? "" }));
      this.#tellView();
    }
    requestAnimationFrame(() => this.#app.session.noteShown(frame.header));
  }

  #askForPictures() {
    const { session, announcer } = this.#app;
    if (!session.askForPictures() || this.#isSaid) return;
    this.#isSaid = true;
    announcer.say(t("view.ready_made"));
  }

  #afterMove(said) {
    this.draw();
    this.moved.send();
    this.#tellView();
    if (said) this.#app.announcer.hear(said);
  }

  #sayView() {
    if (!this.#app.store.now.photo) return;
    const { view } = this;
    this.pictures.prepare(view);
    this.#app.session.look(view);
  }

  #draw() {
    const { photo } = this.#app.store.now;
    if (!photo || !this.#canvas.width) return;
    this.tiles.turnTo(photo.id, this.pictures.result);
    const { camera, pictures, tiles, overlays } = this;
    const scene = { photo, camera, pictures, tiles, overlays: overlays.shown };
    this.tiles.want(drawPanes(this.#canvas.getContext("2d"), scene, this.panes));
    this.element.classList.toggle("waiting", !pictures.whole && !pictures.part);
  }
}

/** @returns {string} how a place of the photograph is said */
export function sayPlace({ x, y }) {
  return t("photo.place", { x: number(Math.round(x)), y: number(Math.round(y)) });
}

function halves(width, height) {
  const half = Math.floor(width / 2);
  return [
    { layer: "original", x: 0, y: 0, width: half - 1, height },
    { layer: "color", x: half + 1, y: 0, width: width - half - 1, height },
  ];
}

function storeys(width, height) {
  const half = Math.floor(height / 2);
  return [
    { layer: "original", x: 0, y: 0, width, height: half - 1 },
    { layer: "color", x: 0, y: half + 1, width, height: height - half - 1 },
  ];
}
