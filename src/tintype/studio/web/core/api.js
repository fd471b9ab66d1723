// Asking the studio over HTTP. Every failure is one line that a person can read.

import { retell, t } from "./texts.js";

const PREFIX = "/api/v1";

/** Why something was not done, in one line. */
export class ApiError extends Error {
  /**
   * @param {string} message one line
   * @param {string} kind as the server names it
   * @param {number} status of the answer; 0: there was none
   */
  constructor(message, kind = "", status = 0) {
    super(message);
    this.kind = kind;
    this.status = status;
  }

  /** @returns {boolean} whether it may work when it is tried again */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

/**
 * @param {string} path below /api/v1
 * @param {Object<string, any>} [query]
 * @returns {string} the address
 */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return PREFIX + path + (text ? `?${text}` : "");
}

/**
 * Ask for JSON.
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {{query?: Object<string, any>, json?: any, body?: BodyInit, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export async function ask(method, path, { query, json, body, signal } = {}) {
  const answer = await send(address(path, query), {
    method,
    signal,
    headers: json === undefined ? {} : { "Content-Type": "application/json" },
    body: json === undefined ? body : JSON.stringify(json),
  });
  return answer.json();
}

/** @type {(path: string, query?: Object<string, any>, signal?: AbortSignal) => Promise<any>} */
export const get = (path, query, signal) => ask("GET", path, { query, signal });

/** @type {(path: string, json?: any, query?: Object<string, any>) => Promise<any>} */
export const post = (path, json, query) => ask("POST", path, { json, query });

/**
 * Fetch a picture, decoded and ready to be drawn.
 * @param {string} path below /api/v1
 * @param {Object<string, any>} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<ImageBitmap>}
 */
export async function getPicture(path, query, signal) {
  const answer = await send(address(path, query), { signal });
  return createImageBitmap(await answer.blob());
}

/**
 * Fetch a file that is to be kept.
 * @param {string} path below /api/v1
 * @returns {Promise<{blob: Blob, name: string}>} and its name, as the studio says it
 */
export async function getFile(path) {
  const answer = await send(address(path), {});
  const named = /filename\*=utf-8''([^;]+)/i.exec(answer.headers.get("Content-Disposition") ?? "");
  return { blob: await answer.blob(), name: decodeURIComponent(named?.[1] ?? "") };
}

/**
 * Let a picture be drawn of something that is described.
 * @param {string} path below /api/v1
 * @param {any} json
 * @param {Object<string, any>} query
 * @param {AbortSignal} signal
 * @returns {Promise<ImageBitmap>}
 */
export async function askPicture(path, json, query, signal) {
  const headers = { "Content-Type": "application/json" };
  const answer = await send(address(path, query), { method: "POST", headers, body: JSON.stringify(json), signal });
  return createImageBitmap(await answer.blob());
}

/**
 * Send a file; how much of it is on its way is told.
 * @param {string} path below /api/v1
 * @param {Blob} file
 * @param {{query?: Object<string, any>, onProgress?: (share: number) => void, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export function upload(path, file, { query, onProgress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch says nothing of what was sent so far
    request.open("POST", address(path, query));
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress?.(event.total ? event.loaded / event.total : 0);
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else reject(failure(request.status, request.response));
    };
    request.onerror = () => reject(new ApiError(t("error.unreachable"), "Unreachable"));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

/** Hand over the token that stands in the address, and take it out of there. */
export async function comeIn() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  await post("/session", { token });
  history.replaceState(null, "", location.pathname);
}

/**
 * @param {unknown} error
 * @returns {boolean} whether it only says that something is no longer wanted
 */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

async function send(where, options) {
  let answer;
  try {
    answer = await fetch(where, options);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(t("error.unreachable"), "Unreachable");
  }
  if (answer.ok) return answer;
  throw failure(answer.status, await answer.json().catch(() => null));
}

function failure(status, said) {
  const message = said?.message ? retell(said.message, said.error) : t("error.status", { status });
  return new ApiError(message, said?.error ?? "", status);
}
