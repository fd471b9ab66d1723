// How two pictures of one shape lie so that they are as large as they can be.

const LARGEST_SCALE = 2; // small pictures are not blown up further than this

/**
 * @param area {width, height} that both share, in CSS pixels
 * @param picture {width, height} of one of them
 * @param gap between them; caption: height below each
 * @returns {layout, width, height} of each
 */
export function arrange(area, picture, gap, caption) {
  const beside = fit((area.width - gap) / 2, area.height - caption, picture);
  const stacked = fit(area.width, (area.height - gap) / 2 - caption, picture);
  return stacked.width > beside.width * 1.1 ? { layout: "stacked", ...stacked } : { layout: "side_by_side", ...beside };
}

function fit(width, height, picture) {
  const scale = Math.max(0.05, Math.min(width / picture.width, height / picture.height, LARGEST_SCALE));
  return { width: Math.floor(picture.width * scale), height: Math.floor(picture.height * scale) };
}
