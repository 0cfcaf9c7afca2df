// Moving a picture, filtering it, and whether the order matters. No DOM here.

import { fail, readArray, readBytes, readInteger } from "./read.js";
import { largestSize } from "./values.js";

export function readShift(data) {
  const size = readInteger(data.size, "size", 3);
  const values = Float64Array.from(readBytes(data.pixels, "pixels", [size, size]), (byte) => byte / 255);
  const { shape, values: kernel } = readArray(data.kernel, "kernel");
  if (shape.length !== 2 || shape[0] !== shape[1] || shape[0] % 2 === 0) fail("kernel", "k × k numbers with odd k", shape.join(" × "));
  if (shape[0] > size) fail("kernel", `no larger than the picture (${size})`, shape.join(" × "));
  return { size, values, kernel, width: shape[0] };
}

/** The picture moved by whole pixels, down and to the right; what enters comes from the other side or is zero. */
export function translate(values, size, down, right, wrap) {
  const moved = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) moved[row * size + column] = pixel(values, size, row - down, column - right, wrap);
  }
  return moved;
}

/** Cross-correlation with an output as large as the picture. Beyond the edge: the other side, or zero. */
export function filter(values, size, kernel, width, wrap) {
  const half = (width - 1) / 2;
  const output = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let sum = 0;
      for (let i = 0; i < width; i++) {
        for (let j = 0; j < width; j++) sum += kernel[i * width + j] * pixel(values, size, row + i - half, column + j - half, wrap);
      }
      output[row * size + column] = sum;
    }
  }
  return output;
}

export function mean(values) {
  return Float64Array.of(values.reduce((a, b) => a + b, 0) / values.length);
}

export function difference(a, b) {
  const values = a.map((value, i) => value - b[i]);
  return { values, largest: largestSize(values) };
}

/** Both ways round: f and then move, move and then f. `which` is "filter" or "mean". */
export function compare({ size, values, kernel, width }, which, down, right, wrap) {
  const f = which === "mean" ? mean : (x) => filter(x, size, kernel, width, wrap);
  const plain = f(values);
  const moved = translate(values, size, down, right, wrap);
  const after = which === "mean" ? plain : translate(plain, size, down, right, wrap); // one number has no place to be moved
  const before = f(moved);
  return { plain, moved, after, before, difference: difference(after, before) };
}

function pixel(values, size, row, column, wrap) {
  if (wrap) return values[(((row % size) + size) % size) * size + (((column % size) + size) % size)];
  return row < 0 || column < 0 || row >= size || column >= size ? 0 : values[row * size + column];
}
