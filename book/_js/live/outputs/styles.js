// Styles of an output, read by the browser's own parser: what they would load is taken out, and their text is never glued to other text
// before it has been parsed.

const GROUPS = [CSSMediaRule, CSSSupportsRule, window.CSSContainerRule, window.CSSLayerBlockRule].filter(Boolean);
// As browsers write it. A drawing at an address may be one that takes minutes; a name with % may be that of any part.
const ALLOWED_URL = /url\((["'])(#[^"'\\%]*|data:image\/(?!svg)[^"'\\]*)\1\)/gi;
const LOADING = /url\(|image-set\(|image\(|cross-fade\(|src\(|element\(|paint\(/i;

const LATER = /\b(var|env|if|attr|inherit|--[\w-]+)\(/i; // what has one of these is kept as it was written, and gets its value later

/** Does a value, as a browser writes it, ask for anything that does not lie in the output itself? */
export function loads(value) {
  return LOADING.test(value.replace(ALLOWED_URL, ""));
}

// A few inside of each other, or many beside each other, keep a browser busy for minutes.
const SLOW = [
  ...["filter", "backdrop-filter", "columns", "column-count", "column-width", "will-change"],
  ...["position-try", "position-try-fallbacks", "position-anchor"],
];
// A finger, or the wheel, would not get past such an output.
const HOLDS = ["touch-action", "overscroll-behavior-x", "overscroll-behavior-y", "overscroll-behavior-inline", "overscroll-behavior-block"];
const TRACKS = /^grid-(?!.*(gap|color))/; // properties that count rows and columns of a grid
const MANY_TRACKS = /(?<![\w.#-])\d{3,}(?![\w.%])/; // a number without a unit
const MOST_GRADIENTS = 50;
const LAYERED = ["text-shadow", "box-shadow"];
const MOST_LAYERS = 500; // characters

// Text that a style makes, for every element anew: the most characters of what says which. Others may be as long as their document.
const GENERATED = { content: 200, quotes: 20, "list-style-type": 40, "list-style": 100, "hyphenate-character": 10 };
const MULTIPLIES = /\bcounters\(|\b(var|env|if|inherit|--[\w-]+)\(/i;

/** Take out of a declaration block what would load something, or keep the browser busy. */
function disarm(style) {
  for (const property of [...SLOW, ...HOLDS]) style.removeProperty(property);
  for (const property of LAYERED) if (style.getPropertyValue(property).length > MOST_LAYERS) style.removeProperty(property);
  for (const [property, most] of Object.entries(GENERATED)) {
    const value = style.getPropertyValue(property);
    if (value.length > most || MULTIPLIES.test(value)) style.removeProperty(property);
  }
  for (const property of [...style]) {
    const value = style.getPropertyValue(property);
    // The text of a custom property is kept as it was written, escapes and all; with two others in it, a few double it without end.
    const own = property.startsWith("--");
    if (TRACKS.test(property) && (MANY_TRACKS.test(value) || LATER.test(value) || value.includes("dense"))) style.removeProperty(property);
    if (value.split("gradient(").length > MOST_GRADIENTS) style.removeProperty(property);
    if (loads(value) || (own && (value.includes("\\") || value.split("var(").length > 2))) style.removeProperty(property);
  }
  if (!loads(style.cssText) && !(LATER.test(style.cssText) && style.cssText.includes("\\"))) return;
  // A shorthand with var() in it: its parts have no values yet, only the whole has.
  for (const property of [...style]) if (!style.getPropertyValue(property)) style.removeProperty(property);
  if (loads(style.cssText) || LATER.test(style.cssText)) style.cssText = "";
}

const MOST_KNOWN = 2000;
const LONGEST_KNOWN = 300; // characters
const known = new Map(); // a drawing has a thousand style attributes, and a few dozen texts of them

/** The text of a style attribute without what would load something. */
export function harmlessStyle(text) {
  const before = known.get(text);
  if (before !== undefined) return before;
  const { style } = document.createElement("span");
  style.cssText = text;
  disarm(style);
  if (known.size >= MOST_KNOWN) known.clear();
  if (text.length <= LONGEST_KNOWN) known.set(text, style.cssText);
  return style.cssText;
}

/** Parse the text of a style sheet; imports, fonts, and all rules but those that style something are dropped. */
export function harmlessSheet(text, media = "") {
  const sheet = new CSSStyleSheet({ media });
  sheet.replaceSync(text); // which drops @import
  prune(sheet);
  return sheet;
}

function prune(parent) {
  for (let i = parent.cssRules.length - 1; i >= 0; i--) {
    const rule = parent.cssRules[i];
    if (rule instanceof CSSNamespaceRule) continue; // an address that is a mere name; it may not be deleted before other rules
    if (rule instanceof CSSStyleRule) disarm(rule.style);
    if (rule instanceof CSSStyleRule || isGroup(rule)) prune(rule);
    else if (rule.constructor.name === "CSSNestedDeclarations") disarm(rule.style);
    else if (rule instanceof CSSKeyframesRule) for (const frame of rule.cssRules) disarm(frame.style);
    else parent.deleteRule(i); // fonts, properties, the order of layers, pages …
  }
}

function isGroup(rule) {
  return GROUPS.some((kind) => rule instanceof kind);
}

/** Take the animations out of a sheet. */
export function dropKeyframes(parent) {
  for (let i = (parent.cssRules?.length ?? 0) - 1; i >= 0; i--) {
    if (parent.cssRules[i] instanceof CSSKeyframesRule) parent.deleteRule(i);
    else dropKeyframes(parent.cssRules[i]);
  }
}

/** The text of a parsed sheet's rules for one element and what lies in it: `@scope` holds them there, whatever their selectors say. */
export function scopedText(sheet, id) {
  const rules = [...sheet.cssRules].filter((rule) => rule instanceof CSSStyleRule || isGroup(rule)); // keyframes have names of the page
  rules.forEach(dropKeyframes);
  const text = `@scope (#${CSS.escape(id)}) {\n${rules.map((rule) => rule.cssText).join("\n")}\n}`;
  const check = new CSSStyleSheet();
  check.replaceSync(text);
  return check.cssRules.length === 1 && check.cssRules[0] instanceof CSSScopeRule ? text : "";
}
