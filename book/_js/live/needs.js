// Which cells have to run before one: those that it needs and that have not run in this kernel as they stand now.
//
// The build has found what each cell of the author's needs and gives (booksite/needed_cells.py). A cell that the reader has edited is
// judged by the names in it: it needs every cell above that gives one of them.

import { pythonLanguage } from "@codemirror/lang-python";

// What can read any name: IPython's own lines, a star import, and these functions.
const UNKNOWABLE_LINE = /^[ \t]*[%!?]|\?[ \t]*$|\bimport[ \t]*\*/m;
const UNKNOWABLE_NAMES = ["exec", "eval", "globals", "locals", "vars", "get_ipython"];
const EVERYTHING = "*"; // among what a cell gives: it acts on all that comes after it

/** The indices of the cells that `cells[index]` needs itself; each has `source`, `code` (as it stands), `needs`, `gives`. */
export function needsOf(cells, index) {
  const { code, source, needs } = cells[index];
  if (code === source) return needs;
  const above = [...cells.keys()].slice(0, index);
  const names = namesIn(code);
  if (UNKNOWABLE_LINE.test(code) || UNKNOWABLE_NAMES.some((name) => names.has(name))) return above;
  return above.filter((other) => cells[other].gives.some((name) => name === EVERYTHING || names.has(name)));
}

/** The variables that a piece of Python names; words in strings and comments are none. */
function namesIn(code) {
  const names = new Set();
  pythonLanguage.parser.parse(code).iterate({
    enter: ({ name, from, to }) => {
      if (name === "VariableName") names.add(code.slice(from, to));
    },
  });
  return names;
}

/** A mark of a cell's code and of all that stood behind it: equal marks, equal results. `mark(i)` is that of another cell. */
export function markOf(cells, index, mark) {
  return digest(JSON.stringify([cells[index].code, needsOf(cells, index).map(mark)]));
}

/**
 * The cells to run before `cells[index]`, in order.
 *
 * @param {object[]} cells
 * @param {number} index
 * @param {(index: number) => string | undefined} ran the mark with which a cell last ran in this kernel
 */
export function cellsToRunFirst(cells, index, ran) {
  const all = new Set();
  const collect = (of) => {
    for (const other of needsOf(cells, of)) {
      if (all.has(other)) continue;
      all.add(other);
      collect(other);
    }
  };
  collect(index);
  const marks = new Map();
  const mark = (of) => {
    if (!marks.has(of)) marks.set(of, markOf(cells, of, mark));
    return marks.get(of);
  };
  return [...all].sort((a, b) => a - b).filter((other) => ran(other) !== mark(other));
}

/** A short name of a text: 53 bits, for telling texts apart, not for keeping secrets. */
function digest(text) {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}
