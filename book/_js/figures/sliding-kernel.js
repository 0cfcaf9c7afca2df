// A kernel slides over a photograph under the reader's hand; beside it grows the output.

import { paintPlanes } from "./lib/cells.js";
import { colorTable, cssGradient, tableOffset } from "./lib/color-map.js";
import { arrowStep, button, follow, isDark, make, makeSvg, number, readout, segmented, set, snapWidth } from "./lib/dom.js";
import { kernelIcon, weightCells } from "./lib/kernel-icon.js";
import { correlate, explain, pathBetween, readKernels, readPicture, readWindow } from "./lib/sliding-kernel-math.js";
import { tapView } from "./lib/tap-view.js";

const SIDE_BY_SIDE = 540; // px of room from which the two pictures stand side by side
const FAR = 8; // pixels that an arrow key with Shift moves

export function render({ el, data }) {
  const picture = readPicture(data);
  const { kernels, start } = readKernels(data, picture);
  const { height, width, channels } = picture;
  const labels = { input: "input", output: "output", ...data.labels };
  const brush = data.brush ?? (data.detail ? 0 : 3);
  const outputs = kernels.map(() => null); // each computed when first asked for
  const state = { kernel: start, row: 0, column: 0, seen: new Uint8Array(height * width), touched: false };
  let dark = isDark(el);

  // The page's elements.
  const photo = make("canvas", { width, height, class: "lf-pixels" });
  const image = make("canvas", { width, height, class: "lf-pixels" });
  const stage = make("div", {
    class: "lf-frame lf-stage", tabindex: 0, role: "application", "aria-roledescription": "movable window",
    "aria-label": `Kernel window over the ${labels.input}. Arrow keys move it by one pixel, with Shift by ${FAR}.`,
  }, photo);
  const valid = make("div", { class: "lf-valid" });
  const invitation = make("p", { class: "lf-invitation" },
    make("span", { class: "lf-if-hover" }, "Move over the photo."), make("span", { class: "lf-if-touch" }, "Drag sideways on the photo."));
  const frame = make("div", { class: "lf-frame lf-unseen" }, valid, image, invitation);
  const scale = make("div", { class: "lf-scale", "aria-hidden": "true" }, make("span"), make("i"), make("span"));
  const inputSize = `${height} × ${width}${channels === 3 ? " × 3" : ""}`;
  const outputTitle = make("small");
  const glyph = makeSvg("g", { class: "lf-glyph" });
  const lines = [0, 1, 2, 3].map(() => makeSvg("line", { class: "lf-ray" }));
  const [halo, outline, pixelHalo, pixel] = ["lf-halo", "lf-window", "lf-halo", "lf-pixel"].map((name) => makeSvg("rect", { class: name }));
  const overlay = makeSvg("svg", { class: "lf-overlay", "aria-hidden": "true" }, ...lines, glyph, halo, outline, pixelHalo, pixel);
  const pair = make("div", { class: "lf-pair" },
    make("div", { class: "lf-panel" }, make("p", { class: "lf-title lf-role-input" }, labels.input, make("small", {}, inputSize)), stage),
    make("div", { class: "lf-panel" }, make("p", { class: "lf-title lf-role-output" }, labels.output, outputTitle), frame),
    overlay);
  const text = readout();
  const choice = segmented("Kernel", kernels.map((kernel) => ({ label: kernel.name, icon: kernelIcon(kernel, dark), title: kernel.note })), start, (i) => {
    state.kernel = i;
    changeKernel();
  });
  const note = make("p", { class: "lf-note" });
  const actions = make("div", { class: "lf-actions" }, button("Fill all", fillAll), button("Clear", clear));
  const taps = data.detail ? tapView(channels, labels) : null;
  el.append(pair,
    make("div", { class: "lf-under" }, make("div", {}, ...text.elements), scale),
    ...(taps ? [taps.element] : []),
    make("div", { class: "lf-controls" }, choice, actions), note);

  let geometry = null;
  const pixels = new ImageData(width, height);

  const kernel = () => kernels[state.kernel];
  const margin = () => Math.floor((kernel().size - 1) / 2); // from the window's corner to its middle
  const output = () => (outputs[state.kernel] ??= correlate(picture, kernel()));
  const limit = () => kernel().limit ?? (output().largest || 1);
  const range = () => (kernel().grey ? [colorTable("grey", dark), 0, 1] : [colorTable("signed", dark), -limit(), limit()]);

  /** Colour the output's pixel that belongs to the window at (row, column), if there is such a position. */
  function reveal(row, column, [table, low, high], { rows, columns, values }) {
    if (row < 0 || column < 0 || row >= rows || column >= columns) return;
    const place = (row + margin()) * width + column + margin();
    state.seen[place] = 1;
    const at = tableOffset(values[row * columns + column], low, high);
    for (let c = 0; c < 3; c++) pixels.data[4 * place + c] = table[at + c];
    pixels.data[4 * place + 3] = 255;
  }

  /** Draw the whole output again: another kernel, another theme, cleared or filled. */
  function redraw() {
    pixels.data.fill(0);
    const colors = range();
    for (let row = 0; row < output().rows; row++) {
      for (let column = 0; column < output().columns; column++) {
        if (state.seen[(row + margin()) * width + column + margin()]) reveal(row, column, colors, output());
      }
    }
    image.getContext("2d").putImageData(pixels, 0, 0);
    const [, low, high] = colors;
    scale.children[0].textContent = number(low, kernel().grey ? 0 : 2);
    scale.children[2].textContent = number(high, kernel().grey ? 0 : 2);
    scale.children[1].style.background = cssGradient(kernel().grey ? "grey" : "signed", dark);
  }

  /** Move the window's corner there, by a straight way, and uncover the output on it. */
  function update(row, column, radius = 0) {
    const { rows, columns } = output();
    const to = [Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column))];
    const colors = range();
    for (const [r, c] of pathBetween([state.row, state.column], to)) {
      for (let i = -radius; i <= radius; i++) {
        for (let j = -radius; j <= radius; j++) {
          if (i * i + j * j <= radius * radius + 1) reveal(r + i, c + j, colors, output());
        }
      }
    }
    [state.row, state.column] = to;
    image.getContext("2d").putImageData(pixels, 0, 0);
    drawWindow();
    describe();
  }

  function describe() {
    const value = output().values[state.row * output().columns + state.column];
    text.say(`${labels.output}, row ${state.row}, column ${state.column}: ${number(value, 3)}`);
    taps?.show(explain(picture, kernel(), state.row, state.column));
  }

  function changeKernel() {
    const { rows, columns } = output();
    state.row = Math.min(state.row, rows - 1);
    state.column = Math.min(state.column, columns - 1);
    outputTitle.textContent = `${rows} × ${columns}`;
    note.textContent = kernel().note;
    note.hidden = !kernels.some((one) => one.note);
    Object.assign(valid.style, {
      left: `${(100 * margin()) / width}%`, top: `${(100 * margin()) / height}%`,
      width: `${(100 * columns) / width}%`, height: `${(100 * rows) / height}%`,
    });
    redraw();
    layout();
    describe();
  }

  /** Sizes in px: the two pictures, the gap, and the kernel's own small picture in it. */
  function layout() {
    const room = el.clientWidth;
    const wide = room >= SIDE_BY_SIDE;
    const gap = wide ? Math.max(64, Math.min(120, room * 0.1)) : 0;
    const side = wide ? snapWidth((room - gap) / 2, width) : room;
    el.style.setProperty("--lf-side", `${side}px`);
    el.style.setProperty("--lf-gap", `${gap}px`);
    pair.classList.toggle("lf-wide", wide);
    const box = (node) => ({ x: node.offsetLeft, y: node.offsetTop });
    geometry = { unit: side / width, from: box(stage), to: box(frame), wide };
    drawGlyph(gap);
    taps?.build(kernel(), room, limit());
    drawWindow();
  }

  /** The weights, between input and output. */
  function drawGlyph(gap) {
    glyph.replaceChildren();
    if (!geometry.wide) return;
    const size = Math.min(13 * kernel().size, gap - 26, 56);
    const { unit, from, to } = geometry;
    const left = (from.x + unit * width + to.x) / 2 - size / 2;
    const top = from.y + (unit * height) / 2 - size / 2;
    glyph.append(...weightCells(kernel(), size, left, top, dark));
    geometry.glyph = { left, top, size };
  }

  function drawWindow() {
    const { unit, from, to, wide, glyph: weights } = geometry;
    const k = kernel().size * unit;
    const seen = { x: from.x + state.column * unit, y: from.y + state.row * unit };
    const made = { x: to.x + (state.column + margin()) * unit, y: to.y + (state.row + margin()) * unit };
    for (const rect of [halo, outline]) set(rect, { x: seen.x - 1.5, y: seen.y - 1.5, width: k + 3, height: k + 3 });
    for (const rect of [pixelHalo, pixel]) set(rect, { x: made.x - 1.5, y: made.y - 1.5, width: unit + 3, height: unit + 3 });
    const ends = wide
      ? [
          [seen.x + k + 2, seen.y - 2, weights.left, weights.top],
          [seen.x + k + 2, seen.y + k + 2, weights.left, weights.top + weights.size],
          [weights.left + weights.size, weights.top, made.x - 2, made.y - 2],
          [weights.left + weights.size, weights.top + weights.size, made.x - 2, made.y + unit + 2],
        ]
      : [];
    lines.forEach((line, i) => {
      set(line, { visibility: wide ? "visible" : "hidden" });
      if (wide) set(line, { x1: ends[i][0], y1: ends[i][1], x2: ends[i][2], y2: ends[i][3] });
    });
  }

  function fillAll() {
    begin();
    state.seen.fill(1);
    redraw();
  }

  function clear() {
    begin();
    state.seen.fill(0);
    redraw();
    update(state.row, state.column);
  }

  function begin() {
    state.touched = true;
    invitation.hidden = true;
  }

  function pointed(event) {
    const box = photo.getBoundingClientRect();
    const at = (client, edge) => Math.floor((client - edge) / (box.width / width)) - margin();
    return [at(event.clientY, box.top), at(event.clientX, box.left)];
  }

  let over = false; // a pointer that comes in jumps; only from there on is its way a line
  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" && !over) return;
    const radius = event.pointerType === "touch" ? Math.max(brush, 2) : brush;
    if (!over) jump(event);
    update(...pointed(event), radius);
  });
  stage.addEventListener("pointerdown", (event) => {
    jump(event);
    stage.setPointerCapture(event.pointerId);
    update(...pointed(event), event.pointerType === "touch" ? Math.max(brush, 2) : brush);
  });
  for (const name of ["pointerleave", "pointercancel", "lostpointercapture"]) stage.addEventListener(name, () => (over = false));
  stage.addEventListener("keydown", (event) => {
    const step = arrowStep(event, FAR);
    if (!step) return;
    event.preventDefault();
    begin();
    update(state.row + step[0], state.column + step[1]);
  });

  function jump(event) {
    begin();
    over = true;
    const { rows, columns } = output();
    const [row, column] = pointed(event);
    state.row = Math.max(0, Math.min(rows - 1, row));
    state.column = Math.max(0, Math.min(columns - 1, column));
  }

  paintPlanes(photo, picture);
  begun();
  changeKernel();
  follow(el, {
    onWidth: layout,
    onTheme() {
      dark = isDark(el);
      choice.querySelectorAll(".lf-icon").forEach((svg, i) => svg.replaceWith(kernelIcon(kernels[i], dark)));
      redraw();
      layout();
      describe();
    },
  });
  el.figure = { update, state, output: () => output() };

  /** As the reader finds it: the window has gone, row by row, down to its place. */
  function begun() {
    const { rows, columns } = output();
    [state.row, state.column] = readWindow(data.window, rows, columns);
    for (let at = 0; at <= state.row * columns + state.column; at++) {
      state.seen[(Math.floor(at / columns) + margin()) * width + (at % columns) + margin()] = 1;
    }
  }
}
