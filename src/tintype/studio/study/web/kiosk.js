// A screen in an exhibition: when nobody touches it any more, the next visitor finds the beginning.

import { askAbove } from "./screens.js";
import { say } from "./texts.js";

const PATIENCE_MS = 90_000;
const LAST_CALL_S = 20;
const THANKS_MS = 30_000;

/** Watch from the beginning of a session; `leave` ends it when nobody is there. */
export function watchVisitor(leave) {
  let timer;
  const restart = () => {
    clearTimeout(timer);
    timer = setTimeout(callOut, PATIENCE_MS);
  };
  const callOut = async () => ((await isStillThere()) ? restart() : leave());
  for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, restart);
  restart();
}

/** Go back to the beginning some time after the thanks. */
export function leaveLater(leave) {
  setTimeout(leave, THANKS_MS);
}

async function isStillThere() {
  let seconds = LAST_CALL_S;
  const asked = askAbove(say("still_there_heading"), say("still_there", { seconds }), [[say("still_there_yes"), true]], true);
  const dialog = [...document.querySelectorAll("dialog")].at(-1);
  const timer = setInterval(() => {
    seconds -= 1;
    dialog.dispatchEvent(new CustomEvent("retell", { detail: say("still_there", { seconds }) }));
    if (seconds <= 0) dialog.dispatchEvent(new CustomEvent("answer", { detail: false }));
  }, 1000);
  const isThere = await asked;
  clearInterval(timer);
  return isThere;
}
