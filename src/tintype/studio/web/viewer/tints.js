// Gray pictures in the dress in which they are laid over a photograph.

const INSIDE = 128;

/**
 * Turn gray into a color that is the more opaque the lighter the gray was.
 * @param {ImageBitmap} gray
 * @param {[number, number, number]} color
 * @param {{from: number, to: number}} shares of all pixels: as many stay clear, and so many are not yet opaque
 * @returns {ImageBitmap}
 */
export function tint(gray, [red, green, blue], { from, to }) {
  return dressed(gray, (pixels) => {
    const { least, most } = findRange(pixels.data, from, to);
    for (let at = 0; at < pixels.data.length; at += 4) {
      const share = Math.min(1, Math.max(0, (pixels.data[at] - least) / (most - least)));
      pixels.data.set([red, green, blue, 255 * share ** 1.4], at);
    }
  });
}

/**
 * Draw the border of what is white: a light line inside, a dark one outside, so that it is seen on everything.
 * @param {ImageBitmap} gray
 * @returns {ImageBitmap}
 */
export function outline(gray) {
  return dressed(gray, (pixels) => {
    const { width, height, data } = pixels;
    const isIn = Uint8Array.from({ length: width * height }, (_, at) => (data[4 * at] >= INSIDE ? 1 : 0));
    for (let at = 0; at < isIn.length; at += 1) {
      const column = at % width;
      const beside = [at - width, at + width, column ? at - 1 : -1, column < width - 1 ? at + 1 : -1];
      const isBorder = beside.some((other) => (isIn[other] ?? 0) !== isIn[at]);
      data.set(isBorder ? [255 * isIn[at], 255 * isIn[at], 255 * isIn[at], isIn[at] ? 255 : 150] : [255, 255, 255, 46 * isIn[at]], 4 * at);
    }
  });
}

function dressed(gray, dress) {
  const canvas = new OffscreenCanvas(gray.width, gray.height);
  const context = canvas.getContext("2d");
  context.drawImage(gray, 0, 0);
  const pixels = context.getImageData(0, 0, gray.width, gray.height);
  dress(pixels);
  context.putImageData(pixels, 0, 0);
  return canvas.transferToImageBitmap();
}

/** The grays below which two shares of a picture lie, some way apart. */
function findRange(data, from, to) {
  const counts = new Array(256).fill(0);
  for (let at = 0; at < data.length; at += 4) counts[data[at]] += 1;
  const total = data.length / 4;
  const grayAt = (share) => {
    let seen = 0;
    return counts.findIndex((count) => {
      seen += count;
      return seen >= share * total;
    });
  };
  const least = grayAt(from);
  return { least, most: Math.max(least + 24, grayAt(to)) };
}
