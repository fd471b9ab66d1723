// Making what words, references, albums and scribbles propose.

import { retell, t, tn } from "../core/texts.js";

/**
 * Wait for a proposal, make it a change, and say what came of it.
 * @param {import("../shell/app.js").App} app
 * @param {HTMLButtonElement} button that asked; it waits too
 * @param {() => Promise<{operations: Object[], notes: string[]}>} ask
 * @param {string} label key of a text, for the history
 * @returns {Promise<boolean>} whether anything was changed
 */
export async function propose(app, button, ask, label) {
  const { store, session, announcer } = app;
  const { photo } = store.now;
  button.disabled = true;
  button.classList.add("working");
  try {
    const { operations, notes } = await ask();
    if (photo?.id !== store.now.photo?.id) return false; // another photograph was opened meanwhile
    const count = operations.filter((it) => it.op !== "remove_mark").length;
    if (operations.length) session.change(operations, label);
    for (const note of notes) announcer.say(retell(note));
    if (!notes.length) announcer.say(count ? tn("proposal.made", count) : t("proposal.nothing"));
    return count > 0;
  } catch (error) {
    announcer.fail(error);
    return false;
  } finally {
    button.disabled = false;
    button.classList.remove("working");
  }
}
