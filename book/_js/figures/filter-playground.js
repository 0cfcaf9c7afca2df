// A kernel under the reader's hands: what it makes of a picture, and what it does to each wave in it.

import { paintValues } from "./lib/cells.js";
import { colorTable, cssGradient } from "./lib/color-map.js";
import { button, follow, isDark, make, number, plain, readout, segmented, snapWidth } from "./lib/dom.js";
import { MOST, SIZES, correlateWrapped, displayOf, flip, normalize, readPlayground, resize, transpose } from "./lib/filter-playground-math.js";
import { kernelIcon } from "./lib/kernel-icon.js";
import { ownPicture } from "./lib/own-picture.js";
import { figures, sign, spectraView, SWATCH } from "./lib/spectra-view.js";
import { largestGain, magnitude, response, spectrum, waveAt } from "./lib/spectrum.js";
import { largestSize, total } from "./lib/values.js";
import { weightGrid } from "./lib/weight-grid.js";

const SIDE_BY_SIDE = 620; // px of room from which picture, kernel and output stand in a row
const SIGN = 28; // px between them, for ∘ and =

export function render({ el, data }) {
  const { size: n, presets, start, values: photo } = readPlayground(data);
  const state = {
    size: presets[start].size, weight: [...presets[start].weight], display: presets[start].display,
    row: n / 2, column: n / 2 + n / 8, own: "",
  };
  let values = photo;
  let input = magnitude(spectrum(photo, n));
  let answer = null;
  let ring = new Float64Array(25); // what a 5 × 5 kernel had around its middle, for the way back from 3 × 3
  let dark = isDark(el);

  // Two rows of three: picture, kernel, output; and below them their spectra.
  const [x, y] = [1, 2].map(() => make("canvas", { width: n, height: n, class: "lf-pixels" }));
  const grid = weightGrid({
    onInput: (i, value) => update(Math.floor(i / state.size), i % state.size, value), onBad: complain, isWell: () => problem.hidden,
  });
  const waves = spectraView(n, () => [state.row, state.column], point);
  const shownAs = { input: make("small"), kernel: make("small"), output: make("small") };
  const inputFrame = make("div", { class: "lf-frame lf-square lf-border-input" }, x);
  const scale = make("div", { class: "lf-scale" }, make("span"), make("i"), make("span"));
  const board = make("div", { class: "lf-playground" },
    panel("x", "input", shownAs.input, inputFrame, "lf-at-x"), sign("∘"),
    panel("w", "kernel", shownAs.kernel, grid.element, "lf-at-w"), sign("="),
    panel("y", "output", shownAs.output, make("div", { class: "lf-frame lf-square lf-border-output" }, y), "lf-at-y", scale),
    waves.element);

  const text = readout();
  const problem = make("p", { class: "lf-problem", role: "alert", hidden: "" });
  const note = make("p", { class: "lf-note" });
  const choice = segmented("Kernel", presets.map((preset) => ({ label: preset.name, icon: kernelIcon(preset, dark), title: preset.note })), start, choose);
  const side = segmented("Size", SIZES.map((k) => ({ label: `${k} × ${k}` })), SIZES.indexOf(state.size), (i) => changeSize(SIZES[i]));
  const display = segmented("Show y", [{ label: "grey" }, { label: "signed" }], 0, (i) => {
    state.display = ["grey", "signed"][i];
    draw();
    tellKernel();
  });
  const actions = make("div", { class: "lf-actions" },
    button("Normalise to sum 1", () => attempt(() => change(normalize(weight()), "Divided by their sum."))),
    button("Flip", () => change(flip(weight()), "Flipped in both directions: cross-correlation with this kernel is convolution with the one before. |H| is as it was; a flip only moves waves.")),
    button("Transpose", () => change(transpose(weight(), state.size), "Rows and columns exchanged, in the kernel and so in |H|.")));
  const own = ownPicture(n, inputFrame, usePicture, complain);
  el.append(board, problem, make("div", { class: "lf-said" }, waves.swatch, make("div", {}, ...text.elements)),
    make("div", { class: "lf-controls" }, choice), note, make("div", { class: "lf-controls" }, side, display, actions), own.element);

  const weight = () => Float64Array.from(state.weight);

  // --- the kernel changes ----------------------------------------------------------------------------------------------

  /** Another kernel of the same size. `said` explains what was done, below. */
  function change(next, said = "", seenAs = null) {
    state.weight = [...next];
    const same = presets.findIndex((one) => one.size === state.size && one.weight.every((w, i) => Math.abs(w - next[i]) < 1e-12));
    if (said === "" && same >= 0) said = presets[same].note;
    seenAs ??= same >= 0 ? presets[same].display : displayOf(next);
    state.display = seenAs;
    choice.querySelectorAll("input").forEach((one, i) => (one.checked = i === same));
    note.textContent = said || (same < 0 ? "Your own kernel. A name above brings that kernel back." : "");
    complain("");
    compute();
    draw();
    tellKernel();
  }

  function compute() {
    const k = state.size;
    const output = correlateWrapped(values, n, weight(), k);
    const { gain: gains } = response(weight(), k, n);
    answer = { output, gains, waves: gains.map((one, i) => one * input[i]), sum: total(weight()), best: largestGain(gains, n) };
  }

  /** One weight, at once. */
  function update(row, column, value) {
    const next = weight();
    next[row * state.size + column] = Math.max(-MOST, Math.min(MOST, Math.round(value * 1e12) / 1e12));
    change(next);
  }

  function choose(i) {
    ring.fill(0);
    if (state.size !== presets[i].size) setSize(presets[i].size);
    change(presets[i].weight, presets[i].note, presets[i].display);
  }

  /** From 5 × 5 to 3 × 3 the ring around the middle is kept aside; it is there again on the way back. */
  function changeSize(k) {
    const now = weight();
    const next = resize(now, state.size, k);
    const inMiddle = (i) => i % 5 > 0 && i % 5 < 4 && i > 4 && i < 20;
    if (k < state.size) ring = now.map((w, i) => (inMiddle(i) ? 0 : w));
    else next.forEach((_, i) => (next[i] += ring[i]));
    const aside = k === 3 && ring.some((w) => w !== 0);
    setSize(k);
    change(next, aside ? "The middle of the 5 × 5 kernel. The weights around it are kept and come back with 5 × 5." : "");
  }

  function setSize(k) {
    grid.build(k);
    state.size = k;
    side.querySelectorAll("input").forEach((one, i) => (one.checked = SIZES[i] === k));
  }

  function attempt(act) {
    try {
      act();
    } catch (error) {
      complain(error.message);
    }
  }

  function complain(message) {
    problem.textContent = message;
    problem.hidden = !message;
  }

  // --- a place in the spectra ------------------------------------------------------------------------------------------

  function point(row, column) {
    const within = (i) => Math.max(0, Math.min(n - 1, Math.round(i)));
    [state.row, state.column] = [within(row), within(column)];
    drawPlace();
    tellWave();
  }

  function tellWave() {
    const { cycles, period, degrees, down, right } = waveAt(state.row, state.column, n);
    if (!cycles) return text.say("Frequency 0, the mean: its gain is the sum of the weights, in size.");
    const by = Math.abs(period - Math.round(period)) < 0.005 ? number(period, 0) : number(period, period < 10 ? 2 : 1);
    const stripes = !down ? "upright stripes" : !right ? "level stripes" : "slanting stripes";
    text.say(`${number(cycles, 3)} cycles per pixel, ${stripes} ${by} pixels apart; it varies along ${number(degrees, 0)}° (0° right, 90° down). ` +
      `Gain ${figures(answer.gains[state.row * n + state.column])}.`);
  }

  function tellKernel() {
    const { sum, best } = answer;
    const { cycles, degrees } = waveAt(best.row, best.column, n);
    const where = cycles ? `${number(cycles, 3)} cycles per pixel along ${number(degrees, 0)}°` : "frequency 0";
    const signs = sum < 0 ? `, in size ${plain(-sum)}` : "";
    text.say(`The weights sum to ${plain(sum)}: the gain at frequency 0${signs}. The largest gain is ${plain(best.value, 3)}, at ${where}.`);
  }

  /** The reader's own picture, or with null the book's. */
  function usePicture(next, name) {
    values = next ?? photo;
    input = magnitude(spectrum(values, n));
    state.own = name;
    complain("");
    compute();
    drawInput();
    draw();
    tellKernel();
  }

  // --- drawing ---------------------------------------------------------------------------------------------------------

  function draw() {
    const { output, sum } = answer;
    const signed = state.display === "signed";
    const limit = signed ? largestSize(output) || 1 : 1;
    const grey = colorTable("grey", dark);
    grid.show(state.weight, dark);
    paintValues(y, n, output, signed ? colorTable("signed", dark) : grey, signed ? -limit : 0, limit);
    waves.show(answer, dark);
    display.querySelectorAll("input").forEach((one, i) => (one.checked = (i === 1) === signed));
    scale.children[0].textContent = signed ? number(-limit, 2) : "0";
    scale.children[2].textContent = signed ? number(limit, 2) : "1";
    scale.children[1].style.background = cssGradient(signed ? "signed" : "grey", dark);
    const beyond = signed ? 0 : output.reduce((count, v) => count + (v < -1e-9 || v > 1 + 1e-9), 0) / output.length;
    shownAs.kernel.textContent = `Σ w = ${plain(sum)}`;
    shownAs.output.textContent = beyond ? `${beyond < 0.01 ? "< 1" : number(100 * beyond, 0)}% beyond 0…1` : "";
    drawPlace();
  }

  /** What a change of the kernel leaves as it is. */
  function drawInput() {
    paintValues(x, n, values, colorTable("grey", dark), 0, 1);
    waves.showInput(input, dark);
    shownAs.input.textContent = state.own ? "your picture" : `${n} × ${n}, wraps`;
  }

  function drawPlace() {
    const place = state.row * n + state.column;
    waves.showPlace([input[place], answer.gains[place], answer.waves[place]], dark);
  }

  function layout() {
    const room = el.clientWidth;
    const wide = room >= SIDE_BY_SIDE;
    const tile = wide ? snapWidth((room - 2 * SIGN) / 3, n) : Math.floor((room - 16) / 2);
    el.style.setProperty("--lf-side", `${tile}px`);
    el.style.setProperty("--lf-sign", `${wide ? SIGN : 22}px`);
    el.style.setProperty("--lf-swatch", `${(SWATCH * tile) / n}px`);
    board.classList.toggle("lf-wide", wide);
  }

  setSize(state.size);
  layout();
  drawInput();
  change(weight(), presets[start].note, presets[start].display);
  follow(el, {
    onWidth: layout,
    onTheme() {
      dark = isDark(el);
      choice.querySelectorAll(".lf-icon").forEach((svg, i) => svg.replaceWith(kernelIcon(presets[i], dark)));
      drawInput();
      draw();
    },
  });
  el.figure = { update, point, choose, readFile: own.readFile, state, answer: () => answer, input: () => input };
}

/** A panel with its title and, under it, what is said there. */
function panel(name, role, said, inside, place, ...under) {
  const words = { x: "picture", w: "kernel", y: "output" };
  return make("div", { class: `lf-panel ${place}` },
    make("p", { class: `lf-title lf-role-${role}` }, make("span", {}, make("i", {}, name), ` ${words[name]}`), said), inside, ...under);
}
