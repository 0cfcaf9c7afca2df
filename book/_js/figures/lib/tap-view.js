// Under the sliding kernel, in detail: patch × weights = products, and their sum. Three channels are three sheets.

import { cellGrid } from "./cells.js";
import { colorTable, cssColor } from "./color-map.js";
import { arrowStep, isDark, make, makeSvg, number, segmented, set } from "./dom.js";
import { readableInk } from "./ink.js";
import { largestSize } from "./values.js";

const CHANNELS = ["red", "green", "blue"];
const SHEET = 7; // px that a sheet behind shows of itself
const MAX_CELL = 46;

export function tapView(channels, labels) {
  let kernel = null;
  let seen = null;
  let grids = [];
  let limit = 1; // of the output's colours
  let front = 0;
  let picked = -1;
  const svg = makeSvg("svg", { class: "lf-taps", tabindex: 0, role: "application", "aria-label": "The window's weights. Arrow keys choose one of them." });
  const line = make("p", { class: "lf-readout lf-tap-line" });
  const element = make("div", { class: "lf-detail" }, svg, line);
  if (channels === 3) {
    element.prepend(segmented("Channel in front", CHANNELS.map((label) => ({ label })), 0, (i) => {
      front = i;
      fill();
    }));
  }

  /** Draw the three grids anew: another kernel, width or theme. */
  function build(next, width, largest) {
    kernel = next;
    limit = largest;
    picked = picked < kernel.size ** 2 ? picked : -1;
    const stack = (channels - 1) * SHEET;
    const narrow = width < 560;
    const sign = narrow ? 22 : 38;
    const result = narrow ? 0 : 120;
    const cell = Math.min(MAX_CELL, Math.floor((width - 2 * sign - 3 * stack - result - 8) / (3 * kernel.size)));
    const side = cell * kernel.size;
    const top = 24 + stack;
    const height = top + side + (narrow ? 52 : 6);
    svg.replaceChildren();
    set(svg, { viewBox: `0 0 ${width} ${height}`, width, height });
    const total = 3 * (side + stack) + 2 * sign + result;
    let x = Math.max(2, (width - total) / 2);
    grids = ["patch", "weights", "products"].map((title, i) => {
      const role = ["input", "kernel", "output"][i];
      const block = makeSvg("g", { transform: `translate(${x} ${top})` });
      for (let depth = channels - 1; depth > 0; depth--) {
        block.append(makeSvg("rect", { class: `lf-sheet lf-line-${role}`, x: depth * SHEET, y: -depth * SHEET, width: side, height: side }));
      }
      const grid = cellGrid(kernel.size, cell);
      block.append(makeSvg("rect", { class: `lf-back lf-line-${role}`, width: side, height: side }), grid.root);
      block.append(makeSvg("rect", { class: `lf-outline lf-line-${role}`, width: side, height: side }));
      block.append(makeSvg("text", { class: `lf-name lf-ink-${role}`, x: 0, y: -stack - 8 }, title));
      block.addEventListener("pointermove", (event) => {
        const at = block.getScreenCTM().inverse();
        const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(at);
        const [row, column] = [Math.floor(point.y / cell), Math.floor(point.x / cell)];
        pick(row >= 0 && column >= 0 && row < kernel.size && column < kernel.size ? row * kernel.size + column : -1);
      });
      svg.append(block);
      x += side + stack;
      if (i < 2) {
        svg.append(makeSvg("text", { class: "lf-sign", x: x + sign / 2, y: top + side / 2 }, i ? "=" : "×"));
        x += sign;
      }
      return grid;
    });
    const middle = narrow ? width / 2 : x + result / 2 + 8;
    const base = narrow ? top + side + 30 : top + side / 2;
    svg.append(makeSvg("text", { class: "lf-sign", x: middle - 46, y: base }, "Σ ="));
    svg.append(makeSvg("rect", { class: "lf-sum lf-line-output", x: middle - 22, y: base - 19, width: 74, height: 38 }));
    svg.append(makeSvg("text", { class: "lf-sum-text", x: middle + 15, y: base }));
    if (seen) fill();
  }

  function show(explained) {
    seen = explained;
    fill();
  }

  function fill() {
    const dark = isDark(element);
    const count = kernel.size ** 2;
    const plane = (values) => values.subarray(front * count, (front + 1) * count);
    const strongest = largestSize(kernel.weight) || 1;
    const signed = colorTable("signed", dark);
    grids[0].show(plane(seen.patch), colorTable("grey", dark), 0, 1);
    grids[1].show(plane(kernel.weight), signed, -strongest, strongest);
    grids[2].show(plane(seen.products), signed, -strongest, strongest);
    for (const grid of grids) grid.pick(picked);
    const [table, low, high] = kernel.grey ? [colorTable("grey", dark), 0, 1] : [signed, -limit, limit];
    set(svg.querySelector(".lf-sum"), { fill: cssColor(table, seen.sum, low, high) });
    const text = svg.querySelector(".lf-sum-text");
    text.textContent = number(seen.sum);
    set(text, { fill: readableInk(table, seen.sum, low, high) });
    line.textContent = picked >= 0 ? tapText() : sumText();
  }

  function tapText() {
    const at = front * kernel.size ** 2 + picked;
    const where = `row ${Math.floor(picked / kernel.size)}, column ${picked % kernel.size}`;
    const plane = channels === 3 ? `${CHANNELS[front]}, ` : "";
    return `${plane}${where}: ${number(seen.patch[at], 3)} × ${number(kernel.weight[at], 3)} = ${number(seen.products[at], 3)}`;
  }

  function sumText() {
    if (channels === 1) return `The products add up to one number of the ${labels.output}: ${number(seen.sum, 3)}.`;
    const parts = CHANNELS.map((name, i) => `${name} ${number(seen.sums[i], 3)}`).join("  +  ");
    return `${parts}  =  ${number(seen.sum, 3)}`;
  }

  function pick(i) {
    if (i === picked) return;
    picked = i;
    fill();
  }

  svg.addEventListener("pointerleave", () => pick(-1));
  svg.addEventListener("blur", () => pick(-1));
  svg.addEventListener("keydown", (event) => {
    const step = arrowStep(event, 1);
    if (!step) return;
    event.preventDefault();
    const [row, column] = picked < 0 ? [-step[0], -step[1]] : [Math.floor(picked / kernel.size), picked % kernel.size];
    const within = (n) => Math.max(0, Math.min(kernel.size - 1, n));
    pick(within(row + step[0]) * kernel.size + within(column + step[1]));
    line.setAttribute("aria-live", "polite");
  });

  return { element, build, show };
}
