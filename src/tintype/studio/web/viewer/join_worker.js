// Joins some rows of a picture beside the page, so that nothing stands still meanwhile.

import { Joiner, halve } from "./join.js";

const MOST_PLANES = 3;
const PATIENCE = 20000;
const planes = new Map();
let joiner = null;

addEventListener("message", async ({ data }) => {
  const { number, field, isDraft, share } = data;
  try {
    joiner ??= loadJoiner(data.limits);
    const [found, both] = await Promise.all([joiner, planeAt(data.plane)]);
    if (!field) return;
    const plane = isDraft ? both.half : both.whole;
    const [top, bottom] = share.map((it) => Math.round(it * plane.height));
    const { buffer } = found.join(plane, field, top, bottom);
    postMessage({ number, buffer, top, width: plane.width, height: plane.height }, [buffer]);
  } catch (error) {
    postMessage({ number, message: String(error) });
  }
});

async function loadJoiner(address) {
  try {
    const answer = await fetchGood(address);
    return new Joiner(new Float32Array(await answer.arrayBuffer()));
  } catch (error) {
    joiner = null; // it is asked for again
    throw error;
  }
}

/** The photograph in gray, which is fetched once, and half of it. */
function planeAt(address) {
  const found = planes.get(address) ?? loadPlane(address);
  planes.delete(address);
  planes.set(address, found);
  while (planes.size > MOST_PLANES) planes.delete(planes.keys().next().value);
  return found;
}

async function loadPlane(address) {
  try {
    const answer = await fetchGood(address);
    const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    const { data } = context.getImageData(0, 0, width, height);
    const whole = { width, height, codes: Uint8Array.from({ length: width * height }, (_, at) => data[4 * at]) };
    return { whole, half: halve(whole) };
  } catch (error) {
    planes.delete(address);
    throw error;
  }
}

async function fetchGood(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}
