// The organizer's page: how far the study has come, and the table of answers.
// The key stands behind the # of the address, which browsers send to nobody; it is asked for once.

import { make, show } from "./dom.js";

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
    say("");
    draw(progress);
  } catch (error) {
    if (error.message === "key") return refuse();
    say("The server can't be reached. Trying again …");
  }
  setTimeout(refresh, EVERY_MS);
}

function say(text) {
  document.getElementById("notice").textContent = text;
}

function refuse() {
  show(
    make("article", {}, make("h1", {}, "This page needs its key"), make("p", { class: "lead" }, "Open the whole address that “tintype study serve” printed for the organizer."))
  );
}

function draw(progress) {
  const now = JSON.stringify(progress);
  if (now === drawn) return; // what is selected stays selected
  drawn = now;
  document.title = `${progress.title} – organizer`;
  const y = window.scrollY;
  const focused = document.activeElement?.id;
  show(head(progress), figures(progress), invitation(), coverage(progress), days(progress), people(progress));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  window.scrollTo(0, y);
}

function head(progress) {
  const state = progress.is_open ? "Open: new participants may begin" : "Closed: who has begun may finish";
  const door = make("button", { id: "door", class: "plain", type: "button", onclick: () => setDoor(!progress.is_open) }, progress.is_open ? "Close the study" : "Open it again");
  const csv = make("button", { id: "csv", class: "go", type: "button", onclick: () => download(progress.study) }, "Download answers (CSV)");
  return make(
    "header",
    { class: "top" },
    make("div", {}, make("h1", {}, progress.title), make("p", { class: `door ${progress.is_open ? "open" : ""}` }, state), progress.rehearsal && make("p", {}, "Rehearsal: no answers are kept.")),
    make("div", { class: "buttons" }, door, csv)
  );
}

function figures(progress) {
  const checks = progress.participants.reduce((sum, it) => ({ passed: sum.passed + it.checks_passed, all: sum.all + it.checks }), { passed: 0, all: 0 });
  const figure = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value)));
  return make(
    "dl",
    { class: "figures" },
    figure("have begun", progress.limit ? `${progress.begun} of ${progress.limit}` : progress.begun),
    figure("have finished", progress.finished),
    figure("judged answers", progress.answers.toLocaleString("en")),
    figure("checks passed", checks.all ? `${Math.round((100 * checks.passed) / checks.all)} %` : "–")
  );
}

function invitation() {
  const address = new URL(".", location.href).href;
  const button = make("button", { id: "copy", class: "plain", type: "button", onclick: () => copy(address, button) }, "Copy");
  return make("section", {}, make("h2", {}, "Invite people"), make("p", {}, "This address is all that they need."), make("div", { class: "link" }, make("code", {}, address), button));
}

async function copy(text, button) {
  await navigator.clipboard.writeText(text);
  button.textContent = "Copied";
}

function coverage(progress) {
  const rows = progress.comparisons.map((it) => [
    { real_or_colored: "real or colored", preference: "preference" }[it.kind],
    it.pair.join(" – "),
    number(it.answers),
    make("td", {}, part(it.photographs, progress.photographs), `${it.photographs} of ${progress.photographs}`),
    number(it.fewest === it.most ? it.most : `${it.fewest} to ${it.most}`),
  ]);
  const headings = ["question", "comparison", ["answers"], "photographs seen", ["answers for each"]];
  return make(
    "section",
    {},
    make("h2", {}, "Comparisons"),
    make("p", {}, "Photographs with the fewest answers come next. Who is ahead is not shown here, so that nobody is tempted to stop early: “tintype study analyze” tells at the end."),
    rows.length ? table(headings, rows) : make("p", { class: "empty" }, "No answers yet.")
  );
}

function days(progress) {
  if (progress.days.length < 2) return null;
  const most = Math.max(...progress.days.map(([, count]) => count));
  const bars = progress.days.map(([day, count]) => {
    const bar = make("span", { title: `${day}: ${count} answers` });
    bar.style.height = `${(100 * count) / most}%`;
    return bar;
  });
  return make(
    "section",
    {},
    make("h2", {}, "Answers per day"),
    make("div", { class: "days" }, ...bars),
    make("p", { class: "ends" }, make("span", {}, progress.days[0][0]), make("span", {}, progress.days.at(-1)[0]))
  );
}

function people(progress) {
  const latest = progress.participants.slice(-MOST_PEOPLE).reverse();
  const rows = latest.map((it) => [
    make("td", { class: "code" }, it.participant),
    it.begun_at.slice(0, 16).replace("T", " "),
    make("td", {}, part(it.done, it.total), it.done === it.total ? "finished" : `${it.done} of ${it.total}`),
    number(it.checks ? `${it.checks_passed} of ${it.checks}` : "–"),
    number(it.response_ms === null ? "–" : `${(it.response_ms / 1000).toFixed(1)} s`),
  ]);
  const more = progress.participants.length > MOST_PEOPLE ? ` The latest ${MOST_PEOPLE} of ${progress.participants.length}.` : "";
  return make(
    "section",
    {},
    make("h2", {}, "Participants"),
    make("p", {}, `Random codes; nothing else is known about anyone.${more}`),
    rows.length ? table(["code", "begun (UTC)", "trials", ["checks passed"], ["median response"]], rows) : make("p", { class: "empty" }, "Nobody has begun yet.")
  );
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
  const head = headings.map((it) => (Array.isArray(it) ? make("th", { class: "number" }, it[0]) : make("th", {}, it)));
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
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

refresh();
