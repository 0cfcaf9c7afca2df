// From a fully connected layer to a convolution: the same units, fewer and fewer free weights, and the matrix beside them.

import { paintValues } from "./lib/cells.js";
import { colorTable } from "./lib/color-map.js";
import { apply, isJoined, isShared, LIMIT, matrix, randomWeights, readToeplitz, SETTINGS, tapAt } from "./lib/dense-to-toeplitz-math.js";
import { arrowStep, button, follow, isDark, make, readout, segmented, slider } from "./lib/dom.js";
import { layerUnits, PITCH } from "./lib/layer-units.js";
import { countOf, noteOf, ruleOf, sentenceOf, short, sumOf } from "./lib/layer-words.js";
import { LABEL, weightMatrix } from "./lib/weight-matrix.js";

const SIDE_BY_SIDE = 620; // px of room from which the matrix stands beside the units
const GAP = 28; // px between them
const NAMES = ["fully connected", "locally connected", "shared, zeros outside", "shared, circular"];

export function render({ el, data }) {
  const begin = readToeplitz(data);
  const { size } = begin;
  const layer = { ...begin, input: begin.input.slice() };
  const wide = begin.taps.length === 5 ? begin.taps.slice() : [0, ...begin.taps, 0]; // both widths know their taps
  const state = { setting: begin.setting, row: Math.floor(size / 2) - 1, column: Math.floor(size / 2) - 1, seed: begin.seed, taps: begin.taps, input: layer.input, answer: null };
  let hovered = null; // the entry under the pointer
  let dark = isDark(el);
  let weights = matrix(layer);
  let outputs = apply(weights, layer.input);

  const minis = SETTINGS.map(() => make("canvas", { width: size, height: size, class: "lf-pixels lf-mini-matrix", "aria-hidden": "true" }));
  const counts = SETTINGS.map(() => make("small"));
  const choice = segmented("Weights", NAMES.map((label, i) => ({ label, icon: minis[i] })), SETTINGS.indexOf(layer.setting), (i) => change({ setting: SETTINGS[i] }));
  choice.classList.add("lf-cards");
  choice.querySelectorAll("label > span").forEach((span, i) => {
    span.replaceChildren(minis[i], make("span", {}, NAMES[i], counts[i]));
  });

  const units = layerUnits(layer, setInput);
  const grid = weightMatrix(layer);
  const text = readout();
  const sum = make("p", { class: "lf-terms-line" });
  const rule = make("p", { class: "lf-rule" });
  const note = make("p", { class: "lf-note" });
  const tools = make("div", { class: "lf-controls lf-weights-tools" });
  const one = slider("", { min: -LIMIT, max: LIMIT, step: 0.1, value: 0, format: short }, (value) => setWeight(value));
  const oneName = one.element.firstChild;
  const roll = button("New random weights", () => change({ seed: state.seed + 1 }));
  const tapSliders = wide.map((value, i) => slider("", { min: -LIMIT, max: LIMIT, step: 0.1, value, format: short }, (now) => setTap(i, now)));
  tapSliders.forEach(({ input }, i) => input.addEventListener("focus", () => point(i - first())));
  const windowSize = segmented("Window M", [{ label: "3" }, { label: "5" }], begin.taps.length === 5 ? 1 : 0, (i) => change({ taps: i ? wide.slice() : wide.slice(1, 4) }));
  el.append(choice, rule,
    make("div", { class: "lf-layer" },
      make("div", { class: "lf-panel" },
        make("p", { class: "lf-title lf-net-title" }, make("span", { class: "lf-role-input" }, "input x"), make("span", { class: "lf-role-kernel" }, "weights"), make("span", { class: "lf-role-output" }, "output y")), units.element),
      make("div", { class: "lf-panel" }, make("p", { class: "lf-title lf-role-kernel" }, "weight matrix W", make("small", {}, `${size} × ${size}`)), grid.element)),
    ...text.elements, sum, tools, note);

  const first = () => (layer.taps.length === 5 ? 0 : 1); // where the window's first tap stands among the sliders
  const current = () => hovered ?? state;
  const limitOf = (values) => (values.some((value) => Math.abs(value) > 1) ? LIMIT : 1);

  /** Another setting, window, seed or entry. */
  function change(next) {
    for (const name of ["setting", "taps", "seed"]) if (name in next) layer[name] = next[name];
    if ("taps" in next) next.taps.forEach((tap, i) => (wide[i + first()] = tap));
    if ("seed" in next) layer.free = randomWeights(size, next.seed);
    Object.assign(state, { setting: layer.setting, taps: layer.taps, seed: layer.seed });
    choice.querySelectorAll("input")[SETTINGS.indexOf(layer.setting)].checked = true;
    windowSize.querySelectorAll("input")[layer.taps.length === 5 ? 1 : 0].checked = true;
    compute();
    hovered = null;
    tools.replaceChildren(...toolsOf());
    tapSliders.forEach(({ element, show }, i) => {
      element.firstChild.textContent = `w[${i - first()}]`;
      show(wide[i]);
    });
    rule.replaceChildren(...ruleOf(layer));
    note.textContent = noteOf(layer);
    counts.forEach((small, i) => (small.textContent = countOf(layer, i)));
    build();
    draw();
  }

  function toolsOf() {
    const taps = tapSliders.slice(first(), first() + layer.taps.length).map(({ element }) => element);
    if (isShared(layer)) return [windowSize, ...taps];
    return [...(layer.setting === "local" ? [windowSize] : []), one.element, roll];
  }

  function compute() {
    weights = matrix(layer);
    outputs = apply(weights, layer.input);
    state.answer = { weights, outputs };
  }

  /** Choose the entry of the matrix at (row, column). */
  function update(row, column) {
    const within = (n) => Math.max(0, Math.min(size - 1, n));
    [state.row, state.column] = [within(row), within(column)];
    hovered = null;
    drawChoice();
  }

  /** Choose tap k: in the row that is chosen, if it does not lead outside there. */
  function point(k) {
    if (!isShared(layer)) return;
    const rows = [state.row, ...Array.from({ length: size }, (_, i) => i)];
    const columns = Array.from({ length: size }, (_, i) => i);
    for (const row of rows) {
      const column = columns.find((at) => tapAt(layer, row, at) === k);
      if (column !== undefined) return update(row, column);
    }
  }

  function setInput(i, value) {
    layer.input[i] = value;
    outputs = apply(weights, layer.input);
    state.answer = { weights, outputs };
    units.drawValues(outputs, limitOf(layer.input), dark);
    drawChoice();
  }

  function setTap(i, value) {
    wide[i] = value;
    layer.taps[i - first()] = value;
    compute();
    draw();
  }

  /** The weight of the chosen entry: its own, or the one that its diagonal shares. */
  function setWeight(value) {
    const { row, column } = state;
    if (!isJoined(layer, row, column)) return;
    const rounded = Math.round(Math.max(-LIMIT, Math.min(LIMIT, value)) * 10) / 10;
    if (isShared(layer)) {
      const k = tapAt(layer, row, column);
      tapSliders[k + first()].show(rounded);
      return setTap(k + first(), rounded);
    }
    layer.free[row * size + column] = rounded;
    compute();
    draw();
  }

  // --- drawing ---

  /** Lines, units and cells for this setting and width. */
  function build() {
    const room = el.clientWidth;
    const side = room >= SIDE_BY_SIDE;
    const cell = side ? PITCH : Math.min(PITCH + 8, Math.floor((room - LABEL) / size));
    el.classList.toggle("lf-wide", side);
    units.build(side ? room - LABEL - size * cell - GAP : room);
    grid.build(cell, side ? units.depth() : 20);
  }

  function draw() {
    const limit = limitOf(weights);
    units.drawLines(weights, dark);
    grid.draw(weights, limit, dark);
    SETTINGS.forEach((setting, i) => paintValues(minis[i], size, matrix({ ...layer, setting }), colorTable("signed", dark), -limit, limit));
    units.drawValues(outputs, limitOf(layer.input), dark);
    drawChoice();
  }

  /** The entry in question, its line, and in a shared setting all that have its weight. */
  function drawChoice() {
    const { row, column } = current();
    const joined = isJoined(layer, row, column);
    const k = isShared(layer) ? tapAt(layer, row, column) : -1;
    const shares = (r, c) => k >= 0 && tapAt(layer, r, c) === k;
    units.drawChoice({ row, column }, (r, c) => (k >= 0 ? shares(r, c) : joined && r === row && c === column), weights[row * size + column]);
    grid.drawChoice({ row, column }, shares);
    text.say(sentenceOf(layer, weights, outputs, row, column));
    sum.replaceChildren(...sumOf(layer, weights, outputs, row));
    oneName.textContent = `W[${state.row}, ${state.column}]`;
    one.show(weights[state.row * size + state.column]);
    one.input.disabled = !isJoined(layer, state.row, state.column);
  }

  // --- pointer and keys ---

  for (const [target, find] of [[grid.element, grid.entryAt], [units.net, units.lineAt]]) {
    target.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const found = find(event);
      if (found?.row === hovered?.row && found?.column === hovered?.column) return;
      hovered = found;
      drawChoice();
    });
    target.addEventListener("pointerleave", () => {
      if (!hovered) return;
      hovered = null;
      drawChoice();
    });
    target.addEventListener("click", (event) => {
      const found = find(event);
      if (found) update(found.row, found.column);
    });
  }
  grid.element.addEventListener("keydown", (event) => {
    const step = arrowStep(event, 3);
    const by = { "+": 0.1, "=": 0.1, "-": -0.1, "−": -0.1 }[event.key];
    if (step) update(state.row + step[0], state.column + step[1]);
    else if (by && !event.ctrlKey && !event.metaKey) setWeight(weights[state.row * size + state.column] + by);
    else return;
    event.preventDefault();
  });

  change({});
  follow(el, {
    onWidth() {
      build();
      draw();
    },
    onTheme() {
      dark = isDark(el);
      draw();
    },
  });
  el.figure = { update, change, setInput, setWeight, setTap: (k, value) => setTap(k + first(), value), state };
}
