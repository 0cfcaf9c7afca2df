// One window over a small input, with stride, padding and dilation: sizes, places, products and sums. No DOM here.

import { fail, readArray, readIndex, readInteger, readList } from "./read.js";
import { largestSize } from "./values.js";

export const LARGEST_SIDE = 7; // cells of the input: with two rings of padding around it, it still fits a phone
export const LARGEST_NUMBER = 99; // in a cell
export const CHOICES = { stride: [1, 2, 3], padding: [0, 1, 2], dilation: [1, 2, 3] };
const SIZE = 3; // of the kernel
const NEAR = 1e-9; // what rounding may do to a fraction

export function readStepper(data) {
  const { shape, values: input } = readArray(data.input, "input");
  if (shape.length !== 2) fail("input", "H × W numbers", shape.join(" × "));
  const [height, width] = shape;
  if (Math.max(height, width) > LARGEST_SIDE) fail("input", `no larger than ${LARGEST_SIDE} × ${LARGEST_SIDE}`, shape.join(" × "));
  checkNumbers(input, "input");
  const kernel = readKernel(data.kernel, "kernel");
  const presets = readList(data.presets ?? [{ name: "start", weight: data.kernel }], "presets").map((preset, i) => {
    if (typeof preset?.name !== "string") fail(`presets[${i}].name`, "a text", preset?.name);
    return { name: preset.name, weight: readKernel(preset.weight, `presets[${i}].weight`) };
  });
  const settings = {};
  for (const [name, standard] of [["stride", 1], ["padding", 0], ["dilation", 1]]) {
    settings[name] = data[name] ?? standard;
    if (!CHOICES[name].includes(settings[name])) fail(name, `one of ${CHOICES[name].join(", ")}`, settings[name]);
  }
  const scene = { height, width, input, size: SIZE, kernel, ...settings };
  return { ...scene, presets, at: readPlace(data.at, scene) };
}

function readKernel(value, field) {
  const { shape, values } = readArray(value, field);
  if (shape.length !== 2 || shape[0] !== SIZE || shape[1] !== SIZE) fail(field, `${SIZE} × ${SIZE} numbers`, shape.join(" × "));
  checkNumbers(values, field);
  return values;
}

function checkNumbers(values, field) {
  for (const value of values) if (Math.abs(value) > LARGEST_NUMBER) fail(field, `numbers from −${LARGEST_NUMBER} to ${LARGEST_NUMBER}`, value);
}

function readPlace(at, scene) {
  if (at === undefined) return [0, 0];
  if (!Array.isArray(at) || at.length !== 2) fail("at", "[row, column]", at);
  const { rows, columns } = outputSize(scene);
  if (!rows || !columns) return at.map((n, i) => readInteger(n, `at[${i}]`, 0)); // there is no output to be in
  return [readIndex(at[0], "at[0]", rows), readIndex(at[1], "at[1]", columns)];
}

/** Cells that a window covers on a side, its holes included: D(M − 1) + 1. */
export function extent({ size, dilation }) {
  return dilation * (size - 1) + 1;
}

/** Places that fit on a side: ⌊(H + 2P − D(M − 1) − 1)/S⌋ + 1, and none when the window is the larger. */
export function places(side, scene) {
  const room = side + 2 * scene.padding - extent(scene);
  return room < 0 ? 0 : Math.floor(room / scene.stride) + 1;
}

export function outputSize(scene) {
  const [rows, columns] = [places(scene.height, scene), places(scene.width, scene)];
  return { rows, columns, count: rows * columns };
}

/** Row and column in the input of tap i of the window at (row, column) of the output; outside the input lies padding. */
export function tapPlace({ size, stride, padding, dilation }, row, column, i) {
  return [
    row * stride - padding + dilation * Math.floor(i / size),
    column * stride - padding + dilation * (i % size),
  ];
}

/** The input at (row, column); zero in the padding. */
export function cell({ height, width, input }, row, column) {
  return row < 0 || column < 0 || row >= height || column >= width ? 0 : input[row * width + column];
}

/** What the window sees at (row, column) of the output: the patch, the products, and their sum. */
export function explain(scene, row, column) {
  const patch = scene.kernel.map((_, i) => cell(scene, ...tapPlace(scene, row, column, i)));
  const products = patch.map((x, i) => x * scene.kernel[i]);
  return { patch, products, sum: products.reduce((a, b) => a + b, 0) };
}

/** The sums at all places, row by row, and the largest of their sizes. */
export function correlate(scene) {
  const { rows, columns, count } = outputSize(scene);
  const values = Float64Array.from({ length: count }, (_, i) => explain(scene, Math.floor(i / columns), i % columns).sum);
  return { rows, columns, count, values, largest: largestSize(values) };
}

/** How many windows read each cell of the padded input. */
export function coverage(scene) {
  const { rows, columns, count } = outputSize(scene);
  const width = scene.width + 2 * scene.padding;
  const reads = new Int32Array((scene.height + 2 * scene.padding) * width);
  for (let at = 0; at < count * scene.size ** 2; at++) {
    const place = Math.floor(at / scene.size ** 2);
    const [row, column] = tapPlace(scene, Math.floor(place / columns), place % columns, at % scene.size ** 2);
    reads[(row + scene.padding) * width + column + scene.padding]++;
  }
  return reads;
}

/** The place of the output whose window has its middle nearest to (y, x), measured in cells from the padded corner. */
export function nearestPlace(scene, y, x) {
  const { rows, columns } = outputSize(scene);
  const half = extent(scene) / 2;
  const at = (n, count) => Math.max(0, Math.min(count - 1, Math.round((n - half) / scene.stride)));
  return [at(y, rows), at(x, columns)];
}

/** A number as a cell shows it: whole, a simple fraction, or at most `digits` decimals; with a true minus sign. */
export function showNumber(value, digits = 2, fractions = true) {
  const size = Math.abs(value);
  const sign = (text) => (value < 0 && Number.parseFloat(text) !== 0 ? "−" : "") + text;
  if (fractions && size < 1 && !near(size * 100)) {
    for (const below of [3, 6, 7, 8, 9, 16]) if (near(size * below)) return sign(`${Math.round(size * below)}/${below}`);
  }
  return sign(String(Number(size.toFixed(digits))));
}

/** Is it written in full with that many decimals? */
export function isShownWhole(value, digits = 2) {
  return near(value * 10 ** digits);
}

function near(value) {
  return Math.abs(value - Math.round(value)) < NEAR;
}
