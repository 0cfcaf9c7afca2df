// A kernel on a picture that wraps around: what may be done to it, and the picture that it makes. No DOM here.

import { fail, readArray, readBytes, readIndex, readInteger, readList } from "./read.js";
import { typedNumber } from "./typed-number.js";
import { largestSize, total } from "./values.js";

export const SIZES = [3, 5]; // sides that a kernel may have
export const MOST = 100; // no weight is larger, so that numbers stay readable
const DISPLAYS = ["grey", "signed"];

export function readPlayground(data) {
  const size = readInteger(data.size, "size");
  if (size < 16 || size > 128 || size & (size - 1)) fail("size", "a power of two from 16 to 128", size);
  const values = Float64Array.from(readBytes(data.pixels, "pixels", [size, size]), (byte) => byte / 255);
  const presets = readList(data.presets, "presets").map((preset, i) => readPreset(preset, `presets[${i}]`));
  return { size, values, presets, start: readIndex(data.start ?? 0, "start", presets.length) };
}

function readPreset(preset, field) {
  if (typeof preset?.name !== "string") fail(`${field}.name`, "a text", preset?.name);
  const { shape, values } = readArray(preset.weight, `${field}.weight`);
  const square = shape.length === 2 && shape[0] === shape[1] && SIZES.includes(shape[0]);
  if (!square) fail(`${field}.weight`, "3 × 3 or 5 × 5 numbers", shape.join(" × "));
  const largest = largestSize(values);
  if (largest > MOST) fail(`${field}.weight`, `within −${MOST} and ${MOST}`, largest);
  const display = preset.display ?? displayOf(values);
  if (!DISPLAYS.includes(display)) fail(`${field}.display`, "grey or signed", display);
  return { name: preset.name, note: preset.note ?? "", size: shape[0], weight: values, display };
}

/** How an output is best seen: grey where it is a picture again, signed where the weights take differences. */
export function displayOf(weight) {
  return weight.every((w) => w >= 0) || total(weight) >= 0.75 ? "grey" : "signed";
}

/** The weight that a reader typed. */
export function parseWeight(text, field) {
  const value = typedNumber(text, MOST);
  if (value === null) fail(field, `a number from −${MOST} to ${MOST} or a fraction such as 1/9`, text);
  return value;
}

// --- the kernel ------------------------------------------------------------------------------------------------------

/** In both directions: with the flipped kernel, cross-correlation is convolution. */
export function flip(weight) {
  return weight.slice().reverse();
}

export function transpose(weight, k) {
  return weight.map((_, at) => weight[(at % k) * k + Math.floor(at / k)]);
}

export function normalize(weight) {
  const sum = total(weight);
  if (sum === 0) throw new Error("The weights sum to 0, and no factor makes that 1. The kernel stays as it is.");
  const scaled = weight.map((w) => w / sum);
  if (largestSize(scaled) > MOST) throw new Error(`Divided by their sum, a weight would be more than ${MOST}. The kernel stays as it is.`);
  return scaled;
}

/** The middle of a kernel, or the kernel with zeros around it. */
export function resize(weight, from, to) {
  const inset = (to - from) / 2;
  const resized = new Float64Array(to * to);
  for (let i = 0; i < to; i++) {
    for (let j = 0; j < to; j++) {
      const [row, column] = [i - inset, j - inset];
      if (row >= 0 && column >= 0 && row < from && column < from) resized[i * to + j] = weight[row * from + column];
    }
  }
  return resized;
}

// --- on the picture --------------------------------------------------------------------------------------------------

/** Cross-correlation on a picture that wraps around; the output is as large. */
export function correlateWrapped(values, n, weight, k) {
  const half = (k - 1) / 2;
  const wide = n + 2 * half;
  const padded = new Float64Array(wide * wide);
  for (let row = 0; row < wide; row++) {
    const from = ((row - half + n) % n) * n;
    for (let column = 0; column < wide; column++) padded[row * wide + column] = values[from + ((column - half + n) % n)];
  }
  const output = new Float64Array(n * n);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const w = weight[i * k + j];
      if (w === 0) continue;
      for (let row = 0; row < n; row++) {
        let at = row * n;
        const from = (row + i) * wide + j;
        for (let column = 0; column < n; column++) output[at++] += w * padded[from + column];
      }
    }
  }
  return output;
}
