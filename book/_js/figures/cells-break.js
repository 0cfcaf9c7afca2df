// The reader moves and scales an object over a picture cut into cells; a small net names every cell, right or wrong.

import { TOUCH, createScene, readScene } from "./lib/cells-break-math.js";
import { arrowStep, button, follow, make, makeSvg, readout, set, slider, snapWidth } from "./lib/dom.js";

const SIDE_BY_SIDE = 600; // px of room from which the two small grids stand beside the picture
const KNOWN = ["sky", "water", "trees", "tower", "bird", "flower", "leaves", "other"]; // classes with a colour of their own
const NAME_ROOM = 46; // px of a cell from which its class is written in full

export function render({ el, data }) {
  const scene = readScene(data);
  const { height, width, cell, rows, columns, classes, object, start, scales } = scene;
  const world = createScene(scene);
  const thing = classes[object];
  const letters = initials(classes);
  const colors = classes.map((name) => `var(--look-${KNOWN.includes(name) ? name : "other"})`);
  const state = { ...start, answer: null };

  const canvas = make("canvas", { width, height, class: "lf-pixels" });
  const overlay = makeSvg("svg", { class: "lf-overlay", "aria-hidden": "true" });
  const handle = make("div", {
    class: "lf-handle", tabindex: 0, role: "application", "aria-roledescription": "movable object",
    "aria-label": `The ${thing}. Arrow keys move it by one pixel, with Shift by one cell; plus and minus change its size.`,
  });
  const stage = make("div", { class: "lf-frame lf-scene" }, canvas, handle, overlay);
  const truth = miniature("what is there", `${thing}, % of the cell`);
  const verdict = miniature("what the net says", [...letters.map((letter, i) => `${letter} ${classes[i]}`), "× wrong"].join(", "));
  const text = readout();
  const size = slider("Size", { min: scales[0], max: scales[1], step: "any", value: start.scale, format: across }, (scale) => update({ scale }));
  const reset = button("Put back", () => update(start));
  const title = make("p", { class: "lf-title lf-role-input" }, `Drag the ${thing}`, make("small", {}, `${rows} × ${columns} cells of ${cell} × ${cell} pixels`));
  el.append(
    make("div", { class: "lf-break" },
      make("div", { class: "lf-main" }, title, stage, make("div", { class: "lf-controls" }, size.element, reset)),
      make("div", { class: "lf-minis" }, truth.element, verdict.element)),
    ...text.elements);

  const picture = new ImageData(width, height);
  let parts = [];
  let unit = 1; // px on the screen for one pixel of the picture

  /** Move or scale the object: {x, y, scale}, each may be left out. */
  function update(where) {
    const within = (value, low, high) => Math.max(low, Math.min(high, value));
    state.x = within(where.x ?? state.x, 0, width);
    state.y = within(where.y ?? state.y, 0, height);
    state.scale = within(where.scale ?? state.scale, ...scales);
    state.answer = world.place(state);
    size.show(state.scale);
    draw();
    text.say(sentence(state.answer));
  }

  function draw() {
    for (let i = 0; i < height * width; i++) {
      for (let c = 0; c < 3; c++) picture.data[4 * i + c] = 255 * world.picture[3 * i + c];
      picture.data[4 * i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(picture, 0, 0);
    const { labels, shares, wrong } = state.answer;
    labels.forEach((label, i) => {
      const now = `${label} ${shares[i]} ${wrong[i]}`;
      if (parts[i].shown === now) return;
      parts[i].shown = now;
      const { border, tag, name, cross, part, share, said, letter, mark } = parts[i];
      const called = label === object;
      set(border, { class: called ? "lf-called" : "lf-cell", stroke: called ? colors[label] : "" });
      const shown = called || shares[i] > TOUCH;
      set(tag, { visibility: shown ? "visible" : "hidden", fill: colors[label] });
      set(name, { visibility: shown ? "visible" : "hidden" });
      const word = name.dataset.full ? classes[label] : letters[label];
      if (name.textContent !== word) {
        name.textContent = word;
        set(tag, { width: 6 + (name.dataset.full ? 5.6 * word.length + 2 : 8) });
      }
      set(cross, { visibility: wrong[i] ? "visible" : "hidden" });
      set(part, { width: shares[i] * part.dataset.side, class: shares[i] > 0.5 ? "lf-share lf-most" : "lf-share" });
      const percent = shares[i] > TOUCH ? `${Math.round(100 * shares[i])}` : "";
      if (share.textContent !== percent) share.textContent = percent;
      set(said, { fill: colors[label], "fill-opacity": called ? 1 : 0.12 });
      if (letter.textContent !== letters[label]) letter.textContent = letters[label];
      const aside = wrong[i] ? 0.14 * part.dataset.side : 0; // room for the cross
      set(letter, { class: called ? "lf-letter lf-called-letter" : "lf-letter", transform: `translate(${-aside} ${-aside})` });
      set(mark, { visibility: wrong[i] ? "visible" : "hidden" });
    });
    const [w, h] = world.size().map((side) => Math.max(44, side * unit));
    Object.assign(handle.style, { width: `${w}px`, height: `${h}px`, left: `${state.x * unit - w / 2}px`, top: `${state.y * unit - h / 2}px` });
  }

  /** Build the drawings for the room there is. */
  function layout() {
    const room = el.clientWidth;
    const wide = room >= SIDE_BY_SIDE;
    const side = wide ? snapWidth(room * 0.66, width) : room;
    unit = side / width;
    const mini = wide ? Math.min(room - side - 28, 300) : (room - 16) / 2;
    el.style.setProperty("--lf-side", `${side}px`);
    el.style.setProperty("--lf-mini", `${mini}px`);
    el.querySelector(".lf-break").classList.toggle("lf-wide", wide);
    const big = cell * unit;
    const small = mini / columns;
    const [frames, tags, crosses] = [0, 1, 2].map(() => makeSvg("g"));
    overlay.replaceChildren(frames, tags, crosses);
    for (const grid of [truth, verdict]) grid.clear(mini, small * rows);
    parts = Array.from({ length: rows * columns }, (_, i) => {
      const [x, y] = [(i % columns) * big, Math.floor(i / columns) * big];
      const [u, v] = [(i % columns) * small, Math.floor(i / columns) * small];
      const border = makeSvg("rect", { x: x + 1, y: y + 1, width: big - 2, height: big - 2 });
      const tag = makeSvg("rect", { x: x + 1, y: y + 1, height: 14, class: "lf-tag" });
      const name = makeSvg("text", { x: x + 4, y: y + 8.5, class: "lf-tag-text" });
      if (big >= NAME_ROOM) name.dataset.full = "yes";
      const cross = makeCross(x + big - 9, y + big - 9, 5);
      const part = makeSvg("rect", { x: u + 0.5, y: v + 0.5, height: small - 1 });
      part.dataset.side = small - 1;
      const share = makeSvg("text", { x: u + small / 2, y: v + small / 2, class: "lf-percent" });
      const said = makeSvg("rect", { x: u + 0.5, y: v + 0.5, width: small - 1, height: small - 1 });
      const letter = makeSvg("text", { x: u + small / 2, y: v + small / 2 });
      const mark = makeCross(u + 0.76 * small, v + 0.76 * small, Math.max(2.2, 0.13 * small));
      frames.append(border);
      tags.append(tag, name);
      crosses.append(cross);
      truth.add(part, share, u, v, small);
      verdict.add(said, letter, u, v, small, mark);
      return { border, tag, name, cross, part, share, said, letter, mark };
    });
    if (state.answer) draw();
  }

  function across(scale) {
    return `${((scale * scene.sprite.width) / cell).toFixed(1)} cells`;
  }

  function sentence({ covered, found, missed, alarms }) {
    const cells = (n) => `${n} cell${n === 1 ? "" : "s"}`;
    const others = classes.length === 2 ? `“${classes[1 - object]}”` : "something else";
    const extra = alarms ? ` Called “${thing}” though it covers them by half or less: ${cells(alarms)}.` : "";
    return `The ${thing} covers ${cells(covered)} by more than half; ${found} of them ${found === 1 ? "is" : "are"} called “${thing}”. ` +
      `Of the cells it touches, ${missed} ${missed === 1 ? "is" : "are"} called ${others}.${extra}`;
  }

  // Dragging takes hold of the object; a click elsewhere puts it there. Outside the object a finger scrolls the page.
  let grip = null;
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    grip = { x: event.clientX - state.x * unit, y: event.clientY - state.y * unit };
  });
  handle.addEventListener("pointermove", (event) => {
    if (grip) update({ x: (event.clientX - grip.x) / unit, y: (event.clientY - grip.y) / unit });
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) handle.addEventListener(name, () => (grip = null));
  stage.addEventListener("click", (event) => {
    if (event.target === handle) return;
    const box = canvas.getBoundingClientRect();
    update({ x: (event.clientX - box.left) / unit, y: (event.clientY - box.top) / unit });
  });
  handle.addEventListener("keydown", (event) => {
    const step = arrowStep(event, cell);
    const grow = { "+": 1, "=": 1, "-": -1, "−": -1 }[event.key];
    if (step) update({ x: state.x + step[1], y: state.y + step[0] });
    else if (grow && !event.ctrlKey && !event.metaKey) update({ scale: state.scale + (grow * (scales[1] - scales[0])) / 25 });
    else return;
    event.preventDefault();
  });

  layout();
  update(start);
  follow(el, { onWidth: layout, onTheme() {} }); // all colours that follow the theme come from CSS
  el.figure = { update, state, scores: () => state.answer.scores.map((one) => Array.from(one)) };
}

/** A small grid of all cells with its title. */
function miniature(title, note) {
  const svg = makeSvg("svg", { class: "lf-mini", "aria-hidden": "true" });
  const element = make("div", {}, make("p", { class: "lf-title" }, title, make("small", {}, note)), svg);
  return {
    element,
    clear(width, height) {
      svg.replaceChildren();
      set(svg, { viewBox: `0 0 ${width} ${height}`, width, height });
    },
    add(shape, text, x, y, side, mark = "") {
      svg.append(makeSvg("rect", { x: x + 0.5, y: y + 0.5, width: side - 1, height: side - 1, class: "lf-empty" }), shape);
      set(text, { "font-size": Math.min(12, side * 0.5) });
      svg.append(text, mark);
    },
  };
}

function makeCross(x, y, r) {
  const path = `M${x - r} ${y - r}L${x + r} ${y + r}M${x - r} ${y + r}L${x + r} ${y - r}`;
  return makeSvg("g", { class: "lf-cross" }, makeSvg("path", { d: path, class: "lf-cross-halo" }), makeSvg("path", { d: path }));
}

/** One letter for each class, two where letters would meet. */
function initials(names) {
  return names.map((name, i) => {
    const length = names.some((other, j) => j !== i && other[0] === name[0]) ? 2 : 1;
    return name[0].toUpperCase() + name.slice(1, length);
  });
}
