// The pages between the trials. Each resolves with what the participant chose.

import { make, paragraphs, show } from "./dom.js";
import { say } from "./texts.js";

/** Show a page with buttons; resolve with the value of the one that is chosen. Enter goes on. */
function choose(children, buttons) {
  return new Promise((resolve) => {
    const made = buttons.map(([text, value, look = "go"]) =>
      make("button", { class: look, type: "button", onclick: () => resolve(value) }, text)
    );
    show(make("article", {}, ...children, make("div", { class: "buttons" }, ...made)));
  });
}

document.addEventListener("keydown", (event) => {
  const isElsewhere = event.target.closest("button, a") || document.querySelector("dialog[open]");
  if (event.key !== "Enter" || event.repeat || isElsewhere) return;
  document.querySelector("article .go, .told .go")?.click();
});

/** Show a page that nothing follows. */
function end(...children) {
  show(make("article", {}, ...children));
}

export function welcome(study) {
  const total = study.parts.reduce((sum, part) => sum + part.trials + part.practice, 0);
  const point = (name) =>
    make("section", {}, make("h2", {}, say(`${name}_heading`)), ...paragraphs(say(name, { total, minutes: study.minutes })));
  const children = [
    sample(),
    make("h1", {}, study.title),
    ...paragraphs(say("welcome"), { class: "lead" }),
    make("div", { class: "points" }, point("welcome_task"), point("welcome_data"), point("welcome_choice")),
    ...paragraphs(say("consent"), { class: "consent" }),
    study.contact && make("p", { class: "contact" }, say("welcome_contact", { contact: study.contact })),
  ];
  return choose(children, [
    [say("agree"), true],
    [say("decline"), false, "quiet"],
  ]);
}

/** Two little pictures, gray and colored, that say without words what this is about. */
function sample() {
  return make("div", { class: "sample", "aria-hidden": "true" }, make("span", { class: "gray" }), make("span", { class: "colored" }));
}

export function declined() {
  return choose(paragraphs(say("declined"), { class: "lead" }), [[say("declined_return"), true, "quiet"]]);
}

export function resume(session) {
  return choose([make("h1", {}, say("resume_heading")), ...paragraphs(say("resume", session), { class: "lead" })], [[say("go_on"), true]]);
}

export function explain(part) {
  const seconds = part.exposure_ms / 1000;
  const steps = [
    say(`answer_${part.kind}`),
    seconds ? say("explain_exposure", { seconds }) : say("explain_unlimited"),
    say("explain_keys"),
    say("explain_screen"),
  ];
  const practice = [say("explain_practice", part), part.feedback && say("explain_feedback")].filter(Boolean).join(" ");
  const children = [
    make("h1", {}, say(`heading_${part.kind}`)),
    ...paragraphs(say(`explain_${part.kind}`), { class: "lead" }),
    make("ol", { class: "steps" }, ...steps.map((step) => make("li", {}, step))),
    part.practice ? make("p", {}, practice) : null,
  ];
  return choose(children, [[say(part.practice ? "start_practice" : "start"), true]]);
}

export function ready(part, places) {
  const text = part.feedback ? "ready" : "ready_preference";
  return choose([make("h1", {}, say("ready_heading")), ...paragraphs(say(text, { places }), { class: "lead" })], [[say("start"), true]]);
}

/** Thank; resolves with "again" (another visitor) or "withdraw". */
export function thanks(study, score) {
  const children = [make("h1", {}, say("thanks_heading"))];
  if (score) {
    children.push(make("p", { class: "lead" }, say("score", score)), scale(score), make("p", { class: "aside" }, say("score_meaning")));
  }
  children.push(...paragraphs(say("thanks")));
  const buttons = [[say("withdraw_after"), "withdraw", "quiet"]];
  if (study.kiosk) buttons.unshift([say("next_visitor"), "again"]);
  return choose(children, buttons);
}

/** A line from none to all, with a mark where guessing leads. */
function scale({ right, of }) {
  const filled = make("span", { class: "filled" });
  filled.style.width = `${(100 * right) / of}%`;
  return make("div", { class: "scale", "aria-hidden": "true" }, filled, make("span", { class: "half" }));
}

export function withdrawn() {
  end(make("h1", {}, say("withdrawn_heading")), ...paragraphs(say("withdrawn"), { class: "lead" }));
}

export function closed() {
  end(make("h1", {}, say("closed_heading")), ...paragraphs(say("closed"), { class: "lead" }));
}

export function trouble() {
  const reload = make("button", { class: "go", type: "button", onclick: () => location.reload() }, say("reload"));
  end(make("h1", {}, say("trouble_heading")), ...paragraphs(say("trouble"), { class: "lead" }), make("div", { class: "buttons" }, reload));
}

/** Ask something above everything else; resolves with the value of the button, or of `escape`. */
export function askAbove(heading, text, buttons, escape) {
  return new Promise((resolve) => {
    const words = make("p", { class: "lead" }, text);
    const dialog = make("dialog", {}, make("h1", {}, heading), words);
    const answer = (value) => {
      dialog.remove();
      resolve(value);
    };
    const made = buttons.map(([label, value, look]) =>
      make("button", { class: look || "go", type: "button", onclick: () => answer(value) }, label)
    );
    dialog.append(make("div", { class: "buttons" }, ...made));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      answer(escape);
    });
    dialog.addEventListener("answer", (event) => answer(event.detail)); // for who closes it from outside
    dialog.addEventListener("retell", (event) => (words.textContent = event.detail));
    document.body.append(dialog);
    dialog.showModal();
    made[0].focus({ preventScroll: true });
  });
}
