// The box in which a cell's HTML lives: a shadow root, so that its styles end there, inside an element that its styles cannot reach.

import { el } from "../dom.js";
import { cleanHtml } from "./sanitize.js";
import { dropKeyframes, harmlessSheet } from "./styles.js";
import { tooMuch, tooMuchDrawn, tooMuchSpanned } from "./too-much.js";

// As the book's own outputs look; colours and type are the page's, which reach into a shadow by inheritance and custom properties.
const BASE = `
  :host { display: block; }
  table { width: auto; border-collapse: collapse; margin-block: 0.4rem; font-variant-numeric: lining-nums tabular-nums; }
  th, td { padding: 0.3rem 1rem 0.3rem 0; text-align: start; vertical-align: top; border-block-end: 1px solid var(--look-rule, #ccc); }
  th { font-weight: 600; border-color: var(--look-muted, #777); }
  table.dataframe :is(th, td) { text-align: end; }
  caption { caption-side: top; text-align: start; color: var(--live-muted); }
  p, ul, ol, pre, blockquote, dl { margin-block: 0.4rem; }
  h1, h2, h3, h4, h5, h6 { margin-block: 0.8rem 0.3rem; font-family: var(--pst-font-family-heading, sans-serif); line-height: 1.25; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.2rem; } h3 { font-size: 1.1rem; } h4, h5, h6 { font-size: 1rem; }
  code, pre, kbd, samp { font-family: var(--pst-font-family-monospace, monospace); font-size: 0.9em; }
  pre { overflow-x: auto; }
  blockquote { margin-inline: 0; padding-inline-start: 0.8rem; border-inline-start: 3px solid var(--live-line); color: var(--live-muted); }
  a { color: var(--pst-color-link, #0a6c74); text-underline-offset: 0.15em; }
  a:focus-visible, summary:focus-visible { outline: 2px solid var(--live-accent); outline-offset: 2px; }
  img, svg, video, audio { max-width: 100%; }
  img:not([height]:not([width])) { height: auto; }
  summary { cursor: pointer; }
`;
const MOST_MOVING = 2000; // parts of a document in which things may move
const SEEN = "img, svg, video, audio, hr, table, meter, progress, math";
let base = null;

/** HTML as a node of the page, whether there is nothing in it to be seen, and sentences about what was left out of it. */
export function htmlBox(text) {
  const sentence = tooMuch(text, "HTML");
  if (sentence) return { host: el("div"), leftOut: [sentence], blank: true };
  const { fragment, leftOut } = cleanHtml(text);
  const drawn = tooMuchDrawn(fragment) || tooMuchSpanned(fragment);
  if (drawn) return { host: el("div"), leftOut: [...leftOut, drawn], blank: true };
  const host = el("div");
  const root = host.attachShadow({ mode: "open" });
  if (!base) (base = new CSSStyleSheet()).replaceSync(BASE);
  const sheets = [...fragment.querySelectorAll("style")].map((style) => {
    style.remove();
    return harmlessSheet(style.textContent, style.media);
  });
  if (fragment.querySelectorAll("*").length > MOST_MOVING) sheets.forEach(dropKeyframes);
  root.adoptedStyleSheets = [base, ...sheets];
  root.append(fragment);
  return { host, leftOut, blank: !root.textContent.trim() && !root.querySelector(SEEN) };
}
