// The picture in the line laboratory: lines from a few numbers and a seed, and on them what the reader draws. No DOM here.

import { along } from "./line-laboratory-math.js";
import { generator } from "./random.js";

const KEPT = 30; // strokes that can be undone

const within = (value, low, high) => Math.max(low, Math.min(high, value));

/** Lines at places that the seed chooses, soft at their edges. `length` is in picture sides; a line's value is background + contrast, in [0, 1]. */
export function drawLines(n, { count, angle, thickness, length, contrast, background, seed }) {
  const values = new Float64Array(n * n).fill(background);
  const value = within(background + contrast, 0, 1);
  const [right, down] = along(angle);
  const next = generator(seed);
  for (let line = 0; line < count; line++) {
    const [middleX, middleY] = [next(), next()].map((u) => (0.2 + 0.6 * u) * n);
    for (let at = 0; at < values.length; at++) {
      const [x, y] = [(at % n) - middleX, Math.floor(at / n) - middleY];
      const across = within(thickness / 2 + 0.5 - Math.abs(y * right - x * down), 0, 1);
      const lengthwise = within((length * n) / 2 + 0.5 - Math.abs(x * right + y * down), 0, 1);
      values[at] += across * lengthwise * (value - values[at]);
    }
  }
  return values;
}

const drawn = new Map();

/** n × n numbers from the standard normal distribution (Box and Muller), the same for the same seed. */
export function normal(n, seed) {
  const key = `${n}, ${seed}`;
  if (!drawn.has(key)) {
    drawn.clear(); // one is enough while a slider moves
    const next = generator(seed + 10_000); // apart from the places of the lines
    drawn.set(key, Float64Array.from({ length: n * n }, () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())));
  }
  return drawn.get(key);
}

/**
 * A layer over the lines on which the reader draws. `begin(ink)` starts a stroke with a value or, with null, the eraser, that
 * lays the background of the moment; `move(…)` draws a piece of it, `undo()` takes the last stroke back; `over(values, background)` is the picture.
 */
export function createSheet(n) {
  let layer = blank();
  let stroke = null;
  let past = [];

  function blank() {
    return { cover: new Float64Array(n * n), ink: new Float64Array(n * n), ground: new Float64Array(n * n) };
  }

  function begin(ink) {
    past = [...past.slice(1 - KEPT), layer];
    stroke = { ink, mask: new Float64Array(n * n), below: layer };
    layer = { cover: layer.cover.slice(), ink: layer.ink.slice(), ground: layer.ground.slice() };
  }

  /** From (x, y) to (x, y), in pixels, with round ends. */
  function move([fromX, fromY], [toX, toY], thickness) {
    const { ink, mask, below } = stroke;
    const [dx, dy] = [toX - fromX, toY - fromY];
    const reach = thickness / 2 + 1;
    const range = (a, b) => [within(Math.floor(Math.min(a, b) - reach), 0, n), within(Math.ceil(Math.max(a, b) + reach) + 1, 0, n)];
    const [[left, right], [top, bottom]] = [range(fromX, toX), range(fromY, toY)];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const t = dx || dy ? within(((x - fromX) * dx + (y - fromY) * dy) / (dx * dx + dy * dy), 0, 1) : 0;
        const soft = within(thickness / 2 + 0.5 - Math.hypot(x - fromX - t * dx, y - fromY - t * dy), 0, 1);
        const at = y * n + x;
        if (soft <= mask[at]) continue; // pieces of one stroke do not add up
        mask[at] = soft;
        layer.cover[at] = soft + below.cover[at] * (1 - soft);
        layer.ink[at] = (ink ?? 0) * soft + below.ink[at] * (1 - soft);
        layer.ground[at] = (ink === null ? soft : 0) + below.ground[at] * (1 - soft);
      }
    }
  }

  return {
    begin, move,
    end: () => (stroke = null),
    undo: () => (layer = past.pop() ?? layer),
    clear() {
      if (layer.cover.some((one) => one > 0)) past = [...past.slice(1 - KEPT), layer];
      layer = blank();
    },
    canUndo: () => past.length > 0,
    isBlank: () => layer.cover.every((one) => one === 0),
    over: (values, background) => values.map((value, at) => value * (1 - layer.cover[at]) + layer.ink[at] + background * layer.ground[at]),
  };
}
