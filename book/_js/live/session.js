// A live page: cells run one after the other in the page's kernel. Loaded by live.js at the first press.

import { el } from "./dom.js";
import { LiveCell } from "./cell.js";
import { foldAround } from "./folds.js";
import { KernelGone, PageKernel } from "./kernel.js";

const REASONS = {
  died: "The kernel died; its variables are gone. It has been started again: run the cells you need.",
  restarted: "A fresh kernel: no cell has run in it yet.",
  missing: "The kernel that ran this page is gone, and its variables with it. A fresh one is ready: run the cells you need.",
};

/** Make the page live; resolves when its cells can be edited and run (the kernel may still be on its way). */
export function openSession(page) {
  return new Session(page);
}

class Session {
  constructor({ config, root, base, cells, bar }) {
    this.bar = bar;
    this.kernels = 1; // how many kernels this page has had: tells in which one a cell ran
    this.queue = [];
    this.current = null;
    this.elsewhere = false; // whether the kernel is at something that this page did not ask for, such as a run from before a reload
    bar.showControls(config, root, { runAll: () => this.runAll(), interrupt: () => this.interrupt(), restart: () => this.restart() });
    bar.say("");
    this.kernel = new PageKernel({
      base,
      path: config.page,
      probe: new URL("_static/live.json", root).href,
      on: {
        status: (state) => this.#hear(state),
        back: () => this.#setStatus(this.current ? "busy" : "idle", () => this.bar.say("Connected again; the variables are still there.")),
        again: () => this.bar.say("This page’s kernel is still running; its variables are there."),
        lost: (reason) => this.#lost(reason),
      },
    });
    this.kernel.connect().catch((error) => this.#unreachable(error));
    // These names are also what Tools asks for.
    this.runAbove = (cell) => this.#enqueue(this.cells.slice(0, cell.number - 1));
    this.reset = (cell) => {
      if (this.cells[cell.number - 1] === this.current) this.bar.say("This cell is running. Interrupt it, then reset it.");
      else this.cells[cell.number - 1].reset();
    };
    this.cells = cells.map((cell) => new LiveCell(cell, this));
    this.#openEditors();
  }

  /** Open the editors one task at a time, so that the kernel's first answers do not wait behind all of them. */
  async #openEditors() {
    for (const cell of this.cells) {
      await new Promise((next) => setTimeout(next));
      cell.openEditor();
    }
  }

  edit(cell) {
    this.cells[cell.number - 1].openEditor()?.focus();
  }

  runAll() {
    this.#enqueue(this.cells);
  }

  run({ number }, { advance = false } = {}) {
    const cell = this.cells[number - 1];
    this.#enqueue([cell], cell);
    if (advance) this.#advanceFrom(cell);
    else if (!cell.node.contains(document.activeElement)) cell.openEditor()?.focus({ preventScroll: true });
  }

  #advanceFrom(cell) {
    const next = this.cells.slice(cell.number).find((other) => other.input && !foldAround(other.input));
    (next ?? cell).openEditor()?.focus({ preventScroll: true });
    next?.node.scrollIntoView({ block: "nearest" });
  }

  #enqueue(cells, alone = null) {
    const waiting = new Set(this.queue.map((job) => job.cell));
    for (const cell of cells) {
      if (waiting.has(cell)) continue;
      this.queue.push({ cell, alone: cell === alone, code: cell.code }); // as it stands now: what is edited meanwhile waits for the next press
      if (cell !== this.current) cell.setState("queued");
    }
    this.bar.say("");
    if (!alone) this.bar.announce(`Running ${cells.length} ${cells.length === 1 ? "cell" : "cells"}`);
    this.working ??= this.#work().finally(() => (this.working = null));
  }

  async #work() {
    let last = null;
    while (this.queue.length) {
      const job = this.queue.shift();
      last = { job, ok: (await this.#setUpFor(job)) && (await this.#runCell(job)) };
      if (!last.ok) this.#dropQueue();
    }
    if (last?.ok) this.bar.announce(last.job.alone ? `Cell ${last.job.cell.number} has run` : "All cells have run");
  }

  /** The reader can neither see nor run the set-up that the author hid at the top: it goes before the first cell in each kernel. */
  async #setUpFor({ cell, alone }) {
    if (!alone) return true;
    await this.kernel.ensure().catch(() => {}); // a kernel may turn out to be another one than the last time
    const visible = this.cells.findIndex((other) => other.input);
    for (const setUp of this.cells.slice(0, Math.max(0, visible)))
      if (setUp !== cell && setUp.ranIn !== this.kernels && !(await this.#runCell({ cell: setUp, alone: false }))) return false;
    return true;
  }

  /** Run one cell; returns whether the cells after it may run. */
  async #runCell({ cell, alone, code = cell.code }) {
    this.current = cell;
    cell.setState(this.elsewhere ? "queued" : "running");
    this.#setStatus("busy");
    const run = cell.begin({ alone });
    const kernel = this.kernels;
    let problem = null;
    try {
      const reply = await this.kernel.run(code, (message) => run.handle(message));
      run.end();
      cell.previous?.dispose(); // from now on this run's displays are the ones to be updated
      cell.previous = reply.future;
      if (kernel === this.kernels) cell.ranIn = kernel;
      if (reply.status === "ok") cell.setState("done");
      else {
        cell.setState("failed");
        problem = this.#explain(cell, reply, alone);
      }
    } catch (error) {
      cell.setState("failed");
      cell.fail(error instanceof KernelGone ? this.#gone(error.message) : `The kernel could not be reached (${error.message}).`);
      if (!(error instanceof KernelGone)) this.#unreachable(error);
      this.queue.length && this.#dropQueue();
      return false;
    } finally {
      this.current = null;
      if (["busy", "idle"].includes(this.state) && !this.queue.length) this.#setStatus("idle");
    }
    return problem === null;
  }

  #gone(reason) {
    return reason === "restarted" ? "Stopped: the kernel was restarted." : reason === "died" ? "The kernel died while this cell ran." : "The connection was lost while this cell ran.";
  }

  /** Say what a failed cell means for the reader; null if the author expected it. */
  #explain(cell, { ename, evalue }, alone) {
    const interrupted = ename === "KeyboardInterrupt";
    if (cell.mayFail && !interrupted && !cell.edited) return null;
    const above = this.cells.slice(0, cell.number - 1).filter((other) => other.ranIn !== this.kernels);
    if (ename === "NameError" && above.length) {
      const button = el("button", { type: "button", onclick: () => this.#enqueue([...above, cell]) }, "Run the cells above, then this one");
      cell.hint(`Cells above have not run in this kernel. `, button);
    }
    if (ename === "StdinNotImplementedError") cell.hint("A cell of this page cannot ask for input: write the value into the code.");
    const where = cell.node ? `cell ${cell.number}` : "a set-up cell of this page, which is not shown";
    const what = interrupted ? `Interrupted in ${where}` : `Stopped at ${where}: ${ename}${cell.node ? "" : `: ${evalue}`}`;
    if (this.queue.length || !cell.node) this.bar.say(`${what}. The cells after it did not run.`, "problem");
    else this.bar.announce(alone ? `Cell ${cell.number}: ${interrupted ? "interrupted" : `error, ${ename}`}` : what);
    return what;
  }

  #dropQueue() {
    for (const { cell } of this.queue) cell.setState(null);
    this.queue = [];
    if (!this.current && ["busy", "idle"].includes(this.state)) this.#setStatus("idle");
  }

  interrupt() {
    this.#dropQueue();
    this.kernel.interrupt().catch((error) => this.bar.say(`The kernel could not be interrupted: ${error.message}`, "problem"));
  }

  async restart() {
    this.#dropQueue();
    this.bar.restartButton.disabled = true;
    try {
      await this.kernel.restart();
    } catch (error) {
      this.#unreachable(error);
    } finally {
      this.bar.restartButton.disabled = false;
    }
  }

  #lost(reason) {
    this.kernels++;
    this.bar.say(REASONS[reason], reason === "restarted" ? "info" : "problem");
  }

  #hear(state) {
    if (state === "busy" && !this.current) this.elsewhere = true;
    if (state !== "busy" && this.elsewhere) {
      this.elsewhere = false;
      this.current?.setState("running");
    }
    this.#setStatus(state);
  }

  #unreachable(error) {
    const refused = error?.response?.status === 403;
    this.#setStatus(refused ? "locked" : "offline");
  }

  #setStatus(state, then) {
    const before = this.state;
    this.state = state;
    const waiting = this.queue.length + (this.elsewhere && this.current ? 1 : 0);
    const doing = this.elsewhere ? "The kernel is busy" : `Running cell ${this.current?.number}`;
    const where = waiting ? `${doing}, ${waiting} waiting` : doing;
    const text = { starting: "Starting a kernel…", idle: "Ready", busy: where, offline: "Not connected", locked: "Not connected" }[state];
    // A kernel says "idle" between two cells of a queue; the reader need not see it blink.
    if (state === "idle" && this.current) this.bar.setStatus("busy", where);
    else this.bar.setStatus(state, text);
    if (state !== before && state === "offline")
      this.bar.say("The book’s server does not answer. Start it again with “make live”; this page reconnects by itself.", "problem");
    if (state !== before && state === "locked")
      this.bar.say("The book’s server has a new key: open the address that it printed, then come back here.", "problem");
    then?.();
  }
}
