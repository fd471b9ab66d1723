// A file that is, or will be, saved.

import { drawId } from "../core/ids.js";
import { retell } from "../core/texts.js";

/**
 * @typedef {Object} Save
 * @property {string} id of the page's own
 * @property {string} album what all files of a whole album share; "" for one alone
 * @property {string} name of the photograph
 * @property {Order} order
 * @property {string} job its id, once the studio has the order; a project needs none
 * @property {"waiting"|"running"|"done"|"failed"|"stopped"} status
 * @property {number} progress 0..1
 * @property {string} message why it failed, or still waits
 * @property {string[]} notes
 * @property {string} file its name, once it is there
 * @property {number} bytes
 */

/** @typedef {{photo: string, kind: string, suffix?: string, badge?: boolean, mark?: boolean}} Order */

/**
 * @param {Order} order
 * @param {string} name of the photograph
 * @param {string} [album]
 * @returns {Save} one that nobody has begun with
 */
export function createSave(order, name, album = "") {
  const beginning = { job: "", status: "waiting", progress: 0, message: "", notes: [], file: "", bytes: 0 };
  return { id: drawId(8), album, name, order, ...beginning };
}

/**
 * @param {Object<string, any>} job as the studio describes it
 * @returns {Partial<Save>} what is known by that
 */
export function knownBy({ id, status, progress, message, notes, name, bytes }) {
  const told = notes.map((note) => retell(note));
  return { job: id, status, progress, message: retell(message), notes: told, file: name, bytes };
}

/**
 * @param {{status: string}} save
 * @returns {boolean} whether something is still to come of it
 */
export function isOpen({ status }) {
  return status === "waiting" || status === "running";
}

/**
 * @param {Save} save
 * @returns {boolean} whether the studio is to make it, or makes it
 */
export function isOrdered(save) {
  return isOpen(save) && Boolean(save.job);
}
