// Text as a terminal shows it: colours (ANSI escapes), carriage returns that write a line anew, as progress bars do.

import { el } from "./dom.js";

const MAX_LINES = 2000; // a forgotten print in an endless loop must not eat the reader's memory
const FEW_LINES = 20;
const TOKEN = /\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07]*(?:\x07|\x1b\\)|[\r\n\b]|[^\x1b\r\n\b]+|\x1b/g;

/** A `pre` that takes text bit by bit. */
export class Terminal {
  constructor() {
    this.node = el("pre");
    this.lines = [this.#newLine()];
    this.row = 0;
    this.column = 0;
    this.style = ""; // class names of the current colours
    this.dirty = new Set();
    this.dropped = 0;
  }

  write(text) {
    for (const [token, parameters, command] of text.matchAll(TOKEN)) {
      if (token === "\n") this.#moveTo(this.row + 1, 0);
      else if (token === "\r") this.column = 0;
      else if (token === "\b") this.column = Math.max(0, this.column - 1);
      else if (command === "m") this.style = nextStyle(this.style, parameters);
      else if (command === "A") this.row = Math.max(0, this.row - (Number(parameters) || 1));
      else if (command === "B") this.#moveTo(this.row + (Number(parameters) || 1), this.column);
      else if (command === "K") this.#erase(parameters);
      else if (!token.startsWith("\x1b")) this.#put(token);
    }
    // One drawing per frame, however fast the kernel prints.
    this.frame ??= requestAnimationFrame(() => this.flush());
  }

  /** Is there nothing to be seen? */
  get blank() {
    return this.lines.every((line) => line.cells.every(([character]) => character.trim() === ""));
  }

  /** Draw now what has changed. */
  flush() {
    if (this.frame) cancelAnimationFrame(this.frame);
    this.frame = undefined;
    const { scrollTop, scrollHeight, clientHeight } = this.node;
    const atEnd = scrollHeight - scrollTop - clientHeight < 4;
    for (const line of this.dirty) draw(line);
    this.dirty.clear();
    const extra = this.lines.length - MAX_LINES;
    if (extra > 0) {
      for (const line of this.lines.splice(0, extra)) line.node.remove();
      this.row -= extra;
      this.dropped += extra;
      this.notice ??= this.node.insertBefore(el("span", { class: "live-dropped" }), this.node.firstChild);
      this.notice.textContent = `(${this.dropped} earlier lines are not shown)\n`;
    }
    if (this.lines.length > FEW_LINES) this.node.tabIndex = 0; // it may scroll, also by keyboard
    if (atEnd) this.node.scrollTop = this.node.scrollHeight;
  }

  #newLine() {
    const line = { cells: [], node: el("span"), last: true };
    this.node.append(line.node);
    return line;
  }

  #moveTo(to, column) {
    const row = Math.min(to, this.lines.length + MAX_LINES); // a cursor may be sent a million lines down
    while (this.lines.length <= row) {
      const before = this.lines.at(-1);
      before.last = false; // it needs its line end now
      this.dirty.add(before);
      this.lines.push(this.#newLine());
    }
    this.row = row;
    this.column = column;
  }

  #put(text) {
    const line = this.lines[this.row];
    while (line.cells.length < this.column) line.cells.push([" ", ""]);
    for (const character of text) line.cells[this.column++] = [character, this.style];
    this.dirty.add(line);
  }

  #erase(how) {
    const line = this.lines[this.row];
    if (how === "2") line.cells = [];
    else if (how === "1") for (let i = 0; i < Math.min(this.column, line.cells.length); i++) line.cells[i] = [" ", ""];
    else line.cells.length = Math.min(line.cells.length, this.column);
    this.dirty.add(line);
  }
}

/** Text that comes in one piece, such as a traceback. */
export function terminalText(text) {
  const terminal = new Terminal();
  terminal.write(text);
  terminal.flush();
  return terminal.node;
}

/** Draw a line as runs of one style each. */
function draw(line) {
  const parts = [];
  let run = "";
  let style = "";
  const end = () => {
    if (run) parts.push(style ? el("span", { class: style }, run) : run);
    run = "";
  };
  for (const [character, its] of line.cells) {
    if (its !== style) {
      end();
      style = its;
    }
    run += character;
  }
  end();
  line.node.replaceChildren(...parts, line.last ? "" : "\n");
}

/** Apply "select graphic rendition" codes; the 16 colours become classes, so that light and dark pages each have their own. */
function nextStyle(style, parameters) {
  const classes = new Set(style ? style.split(" ") : []);
  const drop = (prefix) => classes.forEach((name) => name.startsWith(prefix) && classes.delete(name));
  const codes = (parameters || "0").split(";").map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) classes.clear();
    else if (code === 1) classes.add("ansi-bold");
    else if (code === 3) classes.add("ansi-italic");
    else if (code === 4) classes.add("ansi-underline");
    else if (code === 22) classes.delete("ansi-bold");
    else if (code === 23) classes.delete("ansi-italic");
    else if (code === 24) classes.delete("ansi-underline");
    else if (code === 38 || code === 48) {
      const indexed = codes[i + 1] === 5;
      drop(code === 38 ? "ansi-fg" : "ansi-bg");
      // IPython writes its tracebacks with the 256-colour form; of these only the 16 named ones have a meaning we style.
      if (indexed && codes[i + 2] < 16) classes.add(`ansi-${code === 38 ? "fg" : "bg"}-${codes[i + 2]}`);
      else if (indexed) classes.add(`ansi-${code === 38 ? "fg" : "bg"}-${nearestNamed(codes[i + 2])}`);
      i += indexed ? 2 : 4;
    } else if (code === 39) drop("ansi-fg");
    else if (code === 49) drop("ansi-bg");
    else {
      const [from, kind, first] = [[30, "fg", 0], [40, "bg", 0], [90, "fg", 8], [100, "bg", 8]].find(([f]) => code >= f && code < f + 8) ?? [];
      if (kind) {
        drop(`ansi-${kind}`);
        classes.add(`ansi-${kind}-${code - from + first}`);
      }
    }
  }
  return [...classes].join(" ");
}

/** The named colour (0–7) closest to one of the 6×6×6 cube or the grey ramp: which of red, green, blue are strong in it. */
function nearestNamed(index) {
  if (index >= 232) return index < 244 ? 0 : 7;
  const [r, g, b] = [Math.floor((index - 16) / 36), Math.floor((index - 16) / 6) % 6, (index - 16) % 6];
  const half = Math.max(r, g, b) / 2;
  return (r > half ? 1 : 0) + (g > half ? 2 : 0) + (b > half ? 4 : 0);
}
