// Text as a terminal shows it: colours (ANSI escapes), carriage returns that write a line anew, as progress bars do.

import { el } from "../dom.js";
import { nextStyle } from "./ansi.js";
import { Line } from "./lines.js";
import { Transcript } from "./transcript.js";

const MOST_LINES = 2000; // a forgotten print in an endless loop must not eat the reader's memory
const MOST_COLUMNS = 4000; // how far a cursor may be sent
const MOST_ROWS = 100; // the same, below the last line: a terminal's screen ends there
const MOST_PIECES = 20_000; // of text in colours of its own; what comes after them is shown without
const FEW_LINES = 20;
const MOST_UNFINISHED = 200;
const STRING = String.raw`\x1b[\]PX^_][^\x07\x1b]*`; // titles, links and such, up to a bell or "string terminator"
const CONTROL = String.raw`\x1b\[[0-?]*[ -/]*[@-~]|${STRING}(?:\x07|\x1b\\)|\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ\\\x60-~]`;
const TOKEN = new RegExp(String.raw`${CONTROL}|[\r\n\b]|[^\x1b\r\n\b]+|\x1b`, "g");
const UNFINISHED = new RegExp(String.raw`(?:\x1b(?:\[[0-?]*[ -/]*|[ -/]*)|${STRING}\x1b?)$`); // what the next message may end
const INVISIBLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

/** What one stream goes on with in its next box: its colours, and the beginning of an escape sequence. */
export class StreamState {
  style = "";
  rest = "";
}

/** A box that takes text bit by bit. */
export class Terminal {
  constructor(state = new StreamState(), transcript = new Transcript()) {
    this.state = state;
    this.transcript = transcript;
    this.pre = el("pre");
    this.node = el("div", {}, this.pre);
    this.lines = [new Line()];
    this.dirty = new Set(this.lines);
    this.dropped = 0;
    this.pieces = 0; // of all lines
    this.row = 0;
    this.column = 0;
    this.inked = 0; // the lines before this one are empty
  }

  write(text) {
    this.transcript.add(text);
    text = this.state.rest + text;
    const cut = text.slice(-MOST_UNFINISHED).match(UNFINISHED);
    this.state.rest = cut?.[0] ?? "";
    text = text.slice(0, text.length - this.state.rest.length);
    for (const [token] of text.matchAll(TOKEN)) {
      if (token === "\n") this.#moveTo(this.row + 1, 0);
      else if (token === "\r") this.column = 0;
      else if (token === "\b") this.column = Math.max(0, this.column - 1);
      else if (token[0] !== "\x1b") this.#put(token.replace(INVISIBLE, ""));
      else if (token[1] === "[") this.#control(token.at(-1), token.slice(2, -1));
    }
    // One drawing per frame, however fast the kernel prints.
    this.frame ??= requestAnimationFrame(() => this.flush());
  }

  #control(command, parameters) {
    const n = Number(parameters) || 1;
    if (command === "m") this.state.style = nextStyle(this.state.style, parameters);
    else if (command === "A") this.#moveTo(this.row - n, this.column);
    else if (command === "B") this.#moveTo(this.row + n, this.column);
    else if (command === "E" || command === "F") this.#moveTo(this.row + (command === "E" ? n : -n), 0);
    else if (command === "C") this.column = Math.min(this.column + n, MOST_COLUMNS);
    else if (command === "D") this.column = Math.max(0, this.column - n);
    else if (command === "G") this.column = Math.min(n, MOST_COLUMNS) - 1;
    else if (command === "K") this.#erase(parameters);
    else if (command === "J" && parameters === "1") this.#eraseAbove();
    else if (command === "J") this.#eraseBelow(parameters);
  }

  /** Is there nothing to be seen? */
  get blank() {
    return this.lines.every((line) => line.blankToTheEye);
  }

  /** Draw now what has changed. */
  flush() {
    if (this.frame) cancelAnimationFrame(this.frame);
    this.frame = undefined;
    const { scrollTop, scrollHeight, clientHeight } = this.pre;
    const atEnd = scrollHeight - scrollTop - clientHeight < 4;
    this.#dropOld();
    for (const line of this.lines) {
      if (!line.node) this.pre.append((line.node = el("span"))); // lines are only ever added at the end
      if (!this.dirty.has(line)) continue;
      this.pieces -= line.pieces;
      line.draw(line === this.lines.at(-1), this.pieces > MOST_PIECES);
      this.pieces += line.pieces;
    }
    this.dirty.clear();
    this.#notice();
    if (this.lines.length > FEW_LINES) this.pre.tabIndex = 0; // it may scroll, also by keyboard
    if (atEnd) this.pre.scrollTop = this.pre.scrollHeight;
  }

  #dropOld() {
    const extra = this.lines.length - MOST_LINES;
    if (extra <= 0) return;
    for (const line of this.lines.splice(0, extra)) this.#forget(line);
    this.row = Math.max(0, this.row - extra);
    this.inked = Math.max(0, this.inked - extra);
    this.dropped += extra;
  }

  #forget(line) {
    line.node?.remove();
    this.pieces -= line.pieces;
    this.dirty.delete(line);
  }

  /** Say what is left out. */
  #notice() {
    if (!this.dropped && !this.lines.some((line) => line.long)) return;
    if (!this.notice) {
      this.notice = this.transcript.notice();
      this.node.prepend(this.notice.node);
    }
    const lines = `${this.dropped} earlier ${this.dropped === 1 ? "line is" : "lines are"} left out.`;
    this.notice.say(this.dropped ? lines : "The middle of long lines is left out.");
  }

  #moveTo(to, column) {
    const row = Math.min(Math.max(0, to), this.lines.length - 1 + MOST_ROWS);
    if (row !== this.row) this.lines[this.row].leave();
    if (this.lines.length <= row) this.dirty.add(this.lines.at(-1)); // it needs its line end now
    while (this.lines.length <= row) {
      this.lines.push(new Line());
      this.dirty.add(this.lines.at(-1));
    }
    this.row = row;
    this.column = column;
    if (this.lines.length > 2 * MOST_LINES) this.#dropOld(); // not only once a frame: a message may bring a million lines
  }

  #put(text) {
    const line = this.lines[this.row];
    line.put(this.column, text, this.state.style);
    this.inked = Math.min(this.inked, this.row);
    this.column = Math.max(0, this.column + text.length - line.shorten());
    this.dirty.add(line);
  }

  #erase(how) {
    const line = this.lines[this.row];
    if (how === "1") line.blank(this.column + 1);
    else line.truncate(how === "2" ? 0 : this.column);
    this.dirty.add(line);
  }

  #eraseAbove() {
    for (const line of this.lines.slice(this.inked, this.row)) {
      line.truncate(0);
      this.dirty.add(line);
    }
    this.inked = this.row;
    this.#erase("1");
  }

  #eraseBelow(how) {
    if (how === "2" || how === "3") [this.row, this.column] = [0, 0];
    this.#erase("");
    for (const line of this.lines.splice(this.row + 1)) this.#forget(line);
  }
}

/** Text that comes in one piece, such as a traceback. */
export function terminalText(text) {
  const terminal = new Terminal();
  terminal.write(text);
  terminal.flush();
  return terminal.notice ? terminal.node : terminal.pre;
}
