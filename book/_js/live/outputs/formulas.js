// Formulas of outputs, drawn by the page's MathJax; where there is none, their source stays.

import { el } from "../dom.js";
import { pause } from "../server.js";
import { harmlessStyle } from "./styles.js";

// A formula has an end somewhere: to look for it in all that follows, at each of ten thousand beginnings, would take seconds.
const PIECES = /\$\$([^]{1,8000}?)\$\$|\$((?:\\.|[^$\\]){1,8000})\$|\\\[([^]{1,8000}?)\\\]|\\\(([^]{1,8000}?)\\\)|(\\begin\{([\w*]{1,40})\}[^]{0,8000}?\\end\{\6\})/g;
const LABEL = /\\label\s*\{[^{}]*\}/g; // names of the page, of no use in an output, and an error at the second run
const UNSAFE = /\\(mmlToken|require|definecolor)\b/; // they can name pictures, which load before anybody can look at them, or act on later formulas

const DEEPEST = 40; // groups inside of each other: a hundred fractions end the tab
const DEEPEST_DRAWN = 200; // elements inside of each other: commands can nest what they are given
const LONGEST_MS = 50; // that the page stands still
const MOST_MACROS = 300; // that one formula uses: MathJax counts anew in each argument, and arguments can double what they are given

/** Text in which formulas stand between $ $, $$ $$, \( \), \[ \] or \begin \end, as a node. */
export function latexText(text) {
  const box = el("div");
  let end = 0;
  for (const match of text.matchAll(PIECES)) {
    const [all, block, inline, block2, inline2, environment] = match;
    box.append(text.slice(end, match.index), formula(block ?? inline ?? block2 ?? inline2 ?? environment, inline === undefined && inline2 === undefined, all));
    end = match.index + all.length;
  }
  box.append(text.slice(end));
  return box;
}

function formula(tex, display, source) {
  const node = el("span", { class: "live-formula", "data-display": display }, source);
  node.tex = tex;
  return node;
}

/** Typeset the spans of class `live-formula` in a node that is part of the page, or in a shadow root. */
export async function typesetFormulas(root) {
  const mathJax = window.MathJax;
  const nodes = [...root.querySelectorAll(".live-formula")];
  if (!nodes.length || !mathJax?.tex2chtmlPromise) return;
  const measured = {}; // the page is laid out for it: once will do
  let breath = performance.now();
  for (const node of nodes) {
    if (performance.now() - breath > LONGEST_MS) {
      await pause(0); // a reader may scroll meanwhile
      breath = performance.now();
    }
    const tex = (node.tex ?? node.textContent).replace(LABEL, "");
    const display = node.dataset.display === "true";
    const metrics = (measured[display] ??= mathJax.getMetricsFor(root.host ?? root, display));
    // It is not part of the page until it has been cleaned.
    const drawn = !UNSAFE.test(tex) && depth(tex) <= DEEPEST && (await inTurn(() => mathJax.tex2chtmlPromise(tex, { ...metrics, display }).catch(() => null)));
    if (drawn && height(drawn) <= DEEPEST_DRAWN) node.replaceChildren(clean(drawn));
    node.className = "live-typeset";
  }
  mathJax.startup.document.clear();
  mathJax.startup.document.updateDocument(); // the styles of letters that were not used before
  if (root instanceof ShadowRoot) root.adoptedStyleSheets = [...root.adoptedStyleSheets, styles()];
}

/** How many groups of a formula are open at most. */
function depth(tex) {
  let open = 0;
  let most = 0;
  for (const [mark] of tex.matchAll(/\\(left|right|begin|end)\b|\\.|[{}]/g)) {
    if (mark === "{" || mark === "\\left" || mark === "\\begin") most = Math.max(most, (open += 1));
    else if (mark === "}" || mark === "\\right" || mark === "\\end") open -= 1;
  }
  return most;
}

/** How many elements lie inside of each other at most. */
function height(node) {
  return 1 + [...node.children].reduce((most, child) => Math.max(most, height(child)), 0);
}

let line = Promise.resolve();

/** One formula after the other, whatever outputs they are in: what one defines is taken back before the next begins. */
function inTurn(typeset) {
  line = line.then(() => withOwnMacros(typeset));
  return line;
}

/** Let a formula define commands for itself alone, and not use them without end: those of the page stay as they are. */
async function withOwnMacros(typeset) {
  const { MapHandler } = window.MathJax._?.input?.tex?.MapHandler ?? {};
  const limits = window.MathJax._?.input?.tex?.ParseUtil?.default ?? {};
  const { checkMaxMacros } = limits;
  const maps = ["new-Command", "new-Environment", "new-Delimiter"].map((name) => MapHandler?.getMap(name)?.map).filter(Boolean);
  const before = maps.map((map) => new Map(map));
  let used = 0;
  limits.checkMaxMacros = (parser, ...rest) => {
    if (++used > MOST_MACROS) parser.macroCount = Infinity; // more than any limit
    return checkMaxMacros(parser, ...rest);
  };
  try {
    return await typeset();
  } finally {
    limits.checkMaxMacros = checkMaxMacros;
    maps.forEach((map, k) => {
      map.clear();
      before[k].forEach((value, name) => map.set(name, value));
    });
  }
}

/** TeX can make links and styles, too. */
function clean(drawn) {
  for (const node of [drawn, ...drawn.querySelectorAll("*")]) {
    if (node.hasAttribute("style")) node.style.cssText = harmlessStyle(node.style.cssText);
    node.removeAttribute("id");
    if (node.localName !== "a") continue;
    if (!/^https?:\/\//i.test(node.getAttribute("href") ?? "")) node.removeAttribute("href");
    node.target = "_blank";
    node.rel = "noopener noreferrer";
  }
  return drawn;
}

/** MathJax's styles are the document's: a copy of them for a shadow root. */
function styles() {
  const sheet = new CSSStyleSheet();
  const rules = [...(document.getElementById("MJX-CHTML-styles")?.sheet?.cssRules ?? [])];
  sheet.replaceSync(rules.filter((rule) => rule instanceof CSSStyleRule).map((rule) => rule.cssText).join("\n"));
  return sheet;
}
