// HTML and SVG that a cell shows become part of the page, so nothing in them may act, load or leave its box.
//
// DOMPurify decides what a document may contain at all; what follows is stricter: no forms, no animations, no address but data: for
// anything that loads, links to the web alone. The result goes into the page as nodes: it is never written out and parsed again.

import DOMPurify from "dompurify";
import { harmlessStyle, loads } from "./styles.js";

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";
const MATH_NAMESPACE = "http://www.w3.org/1998/Math/MathML";
const CONTROLS = ["input", "button", "select", "option", "optgroup", "textarea", "datalist", "label"];
const COMMON = {
  RETURN_DOM_FRAGMENT: true,
  ADD_TAGS: ["use"], // matplotlib draws its letters with it; what it may point to is decided below
  FORBID_TAGS: [
    ...CONTROLS,
    ...["form", "fieldset", "output", "dialog", "marquee", "map", "area", "slot", "template", "search", "menu"],
    ...["animate", "animatecolor", "animatemotion", "animatetransform", "set", "mpath", "discard", "cursor", "feimage"],
  ],
  ADD_FORBID_CONTENTS: CONTROLS, // "Play" and "Loop" without their buttons say nothing
  FORBID_ATTR: [
    ...["srcset", "sizes", "background", "ping", "download", "usemap", "action", "autofocus", "contenteditable", "tabindex", "inert"],
    ...["popover", "popovertarget", "popovertargetaction", "command", "commandfor", "slot", "part", "exportparts", "name", "for", "nonce"],
    ...["attributename", "begin", "aria-live", "aria-modal", "filter"],
  ],
};
const HTML = { ...COMMON, USE_PROFILES: { html: true, svg: true, mathMl: true }, FORCE_BODY: true };
// A drawing lies in the page's own tree: attributes that scripts of the theme listen to, or that name other nodes, are not for it.
const SVG = { ...COMMON, USE_PROFILES: { svg: true }, ALLOW_DATA_ATTR: false, ADD_ATTR: ["data-live-figure"] };
const OTHER_NODES = /^aria-(?!label$|labelledby$|describedby$|hidden$)/;
const LOUD_ROLES = /alert|dialog|log|status|timer|marquee|application/;

const LEFT_OUT = {
  script: "A script was left out: outputs of cells cannot run scripts here, so what it would draw or animate is missing.",
  frame: "A frame was left out: outputs of cells cannot show other pages.",
  drawing: "A drawing at a data: address was left out: nobody has looked at what it does. Show it by SVG(…) of IPython.display.",
  foreign: "Text or HTML inside of a drawing (foreignObject) was left out: only what SVG itself can draw is shown.",
  filter: "Filters (such as blur and shadow) were left out of a drawing: a few of them keep a browser busy for long.",
  control: "Buttons or input fields were left out: they need a script of their own, which outputs of cells cannot run here.",
  address: (url) => `A picture or sound from the address ${url} was left out: outputs of cells load nothing. Read the file and show its data instead.`,
};
const KINDS = { script: "script", iframe: "frame", frame: "frame", frameset: "frame", object: "frame", embed: "frame", input: "control", button: "control", select: "control", textarea: "control", foreignobject: "foreign" };
const LOADS = new Set(["src", "poster", "href", "xlink:href", "data"]);
const SPANS = new Set(["colspan", "rowspan"]);
const MOST_SPANNED = 100;
const MEDIA = new Set(["img", "image", "source", "video", "audio", "track"]);
const PURE_TEXT = /^(aria-.*|data-live-figure|id|class|d|points)$/;

let said = null; // what the document that is being cleaned had to leave out
let own = false; // whether it becomes part of the page's own tree

const purifier = DOMPurify(window);
purifier.sanitize(""); // makes its policy of trusted types, while the page lets policies be made (see trust.js)
purifier.addHook("uponSanitizeElement", (node, { tagName }) => {
  if (Object.hasOwn(KINDS, tagName)) said?.add(LEFT_OUT[KINDS[tagName]]);
});
purifier.addHook("uponSanitizeAttribute", (node, data) => {
  const { attrName: name, attrValue: value } = data;
  if (name === "filter") said?.add(LEFT_OUT.filter);
  if (name === "style") data.attrValue = harmlessStyle(value);
  else if (LOADS.has(name)) data.keepAttr &&= mayPointTo(node, value);
  else if (SPANS.has(name)) data.keepAttr &&= Number(value) <= MOST_SPANNED;
  else if (name === "role") data.keepAttr &&= !LOUD_ROLES.test(value);
  else if (own && OTHER_NODES.test(name)) data.keepAttr = false;
  // What SVG calls an attribute is read as CSS.
  else if (node.namespaceURI === SVG_NAMESPACE && !PURE_TEXT.test(name)) data.keepAttr &&= !loadsAsCss(value);
});
purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.localName !== "a") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

function loadsAsCss(value) {
  return value.includes("\\") || loads(value.replace(/url\(\s*(["']?)#([^"'()\s]+)\1\s*\)/gi, 'url("#$2")'));
}

function mayPointTo(node, value) {
  const address = value.trim();
  const tag = node.localName.toLowerCase();
  if (tag === "a") return /^https?:\/\//i.test(address);
  if (node.namespaceURI === MATH_NAMESPACE) return false; // any part of a formula can be a link, in some browsers
  if (!MEDIA.has(tag)) return /^#[^%]*$/.test(address); // use, gradients, patterns, text paths: parts of the same drawing
  const drawing = /^data:image\/svg/i.test(address.replace(/\s/g, "")); // which browsers read without its spaces
  if (!drawing && /^data:(image|audio|video)\//i.test(address)) return true;
  said?.add(drawing ? LEFT_OUT.drawing : LEFT_OUT.address(address.length > 80 ? `${address.slice(0, 80)}…` : address));
  return false;
}

function purify(text, settings) {
  said = new Set();
  own = settings === SVG;
  try {
    // A copy: the original was made in a document where no sound is ever loaded.
    const clean = purifier.sanitize(text, settings); // null if nothing was left
    return { fragment: clean ? document.importNode(clean, true) : new DocumentFragment(), leftOut: [...said] };
  } finally {
    said = null;
  }
}

/** Clean HTML: a document fragment without anything that acts, and sentences about what was left out. */
export function cleanHtml(text) {
  // After an element the parser is in the body for good: a frameset, which would take the body's place, is then ignored.
  const { fragment, leftOut } = purify(`<p></p>${text}`, HTML);
  fragment.firstElementChild?.remove();
  return { fragment, leftOut };
}

/** Clean an SVG drawing: its element, or null if there is none, and sentences about what was left out. */
export function cleanSvg(text) {
  const { fragment, leftOut } = purify(text.slice(Math.max(0, text.indexOf("<svg"))), SVG);
  return { svg: fragment.querySelector("svg"), leftOut };
}
