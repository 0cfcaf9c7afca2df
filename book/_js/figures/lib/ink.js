// Black or white on a colour, whichever has the higher contrast by WCAG's formula: always 4.5 : 1 or more. No DOM here.

import { tableOffset } from "./color-map.js";

const EVEN = 0.1791; // luminance on which both have 4.58 : 1; black that is less than black would fall short there

/** Ink for text in a cell that has the colour of `value` in a table from low to high. */
export function readableInk(table, value, low, high) {
  const at = tableOffset(value, low, high);
  return luminance(table[at], table[at + 1], table[at + 2]) > EVEN ? "#000000" : "#ffffff";
}

/** Relative luminance of an sRGB colour in bytes. */
export function luminance(...rgb) {
  const [red, green, blue] = rgb.map((byte) => (byte <= 10 ? byte / 3294.6 : ((byte / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
