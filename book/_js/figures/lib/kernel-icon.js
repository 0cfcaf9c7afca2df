// A kernel as a small picture of its weights: in the buttons that choose one, and between input and output.

import { colorTable, cssColor } from "./color-map.js";
import { makeSvg } from "./dom.js";
import { largestSize } from "./values.js";

const SIDE = 18; // of an icon, in its own units

/** The icon of a kernel {size, weight}. */
export function kernelIcon(kernel, dark) {
  return makeSvg("svg", { viewBox: `-1 -1 ${SIDE + 2} ${SIDE + 2}`, "aria-hidden": "true", class: "lf-icon" }, ...weightCells(kernel, SIDE, 0, 0, dark));
}

/** A kernel as small cells with its outline: signed colours, or, where the channels' weights differ, mid grey ± each channel. */
export function weightCells({ size, weight }, side, left, top, dark) {
  const cell = side / size;
  const count = size * size;
  const most = largestSize(weight) || 1;
  const alike = weight.every((w, i) => w === weight[i % count]);
  const table = colorTable("signed", dark);
  const mixed = (i) => `rgb(${[0, 1, 2].map((c) => Math.round(127.5 * (1 + weight[c * count + i] / most))).join(" ")})`;
  const cells = Array.from({ length: count }, (_, i) => makeSvg("rect", {
    x: left + (i % size) * cell, y: top + Math.floor(i / size) * cell, width: cell, height: cell,
    fill: alike ? cssColor(table, weight[i], -most, most) : mixed(i), class: "lf-weight",
  }));
  return [...cells, makeSvg("rect", { x: left, y: top, width: side, height: side, class: "lf-weights" })];
}
