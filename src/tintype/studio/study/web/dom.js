// Building pages from elements. Texts become text nodes, so nothing that is shown is ever read as HTML.

/** Return a new element: attributes, `on…` listeners, and children (elements, texts; empty ones are left out). */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...present(children));
  return element;
}

function present(children) {
  return children.flat().filter((child) => child != null && child !== "" && child !== false);
}

/** Return a paragraph for each stretch of a text between empty lines. */
export function paragraphs(text, properties = {}) {
  return text.split(/\n\s*\n/).filter((part) => part.trim()).map((part) => make("p", properties, part.trim()));
}

/** Put something on the screen in place of what is there, and let it be read from its top. */
export function show(...children) {
  const screen = document.getElementById("screen");
  screen.replaceChildren(...present(children));
  document.body.classList.toggle("looking", screen.querySelector(".stage") !== null);
  window.scrollTo(0, 0);
  screen.focus({ preventScroll: true });
}

/** Resolve when the browser has drawn what was changed; gives the time of the frame. */
export function nextFrame() {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

export function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
