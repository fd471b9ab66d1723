// A participant's way through a study.

import { ask, insist, Refusal, sendAnswer, sendPending } from "./api.js";
import { leaveLater, watchVisitor } from "./kiosk.js";
import * as screens from "./screens.js";
import { say, useTexts } from "./texts.js";
import { notice, preload, runTrial, showFeedback } from "./trial.js";

const tellOffline = (isOffline) => notice(isOffline ? say("offline") : "");
let hasBegun = false;

async function main() {
  await sendPending(() => {});
  const study = await insist("api/study", {}, () => {});
  prepare(study);
  if (study.session) {
    if (study.session.done < study.session.total) await screens.resume(study.session);
  } else if (!study.open) {
    return screens.closed();
  } else {
    while (!(await screens.welcome(study))) await screens.declined();
  }
  hasBegun = true;
  if (study.kiosk) watchVisitor(leave);
  const state = await insist("api/session", { method: "POST" }, tellOffline);
  const final = await runTrials(study, state);
  await finish(study, final);
}

function prepare(study) {
  useTexts(study.texts);
  document.documentElement.lang = study.language;
  document.title = study.title;
  const rehearsal = document.getElementById("rehearsal");
  rehearsal.hidden = !study.rehearsal;
  rehearsal.textContent = say("rehearsal");
}

async function runTrials(study, state) {
  let before = null;
  while (state.trial) {
    const trial = state.trial;
    const part = study.parts.find((each) => each.kind === trial.kind);
    preload(trial);
    await introduce(trial, part, before);
    const given = await runTrial(trial, part, state, () => pause(state));
    preload(state.following);
    const progress = { done: state.done, total: state.total };
    state = await hand(trial, given);
    if (state.feedback) await showFeedback(trial, part, progress, state.feedback);
    before = trial;
  }
  return state;
}

/** Explain a part before its first trial, and say when practice is over. After a reload, nothing is said twice. */
async function introduce(trial, part, before) {
  const isFirstOfPart = trial.place === 1 && before?.kind !== trial.kind;
  if (isFirstOfPart && (trial.practice || part.practice === 0)) await screens.explain(part);
  else if (before?.practice && !trial.practice) await screens.ready(part, trial.places);
}

async function hand(trial, given) {
  try {
    return await sendAnswer({ trial: trial.number, ...given }, tellOffline);
  } catch (error) {
    if (error instanceof Refusal && error.status === 409) return ask("api/trial"); // answered in another window
    throw error;
  }
}

async function pause(state) {
  const buttons = [
    [say("go_on"), "go on"],
    [say("withdraw"), "withdraw", "quiet"],
  ];
  while ((await screens.askAbove(say("paused_heading"), say("paused", state), buttons, "go on")) === "withdraw") {
    await withdrawIfSure();
  }
}

async function withdrawIfSure() {
  const buttons = [
    [say("withdraw_no"), false],
    [say("withdraw_yes"), true, "danger"],
  ];
  if (!(await screens.askAbove(say("withdraw_heading"), say("withdraw_sure"), buttons, false))) return;
  await insist("api/session", { method: "DELETE" }, tellOffline);
  hasBegun = false;
  screens.withdrawn();
  await new Promise(() => {}); // nothing follows on this page
}

async function finish(study, state) {
  if (study.kiosk) leaveLater(leave);
  while ((await screens.thanks(study, state.score)) === "withdraw") await withdrawIfSure();
  await leave();
}

async function leave() {
  await ask("api/leave", { method: "POST" }).catch(() => {});
  location.reload();
}

function fail(error) {
  if (error instanceof Refusal && error.status === 401 && hasBegun) return location.reload(); // the session is gone
  if (error instanceof Refusal && error.status === 403) return screens.closed(); // the last place was taken meanwhile
  screens.trouble();
  throw error;
}

main().catch(fail);
