// Two 9 × 9 kernels, ReLU, a mean over the picture and two scores: upright or level lines? And a wave to multiply with. No DOM here.

import { fail, readArray, readBytes, readIndex, readInteger, readList, readNumber } from "./read.js";
import { typedNumber } from "./typed-number.js";
import { largestSize } from "./values.js";

export const SIDE = 9; // of a kernel
export const MOST = 99; // no weight is larger, so that a cell can show it
export const KINDS = ["off", "cos", "one"]; // no wave, cos, 1 + a cos
export const STEPS = 64; // frequencies that a search tries: 1/128, 2/128, … ½
const COMPUTED = { padding: "valid", pooling: "mean" }; // a net trained with others would be shown wrongly
const FLAT = 1e-9; // what rounding may do to a constant picture

/** What may be set about the lines and about the wave: [least, most, at first]. Angles: 0° to the right, 90° down. */
export const LINES = {
  count: [0, 8, 1], angle: [0, 180, 90], thickness: [1, 12, 2], length: [0.1, 1.5, 0.8],
  contrast: [-1, 1, 0.8], background: [0, 1, 0], noise: [0, 0.3, 0.05], seed: [0, 9999, 0],
};
export const WAVE = { frequency: [0, 0.5, 0.125], angle: [0, 180, 0], phase: [0, 360, 0], amplitude: [0, 5, 1] };

export function readLaboratory(data) {
  const size = readInteger(data.size, "size");
  if (size < 16 || size > 128 || size & (size - 1)) fail("size", "a power of two from 16 to 128", size);
  const tau = readNumber(data.tau ?? 1, "tau");
  if (tau <= 0) fail("tau", "more than 0", tau);
  const classes = readList(data.classes, "classes");
  if (classes.length !== 2 || classes.some((one) => typeof one !== "string")) fail("classes", "two texts", classes);
  for (const [name, computed] of Object.entries(COMPUTED)) if ((data[name] ?? computed) !== computed) fail(name, computed, data[name]);
  const zeroSum = data.zero_sum ?? false;
  if (typeof zeroSum !== "boolean") fail("zero_sum", "true or false", zeroSum);
  const [kernels, bias, W, c] = [["kernels", 2, SIDE, SIDE], ["bias", 2], ["W", 2, 2], ["c", 2]].map(([name, ...shape]) => {
    const { shape: found, values } = readArray(data[name], name);
    if (found.join() !== shape.join()) fail(name, `${shape.join(" × ")} numbers`, found.join(" × "));
    return values;
  });
  const largest = largestSize(kernels);
  if (largest > MOST) fail("kernels", `within −${MOST} and ${MOST}`, largest);
  const two = [kernels.slice(0, SIDE * SIDE), kernels.slice(SIDE * SIDE)];
  return {
    size, tau, classes, zeroSum, seed: data.seed === undefined ? null : readInteger(data.seed, "seed", 0),
    kernels: zeroSum ? two.map(withoutMean) : two, bias, W, c, start: readStart(data.start ?? { kind: "lines" }, size),
  };
}

/** The first picture: {kind: "lines", count, angle, …}, {kind: "empty"} or {kind: "picture", pixels: size² bytes}; and a wave. */
function readStart(start, size) {
  const kinds = ["lines", "empty", "picture"];
  if (!kinds.includes(start.kind)) fail("start.kind", `one of ${kinds.join(", ")}`, start.kind);
  const lines = readSettings(start, LINES, "start");
  if (start.kind === "empty") Object.assign(lines, { count: 0, noise: 0, background: 0 });
  const wave = { kind: start.wave?.kind ?? "off", ...readSettings(start.wave ?? {}, WAVE, "start.wave") };
  if (!KINDS.includes(wave.kind)) fail("start.wave.kind", `one of ${KINDS.join(", ")}`, wave.kind);
  const given = start.kind === "picture" ? Float64Array.from(readBytes(start.pixels, "start.pixels", [size, size]), (byte) => byte / 255) : null;
  return { lines, wave, given };
}

function readSettings(given, table, field) {
  return Object.fromEntries(Object.entries(table).map(([name, [least, most, first]]) => {
    const value = readNumber(given[name] ?? first, `${field}.${name}`);
    if (name === "count" || name === "seed") readIndex(value, `${field}.${name}`, most + 1);
    if (value < least || value > most) fail(`${field}.${name}`, `from ${least} to ${most}`, value);
    return [name, value];
  }));
}

const RULES = {
  frequency: "The frequency must be a number from 0 to ½ cycles per pixel, such as 0.125 or 1/8",
  angle: "The direction must be a number from 0 to 180 degrees",
  phase: "The phase must be a number from 0 to 360 degrees",
  amplitude: "The amplitude a must be a number from 0 to 5",
};

/** What a reader typed for the wave. An Error says the rule, and for too high a frequency the reason. */
export function parseWave(name, text) {
  const value = typedNumber(text);
  const [least, most] = WAVE[name];
  if (value !== null && value >= least && value <= most) return value;
  const why = name === "frequency" && value > most ? " Beyond ½ the pixels no longer follow the wave: between two of them it turns by more than half a cycle, and they show a slower one." : "";
  throw new Error(`${RULES[name]}, not “${text.trim().slice(0, 20)}”.${why}`);
}

// --- kernels ---------------------------------------------------------------------------------------------------------

export function withoutMean(weight) {
  const mean = weight.reduce((a, b) => a + b, 0) / weight.length;
  return weight.map((w) => w - mean);
}

/** Another weight at i. With `zeroSum` the others share the difference, so that the sum stays what it was. */
export function withWeight(weight, i, value, zeroSum) {
  const share = zeroSum ? (value - weight[i]) / (weight.length - 1) : 0;
  return weight.map((w, j) => (j === i ? value : w - share));
}

// --- the wave --------------------------------------------------------------------------------------------------------

/** The factor of each pixel: 1, cos(2π f (x cos θ + y sin θ) + φ), or 1 + a times that. x to the right, y down, from pixel (0, 0). */
export function waveFactor({ kind, frequency, angle, phase, amplitude }, n) {
  if (kind === "off") return new Float64Array(n * n).fill(1);
  const [right, down] = along(angle).map((part) => 2 * Math.PI * frequency * part);
  const start = (phase * Math.PI) / 180;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const cosine = Math.cos(right * (at % n) + down * Math.floor(at / n) + start);
    return kind === "cos" ? cosine : 1 + amplitude * cosine;
  });
}

/** [right, down] of a direction in degrees; exact along the axes. */
export function along(degrees) {
  if (degrees % 90 === 0) return [[1, 0], [0, 1], [-1, 0], [0, -1]][(degrees / 90) % 4];
  return [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
}

// --- the net ---------------------------------------------------------------------------------------------------------

/** Cross-correlation where the kernel fits, plus the bias. */
export function correlate(values, n, weight, bias) {
  const side = n - SIDE + 1;
  const output = new Float64Array(side * side).fill(bias);
  for (let i = 0; i < SIDE; i++) {
    // A whole row of the kernel at once: one write for nine products makes this three times as fast as a loop over the row.
    const [a, b, c, d, e, f, g, h, k] = weight.subarray(i * SIDE, (i + 1) * SIDE);
    for (let row = 0; row < side; row++) {
      let at = row * side;
      const end = at + side;
      for (let x = (row + i) * n; at < end; at++, x++) {
        output[at] += a * values[x] + b * values[x + 1] + c * values[x + 2] + d * values[x + 3] + e * values[x + 4] +
          f * values[x + 5] + g * values[x + 6] + h * values[x + 7] + k * values[x + 8];
      }
    }
  }
  return output;
}

/** `before` and `after` ReLU, the means z2, the scores z3 = W z2 + c, the probabilities softmax(τ z3), and which is larger. */
export function forward({ size, tau, kernels, bias, W, c }, input) {
  const before = kernels.map((weight, i) => correlate(input, size, weight, bias[i]));
  const after = before.map((map) => map.map((z) => (z > 0 ? z : 0)));
  const pooled = after.map((map) => map.reduce((a, b) => a + b, 0) / map.length);
  const scores = [0, 1].map((i) => W[2 * i] * pooled[0] + W[2 * i + 1] * pooled[1] + c[i]);
  const first = 1 / (1 + Math.exp(tau * (scores[1] - scores[0])));
  const probabilities = [first, 1 / (1 + Math.exp(tau * (scores[0] - scores[1])))];
  return { before, after, pooled, scores, probabilities, winner: scores[1] > scores[0] ? 1 : 0, tie: scores[0] === scores[1] };
}

/** A picture with one value everywhere. */
export function isFlat(values) {
  return values.every((value) => Math.abs(value - values[0]) < FLAT);
}

/** The direction in which a picture varies least, in degrees from 0 to 180: along its lines. null if it has none. */
export function lineDirection(values, n) {
  let [xx, yy, xy] = [0, 0, 0];
  for (let row = 1; row < n - 1; row++) {
    for (let column = 1; column < n - 1; column++) {
      const at = row * n + column;
      const [upper, lower] = [at - n, at + n]; // weights 3, 10, 3 (Scharr): differences that hardly prefer a direction
      const right = 10 * (values[at + 1] - values[at - 1]) + 3 * (values[upper + 1] - values[upper - 1] + values[lower + 1] - values[lower - 1]);
      const down = 10 * (values[lower] - values[upper]) + 3 * (values[lower - 1] - values[upper - 1] + values[lower + 1] - values[upper + 1]);
      xx += right * right;
      yy += down * down;
      xy += right * down;
    }
  }
  if (Math.hypot(xx - yy, 2 * xy) <= 1e-6 * (xx + yy)) return null;
  const steepest = (Math.atan2(2 * xy, xx - yy) * 90) / Math.PI;
  return (steepest + 270) % 180;
}

/**
 * What the net says of picture × wave at each of the frequencies 1/128 … ½, the wave's direction, phase and kind kept:
 * the probability of the class that it gives to the picture itself, and the first frequency that gives another.
 */
export function search(net, picture, wave) {
  const { winner, probabilities, tie } = forward(net, picture);
  const tried = Array.from({ length: STEPS }, (_, i) => {
    const frequency = (i + 1) / (2 * STEPS);
    const factor = waveFactor({ ...wave, frequency }, net.size);
    const answer = forward(net, picture.map((value, at) => value * factor[at]));
    return { frequency, probability: answer.probabilities[winner], flips: !answer.tie && answer.winner !== winner };
  });
  return {
    winner, tie, probability: probabilities[winner], tried, surest: tried.reduce((a, b) => (b.probability < a.probability ? b : a)), angle: wave.angle, flips: tried.filter(({ flips }) => flips).length,
    first: tried.find(({ flips }) => flips)?.frequency ?? null,
  };
}

// --- the passbands ---------------------------------------------------------------------------------------------------

/** The lines at which a gain on n × n frequencies crosses `level`, each a list of places [x, y] of the grid; closed ones end where they began. */
export function contour(gain, n, level) {
  const next = new Map(); // from a cut on an edge of the grid to the one or two cuts that it is joined to
  const places = new Map();
  const join = (a, b) => next.set(a, [...(next.get(a) ?? []), b]);
  for (let row = 0; row < n - 1; row++) {
    for (let column = 0; column < n - 1; column++) {
      const corners = [row * n + column, row * n + column + 1, (row + 1) * n + column + 1, (row + 1) * n + column];
      const cuts = [];
      for (let i = 0; i < 4; i++) {
        const [a, b] = [corners[i], corners[(i + 1) % 4]].sort((one, other) => one - other);
        if (gain[a] > level === gain[b] > level) continue;
        const t = (level - gain[a]) / (gain[b] - gain[a]);
        const edge = 2 * a + (b - a === 1 ? 0 : 1);
        places.set(edge, b - a === 1 ? [(a % n) + t, Math.floor(a / n)] : [a % n, Math.floor(a / n) + t]);
        cuts.push(edge);
      }
      for (let i = 0; i + 1 < cuts.length; i += 2) {
        join(cuts[i], cuts[i + 1]);
        join(cuts[i + 1], cuts[i]);
      }
    }
  }
  const lines = [];
  const ends = [...next.keys()].filter((edge) => next.get(edge).length === 1);
  for (const start of [...ends, ...next.keys()]) {
    if (!places.has(start)) continue; // on a line already
    const line = [places.get(start)];
    let at = start;
    for (;;) {
      places.delete(at);
      const onwards = next.get(at).find((edge) => places.has(edge));
      if (onwards === undefined) break;
      line.push(places.get((at = onwards)));
    }
    if (line.length > 2 && next.get(at).includes(start)) line.push(line[0]);
    lines.push(line);
  }
  return lines;
}
