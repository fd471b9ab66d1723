// Talking to the server. An answer is repeated until it has arrived, also after the page was loaded again.

import { wait } from "./dom.js";

const PENDING = `tintype-answer-${location.pathname}`;
const LONGEST_WAIT = 8000;

/** The server understood and said no. */
export class Refusal extends Error {
  constructor(status) {
    super(`the server answered ${status}`);
    this.status = status;
  }
}

export async function ask(path, { method = "GET", body, keepalive = false } = {}) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body), keepalive });
  if (!response.ok) throw new Refusal(response.status);
  return response.json();
}

/** Ask until the server answers; `tell(true)` is called while it can't be reached. */
export async function insist(path, options, tell) {
  for (let pause = 500; ; pause = Math.min(2 * pause, LONGEST_WAIT)) {
    try {
      const reply = await ask(path, options);
      tell(false);
      return reply;
    } catch (error) {
      if (error instanceof Refusal && error.status < 500) {
        tell(false);
        throw error;
      }
      tell(true);
      await wait(pause);
    }
  }
}

/** Send an answer; it lies in the browser's storage until the server has it. */
export async function sendAnswer(body, tell) {
  localStorage.setItem(PENDING, JSON.stringify(body));
  try {
    return await insist("api/answer", { method: "POST", body }, tell);
  } finally {
    localStorage.removeItem(PENDING);
  }
}

/** Send the answer that a page before this one could not. */
export async function sendPending(tell) {
  const pending = localStorage.getItem(PENDING);
  if (pending === null) return;
  try {
    await sendAnswer(JSON.parse(pending), tell);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error; // it belongs to a session that is gone
  }
}
