// Every text of the pages comes from texts.json, or from the [texts] of the study's file.

let texts = {};

export function useTexts(all) {
  texts = all;
}

/** Return a text with its places in braces filled. */
export function say(name, values = {}) {
  return (texts[name] ?? name).replace(/\{(\w+)\}/g, (place, key) => values[key] ?? place);
}
