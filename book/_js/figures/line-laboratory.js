// The line laboratory: a trained net looks at what the reader draws, and at what a wave makes of it.

import { paintValues } from "./lib/cells.js";
import { colorTable } from "./lib/color-map.js";
import { button, follow, isDark, make, number, readout, segmented, set, slider, snapWidth } from "./lib/dom.js";
import { kernelEditor } from "./lib/line-kernel-editor.js";
import { forward, isFlat, LINES, lineDirection, readLaboratory, search, waveFactor, withoutMean, withWeight } from "./lib/line-laboratory-math.js";
import { netView, percent } from "./lib/line-net-view.js";
import { linePad } from "./lib/line-pad.js";
import { createSheet, drawLines, normal } from "./lib/line-picture-math.js";
import { waveView } from "./lib/line-wave-view.js";
import { total } from "./lib/values.js";

const SIDE_BY_SIDE = 620; // px of room from which the picture and the wave stand side by side
const PAD = 256; // px of the picture there
const [PICTURE, WAVE, NET] = [0, 1, 2]; // stages of the computation
const INKS = [["bright", 1], ["dark", 0], ["erase", null]];
const SLIDERS = {
  count: ["Lines", 1, String], angle: ["Angle", 1, (v) => `${v}°`], thickness: ["Thickness", 0.5, (v) => `${v} px`],
  length: ["Length", 0.05, (v) => `${Math.round(100 * v)} %`], contrast: ["Contrast", 0.05, (v) => number(v, 2)],
  background: ["Background", 0.05, (v) => number(v, 2)], noise: ["Noise σ", 0.01, (v) => number(v, 2)],
};

export function render({ el, data }) {
  const trained = readLaboratory(data);
  const { size: n, classes, start } = trained;
  const net = { ...trained };
  const sheet = createSheet(n);
  const state = { lines: { ...start.lines }, wave: { ...start.wave }, ink: 0, pen: 3, after: true, open: -1, zeroSum: trained.zeroSum, answer: null };
  let given = start.given; // a picture in place of the lines, until one of their sliders moves
  let [picture, seen] = [null, null];
  let hint = null; // what the last search found; it holds until picture or net change
  let dark = isDark(el);

  // --- parts -----------------------------------------------------------------------------------------------------------

  const pad = linePad(n, {
    pen: () => state.pen,
    onBegin: () => sheet.begin(INKS[state.ink][1]),
    onMove(pieces) {
      for (const [from, to] of pieces) sheet.move(from, to, state.pen);
      refresh();
    },
    onEnd: sheet.end,
    onCursor: (x, y, down) => text.say(`Pen ${down ? "down" : "up"} at row ${y}, column ${x}, where the picture is ${number(picture[y * n + x], 2)}. ${verdict()}`),
  });
  const text = readout();
  const problem = make("p", { class: "lf-problem", role: "alert", hidden: "" });
  const undo = button("Undo", () => {
    sheet.undo();
    refresh();
  });
  const inks = segmented("Pen", INKS.map(([label]) => ({ label })), 0, (i) => (state.ink = i));
  const pen = slider("Width", { min: 1, max: 12, step: 1, value: state.pen, format: (v) => `${v} px` }, (v) => (state.pen = v));
  const pens = make("div", { class: "lf-pens" }, inks, pen.element,
    make("div", { class: "lf-actions" }, undo, button("Empty", empty), button("Start over", startOver)));
  const wave = waveView(n, { onChange: changeWave, onSearch: find, onBad: complain });
  const view = netView(net, openKernel);
  const editor = kernelEditor({
    onInput: (i, value) => setWeight(state.open, i, value),
    onZeroSum: setZeroSum,
    onClose: () => openKernel(-1),
  });
  const shown = segmented("Maps", [{ label: "before ReLU" }, { label: "after ReLU" }], 1, (i) => {
    state.after = i === 1;
    refresh(NET, true);
  });
  const back = button("Back to trained", () => setKernels(trained.kernels, trained.zeroSum));
  const whose = make("small");
  const tools = make("div", { class: "lf-controls lf-net-tools" }, shown, make("div", { class: "lf-actions" }, back, whose));
  const sliders = Object.fromEntries(Object.entries(SLIDERS).map(([name, [label, step, format]]) => {
    const [min, max] = LINES[name];
    return [name, slider(label, { min, max, step, value: state.lines[name], format }, (value) => changeLines({ [name]: value }))];
  }));
  const seed = make("small");
  const generatorPart = make("div", { class: "lf-generator" }, make("p", { class: "lf-title lf-role-input" }, "lines", make("small", {}, "your pen stays on top of them")),
    make("div", { class: "lf-settings-grid" }, ...Object.values(sliders).map(({ element }) => element),
      make("div", { class: "lf-actions lf-seed" }, button("Other places and noise", () => changeLines({ seed: (state.lines.seed + 1) % (LINES.seed[1] + 1) })), seed)));
  const size = make("small", {}, `${n} × ${n}: `, make("span", { class: "lf-if-hover" }, "draw on it"), make("span", { class: "lf-if-touch" }, "draw on it with a finger"));
  el.append(
    make("div", { class: "lf-lab" },
      make("div", { class: "lf-panel lf-own-picture" }, make("p", { class: "lf-title lf-role-input" }, make("span", {}, "picture ", make("i", {}, "x")), size), pad.element, pens),
      make("div", { class: "lf-verdict" }, ...text.elements, problem), wave.element),
    view.element, tools, generatorPart);

  // --- what changes ----------------------------------------------------------------------------------------------------

  /** Anew from a stage on: the picture, the wave on it, or the net. `kept`: what a search found still holds. */
  function refresh(from = PICTURE, kept = false) {
    if (from <= PICTURE) drawPicture();
    if (from <= WAVE) {
      const factor = waveFactor(state.wave, n);
      seen = picture.map((value, at) => value * factor[at]);
      wave.show(state.wave, factor, seen, dark);
    }
    state.answer = forward(net, seen);
    view.show(net, state.answer, state.wave.kind === "off" ? null : forward(net, picture), state.after, dark);
    if (hint && !kept) wave.showFound("", (hint = null));
    text.say(verdict());
  }

  function drawPicture() {
    const { lines } = state;
    picture = sheet.over(given ?? drawLines(n, lines), lines.background);
    if (!given && lines.noise) picture = picture.map(addNoise(normal(n, lines.seed), lines.noise));
    paintValues(pad.canvas, n, picture, colorTable("grey", dark), 0, 1);
    set(undo, { "aria-disabled": !sheet.canUndo() });
  }

  function changeLines(next) {
    given = null;
    Object.assign(state.lines, next);
    showLines();
    refresh();
  }

  function showLines() {
    for (const [name, { show }] of Object.entries(sliders)) show(state.lines[name]);
    seed.textContent = given ? "the book’s picture" : `seed ${state.lines.seed}`;
  }

  function changeWave(next) {
    complain("");
    Object.assign(state.wave, next);
    refresh(WAVE, Object.keys(next).every((name) => name === "frequency"));
  }

  function setWeight(which, i, value) {
    net.kernels = net.kernels.map((kernel, k) => (k === which ? withWeight(kernel, i, value, state.zeroSum) : kernel));
    kernelsChanged();
  }

  function setZeroSum(on) {
    setKernels(on ? net.kernels.map(withoutMean) : net.kernels, on);
  }

  function setKernels(kernels, zeroSum, from = NET) {
    net.kernels = kernels.map((kernel) => kernel.slice());
    state.zeroSum = zeroSum;
    editor.quiet();
    kernelsChanged(from);
  }

  function kernelsChanged(from = NET) {
    const same = net.kernels.every((kernel, k) => kernel.every((w, i) => w === trained.kernels[k][i]));
    whose.textContent = same ? `trained${trained.seed === null ? "" : `, seed ${trained.seed}`}` : "your own weights";
    set(back, { "aria-disabled": same });
    wave.showBands(net.kernels);
    if (state.open >= 0) editor.show(state.open, net.kernels[state.open], state.zeroSum, dark);
    refresh(from);
  }

  /** Kernel i under the lanes, to edit; it again, or −1, puts it away. */
  function openKernel(i) {
    const was = state.open;
    state.open = i === was ? -1 : i;
    view.open(state.open);
    editor.quiet();
    if (state.open < 0) {
      editor.element.remove();
      if (was >= 0) view.buttons[was].focus();
      return;
    }
    editor.show(state.open, net.kernels[state.open], state.zeroSum, dark);
    if (was < 0) tools.after(editor.element);
  }

  function empty() {
    given = null;
    Object.assign(state.lines, { count: 0, noise: 0, background: 0 });
    sheet.clear();
    showLines();
    refresh();
  }

  function startOver() {
    given = start.given;
    Object.assign(state.lines, start.lines);
    Object.assign(state.wave, start.wave);
    sheet.clear();
    showLines();
    complain("");
    setKernels(trained.kernels, trained.zeroSum, PICTURE);
  }

  /** Along the lines, as the net is most easily fooled; across them a wave changes nothing. */
  function find() {
    complain("");
    const plain = given === null && sheet.isBlank() && state.lines.count > 0;
    const angle = plain ? state.lines.angle : lineDirection(picture, n);
    if (isFlat(picture) || angle === null) return wave.showFound("Draw a line first: this picture has no direction along which to search.", null);
    const now = { ...state.wave, kind: state.wave.kind === "off" ? "cos" : state.wave.kind, angle: Math.round(angle) };
    const result = search(net, picture, now);
    if (result.tie) return wave.showFound("The net cannot decide on this picture: there is no class to change.", null);
    Object.assign(state.wave, now, result.first === null ? {} : { frequency: result.first });
    hint = result;
    refresh(WAVE, true);
    const [name, other] = [classes[result.winner], classes[1 - result.winner]];
    const tried = `${result.tried.length} frequencies, 1/128 to ½, along ${number(now.angle, 0)}°`;
    const sentence = result.first === null
      ? `None of the ${tried}, changes “${name}”.`
      : `First “${other}” at f = ${number(result.first, 4)}, a crest every ${number(1 / result.first, 1)} px; surest at ${number(result.surest.frequency, 4)}, ${percent(1 - result.surest.probability)}. So at ${result.flips} of the ${tried}.`;
    wave.showFound(sentence, result, name);
  }

  function complain(message) {
    problem.textContent = message;
    problem.hidden = !message;
  }

  /** What the net says, in words. */
  function verdict() {
    const { winner, tie, probabilities, scores } = state.answer;
    const both = `${classes[0]} ${number(scores[0], 2)}, ${classes[1]} ${number(scores[1], 2)}`;
    if (isFlat(seen)) {
      const constant = seen[0] !== 0 && net.kernels.some((kernel) => total(kernel) !== 0);
      return constant ? `Draw something: a flat picture gives each map one value, the bias plus ${number(seen[0], 2)} · Σ w. Scores: ${both}.`
        : `Draw something: an empty picture gives both classes the score of the biases only. Scores: ${both}.`;
    }
    if (tie) return `The net cannot decide: both scores are ${number(scores[0], 2)}.`;
    const ground = state.wave.kind !== "off" && !given && state.lines.background > 0 ? " The background is multiplied, too, and is now a wave over the whole picture." : "";
    return `The net says ${classes[winner]}, ${percent(probabilities[winner])}. Scores: ${both}.${ground}`;
  }

  function layout() {
    const room = el.clientWidth;
    const wide = room >= SIDE_BY_SIDE;
    el.classList.toggle("lf-wide", wide);
    el.style.setProperty("--lf-side", `${wide ? PAD : snapWidth(Math.min(room, 352), n)}px`);
  }

  layout();
  showLines();
  kernelsChanged(PICTURE);
  follow(el, {
    onWidth: layout,
    onTheme() {
      dark = isDark(el);
      if (state.open >= 0) editor.show(state.open, net.kernels[state.open], state.zeroSum, dark);
      refresh(PICTURE, true);
    },
  });
  el.figure = {
    state, changeLines, changeWave, setWeight, setZeroSum, find, net: () => net, picture: () => picture, seen: () => seen, hint: () => hint,
    /** A stroke through points [x, y]. */
    stroke(points, ink = state.ink) {
      sheet.begin(INKS[ink][1]);
      points.forEach((to, i) => sheet.move(points[Math.max(0, i - 1)], to, state.pen));
      sheet.end();
      refresh();
    },
  };
}

function addNoise(values, sigma) {
  return (value, at) => value + sigma * values[at];
}
