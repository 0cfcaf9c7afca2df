// A filter with padding and stride, before and after the picture moves: where do the two ways differ, and for which moves? No DOM here.

import { translate } from "./equivariance-shift-math.js";
import { fail, readArray, readBytes, readIndex, readInteger, readList } from "./read.js";

export const PADDINGS = ["circular", "zeros", "reflect", "replicate"];
export const STRIDES = [1, 2, 3, 4];
export const REACH = 4; // the map of moves goes from −4 to 4

export function readExplorer(data) {
  const size = readInteger(data.size, "size");
  // On a picture that wraps around, a stride that does not divide the side would leave a seam.
  if (size % 12) fail("size", "a multiple of 12, which strides of 1 to 4 divide", size);
  const values = Float64Array.from(readBytes(data.pixels, "pixels", [size, size]), (byte) => byte / 255);
  const kernels = readList(data.kernels, "kernels").map((kernel, i) => readKernel(kernel, `kernels[${i}]`, size));
  const padding = data.padding ?? "circular";
  if (!PADDINGS.includes(padding)) fail("padding", `one of ${PADDINGS.join(", ")}`, padding);
  const stride = data.stride ?? 1;
  if (!STRIDES.includes(stride)) fail("stride", "1, 2, 3 or 4", stride);
  const start = { down: 0, right: 0, ...data.start };
  for (const way of ["down", "right"]) {
    if (!Number.isInteger(start[way]) || Math.abs(start[way]) > size / 2) fail(`start.${way}`, `a whole number from −${size / 2} to ${size / 2}`, start[way]);
  }
  return { size, values, kernels, kernel: readIndex(data.kernel ?? 0, "kernel", kernels.length), padding, stride, start };
}

function readKernel(kernel, field, size) {
  if (typeof kernel?.name !== "string") fail(`${field}.name`, "a text", kernel?.name);
  const { shape, values } = readArray(kernel.weight, `${field}.weight`);
  if (shape.length !== 2 || shape[0] !== shape[1] || shape[0] % 2 === 0) fail(`${field}.weight`, "k × k numbers with odd k", shape.join(" × "));
  if (shape[0] > size) fail(`${field}.weight`, `no larger than the picture (${size})`, shape.join(" × "));
  return { name: kernel.name, size: shape[0], weight: values };
}

/** Which pixel stands at place i of the padded side; −1 for a zero. */
export function source(i, n, padding) {
  if (i >= 0 && i < n) return i;
  if (padding === "zeros") return -1;
  if (padding === "replicate") return i < 0 ? 0 : n - 1;
  if (padding === "reflect") return i < 0 ? -i : 2 * (n - 1) - i; // the pixel at the edge is not repeated
  return ((i % n) + n) % n;
}

/** The output's side: windows around the pixels 0, s, 2s, … */
export function outputSide(n, stride) {
  return Math.floor((n - 1) / stride) + 1;
}

/** Cross-correlation with (k − 1) / 2 pixels of padding on each side, at every stride-th pixel. */
export function filterPadded(values, n, { size: k, weight }, padding, stride) {
  const half = (k - 1) / 2;
  const wide = n + 2 * half;
  const from = Array.from({ length: wide }, (_, i) => source(i - half, n, padding));
  const padded = new Float64Array(wide * wide);
  for (let row = 0; row < wide; row++) {
    if (from[row] < 0) continue;
    for (let column = 0; column < wide; column++) {
      if (from[column] >= 0) padded[row * wide + column] = values[from[row] * n + from[column]];
    }
  }
  const side = outputSide(n, stride);
  const output = new Float64Array(side * side);
  for (let row = 0, at = 0; row < side; row++) {
    for (let column = 0; column < side; column++, at++) {
      let sum = 0; // always in this order: equal windows give equal sums, to the last bit
      for (let i = 0; i < k; i++) {
        const begin = (row * stride + i) * wide + column * stride;
        for (let j = 0; j < k; j++) sum += weight[i * k + j] * padded[begin + j];
      }
      output[at] = sum;
    }
  }
  return output;
}

/** Along one side: does the place's window cross the picture's edge, in f(T x) or, before it was moved, in f(x)? */
export function crossings(n, k, padding, stride, steps) {
  const side = outputSide(n, stride);
  const half = (k - 1) / 2;
  const crosses = (i) => padding !== "circular" && (i * stride < half || i * stride + half >= n);
  return Array.from({ length: side }, (_, i) => crosses(i) || crosses((((i - steps) % side) + side) % side));
}

/**
 * Both ways round. The picture moves circularly by (down, right); the output by as many of its own pixels, rounded down where the
 * stride does not divide the move (`whole` is false then). The differences are measured apart where a window crosses an edge and inside.
 */
export function compare(input, kernel, padding, stride, down, right) {
  const { size: n, values } = input;
  const side = outputSide(n, stride);
  const plain = filterPadded(values, n, kernel, padding, stride);
  const moved = translate(values, n, down, right, true);
  const before = filterPadded(moved, n, kernel, padding, stride);
  const steps = { down: Math.floor(down / stride), right: Math.floor(right / stride) };
  const after = translate(plain, side, steps.down, steps.right, true);
  const edge = { rows: crossings(n, kernel.size, padding, stride, steps.down), columns: crossings(n, kernel.size, padding, stride, steps.right) };
  const difference = after.map((value, i) => value - before[i]);
  let [atEdge, inside, differing] = [0, 0, 0];
  difference.forEach((value, i) => {
    const size = Math.abs(value);
    if (size > 0) differing++;
    if (edge.rows[Math.floor(i / side)] || edge.columns[i % side]) atEdge = Math.max(atEdge, size);
    else inside = Math.max(inside, size);
  });
  return {
    side, plain, moved, before, after, difference, steps, edge, atEdge, inside, share: differing / difference.length,
    whole: down % stride === 0 && right % stride === 0, largest: Math.max(atEdge, inside),
  };
}

/** The moves of the map, row by row: (−4, −4), (−4, −3), … (4, 4), each [down, right]. */
export function moves() {
  const width = 2 * REACH + 1;
  return Array.from({ length: width * width }, (_, i) => [Math.floor(i / width) - REACH, (i % width) - REACH]);
}

/** The pieces of a side without crossings, as [first, length]. */
export function runs(crossed) {
  const found = [];
  crossed.forEach((one, i) => {
    if (one) return;
    if (i > 0 && !crossed[i - 1]) found.at(-1)[1]++;
    else found.push([i, 1]);
  });
  return found;
}
