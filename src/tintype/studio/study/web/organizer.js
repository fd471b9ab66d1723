// The organizer's page: how far the study has come, and the table of answers.
// The key stands behind the # of the address, which browsers send to nobody; it is asked for once.

import { make, show } from "./dom.js";
import { say, useTexts } from "./texts.js";

const EVERY_MS = 5000;
const MOST_PEOPLE = 50;
const STORED = `tintype-organizer-${location.pathname}`;

const key = takeKey();
let drawn = "";

function takeKey() {
  const given = location.hash.slice(1);
  if (given) {
    sessionStorage.setItem(STORED, given);
    history.replaceState(null, "", location.pathname); // out of sight of who looks over a shoulder
  }
  return given || sessionStorage.getItem(STORED) || "";
}

async function ask(path, options = {}) {
  const headers = { Authorization: `Bearer ${key}`, ...options.headers };
  const response = await fetch(path, { ...options, headers });
  if (response.status === 403) throw new Error("key");
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response;
}

async function refresh() {
  try {
    const progress = await (await ask("api/organizer/progress")).json();
    notice("");
    draw(progress);
  } catch (error) {
    if (error.message === "key") return refuse();
    notice(say("organizer_unreachable"));
  }
  setTimeout(refresh, EVERY_MS);
}

function notice(text) {
  document.getElementById("notice").textContent = text;
}

function refuse() {
  show(
    make("article", {}, make("h1", {}, say("organizer_no_key_heading")), make("p", { class: "lead" }, say("organizer_no_key")))
  );
}

function draw(progress) {
  const now = JSON.stringify(progress);
  if (now === drawn) return; // what is selected stays selected
  drawn = now;
  document.title = `${progress.title} – ${say("organizer")}`;
  const y = window.scrollY;
  const focused = document.activeElement?.id;
  show(head(progress), figures(progress), invitation(), coverage(progress), days(progress), people(progress));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  window.scrollTo(0, y);
}

function head(progress) {
  const state = say(progress.is_open ? "organizer_open" : "organizer_closed");
  const door = make("button", { id: "door", class: "plain", type: "button", onclick: () => setDoor(!progress.is_open) }, say(progress.is_open ? "organizer_close" : "organizer_reopen"));
  const csv = make("button", { id: "csv", class: "go", type: "button", onclick: () => download(progress.study) }, say("organizer_download"));
  return make(
    "header",
    { class: "top" },
    make("div", {}, make("h1", {}, progress.title), make("p", { class: `door ${progress.is_open ? "open" : ""}` }, state), progress.rehearsal && make("p", {}, say("rehearsal"))),
    make("div", { class: "buttons" }, door, csv)
  );
}

function figures(progress) {
  const checks = progress.participants.reduce((sum, it) => ({ passed: sum.passed + it.checks_passed, all: sum.all + it.checks }), { passed: 0, all: 0 });
  const figure = (name, value) => make("div", {}, make("dt", {}, say(name)), make("dd", {}, String(value)));
  return make(
    "dl",
    { class: "figures" },
    figure("organizer_begun", progress.limit ? of(progress.begun, progress.limit) : progress.begun),
    figure("organizer_finished", progress.finished),
    figure("organizer_answers", progress.answers.toLocaleString(document.documentElement.lang)),
    figure("organizer_checks", checks.all ? `${Math.round((100 * checks.passed) / checks.all)} %` : "–")
  );
}

function invitation() {
  const address = new URL(".", location.href).href;
  const button = make("button", { id: "copy", class: "plain", type: "button", onclick: () => copy(address, button) }, say("organizer_copy"));
  return make("section", {}, make("h2", {}, say("organizer_invite_heading")), make("p", {}, say("organizer_invite")), make("div", { class: "link" }, make("code", {}, address), button));
}

async function copy(text, button) {
  await navigator.clipboard.writeText(text);
  button.textContent = say("organizer_copied");
}

function coverage(progress) {
  const rows = progress.comparisons.map((it) => [
    say(`organizer_${it.kind}`),
    it.pair.join(" – "),
    number(it.answers),
    make("td", {}, part(it.photographs, progress.photographs), of(it.photographs, progress.photographs)),
    number(it.fewest === it.most ? it.most : say("organizer_range", it)),
  ]);
  const headings = ["organizer_question", "organizer_comparison", ["organizer_count"], "organizer_photographs", ["organizer_each"]];
  return make(
    "section",
    {},
    make("h2", {}, say("organizer_comparisons_heading")),
    make("p", {}, say("organizer_comparisons")),
    rows.length ? table(headings, rows) : make("p", { class: "empty" }, say("organizer_no_answers"))
  );
}

function days(progress) {
  if (progress.days.length < 2) return null;
  const most = Math.max(...progress.days.map(([, count]) => count));
  const bars = progress.days.map(([day, count]) => {
    const bar = make("span", { title: `${day}: ${count}` });
    bar.style.height = `${(100 * count) / most}%`;
    return bar;
  });
  return make(
    "section",
    {},
    make("h2", {}, say("organizer_days_heading")),
    make("div", { class: "days" }, ...bars),
    make("p", { class: "ends" }, make("span", {}, progress.days[0][0]), make("span", {}, progress.days.at(-1)[0]))
  );
}

function people(progress) {
  const latest = progress.participants.slice(-MOST_PEOPLE).reverse();
  const rows = latest.map((it) => [
    make("td", { class: "code" }, it.participant),
    it.begun_at.slice(0, 16).replace("T", " "),
    make("td", {}, part(it.done, it.total), it.done === it.total ? say("organizer_done") : of(it.done, it.total)),
    number(it.checks ? of(it.checks_passed, it.checks) : "–"),
    number(it.response_ms === null ? "–" : `${(it.response_ms / 1000).toFixed(1)} s`),
  ]);
  const more = progress.participants.length > MOST_PEOPLE ? ` ${say("organizer_latest", { shown: MOST_PEOPLE, all: progress.participants.length })}` : "";
  return make(
    "section",
    {},
    make("h2", {}, say("organizer_people_heading")),
    make("p", {}, say("organizer_people") + more),
    rows.length ? table(["organizer_code", "organizer_time", "organizer_trials", ["organizer_checks"], ["organizer_response"]], rows) : make("p", { class: "empty" }, say("organizer_nobody"))
  );
}

function of(value, all) {
  return say("organizer_of", { value, all });
}

function part(value, all) {
  const filled = make("span", {});
  filled.style.width = `${(100 * value) / Math.max(1, all)}%`;
  return make("span", { class: "part", "aria-hidden": "true" }, filled);
}

function number(value) {
  return make("td", { class: "number" }, String(value));
}

function table(headings, rows) {
  const head = headings.map((it) => (Array.isArray(it) ? make("th", { class: "number" }, say(it[0])) : make("th", {}, say(it))));
  const body = rows.map((row) => make("tr", {}, ...row.map((cell) => (cell instanceof Node ? cell : make("td", {}, cell)))));
  return make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body)));
}

async function setDoor(isOpen) {
  const headers = { "Content-Type": "application/json" };
  await ask("api/organizer/door", { method: "POST", headers, body: JSON.stringify({ is_open: isOpen }) });
  draw(await (await ask("api/organizer/progress")).json());
}

async function download(name) {
  const blob = await (await ask("api/organizer/answers.csv")).blob();
  const link = make("a", { href: URL.createObjectURL(blob), download: `${name}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the click
}

async function main() {
  const study = await (await ask("api/study")).json();
  useTexts(study.texts);
  document.documentElement.lang = study.language;
  await refresh();
}

main();
