// A linear layer on a signal, from free weights to shared ones: connections, the matrix, y = W x. No DOM here.

import { generator } from "./random.js";
import { fail, readInteger, readList, readNumber } from "./read.js";

export const SETTINGS = ["full", "local", "zeros", "circular"];
export const LIMIT = 2; // of a weight and of an input
const SIZES = [8, 9, 10];
const TAPS = [3, 5];

export function readToeplitz(data) {
  const size = readInteger(data.size, "size");
  if (!SIZES.includes(size)) fail("size", `one of ${SIZES.join(", ")}`, size);
  const taps = readNumbers(data.taps, "taps");
  if (!TAPS.includes(taps.length)) fail("taps", `${TAPS.join(" or ")} numbers`, data.taps);
  const input = readNumbers(data.input, "input");
  if (input.length !== size) fail("input", `${size} numbers, one for each unit`, data.input);
  const seed = readInteger(data.seed ?? 0, "seed", 0);
  const setting = data.setting ?? "full";
  if (!SETTINGS.includes(setting)) fail("setting", `one of ${SETTINGS.join(", ")}`, setting);
  return { size, taps, input, seed, setting, free: randomWeights(size, seed) };
}

function readNumbers(value, field) {
  return readList(value, field).map((number, i) => {
    if (Math.abs(readNumber(number, `${field}[${i}]`)) > LIMIT) fail(`${field}[${i}]`, `from −${LIMIT} to ${LIMIT}`, number);
    return number;
  });
}

/** n × n weights from −1 to 1 in steps of a tenth; none is zero, for a connection of weight zero would be out of sight. */
export function randomWeights(size, seed) {
  const next = generator(seed);
  return Float64Array.from({ length: size * size }, () => {
    const step = 1 + Math.floor(10 * next());
    return (next() < 0.5 ? -step : step) / 10;
  });
}

/** Which tap joins input `column` to output `row`: k, or −1 where the window of that output does not reach. */
export function tapAt({ size, taps, setting }, row, column) {
  const k = column - row + (taps.length - 1) / 2;
  const inside = (n) => n >= 0 && n < taps.length;
  if (inside(k)) return k;
  if (setting !== "circular") return -1;
  return [k + size, k - size].find(inside) ?? -1;
}

/** Does a connection lead from input `column` to output `row`? */
export function isJoined(layer, row, column) {
  return layer.setting === "full" || tapAt(layer, row, column) >= 0;
}

export function isShared({ setting }) {
  return setting === "zeros" || setting === "circular";
}

/** The layer's matrix, row by row; without a connection the entry is zero. */
export function matrix(layer) {
  const { size, taps, free } = layer;
  return Float64Array.from({ length: size * size }, (_, i) => {
    const [row, column] = [Math.floor(i / size), i % size];
    if (!isJoined(layer, row, column)) return 0;
    return isShared(layer) ? taps[tapAt(layer, row, column)] : free[i];
  });
}

/** y = W x. */
export function apply(weights, x) {
  return Float64Array.from(x, (_, row) => x.reduce((sum, value, column) => sum + weights[row * x.length + column] * value, 0));
}

/**
 * Parameters and connections, without biases. Where zeros stand beyond the ends, h(h + 1) taps of the outputs near the
 * ends fall on them (h = ⌊M/2⌋): these connections are missing.
 */
export function count({ size, taps, setting }) {
  const half = (taps.length - 1) / 2;
  const missing = setting === "local" || setting === "zeros" ? half * (half + 1) : 0;
  const connections = setting === "full" ? size * size : size * taps.length - missing;
  return { connections, missing, parameters: setting === "zeros" || setting === "circular" ? taps.length : connections };
}
