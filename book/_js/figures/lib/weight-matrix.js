// The matrix of a linear layer as a grid of its weights: a row for each output, a column for each input.

import { colorTable, cssColor } from "./color-map.js";
import { isJoined } from "./dense-to-toeplitz-math.js";
import { makeSvg, set } from "./dom.js";
import { readableInk } from "./ink.js";
import { short } from "./layer-words.js";

export const LABEL = 30; // px for y[n] left of the matrix

/** `layer` is read anew at each call. */
export function weightMatrix(layer) {
  const { size } = layer;
  const element = makeSvg("svg", {
    class: "lf-matrix", tabindex: 0, role: "application", "aria-roledescription": "weight matrix",
    "aria-label": "Matrix of weights, a row for each output. Arrow keys choose an entry, plus and minus change its weight.",
  });
  let parts = null; // of the drawing, built anew with another size, width or setting
  let [cell, top] = [0, 0]; // px

  /** Entries of `side` px for this setting, below a margin of `above` px. */
  function build(side, above) {
    [cell, top] = [side, above];
    const width = LABEL + size * cell;
    set(element, { width, height: top + size * cell, viewBox: `0 0 ${width} ${top + size * cell}` });
    const band = makeSvg("rect", { class: "lf-band", x: LABEL, width: size * cell, height: cell });
    const cells = Array.from({ length: size * size }, (_, i) => {
      const [row, column] = [Math.floor(i / size), i % size];
      const [x, y] = [LABEL + column * cell, top + row * cell];
      const joined = isJoined(layer, row, column);
      return {
        square: makeSvg("rect", { class: joined ? "lf-entry" : "lf-no-entry", x, y, width: cell, height: cell }),
        text: makeSvg("text", { class: joined ? "lf-entry-text" : "lf-no-text", x: x + cell / 2, y: y + cell / 2 }, joined ? "" : "·"),
        mark: makeSvg("rect", { class: "lf-lit", x: x + 1.5, y: y + 1.5, width: cell - 3, height: cell - 3, visibility: "hidden" }),
      };
    });
    const names = Array.from({ length: size }, (_, i) => [
      makeSvg("text", { class: "lf-index lf-ink-input", x: LABEL + (i + 0.5) * cell, y: top - 8 }, `x[${i}]`),
      makeSvg("text", { class: "lf-index lf-ink-output lf-row-index", x: LABEL - 5, y: top + (i + 0.5) * cell }, `y[${i}]`),
    ]);
    const pick = makeSvg("rect", { class: "lf-pick", width: cell, height: cell });
    element.replaceChildren(...names.flat(), ...cells.map(({ square }) => square), ...cells.map(({ text }) => text), band, ...cells.map(({ mark }) => mark), pick);
    parts = { cells, band, pick, rowNames: names.map(([, name]) => name) };
  }

  function draw(weights, limit, dark) {
    const table = colorTable("signed", dark);
    parts.cells.forEach(({ square, text }, i) => {
      if (!isJoined(layer, Math.floor(i / size), i % size)) return;
      set(square, { fill: cssColor(table, weights[i], -limit, limit) });
      set(text, { fill: readableInk(table, weights[i], -limit, limit) });
      text.textContent = short(weights[i]);
    });
  }

  /** The entry in question, and marks on those for which `isMarked(row, column)` holds. */
  function drawChoice({ row, column }, isMarked) {
    parts.cells.forEach(({ mark }, i) => set(mark, { visibility: isMarked(Math.floor(i / size), i % size) ? "visible" : "hidden" }));
    set(parts.pick, { x: LABEL + column * cell, y: top + row * cell });
    set(parts.band, { y: top + row * cell });
    parts.rowNames.forEach((name, i) => name.classList.toggle("lf-here-row", i === row));
  }

  /** The entry {row, column} under the pointer, or null. */
  function entryAt(event) {
    const box = element.getBoundingClientRect();
    const [row, column] = [Math.floor((event.clientY - box.top - top) / cell), Math.floor((event.clientX - box.left - LABEL) / cell)];
    return row >= 0 && column >= 0 && row < size && column < size ? { row, column } : null;
  }

  return { element, build, draw, drawChoice, entryAt };
}
