// A grid of numbers that the reader edits: one stop of the Tab key, arrows choose a cell, typing or a tap opens it.

import { cssColor } from "./color-map.js";
import { arrowStep, make, set } from "./dom.js";
import { readableInk } from "./ink.js";
import { typedNumber } from "./typed-number.js";

let grids = 0;

/**
 * `name(i)` says which cell it is; `onInput(i, value)` takes a number, `onBad(text, i)` what is none (null: all is well
 * again); `onPick(i)` hears which cell the keys have reached, or −1. No number is beyond ±`limit`; `write` turns one into text.
 */
export function numberGrid({ label, rows, columns, limit, name, write, onInput, onBad, onPick = () => {} }) {
  const id = `lf-grid-${++grids}`;
  const values = new Float64Array(rows * columns);
  const texts = Array.from(values, () => make("span"));
  const cells = texts.map((text, i) => make("div", { role: "gridcell", id: `${id}-${i}` }, text));
  const lines = Array.from({ length: rows }, (_, row) => make("div", { role: "row" }, ...cells.slice(row * columns, (row + 1) * columns)));
  const element = make("div", {
    class: "lf-numbers", role: "grid", tabindex: 0, id, "aria-label": label, "aria-activedescendant": `${id}-0`, style: `--lf-columns: ${columns}`,
  }, ...lines);
  let cursor = 0;
  let editor = null;

  function show(next, table, low, high, struck = () => false) {
    next.forEach((value, i) => {
      values[i] = value;
      cells[i].style.background = cssColor(table, value, low, high);
      cells[i].style.color = readableInk(table, value, low, high);
      cells[i].classList.toggle("lf-struck", struck(i));
      const shown = write(value);
      if (texts[i].textContent === shown) return;
      texts[i].textContent = shown;
      set(texts[i], { class: shown.length > 5 ? "lf-tiny" : shown.length > 3 ? "lf-small" : "" });
    });
  }

  function point(i) {
    cells[cursor].classList.remove("lf-cursor");
    cursor = i;
    cells[cursor].classList.add("lf-cursor");
    set(element, { "aria-activedescendant": cells[cursor].id });
  }

  /** Open a cell. `text` is what the reader has typed already; without it, the number stands there selected. */
  function edit(i, text) {
    close();
    point(i);
    const before = values[i];
    const input = make("input", { class: "lf-editor", "aria-label": `${name(i)}, a number`, autocomplete: "off", spellcheck: "false", enterkeyhint: "done" });
    input.value = text ?? write(before);
    editor = { input, before };
    cells[i].append(input);
    input.addEventListener("input", () => take(input.value));
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => editorKey(event, before));
    input.focus();
    if (text === undefined) input.select();
    else take(text);
  }

  function take(text) {
    const value = typedNumber(text, limit);
    const started = /^\s*[-+−–.]?\s*$/.test(text); // nothing to complain about yet
    set(editor.input, { "aria-invalid": value === null && !started });
    if (value !== null) onInput(cursor, value);
    onBad(value === null && !started ? text : null, cursor);
  }

  function step(by) {
    const value = Math.max(-limit, Math.min(limit, values[cursor] + by));
    onInput(cursor, value);
    onBad(null, cursor);
    if (editor) editor.input.value = write(value);
  }

  function close() {
    if (!editor) return;
    const { input } = editor;
    editor = null; // first, for its removal is a blur
    input.remove();
  }

  function editorKey(event, before) {
    event.stopPropagation();
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      step(event.key === "ArrowUp" ? 1 : -1);
    } else if (["Enter", "Escape", "Tab"].includes(event.key)) {
      if (event.key === "Escape") {
        onInput(cursor, before);
        onBad(null, cursor);
      }
      if (event.key !== "Tab") event.preventDefault();
      element.focus(); // from here Tab goes on
      close();
    }
  }

  element.addEventListener("keydown", (event) => {
    const way = arrowStep(event, 1);
    const { key } = event;
    if (way) {
      const within = (n, count) => Math.max(0, Math.min(count - 1, n));
      point(within(Math.floor(cursor / columns) + way[0], rows) * columns + within((cursor % columns) + way[1], columns));
      onPick(cursor);
    } else if (event.ctrlKey || event.altKey || event.metaKey) return;
    else if (key === "Enter" || key === "F2") edit(cursor);
    else if (key === "PageUp" || key === "PageDown") step(key === "PageUp" ? 1 : -1);
    else if (key === "Delete" || key === "Backspace") step(-values[cursor]);
    else if (/^[\d.,+−-]$/.test(key)) edit(cursor, key);
    else return;
    event.preventDefault();
  });
  element.addEventListener("focus", () => {
    point(cursor);
    if (element.matches(":focus-visible")) onPick(cursor);
  });
  element.addEventListener("blur", () => onPick(-1));

  return { element, cells, show, edit, close };
}
