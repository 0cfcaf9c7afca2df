// The book's colour maps, the same tables that matplotlib draws with (LinearSegmentedColormap, N = 255). No DOM here.

import look from "../../../../code/cnnbook/look.json" with { type: "json" };

const ENTRIES = 255;
const tables = new Map();

/** Table of 255 RGB triples for "signed", "activation" (from look.json) or "grey", on a light or a dark page. */
export function colorTable(name, dark) {
  const key = name + dark;
  if (!tables.has(key)) tables.set(key, interpolate(name === "grey" ? ["#000000", "#ffffff"] : look[name][dark ? "dark" : "light"]));
  return tables.get(key);
}

/** Where a value in [low, high] stands in a table (offset of its red). */
export function tableOffset(value, low, high) {
  const t = (value - low) / (high - low);
  return 3 * Math.max(0, Math.min(ENTRIES - 1, Math.floor(t * ENTRIES)));
}

export function cssColor(table, value, low, high) {
  const at = tableOffset(value, low, high);
  return `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`;
}

/** The same map as a CSS gradient, for a scale. */
export function cssGradient(name, dark) {
  const stops = name === "grey" ? ["#000", "#fff"] : look[name][dark ? "dark" : "light"];
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}

function interpolate(stops) {
  const colors = stops.map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  const table = new Uint8ClampedArray(3 * ENTRIES);
  for (let i = 0; i < ENTRIES; i++) {
    const place = (i / (ENTRIES - 1)) * (colors.length - 1);
    const left = Math.min(Math.floor(place), colors.length - 2);
    for (let c = 0; c < 3; c++) table[3 * i + c] = Math.round(colors[left][c] + (place - left) * (colors[left + 1][c] - colors[left][c]));
  }
  return table;
}
