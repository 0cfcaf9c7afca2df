// The units of a linear layer: sliders for the input, discs, a line for each connection, and the output's numbers.

import { colorTable, cssColor } from "./color-map.js";
import { isJoined, isShared, LIMIT, tapAt } from "./dense-to-toeplitz-math.js";
import { make, makeSvg, number, set } from "./dom.js";
import { short } from "./layer-words.js";
import { largestSize } from "./values.js";

export const PITCH = 36; // px from unit to unit, a finger's width
const OUTSIDE = 24; // px from unit to unit beyond the ends of the signal
const RADIUS = 9; // of a unit
const SLIDER = 76; // px, of an input's slider
const VALUE = 42; // px for the number of a unit
const BOLD = 2.6; // px of a line for a weight of 1
const REACH = 9; // px from which a pointer takes hold of a line

/** `layer` is read anew at each call; `onInput(i, value)` hears an input's slider. */
export function layerUnits(layer, onInput) {
  const { size } = layer;
  const knobs = Array.from(layer.input, (value, i) => {
    const input = make("input", { "aria-label": `x[${i}]`, class: "lf-knob", type: "range", min: -LIMIT, max: LIMIT, step: 0.1, value });
    const shown = make("output", { "aria-hidden": "true" });
    input.addEventListener("input", () => onInput(i, Number(input.value)));
    return { input, shown, element: make("div", { class: "lf-x" }, shown, input) };
  });
  const net = makeSvg("svg", { class: "lf-net", "aria-hidden": "true" });
  const element = make("div", { class: "lf-units" }, net, ...knobs.map((knob) => knob.element));
  let parts = null; // of the drawing, built anew with another width or setting
  let [left, right] = [0, 0]; // px, where the lines begin and end

  const half = () => (layer.taps.length - 1) / 2;
  const depth = () => half() * OUTSIDE; // room for what lies beyond the ends
  const signed = (value, limit, dark) => cssColor(colorTable("signed", dark), value, -limit, limit);

  /** Where unit n stands, in px; units before 0 and after the last are closer to each other. */
  function height(n) {
    const beyond = n < 0 ? n : Math.max(0, n - size + 1);
    const inside = n - beyond;
    return depth() + PITCH / 2 + inside * PITCH + beyond * OUTSIDE + (Math.sign(beyond) * (PITCH - OUTSIDE)) / 2;
  }

  /** The input that stands at the line's left end; beyond the ends it may be one that is no input. */
  function origin(row, column) {
    return layer.setting === "full" || !isJoined(layer, row, column) ? column : row + tapAt(layer, row, column) - half();
  }

  /** Lines and units for this setting, and `width` px. */
  function build(width) {
    [left, right] = [SLIDER + VALUE + RADIUS + 4, width - VALUE - RADIUS - 10];
    const tall = size * PITCH + 2 * depth();
    set(net, { width, height: tall, viewBox: `0 0 ${width} ${tall}` });
    Object.assign(element.style, { width: `${width}px`, height: `${tall}px` });
    knobs.forEach((knob, i) => (knob.element.style.top = `${height(i) - PITCH / 2}px`));

    const lines = [];
    const missing = [];
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        if (!isJoined(layer, row, column)) continue;
        const [y1, y2] = [height(origin(row, column)), height(row)];
        lines.push({ row, column, y1, y2, line: makeSvg("line", { x1: left, y1, x2: right, y2 }) });
      }
      for (let at = row - half(); layer.setting === "zeros" && at <= row + half(); at++) {
        if (at < 0 || at >= size) missing.push(makeSvg("line", { class: "lf-no-line", x1: left, y1: height(at), x2: right, y2: height(row) }));
      }
    }
    const inputs = knobs.map((_, i) => makeSvg("circle", { class: "lf-line-input", cx: left, cy: height(i), r: RADIUS }));
    const results = knobs.map((_, i) => makeSvg("circle", { class: "lf-line-output", cx: right, cy: height(i), r: RADIUS }));
    const numbers = knobs.map((_, i) => makeSvg("text", { class: "lf-unit-value", x: right + RADIUS + 5, y: height(i) }));
    const halo = makeSvg("line", { class: "lf-line-halo" });
    net.replaceChildren(...missing, ...lines.map(({ line }) => line), halo, ...beyond(), ...inputs, ...results, ...numbers);
    parts = { lines, halo, inputs, results, numbers };
  }

  /** What stands beyond the ends of the signal: zeros, or the other end of it. */
  function beyond() {
    if (!isShared(layer)) return [];
    const places = Array.from({ length: half() }, (_, i) => [-1 - i, size + i]).flat();
    return places.flatMap((at) => {
      const y = height(at);
      const label = makeSvg("text", { class: "lf-beyond-text", x: left - RADIUS - 5, y }, layer.setting === "zeros" ? "0" : `x[${(at + size) % size}]`);
      const glyph = layer.setting === "zeros"
        ? makeSvg("rect", { class: "lf-beyond", x: left - 6, y: y - 6, width: 12, height: 12 })
        : makeSvg("circle", { class: "lf-beyond lf-again", cx: left, cy: y, r: 7 });
      return [glyph, label];
    });
  }

  function drawLines(weights, dark) {
    for (const { row, column, line } of parts.lines) {
      const weight = weights[row * size + column];
      set(line, { stroke: signed(weight < 0 ? -0.72 : 0.72, 1, dark), "stroke-width": Math.max(0.6, BOLD * Math.abs(weight)), "stroke-dasharray": weight < 0 ? "6 4" : "none" });
    }
  }

  /** `limit` is that of the inputs' colours. */
  function drawValues(outputs, limit, dark) {
    const most = Math.max(1, largestSize(outputs));
    layer.input.forEach((value, i) => {
      const { input, shown } = knobs[i];
      const share = (value + LIMIT) / (2 * LIMIT);
      input.value = value;
      input.style.setProperty("--lf-low", Math.min(0.5, share));
      input.style.setProperty("--lf-high", Math.max(0.5, share));
      shown.textContent = short(value);
      set(parts.inputs[i], { fill: signed(value, limit, dark) });
      set(parts.results[i], { fill: signed(outputs[i], most, dark) });
      parts.numbers[i].textContent = number(outputs[i]);
    });
  }

  /** The connection in question: its line, those for which `isSame(row, column)` holds, and its output. */
  function drawChoice({ row, column }, isSame, weight) {
    for (const { row: r, column: c, line } of parts.lines) {
      set(line, { class: isSame(r, c) ? "lf-on" : r === row ? "lf-near" : "lf-off" });
    }
    set(parts.halo, {
      x1: left, y1: height(origin(row, column)), x2: right, y2: height(row),
      visibility: isJoined(layer, row, column) ? "visible" : "hidden", "stroke-width": BOLD * Math.abs(weight) + 5,
    });
    parts.numbers.forEach((one, i) => one.classList.toggle("lf-here-row", i === row));
    parts.results.forEach((one, i) => one.classList.toggle("lf-here-unit", i === row));
  }

  /** The connection {row, column} whose line is nearest to the pointer, if one is near; else null. */
  function lineAt(event) {
    const box = net.getBoundingClientRect();
    const share = (event.clientX - box.left - left) / (right - left);
    if (share < -0.1 || share > 1.1) return null;
    const y = event.clientY - box.top;
    let best = null;
    for (const { row, column, y1, y2 } of parts.lines) {
      const away = Math.abs(y - y1 - (y2 - y1) * Math.max(0, Math.min(1, share))) / Math.hypot(1, (y2 - y1) / (right - left));
      if (away < (best?.away ?? REACH)) best = { row, column, away };
    }
    return best;
  }

  return { element, net, depth, build, drawLines, drawValues, drawChoice, lineAt };
}
