// One trial: a cross, two pictures for a measured time, an answer.

import { ask } from "./api.js";
import { arrange } from "./arrange.js";
import { make, nextFrame, show, wait } from "./dom.js";
import { say } from "./texts.js";

const CROSS_MS = 700;
const TOO_SOON_MS = 150; // nobody answers pictures within this time: it was meant for those before
const GAP = 20;
const KEYS = { ArrowLeft: "left", ArrowUp: "left", ArrowRight: "right", ArrowDown: "right" };
const SIDES = ["left", "right"];
const loads = new Map();

/** Fetch and decode the pictures of a trial ahead of time. */
export function preload(trial) {
  if (!trial) return null;
  if (!loads.has(trial.left)) {
    loads.clear(); // those of trials before are not needed again
    loads.set(trial.left, Promise.all(SIDES.map((side) => load(trial[side]))));
  }
  return loads.get(trial.left);
}

async function load(address) {
  for (let pause = 500; ; pause = Math.min(2 * pause, 8000)) {
    const picture = make("img", { src: address, alt: "", draggable: "false" });
    try {
      await picture.decode();
      return picture;
    } catch {
      notice(say("picture_missing"));
      await wait(pause);
      notice("");
    }
  }
}

export function notice(text) {
  document.getElementById("notice").textContent = text;
}

/**
 * Show a trial and return {answer, response_ms, exposure_ms, layout}.
 * `pause(trial)` is called when the participant wants one, and resolves when it is over.
 */
export async function runTrial(trial, part, progress, pause) {
  const stage = buildStage(trial, part, progress);
  show(stage.root);
  const interruption = watchForPause(stage, pause);
  try {
    const [pictures] = await Promise.all([slowly(preload(trial)), wait(CROSS_MS)]);
    await interruption.isOver();
    stage.place(pictures);
    await Promise.race([ask("api/shown", { method: "POST", body: { trial: trial.number } }).catch(() => {}), wait(300)]);
    return await expose(stage, part.exposure_ms);
  } finally {
    interruption.stop();
    stage.stop();
  }
}

/** After a practice trial, show the pictures again with their names until the participant goes on. */
export async function showFeedback(trial, part, progress, feedback) {
  const stage = buildStage(trial, part, progress);
  stage.place(await preload(trial));
  stage.root.classList.add("open", "told");
  stage.question.textContent = say(feedback.right ? "feedback_right" : "feedback_wrong");
  stage.question.classList.add(feedback.right ? "yes" : "no");
  for (const side of SIDES) {
    const isMachine = side === feedback.machine;
    stage.captions[side].textContent = say(isMachine ? "feedback_machine" : "feedback_truth");
    stage.choices[side].classList.toggle("machine", isMachine);
    stage.choices[side].disabled = true;
  }
  show(stage.root);
  await new Promise((resolve) => {
    stage.root.querySelector(".foot").replaceChildren(make("button", { class: "go", type: "button", onclick: resolve }, say("go_on")));
  });
  stage.stop();
}

function buildStage(trial, part, progress) {
  const captions = Object.fromEntries(SIDES.map((side) => [side, make("span", { class: "caption" })]));
  const frames = Object.fromEntries(SIDES.map((side) => [side, make("span", { class: "frame" })]));
  const choices = Object.fromEntries(
    SIDES.map((side) => [side, make("button", { class: `choice ${side}`, type: "button" }, frames[side], captions[side])])
  );
  const question = make("h1", { class: "question" }, part.question);
  const area = make("div", { class: "area" }, make("span", { class: "cross", "aria-hidden": "true" }), choices.left, choices.right);
  const pauseButton = make("button", { class: "quiet", type: "button" }, say("pause"));
  const root = make(
    "section",
    { class: "stage" },
    make("div", { class: "head" }, make("span", { class: "count" }, countOf(trial)), bar(progress), pauseButton),
    question,
    area,
    make("div", { class: "foot" }, make("span", { class: "hint" }, say("explain_keys")))
  );
  return keepArranged({ root, area, frames, choices, captions, question, pauseButton, arrangement: null });
}

function countOf(trial) {
  return say(trial.practice ? "practice_place" : "place", trial);
}

function bar({ done, total }) {
  const filled = make("span", { class: "filled" });
  filled.style.width = `${(100 * done) / total}%`;
  return make("span", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": total, "aria-valuenow": done }, filled);
}

/** Give a stage its pictures, and keep them as large as the window allows while it changes. */
function keepArranged(stage) {
  let pictures = null;
  const lay = () => {
    if (!pictures || !stage.area.clientWidth) return;
    const [{ naturalWidth: width, naturalHeight: height }] = pictures;
    const size = { width: stage.area.clientWidth, height: stage.area.clientHeight };
    stage.arrangement = arrange(size, { width, height }, GAP, stage.captions.left.offsetHeight);
    stage.area.classList.toggle("stacked", stage.arrangement.layout === "stacked");
    for (const side of SIDES) name(stage, side);
    for (const picture of pictures) {
      picture.style.width = `${stage.arrangement.width}px`;
      picture.style.height = `${stage.arrangement.height}px`;
    }
  };
  const observer = new ResizeObserver(lay);
  observer.observe(stage.area);
  stage.place = (loaded) => {
    pictures = loaded;
    SIDES.forEach((side, i) => stage.frames[side].replaceChildren(loaded[i]));
    lay();
  };
  stage.stop = () => observer.disconnect();
  return stage;
}

function name(stage, side) {
  const place = stage.arrangement.layout === "stacked" ? { left: "upper", right: "lower" }[side] : side;
  if (!stage.root.classList.contains("told")) stage.captions[side].textContent = say(place);
  stage.choices[side].setAttribute("aria-label", say(`picture_${place}`));
}

/** Uncover the pictures, cover them again when their time is over, and wait for the answer. */
async function expose(stage, exposureMs) {
  await nextFrame();
  stage.root.classList.add("open");
  const begin = await nextFrame(); // the frame in which they are seen first
  const answer = waitForAnswer(stage, begin);
  const seen = exposureMs ? cover(stage, begin, exposureMs, answer) : answer.then((given) => given.at - begin);
  const given = await answer;
  stage.choices[given.side].classList.add("chosen");
  const exposure = await seen;
  return {
    answer: given.side,
    response_ms: Math.max(0, Math.round(given.at - begin)),
    exposure_ms: Math.max(0, Math.round(exposure)),
    layout: stage.arrangement.layout,
  };
}

/** Cover the pictures at the frame that is nearest to the end of their time; return how long they were seen. */
async function cover(stage, begin, exposureMs, answer) {
  let isAnswered = false;
  answer.then(() => (isAnswered = true));
  let now = begin;
  let frame = 1000 / 60;
  while (now - begin < exposureMs - frame / 2 && !isAnswered) {
    const next = await nextFrame();
    frame = Math.min(next - now, 50);
    now = next;
  }
  stage.root.classList.add("covered");
  return now - begin;
}

function waitForAnswer(stage, begin) {
  return new Promise((resolve) => {
    const accept = (side) => {
      const at = performance.now();
      if (at - begin < TOO_SOON_MS) return;
      document.removeEventListener("keydown", press);
      for (const each of SIDES) stage.choices[each].disabled = true;
      resolve({ side, at });
    };
    const press = (event) => {
      if (!(event.key in KEYS) || event.repeat || event.altKey || event.ctrlKey || event.metaKey) return;
      if (document.querySelector("dialog[open]")) return;
      event.preventDefault();
      accept(KEYS[event.key]);
    };
    document.addEventListener("keydown", press);
    for (const side of SIDES) stage.choices[side].addEventListener("click", () => accept(side));
  });
}

/** Pause when asked to, and before pictures appear while nobody looks at the page. */
function watchForPause(stage, pause) {
  let current = Promise.resolve();
  let isPaused = false;
  const begin = () => {
    if (isPaused) return;
    isPaused = true;
    current = pause().finally(() => (isPaused = false));
  };
  const hide = () => document.hidden && !stage.root.classList.contains("open") && begin();
  const press = (event) => {
    if (event.key !== "Escape" || event.repeat || document.querySelector("dialog[open]")) return;
    event.preventDefault(); // the same key would close the dialog at once
    begin();
  };
  stage.pauseButton.addEventListener("click", begin);
  document.addEventListener("visibilitychange", hide);
  document.addEventListener("keydown", press);
  return {
    isOver: () => current,
    stop: () => {
      document.removeEventListener("visibilitychange", hide);
      document.removeEventListener("keydown", press);
    },
  };
}

/** Say that pictures are on their way where they take long. */
async function slowly(promise) {
  const timer = setTimeout(() => notice(say("loading")), 1500);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    notice("");
  }
}
