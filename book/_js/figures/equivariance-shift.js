// First f and then move, or first move and then f: do they agree? A filter moves along, a mean stays, an edge spoils both.

import { paintValues } from "./lib/cells.js";
import { colorTable } from "./lib/color-map.js";
import { button, follow, isDark, make, movable, number, readout, segmented, slider } from "./lib/dom.js";
import { compare, readShift } from "./lib/equivariance-shift-math.js";
import { largestSize } from "./lib/values.js";

const EXACT = 1e-12; // differences below come from the order of additions

export function render({ el, data }) {
  const input = readShift(data);
  const { size } = input;
  const far = Math.floor(size / 2);
  const start = { down: 3, right: 5, ...data.start };
  const state = { which: "filter", wrap: true, ...start, answer: null };

  const x = panel("x", "input", "");
  const plain = panel("f(x)", "output", "");
  const after = panel("T f(x)", "output", "f, then move");
  const moved = panel("T x", "input", "drag me");
  const before = panel("f(T x)", "output", "move, then f");
  const gap = panel("T f(x) − f(T x)", "ink", "");
  moved.frame.classList.add("lf-draggable");
  for (const [name, value] of Object.entries({
    tabindex: 0, role: "application", "aria-roledescription": "movable picture",
    "aria-label": "The moved picture. Arrow keys move it by one pixel, with Shift by four.",
  })) moved.frame.setAttribute(name, value);

  const arrow = (label, way = "→") => make("span", { class: "lf-arrow", "aria-hidden": "true" }, make("i", {}, label), way);
  const text = readout();
  const which = segmented("f", [{ label: `${input.width} × ${input.width} filter everywhere` }, { label: "mean over the picture" }], 0, (i) => change({ which: ["filter", "mean"][i] }));
  const edge = segmented("Beyond the edge", [{ label: "wrap around" }, { label: "zeros" }], 0, (i) => change({ wrap: i === 0 }));
  const right = slider("Right", { min: -far, max: far, step: 1, value: state.right, format: pixels }, (n) => change({ right: n }));
  const down = slider("Down", { min: -far, max: far, step: 1, value: state.down, format: pixels }, (n) => change({ down: n }));
  el.append(
    make("div", { class: "lf-shift" },
      x.element,
      make("div", { class: "lf-way" }, arrow("f", "↗"), plain.element, arrow("T"), after.element),
      make("div", { class: "lf-way" }, arrow("T", "↘"), moved.element, arrow("f"), before.element),
      gap.element),
    ...text.elements,
    make("div", { class: "lf-controls" }, which, edge, right.element, down.element, button("Put back", () => change({ down: 0, right: 0 }))));

  /** Move by whole pixels; f and the edge stay. */
  function update(downwards, rightwards) {
    const within = (n) => Math.max(-far, Math.min(far, Math.round(n)));
    change({ down: within(downwards), right: within(rightwards) });
  }

  function change(next) {
    Object.assign(state, next);
    state.answer = compare(input, state.which, state.down, state.right, state.wrap);
    right.show(state.right);
    down.show(state.down);
    draw();
    text.say(sentence());
  }

  function draw() {
    const dark = isDark(el);
    const { plain: fx, moved: tx, after: tfx, before: ftx, difference } = state.answer;
    const filtered = state.which === "filter";
    const grey = [colorTable("grey", dark), 0, 1];
    const strongest = Math.max(largestSize(fx), largestSize(ftx)) || 1;
    const signed = [colorTable("signed", dark), -strongest, strongest];
    x.show(input.values, ...grey);
    moved.show(tx, ...grey);
    for (const [target, values] of [[plain, fx], [after, tfx], [before, ftx]]) {
      if (filtered) target.show(values, ...signed);
      else target.tell(values[0], ...grey);
    }
    if (filtered) gap.show(difference.values, ...signed);
    else gap.tell(difference.largest < EXACT ? 0 : difference.values[0], ...signed);
    after.note.textContent = filtered ? "f, then move" : "a number stays";
    gap.note.textContent = `largest: ${shown(difference.largest)}`;
    gap.element.classList.toggle("lf-differs", difference.largest >= EXACT);
    gap.frame.classList.toggle("lf-zero", filtered && difference.largest < EXACT);
  }

  function sentence() {
    const { largest: most } = state.answer.difference;
    const by = `Moved ${pixels(state.right)} right, ${pixels(state.down)} down.`;
    const equal = most < EXACT;
    const filter = equal ? "Both ways give the same picture: the filter is equivariant." : "The two ways differ where the edge was moved or filtered in.";
    const mean = equal ? "The number stays: the mean is invariant." : "The number changes: what left the picture no longer counts.";
    return `${by} Largest difference ${shown(most)}. ${state.which === "filter" ? filter : mean}`;
  }

  movable(moved.frame, {
    unit: () => moved.canvas.clientWidth / size,
    where: () => ({ down: state.down, right: state.right }),
    move: update,
    far: 4,
  });

  change({});
  follow(el, { onTheme: draw, onWidth() {} });
  el.figure = { update, change, state };

  /** A titled square that shows a picture or one number. */
  function panel(name, role, hint) {
    const canvas = make("canvas", { width: size, height: size, class: "lf-pixels" });
    const disc = make("span", { class: "lf-disc" });
    const frame = make("div", { class: `lf-frame lf-square lf-border-${role}` }, canvas, disc);
    const note = make("small", {}, hint);
    const element = make("div", { class: "lf-panel" }, make("p", { class: `lf-title lf-role-${role}` }, make("i", {}, name)), frame, note);
    return {
      element, frame, canvas, note,
      show(values, ...map) {
        frame.classList.remove("lf-one");
        paintValues(canvas, size, values, ...map);
      },
      tell(value) {
        frame.classList.add("lf-one");
        disc.textContent = number(value, 4);
      },
    };
  }
}

function shown(value) {
  return value < EXACT ? "0" : number(value, 3);
}

function pixels(n) {
  return `${number(n, 0)} px`;
}
