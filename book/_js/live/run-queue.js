// The cells that wait for the kernel, and the one that runs: each after what it needs, one at a time.

import { el } from "./dom.js";
import { KernelGone } from "./kernel.js";
import { cellsToRunFirst, markOf } from "./needs.js";
import { Prelude, quietly } from "./prelude.js";

const STOPPED = {
  died: "The kernel died while this cell ran.",
  exited: "The kernel was ended while this cell ran.",
  restarted: "Stopped: the kernel was restarted.",
  missing: "The connection was lost while this cell ran.",
};

export class RunQueue {
  /**
   * Runs of `cells` in `kernel`. What has run goes into `record`, what runs into `log`, sentences for the reader to `bar`;
   * `on.changed()` hears that something else runs or waits, `on.unreachable(error)` that the kernel cannot be asked.
   */
  constructor({ cells, kernel, record, log, bar, on }) {
    Object.assign(this, { cells, kernel, record, log, bar, on });
    this.jobs = [];
    this.current = null; // the cell that runs
    this.aim = null; // the cell that it runs for
    this.elsewhere = false; // whether the kernel is at something that this page did not ask for, such as a run of another tab
    log.waiting = () => this.jobs.length;
  }

  /** What runs and waits, as the status tells it. */
  get work() {
    return { cell: this.current, aim: this.aim, elsewhere: this.elsewhere, waiting: this.jobs.length };
  }

  /** The kernel is, or is no longer, at something that this page did not ask for. */
  setElsewhere(elsewhere) {
    if (this.elsewhere && !elsewhere) this.current?.setState("running");
    this.elsewhere = elsewhere;
  }

  /** Run cells after those that wait already; `alone` is the one that a reader asked for by itself. */
  add(cells, alone = null) {
    const waiting = new Set(this.jobs.map((job) => job.cell));
    for (const cell of cells) {
      if (waiting.has(cell)) continue;
      this.jobs.push({ cell, alone: cell === alone, code: cell.code }); // as it stands now: what is edited meanwhile waits for the next press
      if (cell !== this.current) cell.setState("queued");
    }
    this.bar.say("");
    this.on.changed();
    if (!alone) this.bar.announce(`Running ${cells.length} ${cells.length === 1 ? "cell" : "cells"}`);
    this.#start();
  }

  /** Go on with a run of this page that was left while it ran. */
  resume(run) {
    this.jobs.push({ cell: this.cells[run.cell - 1], alone: true, code: run.code, left: run });
    this.#start();
  }

  #start() {
    this.working ??= this.#work().finally(() => (this.working = null));
  }

  async #work() {
    let last = null;
    while (this.jobs.length) {
      const job = this.jobs.shift();
      job.run = job.cell.begin(job);
      last = { job, ok: (await this.#runNeeded(job)) && (await this.#runCell(job)) };
      if (!last.ok) this.drop(job.gone);
    }
    if (last?.ok) this.bar.announce(last.job.alone ? `Cell ${last.job.cell.number} has run` : "All cells have run");
  }

  /** Run first what a cell needs and has not run in this kernel; returns whether the cell itself may run. */
  async #runNeeded(asked) {
    const { cell, alone, code, left, run } = asked;
    if (!alone || left) return true;
    // A kernel may turn out to be another one than the last time.
    asked.sure = await this.kernel.ensure().then(() => true, () => false);
    const numbers = cellsToRunFirst(this.#asRun(cell, code), cell.number - 1, (other) => this.record.mark(other));
    if (!numbers.length) return true;
    const prelude = new Prelude(numbers.map((other) => this.cells[other]), run.above);
    for (const needed of prelude.cells) {
      prelude.begin(needed);
      const job = { cell: needed, code: needed.code, for: cell, sure: asked.sure };
      job.run = needed.edited ? needed.begin({ alone: false }) : quietly(needed);
      job.heard = (message) => prelude.handle(message);
      if (await this.#runCell(job)) continue;
      prelude.fail(needed, job.problem?.startsWith("Interrupted") ? "was interrupted" : "failed");
      cell.setState("failed");
      return false;
    }
    prelude.end();
    return true;
  }

  /** The page's cells, one of them with the text that it runs with. */
  #asRun(cell, code) {
    return this.cells.map((other) => (other === cell ? { source: cell.source, needs: cell.needs, gives: cell.gives, code } : other));
  }

  /** Run one cell; returns whether the cells after it may run. */
  async #runCell(job) {
    const { cell, code, run } = job;
    this.current = cell;
    this.aim = job.for;
    cell.setState(this.elsewhere ? "queued" : "running");
    this.on.changed(true);
    try {
      const reply = await this.#ask(job);
      run.page(reply.payload);
      run.end();
      cell.previous?.dispose(); // from now on this run's displays are the ones to be updated
      cell.previous = reply.future;
      return this.#settle(job, reply);
    } catch (error) {
      if (error instanceof KernelGone && error.message === "died" && !error.begun && !job.again) return await this.#runAgain(job);
      cell.setState("failed");
      run.fail(error instanceof KernelGone ? STOPPED[error.message] : `The kernel could not be reached (${error.message}).`);
      job.problem = "failed";
      job.gone = error instanceof KernelGone && error.message === "died";
      if (!(error instanceof KernelGone)) this.on.unreachable(error);
      this.drop(job.gone);
      return false;
    } finally {
      this.log.end();
      this.current = null;
      this.on.changed();
    }
  }

  /** Send a cell's code to the kernel, or hear the rest of what was sent before a reload. */
  async #ask({ cell, code, run, left, heard, sure }) {
    this.log.begin(cell, code);
    const handle = (message) => {
      this.log.add(message);
      heard?.(message);
      run.handle(message);
    };
    if (!left && !sure) await this.kernel.ensure();
    if (!left) return this.kernel.run(code, handle, (kernel, id) => this.log.sent(kernel, id));
    const cut = left.cut ? " The beginning of its output was too long to be kept." : "";
    const dropped = left.waiting ? ` ${left.waiting} that waited behind it ${left.waiting === 1 ? "was" : "were"} not run.` : "";
    run.above(el("p", { class: "live-prelude" }, `This page was left while the cell ran; its output goes on here.${cut}${dropped}`));
    left.messages.forEach(handle);
    this.log.sent(left.kernel, left.id);
    return this.kernel.resume(left, handle);
  }

  /** A cell was sent to a kernel that had died before without being noticed: it was not lost by the reader, so run it. */
  async #runAgain(job) {
    await this.kernel.ensure();
    job.again = true;
    return (await this.#runNeeded({ ...job, alone: job.alone ?? false })) && (await this.#runCell(job));
  }

  /** A run has been answered: note what it means, for the reader and for later runs. */
  #settle(job, reply) {
    const { cell, code } = job;
    const expected = cell.mayFail && code === cell.source && reply.ename !== "KeyboardInterrupt";
    if (reply.status === "ok" || (reply.status === "error" && expected)) {
      const index = cell.number - 1;
      this.record.add(index, markOf(this.#asRun(cell, code), index, (other) => this.record.mark(other)));
    }
    cell.setState(reply.status === "ok" ? "done" : reply.status === "error" ? "failed" : null);
    if (reply.status === "unknown") cell.hint("It ended while the page was away; what it printed last did not reach this page.");
    if (reply.status !== "error" || expected) return true;
    job.problem = this.#explain(job, reply);
    return false;
  }

  /** Say what a failed cell means for the reader. */
  #explain({ cell, alone }, { ename, evalue }) {
    const interrupted = ename === "KeyboardInterrupt";
    const above = this.cells.slice(0, cell.number - 1).filter((_, index) => this.record.mark(index) === undefined);
    if (ename === "NameError" && above.length) {
      const button = el("button", { type: "button", onclick: () => this.add([...above, cell]) }, "Run the cells above, then this one");
      cell.hint(`Cells above have not run in this kernel. `, button);
    }
    if (ename === "StdinNotImplementedError")
      cell.hint("A cell of this page cannot ask for input, nor stop in a debugger that does: write the value into the code, or print what you want to see.");
    const where = cell.node ? `cell ${cell.number}` : "a set-up cell of this page, which is not shown";
    const what = interrupted ? `Interrupted in ${where}` : `Stopped at ${where}: ${ename}${cell.node ? "" : `: ${evalue}`}`;
    if (this.jobs.length || !cell.node) this.bar.say(`${what}. The cells after it did not run.`, "problem");
    else this.bar.announce(alone ? `Cell ${cell.number}: ${interrupted ? "interrupted" : `error, ${ename}`}` : what);
    return what;
  }

  /** Give up what waits; after a kernel's death not what the reader has asked for by itself: it runs in the next kernel. */
  drop(keepAlone = false) {
    const kept = this.jobs.filter((job) => keepAlone && job.alone);
    for (const job of this.jobs) if (!kept.includes(job)) job.cell.setState(null);
    this.jobs = kept;
    this.on.changed();
  }
}
