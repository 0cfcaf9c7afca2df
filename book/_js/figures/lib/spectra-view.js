// The playground's three spectra, |X| × |H| = |Y|, with one place marked in all, and a piece of the wave at that place.

import { paintValues } from "./cells.js";
import { colorTable } from "./color-map.js";
import { arrowStep, make, makeSvg, number, plain, set } from "./dom.js";
import { waveAt } from "./spectrum.js";

const FAR = 8; // places that an arrow key with Shift moves
export const SWATCH = 32; // pixels of the picture that show the wave, as large as in the picture
const DECADES = 5; // of a magnitude that the colours tell apart

/** `place()` is [row, column] of the moment in spectra of n × n; `onPoint(row, column)` hears where the reader points instead. */
export function spectraView(n, place, onPoint) {
  const top = 10 ** Math.ceil(Math.log10((n * n) / 2)); // the magnitudes of a picture in [0, 1], all but frequency 0's, end below it
  const canvas = () => make("canvas", { width: n, height: n, class: "lf-pixels" });
  const [inputWaves, gain, outputWaves] = [1, 2, 3].map(canvas);
  const swatch = make("canvas", { width: SWATCH, height: SWATCH, class: "lf-pixels lf-swatch", "aria-hidden": "true" });
  const marks = [0, 1, 2].map(mark);
  const at = [0, 1, 2].map(() => make("b"));
  const gainRange = make("small");
  const power = String(Math.log10(top)).replace(/./g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  const lowest = number(top / 10 ** DECADES, 2).replace(/\.?0+$/, "");
  const logarithmic = () => make("small", {}, "log", make("span", { class: "lf-if-wide" }, `, ${lowest} … 10${power}`));
  const element = make("div", {
    class: "lf-waves", tabindex: 0, role: "application", "aria-roledescription": "place in the spectra",
    "aria-label": `Three spectra with one place marked in all. Arrow keys move it by 1/${n} cycle per pixel, with Shift by ${FAR}/${n}.`,
  },
    spectrumPanel("|X|", "input", logarithmic(), inputWaves, marks[0], at[0]), sign("×"),
    spectrumPanel("|H|", "kernel", gainRange, gain, marks[1], at[1]), sign("="),
    spectrumPanel("|Y|", "output", logarithmic(), outputWaves, marks[2], at[2]));

  /** What a change of the kernel leaves as it is. */
  function showInput(input, dark) {
    paintWaves(inputWaves, input, colorTable("activation", dark));
  }

  function show({ gains, waves, best }, dark) {
    const activation = colorTable("activation", dark);
    paintWaves(outputWaves, waves, activation);
    paintValues(gain, n, gains, activation, 0, best.value || 1);
    gainRange.textContent = `0 … ${plain(best.value, 3)}`;
  }

  function paintWaves(target, magnitudes, table) {
    const high = Math.log10(top);
    paintValues(target, n, magnitudes.map((one) => Math.log10(one + 1e-12)), table, high - DECADES, high);
  }

  /** Mark the place, with the three magnitudes there: of input, gain and output. */
  function showPlace(magnitudes, dark) {
    const [row, column] = place();
    at.forEach((one, i) => (one.textContent = figures(magnitudes[i])));
    const [px, py] = [((column + 0.5) / n) * 100, ((row + 0.5) / n) * 100];
    const zero = ((n / 2 + 0.5) / n) * 100;
    for (const one of marks) one.show(px, py, zero);
    const { down, right } = waveAt(row, column, n);
    const phase = (i) => down * Math.floor(i / SWATCH) + right * (i % SWATCH);
    const wave = Float64Array.from({ length: SWATCH * SWATCH }, (_, i) => Math.cos(2 * Math.PI * phase(i)));
    paintValues(swatch, SWATCH, wave, colorTable("signed", dark), -1, 1);
  }

  let held = null; // the spectrum in which a press began; a drag stays with it
  const hold = (event) => {
    const frame = event.target.closest(".lf-waves .lf-frame") ?? held;
    const box = frame.getBoundingClientRect();
    onPoint(Math.floor(((event.clientY - box.top) / box.height) * n), Math.floor(((event.clientX - box.left) / box.width) * n));
  };
  element.addEventListener("pointerdown", (event) => {
    held = event.target.closest(".lf-frame");
    if (!held) return;
    held.setPointerCapture(event.pointerId);
    hold(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (held || (event.pointerType === "mouse" && event.target.closest(".lf-frame"))) hold(event);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(name, () => (held = null));
  element.addEventListener("keydown", (event) => {
    const step = arrowStep(event, FAR);
    if (!step) return;
    event.preventDefault();
    const [row, column] = place();
    onPoint(row + step[0], column + step[1]);
  });

  return { element, swatch, showInput, show, showPlace };
}

function spectrumPanel(name, role, said, picture, { svg }, value) {
  const ticks = make("div", { class: "lf-ticks", "aria-hidden": "true" }, ...["−½", make("span", {}, "0", make("em", {}, "cycles/pixel")), "½"]);
  return make("div", { class: "lf-panel" },
    make("p", { class: `lf-title lf-role-${role}` }, make("i", {}, name), said),
    make("div", { class: `lf-frame lf-square lf-border-${role}` }, picture, svg), ticks,
    make("p", { class: `lf-value lf-role-${role}` }, value));
}

/** What stands between two panels. */
export function sign(text) {
  return make("span", { class: text === "∘" ? "lf-sign-between lf-star" : "lf-sign-between", "aria-hidden": "true" }, text);
}

/** The marked place, its line from frequency zero, and the same wave's other place across. */
function mark() {
  const lines = ["lf-halo", "lf-way-line"].map((name) => makeSvg("line", { class: name }));
  const rings = ["lf-halo", "lf-place", "lf-halo", "lf-place lf-across"].map((name) => makeSvg("circle", { class: name, r: 4.5 }));
  const svg = makeSvg("svg", { class: "lf-overlay", "aria-hidden": "true" }, ...lines, ...rings);
  return {
    svg,
    show(x, y, zero) {
      for (const line of lines) set(line, { x1: `${zero}%`, y1: `${zero}%`, x2: `${x}%`, y2: `${y}%` });
      rings.forEach((ring, i) => set(ring, i < 2 ? { cx: `${x}%`, cy: `${y}%` } : { cx: `${2 * zero - x}%`, cy: `${2 * zero - y}%` }));
    },
  };
}

/** Three figures, as a measured value has. */
export function figures(value) {
  if (value < 5e-5) return "0";
  return number(value, value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : value >= 0.1 ? 3 : 4);
}
