// Ids of our own.

/**
 * Draw an id; unlike crypto.randomUUID it is there on a plain http address of another machine, too.
 * @param {number} [length] letters, of 4 bits each
 * @returns {string}
 */
export function drawId(length = 24) {
  const bytes = crypto.getRandomValues(new Uint8Array(length / 2));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
