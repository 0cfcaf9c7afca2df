// The stepper in words and formulas: the output's size, why there may be none, and what the window reads.

import { extent, showNumber } from "./convolution-stepper-math.js";
import { make } from "./dom.js";

/** ⌊(H + 2P − D(M − 1) − 1)/S⌋ + 1, first with letters, then with the numbers of the moment: what to put into a paragraph. */
export function formulaOf(scene) {
  const { height, width, size, stride, padding, dilation } = scene;
  const line = (letter, side) => {
    const room = side + 2 * padding - extent(scene);
    const found = Math.floor(room / stride) + 1;
    const end = [` = ⌊${showNumber(room)} / ${stride}⌋ + 1 = `, make("b", { class: found < 1 ? "lf-wrong" : "lf-role-output" }, `${showNumber(found)}${found < 1 ? " < 1" : ""}`)];
    const name = make("i", {}, letter);
    return make("span", { class: "lf-equation" },
      make("span", {}, make("span", { class: "lf-role-output" }, make("i", {}, `${letter}′`)), " = ⌊(", name.cloneNode(true), " + 2", make("i", {}, "P"), " − ", make("i", {}, "D"), "(", make("i", {}, "M"), " − 1) − 1) / ", make("i", {}, "S"), "⌋ + 1 "),
      make("span", {}, "= ⌊(", number(side, "input"), " + 2·", number(padding), " − ", number(dilation), "·(", number(size, "kernel"), " − 1) − 1) / ", number(stride), "⌋ + 1"),
      make("span", {}, ...end));
  };
  const number = (value, role = "ink") => make("b", { class: `lf-role-${role}` }, String(value));
  return [line("H", height), ...(width === height ? [] : [line("W", width)])];
}

export function whyNone(scene) {
  const { height, width, padding } = scene;
  const [h, w] = [height + 2 * padding, width + 2 * padding];
  return `No output: the window spans ${extent(scene)} × ${extent(scene)} cells, D(M − 1) + 1 = ${extent(scene)}, and must not exceed the input, ${h} × ${w}${padding ? " with its padding" : ""}. Choose more padding or less dilation.`;
}

/** Which rows and columns of the input the window reads for (row, column) of the output. Those outside are padding. */
export function whatItReads(scene, row, column) {
  const { stride, padding, dilation } = scene;
  const span = (name, at) => {
    const first = at * stride - padding;
    const last = first + extent(scene) - 1;
    const list = dilation === 1 ? `${showNumber(first)} to ${last}` : `${showNumber(first)}, ${showNumber(first + dilation)} and ${last}`;
    return `${name} ${list}`;
  };
  return `The window reads input ${span("rows", row)}, ${span("columns", column)}.`;
}
