// Where the photograph is seen from: its center on the pane, and how large its pixels are.

const MOST_ENLARGED = 32;

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{x: number, y: number, width: number, height: number}} Box */

export class Camera {
  photo = { width: 1, height: 1 };
  pane = { width: 1, height: 1 };
  /** Of the photograph, in its pixels: what is in the middle of the pane. */
  x = 0.5;
  y = 0.5;
  /** CSS pixels of a pixel of the photograph. */
  zoom = 1;
  /** Whether the whole photograph stays in view when the window changes. */
  isFitted = true;
  /** CSS pixels around the photograph when all of it is shown; below are buttons. */
  margin = { side: 24, top: 24, bottom: 66 };

  /** @returns {number} zoom at which the whole photograph is seen */
  get fittingZoom() {
    const { pane, photo, margin } = this;
    const room = [Math.max(32, pane.width - 2 * margin.side), Math.max(32, pane.height - margin.top - margin.bottom)];
    return Math.min(room[0] / photo.width, room[1] / photo.height, Math.max(1, 1024 / Math.max(photo.width, photo.height)));
  }

  /** @returns {number} zoom at which a pixel of the photograph is one of the screen */
  get actualZoom() {
    return 1 / devicePixelRatio;
  }

  /** Show the whole photograph. */
  fit() {
    this.isFitted = true;
    this.zoom = this.fittingZoom;
    this.x = this.photo.width / 2;
    this.y = this.photo.height / 2 + this.#shift();
  }

  /**
   * @param {{width: number, height: number}} pane in CSS pixels
   */
  resize(pane) {
    this.pane = pane;
    if (this.isFitted) this.fit();
    else this.#limit();
  }

  /**
   * @param {number} factor
   * @param {Point} [at] of the pane: what stays where it is
   */
  zoomBy(factor, at = { x: this.pane.width / 2, y: this.pane.height / 2 }) {
    const fixed = this.toPhoto(at);
    const least = Math.min(this.fittingZoom, this.actualZoom) / 2;
    this.zoom = Math.min(MOST_ENLARGED * this.actualZoom, Math.max(least, this.zoom * factor));
    this.isFitted = false;
    this.x = fixed.x - (at.x - this.pane.width / 2) / this.zoom;
    this.y = fixed.y - (at.y - this.pane.height / 2) / this.zoom;
    this.#limit();
  }

  /** Move by CSS pixels. */
  pan(dx, dy) {
    this.isFitted = false;
    this.x -= dx / this.zoom;
    this.y -= dy / this.zoom;
    this.#limit();
  }

  /**
   * Bring a place into the middle.
   * @param {Point} place of the photograph
   * @param {number} [zoom]
   */
  goTo(place, zoom = this.zoom) {
    this.isFitted = false;
    this.zoom = zoom;
    this.x = place.x;
    this.y = place.y;
    this.#limit();
  }

  /** @type {(place: Point) => Point} from the photograph to the pane */
  toPane({ x, y }) {
    return { x: (x - this.x) * this.zoom + this.pane.width / 2, y: (y - this.y) * this.zoom + this.pane.height / 2 };
  }

  /** @type {(point: Point) => Point} from the pane to the photograph */
  toPhoto({ x, y }) {
    return { x: (x - this.pane.width / 2) / this.zoom + this.x, y: (y - this.pane.height / 2) / this.zoom + this.y };
  }

  /** @type {(place: Point) => boolean} whether a place is of the photograph */
  isInside({ x, y }) {
    return x >= 0 && y >= 0 && x < this.photo.width && y < this.photo.height;
  }

  /** @returns {Box} what is seen of the photograph, in its pixels */
  get seen() {
    const first = this.toPhoto({ x: 0, y: 0 });
    const last = this.toPhoto({ x: this.pane.width, y: this.pane.height });
    const left = Math.max(0, first.x);
    const top = Math.max(0, first.y);
    return {
      x: left,
      y: top,
      width: Math.max(0, Math.min(this.photo.width, last.x) - left),
      height: Math.max(0, Math.min(this.photo.height, last.y) - top),
    };
  }

  /** @returns {boolean} whether all of the photograph is seen */
  get seesAll() {
    const { width, height } = this.seen;
    return width >= this.photo.width - 0.5 && height >= this.photo.height - 0.5;
  }

  /** What the middle of the photograph is above that of the pane, as far as there is room. */
  #shift() {
    const { pane, photo, margin, zoom } = this;
    const room = Math.max(0, pane.height - photo.height * zoom) / 2;
    return Math.min(room, (margin.bottom - margin.top) / 2) / zoom;
  }

  /** Let some of the photograph stay in view; what fits is in the middle. */
  #limit() {
    const { pane, photo, zoom } = this;
    this.x = limit(this.x, pane.width / zoom, photo.width);
    this.y = limit(this.y, pane.height / zoom, photo.height);
  }
}

/** Keep a center where three tenths of the pane, or of the photograph, still show it. */
function limit(center, seen, length) {
  const slack = seen < length ? length / 2 - 0.3 * seen : Math.max((seen - length) / 2, 0.2 * length);
  return Math.min(length / 2 + slack, Math.max(length / 2 - slack, center));
}
