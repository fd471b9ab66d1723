// The color wheel: all colors that exist at one lightness, and no others. The angle is the hue; the rim is, for each
// hue, the most colorful that exists, so that every place of the wheel is a color that can be had.

import { Gamut, labToSrgb, toHex } from "../core/color.js";
import { h, listen } from "../core/dom.js";
import { t } from "../core/texts.js";
import { nameOf } from "./color_names.js";

const SIDE = 188; // CSS pixels
const FINE = Math.min(2, Math.max(1, devicePixelRatio)); // pixels of the screen for one of CSS
const EDGE = 6;
const HUE_STEP = 4;
const CHROMA_STEP = 0.05;

/**
 * @typedef {Object} Wheel
 * @property {HTMLElement} element
 * @property {(gamut: Object<string, any>) => void} setGamut as the studio answers it
 * @property {(a: number, b: number) => void} show
 */

/**
 * @param {{onMove: (lab: number[]) => void, onDone: (lab: number[]) => void}} handlers told while the pointer moves, and at its end
 * @returns {Wheel}
 */
export function createWheel({ onMove, onDone }) {
  const canvas = h("canvas", { class: "wheel-colors", width: FINE * SIDE, height: FINE * SIDE, aria: { hidden: true } });
  const knob = h("div", { class: "wheel-knob", aria: { hidden: true } });
  const element = h(
    "div",
    { class: "wheel", role: "slider", tabIndex: 0, aria: { label: t("wheel.title"), description: t("wheel.help"), valuemin: 0, valuemax: 360 } },
    canvas,
    knob,
  );
  let gamut = new Gamut({ lightness: 60, hues: [0, 180], chroma: [1, 1] });
  let wanted = [0, 0]; // as it was asked for: another lightness, which may come later, limits it in another way
  let painted = -1;
  const radius = SIDE / 2 - EDGE;

  const lab = () => [gamut.lightness, ...gamut.limit(...wanted)].map((value) => Math.round(100 * value) / 100);
  const place = () => {
    const [a, b] = gamut.limit(...wanted);
    const hue = Math.atan2(b, a);
    const far = (radius * Math.hypot(a, b)) / Math.max(0.01, gamut.most(degrees(hue)));
    knob.style.transform = `translate(${SIDE / 2 + far * Math.cos(hue)}px, ${SIDE / 2 - far * Math.sin(hue)}px)`;
    knob.style.backgroundColor = toHex(labToSrgb(...lab()));
    element.setAttribute("aria-valuenow", String(Math.round(degrees(hue))));
    element.setAttribute("aria-valuetext", nameOf(lab()));
  };
  const pick = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left - SIDE / 2, SIDE / 2 - event.clientY + top];
    wanted = colorAt(gamut, Math.atan2(y, x), Math.min(1, Math.hypot(x, y) / radius));
    place();
  };

  listen(element, "pointerdown", (event) => {
    event.preventDefault();
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    pick(event);
    onMove(lab());
  });
  listen(element, "pointermove", (event) => {
    if (!element.hasPointerCapture(event.pointerId)) return;
    pick(event);
    onMove(lab());
  });
  listen(element, "pointerup", (event) => {
    if (!element.hasPointerCapture(event.pointerId)) return;
    element.releasePointerCapture(event.pointerId);
    onDone(lab());
  });
  listen(element, "keydown", (event) => {
    const turn = { ArrowLeft: HUE_STEP, ArrowRight: -HUE_STEP }[event.key] ?? 0;
    const grow = { ArrowUp: CHROMA_STEP, ArrowDown: -CHROMA_STEP }[event.key] ?? 0;
    if (!turn && !grow) return;
    event.preventDefault();
    event.stopPropagation();
    const [a, b] = gamut.limit(...wanted);
    const hue = Math.atan2(b, a);
    const share = Math.hypot(a, b) / Math.max(0.01, gamut.most(degrees(hue)));
    wanted = colorAt(gamut, hue + (turn * Math.PI) / 180, Math.min(1, Math.max(0.001, share + grow)));
    place();
    onMove(lab());
  });
  listen(element, "keyup", (event) => event.key.startsWith("Arrow") && onDone(lab()));

  return {
    element,
    setGamut(answer) {
      const isPainted = Math.abs(answer.lightness - painted) < 0.1;
      gamut = new Gamut(answer);
      if (!isPainted) paint(canvas, gamut, radius);
      painted = answer.lightness;
      place();
    },
    show(a, b) {
      wanted = [a, b];
      place();
    },
  };
}

function degrees(angle) {
  return ((angle * 180) / Math.PI + 360) % 360;
}

/** The color at an angle of the wheel, and a share of the way to its rim. */
function colorAt(gamut, angle, share) {
  const chroma = share * gamut.most(degrees(angle));
  return [chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

function paint(canvas, gamut, radius) {
  const context = canvas.getContext("2d");
  const side = canvas.width;
  const pixels = context.createImageData(side, side);
  const fine = side / SIDE;
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const [x, y] = [column + 0.5 - side / 2, side / 2 - row - 0.5];
      const beyond = Math.hypot(x, y) - radius * fine;
      if (beyond > 1) continue;
      const share = Math.min(1, Math.hypot(x, y) / (radius * fine));
      const srgb = labToSrgb(gamut.lightness, ...colorAt(gamut, Math.atan2(y, x), share));
      const codes = srgb.map((value) => 255 * Math.min(1, Math.max(0, value)));
      pixels.data.set([...codes, 255 * Math.min(1, 1 - beyond)], 4 * (row * side + column));
    }
  }
  context.putImageData(pixels, 0, 0);
}
