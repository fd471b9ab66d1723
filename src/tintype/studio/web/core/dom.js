// Building the page: elements from values, never from text that is parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Build an element.
 * @param {string} tag name of the element
 * @param {Object<string, any>} [given] `class`, `on` (listeners), `aria`, `data`, `style`, and properties or attributes
 * @param {...(Node|string|number|null|undefined|false|Array)} children nothing is made of null and false
 * @returns {HTMLElement}
 */
export function h(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) setOne(element, name, value);
  append(element, children);
  return element;
}

/**
 * Build an element of a drawing.
 * @param {string} tag
 * @param {Object<string, any>} [given] attributes
 * @param {...SVGElement} children
 * @returns {SVGElement}
 */
export function svg(tag, given = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(given)) {
    if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/**
 * Put other children in the place of an element's.
 * @param {Element} element
 * @param {...any} children
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * Listen, and return what ends it.
 * @param {EventTarget} target
 * @param {string} kind
 * @param {(event: any) => void} react
 * @param {AddEventListenerOptions} [options]
 * @returns {() => void}
 */
export function listen(target, kind, react, options) {
  target.addEventListener(kind, react, options);
  return () => target.removeEventListener(kind, react, options);
}

/**
 * Call a function once nothing has asked for it for a while.
 * @param {() => void} act
 * @param {number} milliseconds
 * @returns {(() => void) & {flush: () => void, cancel: () => void}}
 */
export function later(act, milliseconds) {
  let timer = 0;
  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      act();
    }, milliseconds);
  };
  ask.cancel = () => {
    clearTimeout(timer);
    timer = 0;
  };
  ask.flush = () => {
    if (!timer) return;
    ask.cancel();
    act();
  };
  return ask;
}

/**
 * Call a function in the next frame, once, however often it is asked for.
 * @param {() => void} act
 * @returns {() => void}
 */
export function oncePerFrame(act) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      act();
    });
  };
}

function setOne(element, name, value) {
  if (value === null || value === undefined) return;
  if (name === "class") element.className = value;
  else if (name === "on") for (const [kind, react] of Object.entries(value)) element.addEventListener(kind, react);
  else if (name === "aria") for (const [key, said] of Object.entries(value)) setAria(element, key, said);
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name === "style") for (const [key, said] of Object.entries(value)) element.style.setProperty(key, said);
  else if (name in element && name !== "list" && name !== "form") element[name] = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

function setAria(element, key, value) {
  if (value !== null && value !== undefined) element.setAttribute(`aria-${key}`, String(value));
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}
