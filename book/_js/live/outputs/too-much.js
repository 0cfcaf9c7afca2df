// Documents that would keep the browser busy for seconds: measured, 50,000 parts take it one to four.

import { harmlessSheet } from "./styles.js";

const MOST_PARTS = 50_000;
const MOST_OPEN = 10_000; // elements inside of each other cost more than their number tells
const MOST_ATTRIBUTES = 1000; // of one element: browsers compare each new one with all before it
const MOST_FIELDS = 300_000; // of tables, counted as if each cell that spans some stood beside the others
const TAG = /<[a-z](?:[^"'>]+|"[^"]*"|'[^']*')*/gi;
const QUOTED = /"[^"]*"|'[^']*'/g;
const OPENED = /<[a-z]/gi;
const ENDED = /<\/[a-z]|\/>|<(?:area|br|col|hr|img|wbr|li|dt|dd|p|tr|td|th)\b/gi; // those too that need no end of their own

/** A sentence if a document is too much for a page; else an empty text. */
export function tooMuch(text, what) {
  const parts = count(text, OPENED);
  if (parts > MOST_PARTS) return `${what} of ${parts} parts was left out: the page would stand still for long. Show less of it.`;
  if (parts - count(text, ENDED) > MOST_OPEN) return `${what} of more than ${MOST_OPEN} elements inside of each other was left out: the page would stand still for long.`;
  const crowded = text.match(TAG)?.some((tag) => tag.length > MOST_ATTRIBUTES && count(tag.replace(QUOTED, " "), /[^\s/=]+/g) > MOST_ATTRIBUTES);
  return crowded ? `${what} was left out in which one element has more than ${MOST_ATTRIBUTES} attributes.` : "";
}

/** The same of a parsed document that draws parts of itself again and again: by `use`, patterns, markers, masks, clips. */
export function tooMuchDrawn(root) {
  const named = new Map([...root.querySelectorAll("[id]")].map((node) => [node.id, node]));
  if (!named.size) return "";
  const styled = styledReferences(root);
  const known = new Map();
  /** How many parts are drawn for a node, and how many elements it has. */
  const measure = (node) => {
    if (known.has(node)) return known.get(node);
    known.set(node, { drawn: Infinity, elements: 1, corners: 0 }); // for a part that draws itself
    const size = { drawn: 1, elements: 1, corners: cornersOf(node) };
    for (const child of node.children) {
      const part = measure(child);
      size.drawn += part.drawn;
      size.elements += part.elements;
      size.corners += part.corners;
    }
    for (const [property, name] of [...references(node), ...(styled.get(node) ?? [])])
      if (named.has(name) && !UNPAINTED.has(named.get(name).localName)) size.drawn += measure(named.get(name)).drawn * timesDrawn(property, size);
    known.set(node, size);
    return size;
  };
  return measure(root).drawn > MOST_PARTS ? "A drawing was left out that draws parts of itself so often that the page would stand still for long." : "";
}

/** The same of tables whose cells span so many rows and columns that their fields are too many. */
export function tooMuchSpanned(root) {
  const span = (cell, way) => Math.max(1, Number(cell.getAttribute(way)) || 1);
  const cells = [...root.querySelectorAll("[colspan], [rowspan]")];
  const columns = cells.reduce((sum, cell) => sum + span(cell, "colspan"), 0);
  const fields = cells.reduce((sum, cell) => sum + span(cell, "colspan") * span(cell, "rowspan"), 0);
  if (fields + columns * root.querySelectorAll("tr").length <= MOST_FIELDS) return "";
  return "A table was left out whose cells span so many rows and columns that the page would stand still for long.";
}

/** How often a part is drawn that a property names: once, for each element inside, or at each corner of their lines. */
function timesDrawn(property, { elements, corners }) {
  if (ONCE.test(property)) return 1;
  return property.startsWith("marker") ? Math.max(elements, corners) : elements;
}

/** How many corners a path or polygon has, at most. */
function cornersOf(node) {
  const shape = node.getAttribute?.("d") ?? node.getAttribute?.("points");
  return shape ? count(shape, /[\d.]+/g) : 0;
}

const ONCE = /^(xlink:)?href$|^clip-path$|^mask/; // others, a pattern for example, are handed on to all elements inside
const STATES = /::?(hover|active|focus(-\w+)?|target|checked|link|visited|before|after|first-line|first-letter|marker)\b/g;
const UNPAINTED = new Set(["stop", "linearGradient", "radialGradient", "style", "title", "desc", "metadata"]);
const PART = /url\(\s*["']?#([^"'\s)]+)/gi;

/** The parts that a node draws, each with the property or attribute that names it. */
function* references(node) {
  for (const { name, value } of node.attributes ?? []) {
    if (name === "href" || name === "xlink:href") yield [name, value.trim().slice(1)];
    else if (name === "style") yield* declared(node.style);
    else for (const [, part] of value.matchAll(PART)) yield [name, part];
  }
}

function* declared(style) {
  if (style.cssText.includes("url(")) for (const property of style) for (const [, part] of style.getPropertyValue(property).matchAll(PART)) yield [property, part];
}

/** The nodes that a rule may be about, whatever the reader points at; all where that cannot be told. */
function matching(root, selector) {
  try {
    return root.querySelectorAll(/&|:host/.test(selector) ? "*" : selector.replace(STATES, "").trim() || "*");
  } catch {
    return root.querySelectorAll("*");
  }
}

/** The same for the rules of the document's own style sheets. */
function styledReferences(root) {
  const found = new Map();
  const add = (selector, reference) => {
    for (const node of matching(root, selector)) if (!UNPAINTED.has(node.localName)) found.set(node, [...(found.get(node) ?? []), reference]);
  };
  const read = (rules, inside) => {
    for (const rule of rules) {
      for (const reference of declared(rule.style ?? { cssText: "" })) add(inside ? "*" : rule.selectorText, reference);
      if (rule.cssRules) read(rule.cssRules, inside || Boolean(rule.selectorText));
    }
  };
  for (const style of root.querySelectorAll("style")) if (/url\(/i.test(style.textContent)) read(harmlessSheet(style.textContent).cssRules, false);
  return found;
}

function count(text, pattern) {
  return text.match(pattern)?.length ?? 0;
}
