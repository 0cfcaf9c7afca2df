// Cross-correlation without padding, and the path of a window over a picture. No DOM here.

import { fail, readArray, readBytes, readIndex, readInteger, readList, readNumber } from "./read.js";
import { largestSize } from "./values.js";

/** A picture in [0, 1], planes one after the other (C, H, W). */
export function readPicture(data) {
  const height = readInteger(data.height, "height");
  const width = readInteger(data.width, "width");
  const channels = data.channels ?? 1;
  if (channels !== 1 && channels !== 3) fail("channels", "1 or 3", channels);
  const bytes = readBytes(data.pixels, "pixels", [channels, height, width]);
  return { height, width, channels, bytes, values: Float64Array.from(bytes, (byte) => byte / 255) };
}

/**
 * The kernels as flat (C, k, k) weights. A k × k kernel on a picture with three channels sees the mean of the channels.
 */
export function readKernels(data, picture) {
  const kernels = readList(data.kernels, "kernels").map((kernel, i) => readKernel(kernel, `kernels[${i}]`, picture));
  return { kernels, start: readIndex(data.start ?? 0, "start", kernels.length) };
}

function readKernel(kernel, field, { channels, height, width }) {
  if (typeof kernel?.name !== "string") fail(`${field}.name`, "a text", kernel?.name);
  let { shape, values } = readArray(kernel.weight, `${field}.weight`);
  if (shape.length === 1) {
    const size = readInteger(kernel.size, `${field}.size`);
    shape = values.length === size * size ? [size, size] : [values.length / size ** 2, size, size];
  }
  const size = shape.at(-1);
  const flat = shape.length === 2;
  const right = shape.at(-2) === size && (flat || (shape.length === 3 && shape[0] === channels));
  if (!right) fail(`${field}.weight`, `k × k or ${channels} × k × k numbers`, `${shape.join(" × ")}`);
  if (size > height || size > width) fail(`${field}.weight`, `no larger than the picture (${height} × ${width})`, `${size} × ${size}`);
  const weight = new Float64Array(channels * size * size);
  for (let i = 0; i < weight.length; i++) weight[i] = flat ? values[i % (size * size)] / channels : values[i];
  const limit = kernel.limit === undefined ? null : readNumber(kernel.limit, `${field}.limit`);
  if (limit !== null && limit <= 0) fail(`${field}.limit`, "more than 0", limit);
  return { name: kernel.name, note: kernel.note ?? "", grey: Boolean(kernel.grey), size, weight, limit };
}

/** Where the window stands at first: [row, column] of its upper left corner; without it, in the middle. */
export function readWindow(window, rows, columns) {
  if (window === undefined) return [Math.floor(rows / 2), Math.floor(columns / 2)];
  if (!Array.isArray(window) || window.length !== 2) fail("window", "[row, column]", window);
  return [readIndex(window[0], "window[0]", rows), readIndex(window[1], "window[1]", columns)];
}

/** The output's size, (H − k + 1) × (W − k + 1). */
export function outputSize(picture, size) {
  return { rows: picture.height - size + 1, columns: picture.width - size + 1 };
}

/** The weighted sum with the window's upper left corner at (row, column). */
export function correlateAt({ height, width, channels, values }, { size, weight }, row, column) {
  let sum = 0;
  for (let c = 0, at = 0; c < channels; c++) {
    for (let i = 0; i < size; i++) {
      const start = (c * height + row + i) * width + column;
      for (let j = 0; j < size; j++) sum += weight[at++] * values[start + j];
    }
  }
  return sum;
}

/** The weighted sum at every position, and the largest of their sizes. */
export function correlate(picture, kernel) {
  const { rows, columns } = outputSize(picture, kernel.size);
  const values = new Float64Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) values[at] = correlateAt(picture, kernel, row, column);
  }
  return { rows, columns, values, largest: largestSize(values) };
}

/** What the window sees at (row, column): patch and products (C, k, k), the sum of each channel, and their sum. */
export function explain({ height, width, channels, values }, { size, weight }, row, column) {
  const patch = new Float64Array(weight.length);
  const products = new Float64Array(weight.length);
  const sums = new Float64Array(channels);
  for (let c = 0, at = 0; c < channels; c++) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++, at++) {
        patch[at] = values[(c * height + row + i) * width + column + j];
        products[at] = weight[at] * patch[at];
        sums[c] += products[at];
      }
    }
  }
  return { patch, products, sums, sum: sums.reduce((a, b) => a + b, 0) };
}

/** The positions on a straight way from one to the other, both ends included, so that a quick hand leaves no gaps. */
export function pathBetween([fromRow, fromColumn], [toRow, toColumn]) {
  const steps = Math.max(Math.abs(toRow - fromRow), Math.abs(toColumn - fromColumn), 1);
  return Array.from({ length: steps + 1 }, (_, i) => [
    Math.round(fromRow + ((toRow - fromRow) * i) / steps),
    Math.round(fromColumn + ((toColumn - fromColumn) * i) / steps),
  ]);
}
