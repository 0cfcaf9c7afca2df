// A line of a terminal as runs of one style each, so that ten million letters are a few runs and not ten million.

import { el } from "../dom.js";
import { paint } from "./ansi.js";

const MOST_SHOWN = 4000; // characters of a line, half from its beginning and half from its end
const LONGEST_JOINED = 1000; // characters: a longer run would be copied for each letter that is written into it
const MOST_RUNS = 500; // of a line that is written over: each letter that comes looks at all of them
const MOST_KEPT = 100_000; // of the line where the cursor is; its middle can't be reached by then

export class Line {
  runs = []; // pairs of text and style
  length = 0;
  omitted = 0; // characters left out in the middle
  node = null;
  pieces = 0; // of which the node consists

  /** Write over what stands at a column and after it. */
  put(column, text, style) {
    if (this.length < column) this.#append(" ".repeat(column - this.length), "");
    if (this.length > column && this.runs.length > MOST_RUNS) this.#forgetStyles();
    const after = column + text.length < this.length ? this.#cut(column + text.length, this.length) : [];
    if (this.length > column) [this.runs, this.length] = [this.#cut(0, column), column];
    this.#append(text, style);
    for (const [rest, its] of after) this.#append(rest, its);
  }

  #forgetStyles() {
    this.runs = [[this.runs.map(([text]) => text).join(""), ""]];
  }

  /** Forget what stands at a column and after it. */
  truncate(column) {
    if (column >= this.length) return;
    this.runs = this.#cut(0, column);
    this.length = column;
    if (!column) this.omitted = 0;
  }

  /** Blank what stands before a column. */
  blank(column) {
    const count = Math.min(column, this.length);
    if (count) this.put(0, " ".repeat(count), "");
  }

  /** Keep the beginning and the end of what is too long; returns how many characters went. */
  shorten(most = MOST_KEPT) {
    if (this.length <= most) return 0;
    const extra = this.length - (most > MOST_SHOWN ? most / 2 : most); // of a line that grows, half at once: not all of it at each letter
    const half = MOST_SHOWN / 2;
    this.runs = [...this.#cut(0, half), ...this.#cut(half + extra, this.length)].map(([text, style]) => [copy(text), style]);
    this.length -= extra;
    this.omitted += extra;
    return extra;
  }

  /** The cursor goes elsewhere: nothing is kept that is not shown. */
  leave() {
    this.shorten(MOST_SHOWN);
  }

  get long() {
    return this.omitted > 0 || this.length > MOST_SHOWN;
  }

  get blankToTheEye() {
    return this.runs.every(([text]) => text.trim() === "");
  }

  /** Draw it; without its colours if `plain`. */
  draw(last, plain) {
    const half = MOST_SHOWN / 2;
    const hidden = this.omitted + Math.max(0, this.length - MOST_SHOWN);
    const middle = [` … ${hidden} characters are left out … `, "live-left-out"];
    const runs = this.long ? [...this.#cut(0, half), middle, ...this.#cut(this.length - half, this.length)] : this.runs;
    const parts = runs.map(([text, style]) => (style && !plain ? paint(el("span", {}, text), style) : text));
    if (plain) this.node.textContent = `${parts.join("")}${last ? "" : "\n"}`;
    else this.node.replaceChildren(...parts, last ? "" : "\n");
    this.pieces = plain ? 1 : parts.length;
  }

  #append(text, style) {
    if (!text) return;
    const before = this.runs.at(-1);
    if (before?.[1] === style && before[0].length + text.length <= LONGEST_JOINED) before[0] += text;
    else this.runs.push([text, style]);
    this.length += text.length;
  }

  /** The runs from one column to another. */
  #cut(from, to) {
    const found = [];
    let column = 0;
    for (const [text, style] of this.runs) {
      if (column >= to) break;
      if (column + text.length > from) found.push([text.slice(Math.max(0, from - column), to - column), style]);
      column += text.length;
    }
    return found;
  }
}

/** A string of its own: a slice would keep the ten million letters that it is a slice of. */
function copy(text) {
  return ` ${text}`.slice(1);
}
