// An object on a background, cut into cells, and a small fully connected net that names every cell. No DOM here.

import { fail, readArray, readBytes, readIndex, readInteger, readList, readNumber } from "./read.js";

/** Less than this share of a cell does not count as touching it. */
export const TOUCH = 0.01;

export function readScene(data) {
  const height = readInteger(data.height, "height");
  const width = readInteger(data.width, "width");
  const cell = readInteger(data.cell, "cell");
  if (height % cell || width % cell) fail("cell", `a divisor of height ${height} and width ${width}`, cell);
  const background = Float64Array.from(readBytes(data.background, "background", [height, width, 3]), (byte) => byte / 255);
  const classes = readList(data.classes, "classes");
  const object = readIndex(data.object, "object", classes.length);
  const layers = readLayers(data.layers, 3 * cell * cell, classes.length);
  const start = Object.fromEntries(["x", "y", "scale"].map((key) => [key, readNumber(data.start?.[key], `start.${key}`)]));
  const scales = readList(data.scales, "scales").map((value) => readNumber(value, "scales"));
  if (scales.length !== 2 || !(0 < scales[0] && scales[0] < scales[1])) fail("scales", "[min, max] with 0 < min < max", data.scales);
  const sprite = readSprite(data.sprite);
  const least = 1 / Math.min(sprite.height, sprite.width);
  if (scales[0] < least) fail("scales[0]", `at least ${least.toFixed(4)}, which leaves a pixel of the sprite`, scales[0]);
  if (start.scale < scales[0] || start.scale > scales[1]) fail("start.scale", `within scales ${JSON.stringify(scales)}`, start.scale);
  return {
    height, width, cell, rows: height / cell, columns: width / cell,
    background, sprite, classes, object, layers, start, scales,
  };
}

/** Colours times alpha, so that the edge does not bleed when it is interpolated. */
function readSprite(sprite) {
  const height = readInteger(sprite?.height, "sprite.height");
  const width = readInteger(sprite?.width, "sprite.width");
  const bytes = readBytes(sprite.rgba, "sprite.rgba", [height, width, 4]);
  const values = new Float64Array(bytes.length);
  for (let i = 0; i < bytes.length; i += 4) {
    values[i + 3] = bytes[i + 3] / 255;
    for (let c = 0; c < 3; c++) values[i + c] = (bytes[i + c] / 255) * values[i + 3];
  }
  return { height, width, values };
}

function readLayers(layers, inputs, outputs) {
  let width = inputs;
  const read = readList(layers, "layers").map((layer, i) => {
    const { shape, values: weight } = readArray(layer?.weight, `layers[${i}].weight`);
    if (shape.length !== 2 || shape[1] !== width) fail(`layers[${i}].weight`, `(out, ${width}) numbers`, shape.join(" × "));
    const { values: bias } = readArray(layer.bias, `layers[${i}].bias`);
    if (bias.length !== shape[0]) fail(`layers[${i}].bias`, `${shape[0]} numbers`, `${bias.length} numbers`);
    width = shape[0];
    return { weight, bias };
  });
  if (width !== outputs) fail("layers", `a net with one score for each of the ${outputs} classes`, `${width} scores`);
  return read;
}

/** Fully connected layers with ReLU between them. */
export function forward(layers, input) {
  let signal = input;
  layers.forEach(({ weight, bias }, i) => {
    const next = Float64Array.from(bias);
    for (let unit = 0, at = 0; unit < next.length; unit++) {
      let sum = 0;
      for (let j = 0; j < signal.length; j++) sum += weight[at++] * signal[j];
      next[unit] += sum;
      if (i < layers.length - 1 && next[unit] < 0) next[unit] = 0;
    }
    signal = next;
  });
  return signal;
}

/**
 * A picture whose object can be moved. `place({x, y, scale})` puts the centre of the object at column x and row y, to whole
 * pixels, as cnnbook.datasets.paste does, and answers what the net says of each cell. Only cells that the object's box meets
 * are computed again.
 */
export function createScene(scene) {
  const { height, width, cell, rows, columns, background, layers, object } = scene;
  const picture = Float64Array.from(background); // (H, W, 3) in [0, 1]
  const alpha = new Float64Array(height * width);
  const input = new Float64Array(3 * cell * cell);
  const empty = Array.from({ length: rows * columns }, (_, i) => score(i));
  let box = [0, 0, 0, 0]; // top, left, bottom, right; the last two outside
  let resized = null; // the sprite at the last scale: to move it costs no resizing

  function score(index) {
    const top = Math.floor(index / columns) * cell;
    const left = (index % columns) * cell;
    for (let c = 0, at = 0; c < 3; c++) {
      for (let i = 0; i < cell; i++) for (let j = 0; j < cell; j++) input[at++] = picture[3 * ((top + i) * width + left + j) + c];
    }
    return forward(layers, input);
  }

  function share(index) {
    const top = Math.floor(index / columns) * cell;
    const left = (index % columns) * cell;
    let sum = 0;
    for (let i = 0; i < cell; i++) for (let j = 0; j < cell; j++) sum += alpha[(top + i) * width + left + j];
    return sum / (cell * cell);
  }

  function erase() {
    const [top, left, bottom, right] = box;
    for (let i = top; i < bottom; i++) {
      alpha.fill(0, i * width + left, i * width + right);
      picture.set(background.subarray(3 * (i * width + left), 3 * (i * width + right)), 3 * (i * width + left));
    }
  }

  function paint({ x, y, scale }) {
    if (resized?.scale !== scale) resized = { scale, ...resize(scene.sprite, scale) };
    const top = roundHalfEven(y - resized.height / 2);
    const left = roundHalfEven(x - resized.width / 2);
    const within = (value, most) => Math.max(0, Math.min(most, value));
    box = [within(top, height), within(left, width), within(top + resized.height, height), within(left + resized.width, width)];
    for (let i = box[0]; i < box[2]; i++) {
      for (let j = box[1]; j < box[3]; j++) {
        const from = 4 * ((i - top) * resized.width + j - left);
        const at = i * width + j;
        alpha[at] = resized.values[from + 3];
        for (let c = 0; c < 3; c++) picture[3 * at + c] = resized.values[from + c] + (1 - alpha[at]) * background[3 * at + c];
      }
    }
  }

  function place(where) {
    erase();
    paint(where);
    const scores = empty.slice();
    const shares = new Float64Array(rows * columns);
    if (box[2] > box[0] && box[3] > box[1]) {
      for (let row = Math.floor(box[0] / cell); row * cell < box[2]; row++) {
        for (let column = Math.floor(box[1] / cell); column * cell < box[3]; column++) {
          const index = row * columns + column;
          shares[index] = share(index);
          scores[index] = score(index);
        }
      }
    }
    const labels = scores.map((values) => values.indexOf(Math.max(...values)));
    return { scores, shares, labels, ...count(shares, labels, object) };
  }

  return { picture, alpha, place, size: () => [resized.width, resized.height] };
}

/** How the cells break: which are wrong, if a cell belongs to the object from half of its area on. */
export function count(shares, labels, object) {
  const wrong = labels.map((label, i) => shares[i] > 0.5 !== (label === object));
  const sum = (test) => labels.reduce((total, label, i) => total + test(shares[i], label === object), 0);
  return {
    wrong,
    covered: sum((share) => share > 0.5),
    found: sum((share, called) => share > 0.5 && called),
    touched: sum((share) => share > TOUCH),
    missed: sum((share, called) => share > TOUCH && !called),
    alarms: sum((share, called) => share <= 0.5 && called),
  };
}

/** Bilinear, and shrinking averages: what torch.nn.functional.interpolate does with antialias=True. */
export function resize({ height, width, values }, scale) {
  const rows = taps(height, scale);
  const columns = taps(width, scale);
  const wide = new Float64Array(4 * height * columns.length);
  for (let i = 0, at = 0; i < height; i++) {
    for (const { first, weights } of columns) {
      for (let c = 0; c < 4; c++, at++) {
        for (let j = 0; j < weights.length; j++) wide[at] += weights[j] * values[4 * (i * width + first + j) + c];
      }
    }
  }
  const line = 4 * columns.length;
  const small = new Float64Array(rows.length * line);
  rows.forEach(({ first, weights }, i) => {
    weights.forEach((weight, j) => {
      for (let at = 0; at < line; at++) small[i * line + at] += weight * wide[(first + j) * line + at];
    });
  });
  return { height: rows.length, width: columns.length, values: small };
}

/** For each pixel of the resized line: the first pixel that counts, and the weights of it and the next ones. */
function taps(length, scale) {
  const count = Math.floor(length * scale);
  const step = count === length ? 1 : 1 / scale; // torch leaves a side alone that would keep its length
  const reach = Math.max(step, 1);
  return Array.from({ length: count }, (_, i) => {
    const middle = step * (i + 0.5);
    const first = Math.max(Math.trunc(middle - reach + 0.5), 0);
    const end = Math.min(Math.trunc(middle + reach + 0.5), length);
    const weights = Array.from({ length: end - first }, (_, j) => Math.max(0, 1 - Math.abs(first + j - middle + 0.5) / reach));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** As Python rounds. */
function roundHalfEven(value) {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2 === 0 ? 0 : 1) : Math.round(value);
}
