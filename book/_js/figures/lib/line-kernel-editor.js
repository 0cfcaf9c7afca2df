// One of the line laboratory's kernels, opened: 9 × 9 weights to type, to step with the keys, or to drag up and down.

import { colorTable } from "./color-map.js";
import { button, make, plain } from "./dom.js";
import { MOST, SIDE } from "./line-laboratory-math.js";
import { numberGrid } from "./number-grid.js";
import { largestSize } from "./values.js";

const DRAG = 6; // px for a step
const HOLD = 5; // px that a hand may tremble before a press is a drag

/** `onInput(i, value)` sets a weight, `onZeroSum(on)` is the box, `onClose()` puts the editor away. */
export function kernelEditor({ onInput, onZeroSum, onClose }) {
  const title = make("span");
  const alarm = make("p", { class: "lf-alarm", role: "alert" });
  let weights = new Float64Array(SIDE * SIDE);
  const place = (i) => `row ${Math.floor(i / SIDE)}, column ${i % SIDE}`;
  const grid = numberGrid({
    label: `Weights of the kernel, ${SIDE} × ${SIDE}. Arrow keys choose one; type a number, or step it with Page Up and Page Down.`,
    rows: SIDE, columns: SIDE, limit: MOST, write: short, name: (i) => `Weight, ${place(i)}`, onInput,
    onBad: (bad, i) => (alarm.textContent = bad === null ? "" : `A weight must be a number from −${MOST} to ${MOST}, such as 0.5 or −1/8, not “${bad.slice(0, 20)}”. Weight ${place(i)} stays ${short(weights[i])}.`),
  });
  const zero = make("input", { type: "checkbox", name: "lf-zero-sum" });
  zero.addEventListener("change", () => onZeroSum(zero.checked));
  const element = make("div", { class: "lf-kernel-editor", role: "group", "aria-label": "Weights of a kernel" },
    make("div", { class: "lf-panel" }, make("p", { class: "lf-title lf-role-kernel" }, title, make("small", {}, "drag up or down, or ", make("span", { class: "lf-if-hover" }, "click"), make("span", { class: "lf-if-touch" }, "tap"), " and type")), grid.element, alarm),
    make("div", { class: "lf-kernel-tools" },
      make("label", { class: "lf-check" }, zero, make("span", {}, "keep Σ w = 0", make("small", {}, "the other 80 weights share what one gains; then a grey background is no signal"))),
      make("div", { class: "lf-actions" }, button("Close", onClose))));

  function show(i, kernel, zeroSum, dark) {
    weights = kernel;
    title.textContent = `kernel w${"₀₁"[i]}`;
    zero.checked = zeroSum;
    const limit = largestSize(kernel) || 1;
    grid.show(kernel, colorTable("signed", dark), -limit, limit);
  }

  // A press without a move opens the cell; up and down change it, by a step that fits the kernel.
  let grip = null;
  const indexOf = (event) => grid.cells.indexOf(event.target.closest("[role=gridcell]"));
  grid.element.addEventListener("pointerdown", (event) => {
    const i = indexOf(event);
    if (i < 0 || event.button || event.target.matches("input")) return;
    event.preventDefault(); // no selection of numbers
    grid.close();
    grid.element.setPointerCapture(event.pointerId);
    grip = { i, y: event.clientY, from: weights[i], step: stepFor(largestSize(weights)), drags: false };
  });
  grid.element.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const up = grip.y - event.clientY;
    if (!grip.drags && Math.abs(up) < HOLD) return;
    grip.drags = true;
    const value = Math.max(-MOST, Math.min(MOST, grip.from + grip.step * Math.round(up / DRAG)));
    if (value !== weights[grip.i]) onInput(grip.i, value);
  });
  const release = (event) => {
    const pressed = grip;
    grip = null;
    if (pressed && !pressed.drags && event.type === "pointerup") grid.edit(pressed.i);
  };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) grid.element.addEventListener(name, release);

  return { element, show, quiet: () => (alarm.textContent = "") };
}

/** A tenth of the kernel's largest weight, as 1, 2 or 5 times a power of ten. */
function stepFor(largest) {
  const wanted = (largest || 1) / 10;
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * [1, 2, 5].findLast((one) => one * power <= wanted * 1.0001);
}

/** Two decimals at most, without the zero before the point. */
function short(value) {
  return plain(value, 2).replace(/^(−?)0\./, "$1.");
}
