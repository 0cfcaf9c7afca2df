// The playground's kernel as a grid of weights: to type, to step with the keys, or to drag up and down.

import { colorTable, cssColor } from "./color-map.js";
import { make, plain, set } from "./dom.js";
import { parseWeight } from "./filter-playground-math.js";
import { readableInk } from "./ink.js";
import { largestSize } from "./values.js";

const STEP = 0.1; // what an arrow key or a drag of DRAG px adds to a weight
const DRAG = 6; // px
const HOLD = 4; // px that a hand may tremble before a press is a drag

/**
 * `onInput(i, value)` takes a weight, `onBad(message)` hears what is no number, `isWell()` says whether no complaint is on show.
 * `build(k)` makes k × k cells, `show(weight, dark)` fills them.
 */
export function weightGrid({ onInput, onBad, isWell }) {
  const element = make("div", { class: "lf-weights-grid", role: "group", "aria-label": `Weights of the kernel. Type a number or a fraction; arrow up and down change it by ${STEP}, with Shift by 1; left and right go to its neighbours, Enter to the row below.` });
  let size = 0;
  let cells = [];
  let values = [];
  let table = null; // of colours
  let most = 1; // of the weights' sizes

  function build(k) {
    const built = Array.from({ length: k * k }, (_, i) => cell(i, k));
    element.replaceChildren(...built); // a cell that is left by this still finds itself among the old ones
    [size, cells] = [k, built];
    element.style.setProperty("--lf-k", k);
    element.classList.toggle("lf-five", k > 3);
  }

  function show(weight, dark) {
    values = weight;
    table = colorTable("signed", dark);
    most = largestSize(values) || 1;
    cells.forEach((_, i) => showCell(i));
  }

  /** A weight in its cell; one that is being typed in is left alone. */
  function showCell(i, always = false) {
    const input = cells[i];
    const value = values[i];
    const focused = document.activeElement === input && !element.classList.contains("lf-drags");
    input.style.background = cssColor(table, value, -most, most);
    input.style.color = readableInk(table, value, -most, most);
    set(input, { "aria-valuenow": Math.round(value * 1e4) / 1e4, "aria-valuetext": plain(value), title: plain(value) });
    if (focused && !always) return;
    input.value = focused ? plain(value) : short(value, size);
    input.dataset.shown = input.value;
  }

  function cell(i, k) {
    const [row, column] = [Math.floor(i / k), i % k];
    const input = make("input", {
      name: "lf-weight", type: "text", inputmode: "decimal", role: "spinbutton", autocomplete: "off", spellcheck: "false",
      tabindex: i === Math.floor((k * k) / 2) ? 0 : -1, "aria-label": `Weight, row ${row}, column ${column}`,
    });
    const field = `Row ${row}, column ${column} of the kernel`;
    const dirty = () => input.value !== input.dataset.shown;
    let before = 0; // the typing; its first digits have acted already when the rest turns out to be no number
    const begin = () => {
      before = values[i];
      showCell(i, true);
    };
    const settle = () => {
      if (!dirty()) return;
      try {
        onInput(i, parseWeight(input.value, field));
      } catch (error) {
        onInput(i, before);
        onBad(`${error.message}. It stays ${plain(before)}.`);
      }
      begin();
    };
    input.addEventListener("focus", () => {
      cells.forEach((one, j) => set(one, { tabindex: i === j ? 0 : -1 }));
      begin();
      input.select();
    });
    input.addEventListener("blur", () => {
      settle();
      showCell(i, true);
    });
    input.addEventListener("input", () => {
      let value;
      try {
        value = parseWeight(input.value, field);
      } catch {
        return; // not a number yet; Enter and leaving the cell say what is missing
      }
      onInput(i, value);
    });
    input.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const all = input.selectionStart === 0 && input.selectionEnd === input.value.length;
      const edge = (end) => all || (input.selectionStart === input.selectionEnd && input.selectionStart === end);
      const go = (to) => cells[Math.max(0, Math.min(k * k - 1, to))].focus();
      const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (up) nudge(up * (event.shiftKey ? 1 : STEP));
      else if (event.key === "ArrowLeft" && !event.shiftKey && edge(0)) go(i - 1);
      else if (event.key === "ArrowRight" && !event.shiftKey && edge(input.value.length)) go(i + 1);
      else if (event.key === "Enter") settleAndGo(go, event.shiftKey ? i - k : i + k);
      else if (event.key === "Escape") undo();
      else return;
      event.preventDefault();
    });
    const nudge = (by) => {
      settle();
      onInput(i, Math.round((values[i] + by) * 1000) / 1000);
      begin();
      input.select();
    };
    const undo = () => {
      if (dirty()) onInput(i, before);
      begin();
      input.select();
    };
    const settleAndGo = (go, to) => {
      settle();
      if (isWell() && to >= 0 && to < k * k) go(to);
      else input.select();
    };
    // A press without a move is there to type; up and down change the weight.
    let grip = null;
    input.addEventListener("mousedown", (event) => event.preventDefault()); // no selection by dragging
    input.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      settle();
      grip = { y: event.clientY, from: values[i], drags: false };
      input.setPointerCapture(event.pointerId);
    });
    input.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const up = grip.y - event.clientY;
      if (!grip.drags && Math.abs(up) < HOLD) return;
      grip.drags = true;
      element.classList.add("lf-drags");
      const value = Math.round((grip.from + STEP * Math.round(up / DRAG)) * 1000) / 1000;
      if (value !== values[i]) onInput(i, value);
    });
    const release = (event) => {
      if (grip && !grip.drags && event.type === "pointerup") input.focus();
      grip = null;
      element.classList.remove("lf-drags");
      showCell(i);
    };
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) input.addEventListener(name, release);
    return input;
  }

  return { element, build, show };
}

/** A weight in a small cell: three decimals; in the cells of 5 × 5 without the zero before the point. */
function short(value, k) {
  const text = plain(value, 3);
  return k > 3 ? text.replace(/^(−?)0\./, "$1.") : text;
}
