// Building and changing the page: elements with their attributes, texts that are touched only when they differ, lists
// whose items keep their elements. Nothing here knows what is shown.

const SVG = "http://www.w3.org/2000/svg";

function give(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false)
      continue;
    if (name.startsWith("on"))
      node.addEventListener(name.slice(2), value);
    else
      node.setAttribute(name, value === true ? "" : value);
  }
  return node;
}

// el("p", {class: "band", onclick: act}, "text", child...): attributes that are null or false are left out.
export function el(name, attributes = {}, ...children) {
  const node = give(document.createElement(name), attributes);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export function svg(name, attributes = {}, ...children) {
  const node = give(document.createElementNS(SVG, name), attributes);
  node.append(...children);
  return node;
}

// A press that is meant: not the second of a double click, which would hit what the first one put in its place.
export function isMeant(event) {
  return event.detail < 2;
}

// Nor a key that is held down and goes on in the form that it opened.
export function refuseHeldEnter(form) {
  form.addEventListener("keydown", (event) => event.key === "Enter" && event.repeat && event.preventDefault());
}

// The text of an element; nothing is done when it is there already, so that the browser lays nothing out anew.
export function setText(node, text) {
  if (node.textContent !== text)
    node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name))
      node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

export function show(node, shown) {
  if (node.hidden === Boolean(shown))
    node.hidden = !shown;
}

// Keeps one child per item, in the items' order. `keep` is a Map of key to {node, update}; make(item) gives a new one.
export function list(parent, keep, items, keyOf, make) {
  const wanted = new Set(items.map(keyOf));
  for (const [key, part] of keep) {
    if (!wanted.has(key)) {
      part.node.remove();
      keep.delete(key);
    }
  }
  items.forEach((item, place) => {
    const key = keyOf(item);
    if (!keep.has(key))
      keep.set(key, make(item));
    const part = keep.get(key);
    if (parent.children[place] !== part.node)
      parent.insertBefore(part.node, parent.children[place] ?? null);
    part.update(item);
  });
}

// Shapes stand beside every colour: a triangle for high, a diamond for medium, a disc for low.
const SHAPES = {
  high: "M8 1 15.5 15H.5Z",
  medium: "M8 .5 15.5 8 8 15.5.5 8Z",
  low: "M8 1.5a6.5 6.5 0 1 0 .01 0Z",
  "up-critical": "M8 2 15 14H1Z",
  "down-critical": "M8 14 15 2H1Z",
  "up-advisory": "M8 2 15 14H1Z",
  "down-advisory": "M8 14 15 2H1Z",
};

export function shape(kind) {
  return svg("svg", {viewBox: "0 0 16 16", class: `shape ${kind}`, "aria-hidden": "true"}, svg("path", {d: SHAPES[kind]}));
}
