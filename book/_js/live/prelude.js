// What ran before a cell because it needs it: one quiet line above the cell's output, and progress if it takes long.

import { el } from "./dom.js";
import { unfold } from "./folds.js";
import { Outputs } from "./outputs/outputs.js";

const PATIENCE_MS = 3000;

export class Prelude {
  /** `cells` run before another one; `show()` puts this node into the page. */
  constructor(cells, show) {
    this.cells = cells;
    this.show = show;
    this.line = el("p", { class: "live-prelude" });
    this.progress = new Outputs(() => "");
    this.node = el("div", {}, this.line, this.progress.node);
    this.start = performance.now();
    this.timer = setTimeout(() => this.#open(), PATIENCE_MS);
  }

  /** One of the cells begins to run. */
  begin(cell) {
    const which = this.cells.length > 1 ? ` (${this.cells.indexOf(cell) + 1} of ${this.cells.length})` : "";
    this.line.replaceChildren("First running ", link(cell), `, which this cell needs${which}…`);
    this.progress.clear();
  }

  /** Only what tells how far it is: progress bars and prints. */
  handle(message) {
    if (message.header.msg_type === "stream") this.progress.handle(message);
  }

  #open() {
    this.show(this.node);
  }

  /** All have run: leave the line that says so. */
  end() {
    const seconds = (performance.now() - this.start) / 1000;
    const names = this.cells.flatMap((cell, k) => (k ? [k === this.cells.length - 1 ? " and " : ", ", link(cell)] : [link(cell)]));
    const count = this.cells.length === 1 ? "Ran first, because this cell needs it: " : `Ran ${this.cells.length} cells first that this one needs: `;
    this.line.replaceChildren(count, ...names, ` (${seconds.toFixed(1)} s).`);
    this.#close();
    this.show(this.node);
  }

  /** One of them failed, or was stopped; returns the words that say so. */
  fail(cell, why) {
    this.line.replaceChildren("This cell did not run: ", link(cell), `, which it needs, ${why}.`);
    this.line.classList.add("live-problem");
    this.#close();
    return [...this.line.childNodes];
  }

  #close() {
    clearTimeout(this.timer);
    this.progress.end();
    this.progress.node.remove();
  }
}

/** The name of a cell, which leads to it if the page shows it. */
function link(cell) {
  const name = `cell ${cell.number}`;
  if (!cell.node) return `${name} (not shown on the page)`;
  const go = () => {
    unfold(cell.input ?? cell.node);
    cell.node.scrollIntoView({ block: "center" });
    (cell.opened?.contentDOM ?? cell.node).focus({ preventScroll: true });
  };
  return el("button", { type: "button", class: "live-link", onclick: go }, name);
}

/** Show nothing of a run but its progress, unless it fails: its output is the one that the page shows already. */
export function quietly(cell) {
  let loud = null;
  const shout = () => (loud ??= cell.begin({ alone: true }));
  return {
    isShown: () => Boolean(loud),
    handle: (message) => {
      if (message.header.msg_type === "execute_input") cell.session.countRun(message.content.execution_count, cell.number);
      // Whoever stops it has stopped the cell that asked for it, which says so.
      const fails = message.header.msg_type === "error" && !cell.mayFail && message.content.ename !== "KeyboardInterrupt";
      if (fails) shout().handle(message);
    },
    end: () => loud?.end(),
    fail: (text) => shout().fail(text),
  };
}
