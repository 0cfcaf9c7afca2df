// First f and then move, or first move and then f, for any padding and stride; and a map of the moves for which it does not matter.

import { paintValues } from "./lib/cells.js";
import { colorTable, cssColor } from "./lib/color-map.js";
import { arrowStep, button, follow, isDark, make, makeSvg, movable, number, readout, segmented, set, slider } from "./lib/dom.js";
import { displayOf } from "./lib/filter-playground-math.js";
import { readableInk } from "./lib/ink.js";
import { kernelIcon } from "./lib/kernel-icon.js";
import { PADDINGS, REACH, STRIDES, compare, moves, readExplorer, runs } from "./lib/shift-explorer-math.js";
import { largestSize } from "./lib/values.js";

const FAR = 4; // pixels that an arrow key with Shift moves
const CELL = 36; // of the map, in its own units; at least as many px on a phone
const MARGIN = 26; // for the map's numbers
const SLICE = 6; // ms that the map may take at a time, so that a move in between is answered at once

export function render({ el, data }) {
  const input = readExplorer(data);
  const { size: n, kernels } = input;
  const far = n / 2;
  const state = { kernel: input.kernel, padding: input.padding, stride: input.stride, ...input.start, inner: false, answer: null };
  let dark = isDark(el);

  const panels = {
    x: panel("x", "input"), plain: panel("f(x)", "output"), after: panel("T f(x)", "output"),
    moved: panel("T x", "input"), before: panel("f(T x)", "output"), gap: panel("T f(x) − f(T x)", "ink"),
  };
  const { moved, gap } = panels;
  moved.frame.classList.add("lf-draggable");
  set(moved.frame, {
    tabindex: 0, role: "application", "aria-roledescription": "movable picture",
    "aria-label": `The moved picture. Arrow keys move it by one pixel, with Shift by ${FAR}.`,
  });
  const quiet = makeSvg("svg", { class: "lf-overlay lf-inside", "aria-hidden": "true" }); // where no window crosses an edge
  gap.frame.append(quiet);
  const text = readout();

  const choice = segmented("f", kernels.map((kernel) => ({ label: kernel.name, icon: kernelIcon(kernel, dark) })), state.kernel, (i) => change({ kernel: i }));
  const padding = segmented("Padding", PADDINGS.map((label) => ({ label })), PADDINGS.indexOf(state.padding), (i) => change({ padding: PADDINGS[i] }));
  const stride = segmented("Stride", STRIDES.map((label) => ({ label: String(label) })), STRIDES.indexOf(state.stride), (i) => change({ stride: STRIDES[i] }));
  const right = slider("Right", { min: -far, max: far, step: 1, value: state.right, format: pixels }, (value) => change({ right: value }));
  const down = slider("Down", { min: -far, max: far, step: 1, value: state.down, format: pixels }, (value) => change({ down: value }));
  const map = mapOfMoves();
  const part = segmented("Count", [{ label: "the whole output" }, { label: "inside only", title: "Only where no window crosses the picture’s edge" }], 0, (i) => {
    state.inner = i === 1;
    map.draw();
  });
  el.append(
    make("div", { class: "lf-explorer" },
      panels.x.element, arrow("f"), panels.plain.element, arrow("T"), panels.after.element,
      panels.moved.element, arrow("f"), panels.before.element, make("span"), gap.element),
    ...text.elements,
    make("div", { class: "lf-choices" },
      make("div", { class: "lf-map-panel" },
        make("p", { class: "lf-title" }, "Largest difference for each move",
          make("small", {}, "Rows: px down. Columns: px right. 0: both ways agree exactly.")), map.svg, part),
      make("div", { class: "lf-controls" }, choice, padding, stride, down.element, right.element, button("Put back", () => change({ down: 0, right: 0 })))));

  const kernel = () => kernels[state.kernel];

  function update(downwards, rightwards) {
    const within = (value) => Math.max(-far, Math.min(far, Math.round(value)));
    change({ down: within(downwards), right: within(rightwards) });
  }

  function change(next) {
    Object.assign(state, next);
    state.answer = compare(input, kernel(), state.padding, state.stride, state.down, state.right);
    down.show(state.down);
    right.show(state.right);
    const chosen = [[choice, state.kernel], [padding, PADDINGS.indexOf(state.padding)], [stride, STRIDES.indexOf(state.stride)]];
    for (const [group, at] of chosen) group.querySelectorAll("input")[at].checked = true;
    draw();
    text.say(sentence());
    map.ask();
  }

  function draw() {
    const { side, plain, after, before, difference, steps, whole, largest } = state.answer;
    const picture = displayOf(kernel().weight) === "grey";
    const strongest = Math.max(largestSize(plain), largestSize(before)) || 1;
    const grey = [colorTable("grey", dark), 0, 1];
    const signed = [colorTable("signed", dark), -strongest, strongest];
    panels.x.show(input.values, n, ...grey);
    moved.show(state.answer.moved, n, ...grey);
    for (const [name, values] of [["plain", plain], ["after", after], ["before", before]]) panels[name].show(values, side, ...(picture ? grey : signed));
    gap.show(difference, side, ...signed);
    panels.x.note.textContent = `${n} × ${n}`;
    panels.plain.note.textContent = `${side} × ${side}`;
    moved.note.textContent = "drag me: it wraps around";
    panels.before.note.textContent = "move, then f";
    panels.after.note.textContent = whole ? "f, then move" : `f, then ${steps.down} down, ${steps.right} right`.replaceAll("-", "−");
    gap.note.textContent = `largest: ${shown(largest)}`;
    gap.element.classList.toggle("lf-differs", largest > 0);
    gap.frame.classList.toggle("lf-zero", largest === 0);
    drawInside();
    map.draw();
  }

  /** Frames around the places whose windows cross no edge, neither before nor after the move. */
  function drawInside() {
    const { side, edge } = state.answer;
    const percent = (value) => `${(100 * value) / side}%`;
    const rects = [];
    if (state.padding !== "circular") {
      for (const [row, height] of runs(edge.rows)) {
        for (const [column, width] of runs(edge.columns)) rects.push({ x: percent(column), y: percent(row), width: percent(width), height: percent(height) });
      }
    }
    quiet.replaceChildren(...rects.map((rect) => makeSvg("rect", rect)));
  }

  function sentence() {
    const { steps, whole, largest, atEdge, inside } = state.answer;
    const s = state.stride;
    const by = `Moved ${pixels(state.down)} down, ${pixels(state.right)} right.`;
    if (!whole) {
      const wanted = [state.down, state.right].filter((value) => value % s).map((value) => `${value}/${s}`.replace("-", "−"));
      const rounded = `${steps.down} down and ${steps.right} right`.replaceAll("-", "−");
      const where = inside > 0 ? (state.padding === "circular" ? "anywhere in the picture" : `not only at the edge: inside it is up to ${shown(inside)}`) : "at the edge";
      return `${by} With stride ${s} the output would have to move by ${wanted.join(" and ")} of its pixels: there is no such move. ` +
        (largest ? `Against ${rounded}, rounded down, it is off by up to ${shown(largest)}, ${where}.` : "Here both ways agree all the same.");
    }
    const own = s > 1 ? ` The output moves by ${number(steps.down, 0)} and ${number(steps.right, 0)} of its pixels.` : "";
    if (largest === 0) return `${by}${own} Both ways give the same picture, exactly.`;
    return `${by}${own} The two ways differ by up to ${shown(atEdge)}, but only where a window crosses the edge; inside the frames the difference is 0.`;
  }

  // --- dragging --------------------------------------------------------------------------------------------------------

  movable(moved.frame, {
    unit: () => moved.canvas.clientWidth / n,
    where: () => ({ down: state.down, right: state.right }),
    move: update,
    far: FAR,
  });

  // --- the map of moves ------------------------------------------------------------------------------------------------

  /** The largest difference for each move from −4 to 4; each setting's map is computed once, in slices, when it is first seen. */
  function mapOfMoves() {
    const width = 2 * REACH + 1;
    const all = moves();
    const known = new Map();
    const side = MARGIN + CELL * width + 2; // 2 for the mark on the last cell
    const svg = makeSvg("svg", {
      class: "lf-map", viewBox: `0 0 ${side} ${side}`, tabindex: 0, role: "application", "aria-roledescription": "map of moves",
      "aria-label": `The largest difference for each move of −${REACH} to ${REACH} pixels. Arrow keys go to the neighbouring move.`,
    });
    const at = (i) => MARGIN + (i + REACH) * CELL;
    const cells = all.map(([y, x]) => {
      const rect = makeSvg("rect", { x: at(x) + 1, y: at(y) + 1, width: CELL - 2, height: CELL - 2 });
      const label = makeSvg("text", { x: at(x) + CELL / 2, y: at(y) + CELL / 2 });
      return { rect, label };
    });
    const ticks = Array.from({ length: width }, (_, i) => i - REACH).flatMap((i) => [
      makeSvg("text", { x: at(i) + CELL / 2, y: MARGIN - 10, class: "lf-tick" }, number(i, 0)),
      makeSvg("text", { x: MARGIN - 12, y: at(i) + CELL / 2, class: "lf-tick" }, number(i, 0)),
    ]);
    const here = ["lf-halo", "lf-chosen-move"].map((name) => makeSvg("rect", { class: name, width: CELL, height: CELL, rx: 2 }));
    svg.append(...ticks, ...cells.flatMap(({ rect, label }) => [rect, label]), ...here);
    let waiting = 0;

    const key = () => `${state.kernel} ${state.padding} ${state.stride}`;
    const later = (act) => (window.requestIdleCallback ? requestIdleCallback(act) : setTimeout(act, 0)); // Safari has none

    function ask() {
      if (!known.has(key())) known.set(key(), []);
      if (!waiting && known.get(key()).length < all.length) waiting = later(slice);
    }

    function slice() {
      waiting = 0;
      if (!el.isConnected) return;
      const done = known.get(key());
      const end = performance.now() + SLICE;
      while (done.length < all.length && performance.now() < end) {
        const { largest, inside } = compare(input, kernel(), state.padding, state.stride, ...all[done.length]);
        done.push({ largest, inside });
      }
      if (done.length === all.length) draw();
      else ask();
    }

    function draw() {
      const done = values();
      const ready = done.length === all.length;
      const most = ready ? Math.max(...done) : 0;
      const table = colorTable("activation", dark);
      cells.forEach(({ rect, label }, i) => {
        const value = done[i];
        set(rect, { class: ready ? (value ? "" : "lf-agrees") : "lf-waits" });
        rect.style.fill = ready && value ? cssColor(table, value, 0, most) : "";
        label.style.fill = ready && value ? readableInk(table, value, 0, most) : "";
        const said = ready ? (value ? tiny(value) : "0") : "";
        if (label.textContent !== said) label.textContent = said;
        set(label, { class: value ? "" : "lf-nought" });
      });
      const seen = Math.abs(state.down) <= REACH && Math.abs(state.right) <= REACH;
      for (const rect of here) set(rect, { x: at(state.right), y: at(state.down), visibility: seen ? "visible" : "hidden" });
    }

    function values() {
      return (known.get(key()) ?? []).map(({ largest, inside }) => (state.inner ? inside : largest));
    }

    const go = (event) => {
      const box = svg.getBoundingClientRect();
      const place = (client, edge, length) => Math.floor((((client - edge) / length) * side - MARGIN) / CELL) - REACH;
      const [y, x] = [place(event.clientY, box.top, box.height), place(event.clientX, box.left, box.width)];
      if (Math.abs(y) <= REACH && Math.abs(x) <= REACH) update(y, x);
    };
    svg.addEventListener("click", go);
    svg.addEventListener("keydown", (event) => {
      const step = arrowStep(event, FAR);
      if (!step) return;
      event.preventDefault();
      const within = (value) => Math.max(-REACH, Math.min(REACH, value));
      update(within(state.down + step[0]), within(state.right + step[1]));
    });
    return { svg, ask, draw, values };
  }

  change({});
  follow(el, {
    onWidth() {},
    onTheme() {
      dark = isDark(el);
      choice.querySelectorAll(".lf-icon").forEach((svg, i) => svg.replaceWith(kernelIcon(kernels[i], dark)));
      draw();
    },
  });
  el.figure = { update, change, state, map: map.values };
}

/** A titled square picture with a line under it. */
function panel(name, role) {
  const canvas = make("canvas", { width: 1, height: 1, class: "lf-pixels" });
  const frame = make("div", { class: `lf-frame lf-square lf-border-${role}` }, canvas);
  const note = make("small");
  const element = make("div", { class: "lf-panel" }, make("p", { class: `lf-title lf-role-${role}` }, make("i", {}, name)), frame, note);
  return {
    element, frame, canvas, note,
    show(values, side, ...map) {
      if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
      paintValues(canvas, side, values, ...map);
    },
  };
}

/** What leads from one picture to the next: to the right, or down where the pictures stand below each other. */
function arrow(label) {
  return make("span", { class: "lf-arrow", "aria-hidden": "true" },
    make("i", {}, label), make("span", { class: "lf-rightwards" }, "→"), make("span", { class: "lf-downwards" }, "↓"));
}

function shown(value) {
  return value === 0 ? "0" : value < 5e-4 ? "< 0.001" : number(value, 3);
}

/** Two figures, for a small cell. */
function tiny(value) {
  return value < 0.005 ? "<.01" : number(value, value < 9.95 ? 2 : 0).replace(/^0/, "");
}

function pixels(value) {
  return `${number(value, 0)} px`;
}
