// A 3 × 3 window steps over a few numbers; under it stand the nine products and their sum. Stride, padding, dilation.

import { colorTable, cssColor } from "./lib/color-map.js";
import {
  CHOICES, correlate, coverage, explain, extent, LARGEST_NUMBER, nearestPlace, outputSize, readStepper, showNumber,
} from "./lib/convolution-stepper-math.js";
import { button, follow, isDark, make, readout, segmented } from "./lib/dom.js";
import { readableInk } from "./lib/ink.js";
import { numberGrid } from "./lib/number-grid.js";
import { productsView } from "./lib/products-view.js";
import { pathBetween } from "./lib/sliding-kernel-math.js";
import { stepWindow } from "./lib/step-window.js";
import { formulaOf, whatItReads, whyNone } from "./lib/step-words.js";
import { largestSize } from "./lib/values.js";

const SIDE_BY_SIDE = 600; // px of room from which input and output stand side by side
const GAP = 36; // px between them
const LARGEST_CELL = 44; // px, a finger's width

export function render({ el, data }) {
  const begin = readStepper(data);
  const { presets } = begin;
  const { height, width, size } = begin;
  const scene = { ...begin, input: begin.input.slice(), kernel: begin.kernel.slice() };
  const state = { row: 0, column: 0, stride: 0, padding: 0, dilation: 0, seen: null, answer: null };
  let dark = isDark(el);
  let all = false; // the whole output was asked for, and stays so when a setting changes
  let picked = -1; // the tap that is pointed out
  let output = correlate(scene);

  // The settings and what they make of the output's size.
  const choices = ["stride", "padding", "dilation"].map((name) => segmented(`${name} ${name[0].toUpperCase()}`,
    CHOICES[name].map((value) => ({ label: String(value) })), CHOICES[name].indexOf(scene[name]), (i) => change({ [name]: CHOICES[name][i] })));
  const formula = make("p", { class: "lf-formula" });
  const unread = make("p", { class: "lf-note" });

  // The input with its padding and the window.
  const alarm = make("p", { class: "lf-alarm", role: "alert" });
  const input = numberGrid({
    label: `Input, ${height} × ${width} numbers. Arrow keys choose a cell; type a number, or step it with Page Up and Page Down.`,
    rows: height, columns: width, limit: LARGEST_NUMBER, write: (value) => showNumber(value),
    name: (i) => `Input, row ${Math.floor(i / width)}, column ${i % width}`, onBad: complain("input"),
    onInput: (i, value) => setCell("input", i, value),
  });
  const frame = stepWindow(input, scene, state, {
    onMove: update,
    onTap(row, column) {
      if (row >= 0 && column >= 0 && row < height && column < width) return input.edit(row * width + column);
      alarm.textContent = "This cell is padding: it always is 0.";
    },
  });
  const inputSize = make("small");

  // The output.
  const sheet = make("div", { class: "lf-sheet-out", role: "table", "aria-label": "Output" });
  const mark = make("div", { class: "lf-here", "aria-hidden": "true" });
  const nothing = make("p", { class: "lf-nothing", hidden: "" });
  const outputFrame = make("div", { class: "lf-frame lf-unseen lf-step-output" }, sheet, mark, nothing);
  const outputTitle = make("small");
  let spots = [];

  // The kernel, the products and the sum.
  const kernel = numberGrid({
    label: `Kernel, ${size} × ${size} weights. Arrow keys choose a weight; type a number, or step it with Page Up and Page Down.`,
    rows: size, columns: size, limit: LARGEST_NUMBER, write: (value) => showNumber(value),
    name: (i) => `Kernel, row ${Math.floor(i / size)}, column ${i % size}`, onBad: complain("kernel"),
    onInput: (i, value) => setCell("kernel", i, value), onPick: pointOut,
  });
  const products = productsView(size * size, pointOut);
  const preset = segmented("Presets", presets.map(({ name }) => ({ label: name })), -1, (i) => setKernel(presets[i].weight));

  const text = readout();
  el.append(
    make("div", { class: "lf-controls lf-settings" }, ...choices), formula, unread,
    make("div", { class: "lf-step-pair" },
      make("div", { class: "lf-panel" }, make("p", { class: "lf-title lf-role-input" }, "input", inputSize), frame.element,
        make("small", { class: "lf-hint" }, "Drag the window. ", make("span", { class: "lf-if-hover" }, "Click"), make("span", { class: "lf-if-touch" }, "Tap"), " a cell to change its number.")),
      make("div", { class: "lf-panel" }, make("p", { class: "lf-title lf-role-output" }, "output", outputTitle), outputFrame)),
    alarm,
    make("div", { class: "lf-controls lf-steps" },
      make("div", { class: "lf-actions" }, button("← Previous", () => next(-1)), button("Next →", () => next(1))),
      make("div", { class: "lf-actions" }, button("Fill all", fillAll), button("Start over", startOver))),
    ...text.elements,
    make("div", { class: "lf-sum-row" },
      make("div", { class: "lf-panel" }, make("p", { class: "lf-title lf-role-kernel" }, "kernel", make("small", {}, "edit it, too")), kernel.element),
      ...products.panels,
      make("div", { class: "lf-controls lf-presets" }, preset, button("Restore the numbers", restore))));

  const inputColors = () => [colorTable("grey", dark), Math.min(0, ...scene.input), Math.max(9, ...scene.input)];
  const signed = (limit) => [colorTable("signed", dark), -(limit || 1), limit || 1];

  /** Move the window to a place of the output, by a straight way, and fill in the output on it. */
  function update(row, column) {
    if (!output.count) return;
    const to = [Math.max(0, Math.min(output.rows - 1, row)), Math.max(0, Math.min(output.columns - 1, column))];
    for (const [r, c] of pathBetween([state.row, state.column], to)) {
      state.seen[r * output.columns + c] = 1;
      fillSpot(r * output.columns + c);
    }
    [state.row, state.column] = to;
    drawWindow();
    describe();
  }

  /** Another stride, padding or dilation: the window stays as near as it can to where it was on the input. */
  function change(next) {
    const middle = (n, side) => n * side.stride - side.padding + extent(side) / 2;
    const was = [middle(state.row, scene), middle(state.column, scene)];
    Object.assign(scene, next);
    if (outputSize(scene).count) [state.row, state.column] = nearestPlace(scene, was[0] + scene.padding, was[1] + scene.padding);
    settle();
  }

  /** Build what depends on the settings. */
  function settle() {
    ["stride", "padding", "dilation"].forEach((name, i) => {
      state[name] = scene[name];
      choices[i].querySelectorAll("input")[CHOICES[name].indexOf(scene[name])].checked = true;
    });
    output = correlate(scene);
    visitUpTo(all ? output.count - 1 : state.row * output.columns + state.column);
    inputSize.textContent = `${height} × ${width}${scene.padding ? `, with zeros ${height + 2 * scene.padding} × ${width + 2 * scene.padding}` : ""}`;
    outputTitle.textContent = output.count ? `${output.rows} × ${output.columns}` : "none";
    spots = Array.from({ length: output.count }, () => make("div", { role: "cell" }, make("span")));
    sheet.replaceChildren(...Array.from({ length: output.count ? output.rows : 0 }, (_, row) =>
      make("div", { role: "row" }, ...spots.slice(row * output.columns, (row + 1) * output.columns))));
    sheet.hidden = mark.hidden = !output.count;
    nothing.hidden = Boolean(output.count);
    nothing.textContent = output.count ? "" : whyNone(scene);
    text.elements[0].hidden = !output.count; // one sentence is enough for the eye
    formula.replaceChildren(...formulaOf(scene));
    layout();
    refresh();
  }

  function visitUpTo(last) {
    state.seen = Uint8Array.from({ length: output.count }, (_, i) => Number(i <= last));
  }

  /** Numbers have changed, or the theme: all colours and texts anew. */
  function refresh() {
    output = correlate(scene);
    const reads = coverage(scene);
    const padded = width + 2 * scene.padding;
    const isUnread = (row, column) => output.count > 0 && !reads[(row + scene.padding) * padded + column + scene.padding];
    input.show(scene.input, ...inputColors(), (i) => isUnread(Math.floor(i / width), i % width));
    kernel.show(scene.kernel, ...signed(largestSize(scene.kernel)));
    frame.showRing(isUnread);
    const left = output.count ? reads.filter((n) => !n).length : 0;
    unread.textContent = left ? `${left} of the ${reads.length} cells${scene.padding ? " with padding" : ""} ${left === 1 ? "is" : "are"} read by no window; ${left === 1 ? "it is" : "they are"} struck through.` : "";
    spots.forEach((_, i) => fillSpot(i));
    const same = presets.findIndex(({ weight }) => weight.every((w, i) => w === scene.kernel[i]));
    preset.querySelectorAll("input").forEach((radio, i) => (radio.checked = i === same));
    drawWindow();
    describe();
  }

  function fillSpot(i) {
    const span = spots[i].firstChild;
    if (!state.seen[i]) {
      span.textContent = "";
      spots[i].style.background = "none";
      return;
    }
    const value = output.values[i];
    const shown = showNumber(value, Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0, false);
    span.textContent = shown;
    span.className = shown.length > 5 ? "lf-tiny" : shown.length > 3 ? "lf-small" : "";
    const colors = signed(output.largest);
    spots[i].style.background = cssColor(colors[0], value, colors[1], colors[2]);
    spots[i].style.color = readableInk(colors[0], value, colors[1], colors[2]);
  }

  function describe() {
    const { row, column } = state;
    const answer = output.count ? explain(scene, row, column) : null;
    state.answer = answer;
    const said = products.show(answer, scene.kernel, output.largest, dark);
    text.say(answer ? `Output row ${row}, column ${column} ${said}. ${whatItReads(scene, row, column)}` : whyNone(scene));
  }

  /** Sizes in px. Side by side, a cell is as large as the most padding allows, so that it never jumps. */
  function layout() {
    const room = el.clientWidth;
    const wide = room >= SIDE_BY_SIDE;
    const most = width + 2 * Math.max(...CHOICES.padding);
    const cell = wide ? (room - GAP) / (2 * most - size + 1) : room / Math.max(width + 2 * scene.padding, height + 2 * scene.padding, extent(scene));
    el.style.setProperty("--lf-cell", `${Math.min(LARGEST_CELL, Math.floor(cell * 8) / 8)}px`);
    el.style.setProperty("--lf-pad", scene.padding);
    el.style.setProperty("--lf-rows", height + 2 * scene.padding);
    el.style.setProperty("--lf-cols", width + 2 * scene.padding);
    const overhang = output.count ? 0 : extent(scene); // a window that is too large is drawn so
    el.style.setProperty("--lf-high", Math.max(height + 2 * scene.padding, overhang));
    el.style.setProperty("--lf-broad", Math.max(width + 2 * scene.padding, overhang));
    el.style.setProperty("--lf-out-rows", output.rows);
    el.style.setProperty("--lf-out-cols", output.columns);
    el.classList.toggle("lf-wide", wide);
    state.cell = Math.min(LARGEST_CELL, Math.floor(cell * 8) / 8);
  }

  function drawWindow() {
    frame.show(picked);
    Object.assign(mark.style, { left: `${state.column * state.cell}px`, top: `${state.row * state.cell}px` });
  }

  /** Point out one of the nine taps: in the window, in the kernel and among the products. */
  function pointOut(i) {
    if (i === picked) return;
    picked = i;
    products.pick(i);
    kernel.cells.forEach((one, k) => one.classList.toggle("lf-picked", k === i));
    drawWindow();
  }

  function setCell(which, i, value) {
    scene[which][i] = value;
    refresh();
  }

  function setKernel(weight) {
    scene.kernel.set(weight);
    refresh();
  }

  function restore() {
    scene.input.set(begin.input);
    alarm.textContent = "";
    setKernel(begin.kernel);
  }

  function complain(which) {
    return (bad, i) => {
      const kept = bad === null ? "" : ` The ${showNumber(scene[which][i])} stays.`;
      alarm.textContent = bad === null ? "" : `A cell takes a number from −${LARGEST_NUMBER} to ${LARGEST_NUMBER}, such as 3, −1.5 or 1/9, not “${bad.slice(0, 20)}”.${kept}`;
    };
  }

  function next(by) {
    const at = Math.max(0, Math.min(output.count - 1, state.row * output.columns + state.column + by));
    if (!output.count) return;
    [state.row, state.column] = [Math.floor(at / output.columns), at % output.columns]; // from row to row there is no way between
    update(state.row, state.column);
  }

  function fillAll() {
    all = true;
    visitUpTo(output.count - 1);
    spots.forEach((_, i) => fillSpot(i));
  }

  function startOver() {
    all = false;
    [state.row, state.column] = [0, 0];
    visitUpTo(0);
    spots.forEach((_, i) => fillSpot(i));
    update(0, 0);
  }

  outputFrame.addEventListener("click", (event) => {
    const box = outputFrame.getBoundingClientRect();
    const [row, column] = [Math.floor((event.clientY - box.top) / state.cell), Math.floor((event.clientX - box.left) / state.cell)];
    if (!output.count) return;
    [state.row, state.column] = [Math.min(row, output.rows - 1), Math.min(column, output.columns - 1)];
    update(state.row, state.column);
  });
  kernel.element.addEventListener("click", (event) => {
    const i = kernel.cells.indexOf(event.target.closest("[role=gridcell]"));
    if (i >= 0 && !event.target.matches("input")) kernel.edit(i);
  });
  kernel.cells.forEach((one, i) => {
    one.addEventListener("pointerenter", () => pointOut(i));
    one.addEventListener("pointerleave", () => pointOut(-1));
  });

  [state.row, state.column] = begin.at;
  settle();
  follow(el, {
    onWidth() {
      layout();
      drawWindow();
    },
    onTheme() {
      dark = isDark(el);
      refresh();
    },
  });
  el.figure = { update, change, setCell, setKernel, state, output: () => output };
}
