// The page's words. Each language is one file in texts/; what it lacks is said in English.

import { en } from "../texts/en.js";
import { preferences } from "./preferences.js";

/** Languages, by their own names. */
export const LANGUAGES = { en: "English", de: "Deutsch" };

const LOADERS = {
  de: async () => {
    const [{ de }, said, { things }] = await Promise.all([
      import("../texts/de.js"),
      import("../texts/de_said.js"),
      import("../texts/de_things.js"),
    ]);
    return { words: de, said, things };
  },
};

let words = en;
let patterns = [];
let reasons = {};
let kinds = {};
let things = new Map();
let thingsMeant = new Map();
let plural = new Intl.PluralRules("en");
let language = "en";

/**
 * Load the language that was chosen, or the browser's.
 * @returns {Promise<string>} the language
 */
export async function loadTexts() {
  language = chosenLanguage();
  if (LOADERS[language]) take(await LOADERS[language]());
  plural = new Intl.PluralRules(language);
  document.documentElement.lang = language;
  return language;
}

/** @returns {string} the language of the page */
export function currentLanguage() {
  return language;
}

/**
 * Say something.
 * @param {string} key as in texts/en.js
 * @param {Object<string, any>} [values] for what stands in braces
 * @returns {string}
 */
export function t(key, values = {}) {
  const text = words[key];
  if (text === undefined) throw new Error(`no text is called ${key}`);
  return fillIn(text, values);
}

/**
 * Say how many.
 * @param {string} key without ".one" and ".other"
 * @param {number} count
 * @param {Object<string, any>} [values]
 * @returns {string}
 */
export function tn(key, count, values = {}) {
  const form = `${key}.${plural.select(count)}`;
  return t(form in words ? form : `${key}.other`, { count: number(count), ...values });
}

/**
 * @param {string} key
 * @returns {boolean} whether there is such a text
 */
export function hasText(key) {
  return key in words;
}

/**
 * Write a number as the language does.
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 * @returns {string}
 */
export function number(value, options) {
  return new Intl.NumberFormat(language, options).format(value);
}

/**
 * @param {number} share 0..1
 * @returns {string} as percent
 */
export function percent(share) {
  return number(share, { style: "percent", maximumFractionDigits: 0 });
}

/**
 * @param {number} count of bytes
 * @returns {string} in a unit that people read
 */
export function bytes(count) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const options = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: step > 1 ? 1 : 0 };
  return number(count / 1000 ** step, options);
}

/**
 * Say in the language of the page what the studio says in English: a failure, or a note.
 * @param {string} sentence
 * @param {string} [kind] of a failure; it is told where the sentence is not known
 * @returns {string}
 */
export function retell(sentence, kind = "") {
  for (const [pattern, text] of patterns) {
    const found = pattern.exec(sentence);
    if (found) return fillIn(text, withReason({ ...found.groups }));
  }
  return Object.hasOwn(kinds, kind) ? `${kinds[kind]}: ${sentence}` : sentence;
}

/**
 * @param {string} name of a thing in English, as the studio says it
 * @returns {string} in the language of the page
 */
export function thingNamed(name) {
  return things.get(name) ?? name;
}

/**
 * @param {string} said the name of a thing, in the language of the page or in English
 * @returns {string} in English, as the studio understands it
 */
export function thingMeant(said) {
  return thingsMeant.get(said.toLowerCase()) ?? said;
}

function take(found) {
  words = { ...en, ...found.words };
  patterns = found.said.sentences.map(([sentence, text]) => [patternOf(sentence), text]);
  ({ reasons, kinds } = found.said);
  things = new Map(Object.entries(found.things));
  thingsMeant = new Map([...things].map(([name, said]) => [said.toLowerCase(), name]));
}

function patternOf(sentence) {
  const escaped = sentence.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\{(\w+)\}/g, "(?<$1>.*?)")}$`);
}

function withReason(values) {
  return Object.hasOwn(reasons, values.why) ? { ...values, why: reasons[values.why] } : values;
}

function fillIn(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

function chosenLanguage() {
  const wanted = [preferences.get("language"), ...(navigator.languages ?? [navigator.language])];
  for (const tag of wanted) {
    const base = String(tag ?? "").toLowerCase().split("-")[0];
    if (base in LANGUAGES) return base;
  }
  return "en";
}
