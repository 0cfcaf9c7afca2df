// The stepper's input with its ring of padding, and the window on it: a drag or the keys move the window, a tap opens a cell.

import { extent, nearestPlace, outputSize, tapPlace } from "./convolution-stepper-math.js";
import { arrowStep, make, makeSvg, set } from "./dom.js";

const FAR = 3; // places that an arrow key with Shift moves
const STILL = 5; // px of way until a press is a drag

/**
 * `grid` has the input's numbers; `scene` and `state` ({row, column} in the output, `cell` in px) are read anew at each call.
 * `onMove(row, column)` hears where the window is to go, `onTap(row, column)` which cell of the input, or of the padding, was tapped.
 */
export function stepWindow(grid, scene, state, { onMove, onTap }) {
  const { height, width, size } = scene;
  const ring = make("div", { class: "lf-ring", "aria-hidden": "true" });
  const [frameHalo, frameLine, tapHalo, tapLine, pick] = ["lf-halo", "lf-window lf-extent", "lf-halo", "lf-window", "lf-pick"]
    .map((name) => makeSvg("path", { class: name }));
  const handle = make("div", {
    class: "lf-grip", tabindex: 0, role: "application", "aria-roledescription": "movable window",
    "aria-label": `Window over the input. Arrow keys move it by one place, with Shift by ${FAR}.`,
  });
  const element = make("div", { class: "lf-frame lf-stage lf-step-stage" }, handle, ring, grid.element,
    makeSvg("svg", { class: "lf-overlay", "aria-hidden": "true" }, frameHalo, frameLine, tapHalo, tapLine, pick));

  /** The cells of the padding, struck through where `isUnread(row, column)` holds. */
  function showRing(isUnread) {
    const cells = [];
    const p = scene.padding;
    for (let row = -p; row < height + p; row++) {
      for (let column = -p; column < width + p; column++) {
        if (row >= 0 && column >= 0 && row < height && column < width) continue;
        cells.push(make("div", { class: isUnread(row, column) ? "lf-struck" : "", style: `grid-area: ${row + p + 1} / ${column + p + 1}` }, "0"));
      }
    }
    ring.replaceChildren(...cells);
  }

  /** The window where it is; tap `picked` of it is pointed out, none with −1. */
  function show(picked) {
    const { cell } = state;
    const { count } = outputSize(scene);
    const [row, column] = count ? [state.row, state.column] : [0, 0];
    const corner = (i) => tapPlace(scene, row, column, i).map((n) => (n + scene.padding) * cell);
    const square = ([y, x], side) => `M${x} ${y}h${side}v${side}h${-side}z`;
    const cells = Array.from({ length: size * size }, (_, i) => square(corner(i), cell)).join("");
    const whole = square(corner(0), extent(scene) * cell);
    for (const path of [frameHalo, frameLine]) set(path, { d: whole });
    for (const path of [tapHalo, tapLine]) set(path, { d: scene.dilation > 1 ? cells : whole });
    for (const path of [frameHalo, frameLine]) set(path, { visibility: scene.dilation > 1 ? "visible" : "hidden" });
    set(pick, { d: picked < 0 ? "" : square(corner(picked), cell) });
    element.classList.toggle("lf-no-place", !count);
    const [y, x] = corner(0);
    Object.assign(handle.style, { left: `${x}px`, top: `${y}px`, width: `${extent(scene) * cell}px`, height: `${extent(scene) * cell}px` });
  }

  let press = null;
  const pointed = (event) => {
    const box = element.getBoundingClientRect();
    return [(event.clientY - box.top) / state.cell, (event.clientX - box.left) / state.cell];
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button || event.target.matches("input")) return;
    const [y, x] = pointed(event);
    const [top, left] = tapPlace(scene, state.row, state.column, 0);
    const middle = (n) => n + scene.padding + extent(scene) / 2;
    const grip = event.target === handle ? [y - middle(top), x - middle(left)] : [0, 0];
    press = { x: event.clientX, y: event.clientY, grip, dragged: false };
  });
  element.addEventListener("pointermove", (event) => {
    if (!press || !event.buttons) return;
    if (!press.dragged && Math.hypot(event.clientX - press.x, event.clientY - press.y) < STILL) return;
    if (!press.dragged) element.setPointerCapture(event.pointerId);
    press.dragged = true;
    const [y, x] = pointed(event);
    if (outputSize(scene).count) onMove(...nearestPlace(scene, y - press.grip[0], x - press.grip[1]));
  });
  element.addEventListener("click", (event) => {
    const dragged = press?.dragged;
    press = null;
    if (dragged || event.target.matches("input")) return;
    onTap(...pointed(event).map((n) => Math.floor(n) - scene.padding));
  });
  handle.addEventListener("keydown", (event) => {
    const step = arrowStep(event, FAR);
    if (!step) return;
    event.preventDefault();
    onMove(state.row + step[0], state.column + step[1]);
  });

  return { element, showRing, show };
}
