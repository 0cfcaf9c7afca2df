// Colours of a terminal. The 16 named ones become classes, so that light and dark pages each have their own; the others are drawn as they
// are, or darker on a light ground and lighter on a dark one where they could not be read else.

const LEGIBLE = 4.5; // contrast of text with its background (WCAG AA)
const GROUNDS = { light: "f5f5f5", dark: "14181c" }; // the page's, near enough
const NAMED = [[30, "fg", 0], [40, "bg", 0], [90, "fg", 8], [100, "bg", 8]];
const CLASSES = { 1: "ansi-bold", 3: "ansi-italic", 4: "ansi-underline", 7: "ansi-inverse" };
const ENDS = { 22: "ansi-bold", 23: "ansi-italic", 24: "ansi-underline", 27: "ansi-inverse", 39: "ansi-fg", 49: "ansi-bg" };
const WIDE = { 38: "ansi-fg", 48: "ansi-bg", 58: "ansi-line" }; // codes that other numbers follow

/** Apply "select graphic rendition" codes to a style, which is a list of words: classes, or `ansi-fg#rrggbb`. */
export function nextStyle(style, parameters) {
  const words = new Set(style ? style.split(" ") : []);
  const drop = (prefix) => words.forEach((word) => word.startsWith(prefix) && words.delete(word));
  const codes = split(parameters);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    const [from, kind, first] = NAMED.find(([start]) => code >= start && code < start + 8) ?? [];
    if (code === 0) words.clear();
    else if (CLASSES[code]) words.add(CLASSES[code]);
    else if (ENDS[code]) drop(ENDS[code]);
    else if (WIDE[code]) {
      const indexed = codes[i + 1] === 5;
      const numbers = codes.slice(i + 2, i + 5);
      drop(WIDE[code]);
      if (code !== 58) words.add(WIDE[code] + (indexed ? indexedColour(numbers[0]) : `#${hex(numbers)}`));
      i += indexed ? 2 : 4;
    } else if (kind) {
      drop(`ansi-${kind}`);
      words.add(`ansi-${kind}-${code - from + first}`);
    }
  }
  return [...words].join(" ");
}

/** The numbers of a sequence; `38:2::1:2:3`, with colons, is another way to write `38;2;1;2;3`, and `4:3` a kind of 4. */
function split(parameters) {
  const parts = parameters.split(";").flatMap((part) => (/^[345]8:/.test(part) ? part.replace("2::", "2:").split(":") : part.split(":")[0]));
  return parts.map(Number);
}

/** Give a node the look of a style. */
export function paint(node, style) {
  const colours = {};
  for (const word of style.split(" ")) {
    const [kind, colour] = word.split("#");
    if (colour === undefined) node.classList.add(word);
    else colours[kind.slice(-2)] = colour;
  }
  if (style.includes("ansi-inverse") && Object.keys(colours).length) invert(node, colours);
  if (colours.bg) node.style.setProperty("background-color", `#${colours.bg}`);
  if (colours.bg) node.style.setProperty("color", legible(colours.fg ?? colours.bg, colours.bg)); // a named colour may not be read on it
  else if (colours.fg) node.style.setProperty("color", `light-dark(${legible(colours.fg, GROUNDS.light)}, ${legible(colours.fg, GROUNDS.dark)})`);
  return node;
}

function invert(node, colours) {
  node.classList.remove("ansi-inverse");
  [colours.fg, colours.bg] = [colours.bg, colours.fg];
}

/** Colour number 0–255: the 16 named ones, a cube of 6 × 6 × 6, a ramp of greys. */
function indexedColour(index) {
  if (!(index >= 0 && index < 256)) return "-7";
  if (index < 16) return `-${index}`;
  if (index >= 232) return `#${hex(Array(3).fill(8 + 10 * (index - 232)))}`;
  const cube = [Math.floor((index - 16) / 36), Math.floor((index - 16) / 6) % 6, (index - 16) % 6];
  return `#${hex(cube.map((level) => (level ? 55 + 40 * level : 0)))}`;
}

function hex(numbers) {
  const byte = (number) => Math.min(255, Math.max(0, Math.round(number) || 0)).toString(16).padStart(2, "0");
  return [0, 1, 2].map((k) => byte(numbers[k])).join("");
}

function rgb(colour) {
  return [0, 2, 4].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

function luminance(numbers) {
  const [r, g, b] = numbers.map((n) => (n / 255 <= 0.04045 ? n / 255 / 12.92 : ((n / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colour, moved towards black or white until it can be read on that ground. */
function legible(colour, background) {
  const ground = luminance(rgb(background));
  const goal = ground > 0.18 ? 0 : 255;
  const from = rgb(colour);
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = from.map((n) => n + (goal - n) * share);
    const [high, low] = [luminance(mixed), ground].sort((a, b) => b - a);
    if ((high + 0.05) / (low + 0.05) >= LEGIBLE) return `#${hex(mixed)}`;
  }
  return goal ? "#ffffff" : "#000000";
}
