// A grid of cells with numbers, drawn as SVG: patches, weights, products; and the pictures that canvases show.

import { cssColor, tableOffset } from "./color-map.js";
import { makeSvg, number, set } from "./dom.js";
import { readableInk } from "./ink.js";

const FONT = 11; // smallest size of a number in a cell, px

/** k × k cells of `cell` px. `show(values, table, low, high)` paints them; `pick(i)` outlines one, or none with −1. */
export function cellGrid(size, cell) {
  const gap = cell > 14 ? 1 : 0;
  const root = makeSvg("g");
  const numbers = (digits) => cell >= FONT * (0.55 * (digits ? digits + 2.6 : 2));
  const font = Math.min(15, Math.max(FONT, cell * 0.3));
  const cells = Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [(i % size) * cell, Math.floor(i / size) * cell];
    const square = makeSvg("rect", { x: x + gap / 2, y: y + gap / 2, width: cell - gap, height: cell - gap });
    const text = makeSvg("text", { x: x + cell / 2, y: y + cell / 2, "font-size": font });
    root.append(square, text);
    return { square, text };
  });
  const mark = makeSvg("rect", { class: "lf-pick", width: cell, height: cell, visibility: "hidden" });
  root.append(mark);
  return {
    root,
    show(values, table, low, high) {
      const digits = values.every(Number.isInteger) ? 0 : 2;
      values.forEach((value, i) => {
        set(cells[i].square, { fill: cssColor(table, value, low, high) });
        const shown = numbers(digits) ? number(value, digits) : "";
        if (cells[i].text.textContent !== shown) cells[i].text.textContent = shown;
        set(cells[i].text, { fill: readableInk(table, value, low, high) });
      });
    },
    pick(i) {
      set(mark, i < 0 ? { visibility: "hidden" } : { visibility: "visible", x: (i % size) * cell, y: Math.floor(i / size) * cell });
    },
  };
}

/** Paint values on a canvas of one pixel each. */
export function paintValues(canvas, width, values, table, low, high) {
  const image = new ImageData(width, values.length / width);
  values.forEach((value, i) => {
    const at = tableOffset(value, low, high);
    image.data[4 * i] = table[at];
    image.data[4 * i + 1] = table[at + 1];
    image.data[4 * i + 2] = table[at + 2];
    image.data[4 * i + 3] = 255;
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Paint a photograph in planes (C, H, W) of bytes. */
export function paintPlanes(canvas, { height, width, channels, bytes }) {
  const image = new ImageData(width, height);
  const plane = height * width;
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = bytes[(channels === 3 ? c : 0) * plane + i];
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
