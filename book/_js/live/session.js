// A live page: cells run one after the other in the page's kernel. Loaded by live.js at the first press, or where somebody was at work.

import { el } from "./dom.js";
import { LiveCell } from "./cell.js";
import { Edits } from "./keep/edits.js";
import { foldAround } from "./folds.js";
import { KernelGone, PageKernel } from "./kernel.js";
import { cellsToRunFirst, markOf } from "./needs.js";
import { Prelude } from "./prelude.js";
import { Record } from "./keep/record.js";
import { RunLog } from "./keep/resume.js";
import { Store } from "./keep/store.js";
import { Tabs, tabName } from "./keep/tabs.js";

const PATIENCE_MS = 3000; // how long an interrupt may have no effect before the reader is told
const REASONS = {
  died: "The kernel died; its variables are gone. A fresh one takes its place: Run on a cell runs what it needs.",
  exited: "The cell ended the kernel, and with it all variables. A fresh one takes its place.",
  restarted: "A fresh kernel: no cell has run in it yet.",
  missing: "The kernel that ran this page is gone, and its variables with it. A fresh one is ready: Run on a cell runs what it needs.",
};
const STOPPED = {
  died: "The kernel died while this cell ran.",
  exited: "The kernel was ended while this cell ran.",
  restarted: "Stopped: the kernel was restarted.",
  missing: "The connection was lost while this cell ran.",
};

/** Make the page live; its cells can be edited at once, the kernel is asked for at the first need. */
export function openSession(page) {
  return new Session(page);
}

class Session {
  constructor({ config, root, base, cells, bar }) {
    this.page = { config, root };
    this.bar = bar;
    this.queue = [];
    this.current = null;
    this.elsewhere = false; // whether the kernel is at something that this page did not ask for, such as a run of another tab
    const kept = new Store("localStorage", config.page, () => this.#sayUnkept());
    const tab = new Store("sessionStorage", config.page);
    this.record = new Record(kept);
    this.edits = new Edits(kept);
    this.log = new RunLog(tab);
    this.log.waiting = () => this.queue.length;
    this.kernel = new PageKernel({
      base,
      path: config.page,
      probe: new URL("_static/live.json", root).href,
      name: tabName(tab),
      on: {
        status: (state, sentence) => this.#hear(state, sentence),
        meet: (kernel) => this.record.begin(kernel),
        again: () => this.bar.say("This page’s kernel is still running; its variables are there."),
        back: () => this.#setStatus(this.current ? "busy" : "idle", () => this.bar.say("Connected again; the variables are still there.")),
        lost: (reason) => this.#lost(reason),
      },
    });
    // These names are also what Tools asks for.
    this.runAbove = (cell) => this.#enqueue(this.cells.slice(0, cell.number - 1));
    this.reset = (cell) => {
      if (this.cells[cell.number - 1] === this.current) this.bar.say("This cell is running. Interrupt it, then reset it.");
      else this.cells[cell.number - 1].reset();
    };
    const edited = this.edits.match(cells);
    this.cells = cells.map((cell) => new LiveCell(cell, this, edited.get(cell)));
    this.#offerHomeless();
    this.#openEditors();
  }

  /** Ask for the kernel, once. */
  wake() {
    if (this.awake) return;
    this.awake = true;
    const { config, root } = this.page;
    this.bar.showControls(config, root, { runAll: () => this.runAll(), interrupt: () => this.interrupt(), restart: () => this.restart() });
    this.bar.say("");
    this.tabs = new Tabs(config.page, () => this.bar.tellOfTabs(this.tabs.sentence));
    this.kernel.connect().catch((error) => this.#unreachable(error));
  }

  /** Open the editors one task at a time, so that the kernel's first answers do not wait behind all of them. */
  async #openEditors() {
    for (const cell of this.cells) {
      await new Promise((next) => setTimeout(next));
      cell.openEditor();
    }
  }

  // --- what the reader asks for

  edit(cell) {
    this.wake();
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

  /** Go on with what ran when this tab left the page. */
  resume() {
    const run = this.log.take();
    const cell = this.cells[run?.cell - 1];
    if (!cell) return;
    this.wake();
    this.queue.push({ cell, alone: true, code: run.code, left: run });
    this.#start();
  }

  interrupt() {
    this.#dropQueue();
    const asked = this.current;
    this.kernel.interrupt().catch((error) => this.bar.say(`The kernel could not be interrupted: ${error.message}`, "problem"));
    clearTimeout(this.patience);
    this.patience = setTimeout(() => asked && asked === this.current && this.#offerRestart(), PATIENCE_MS);
  }

  #offerRestart() {
    const restart = el("button", { type: "button", onclick: () => this.restart() }, "Restart");
    this.bar.say(["The interrupt has had no effect so far: the cell is at something that does not listen to it. ", restart, " stops it for sure; all variables are lost."], "problem");
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

  #advanceFrom(cell) {
    const next = this.cells.slice(cell.number).find((other) => other.input && !foldAround(other.input));
    (next ?? cell).openEditor()?.focus({ preventScroll: true });
    next?.node.scrollIntoView({ block: "nearest" });
  }

  // --- the queue

  #enqueue(cells, alone = null) {
    this.wake();
    const waiting = new Set(this.queue.map((job) => job.cell));
    for (const cell of cells) {
      if (waiting.has(cell)) continue;
      this.queue.push({ cell, alone: cell === alone, code: cell.code }); // as it stands now: what is edited meanwhile waits for the next press
      if (cell !== this.current) cell.setState("queued");
    }
    this.bar.say("");
    if (this.current) this.#setStatus(this.state); // it tells how many wait
    if (!alone) this.bar.announce(`Running ${cells.length} ${cells.length === 1 ? "cell" : "cells"}`);
    this.#start();
  }

  #start() {
    this.working ??= this.#work().finally(() => (this.working = null));
  }

  async #work() {
    let last = null;
    while (this.queue.length) {
      const job = this.queue.shift();
      job.run = job.cell.begin(job);
      last = { job, ok: (await this.#runNeeded(job)) && (await this.#runCell(job)) };
      if (!last.ok) this.#dropQueue(job.gone);
    }
    if (last?.ok) this.bar.announce(last.job.alone ? `Cell ${last.job.cell.number} has run` : "All cells have run");
  }

  /** Run first what a cell needs and has not run in this kernel; returns whether the cell itself may run. */
  async #runNeeded({ cell, alone, code, left, run }) {
    if (!alone || left) return true;
    await this.kernel.ensure().catch(() => {}); // a kernel may turn out to be another one than the last time
    const numbers = cellsToRunFirst(this.#asRun(cell, code), cell.number - 1, (other) => this.record.mark(other));
    if (!numbers.length) return true;
    const prelude = new Prelude(numbers.map((other) => this.cells[other]), run.above);
    for (const needed of prelude.cells) {
      prelude.begin(needed);
      const job = { cell: needed, code: needed.code, for: cell };
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
    this.currentFor = job.for;
    cell.setState(this.elsewhere ? "queued" : "running");
    this.#setStatus("busy");
    this.tabs.tell(cell.number);
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
      if (!(error instanceof KernelGone)) this.#unreachable(error);
      this.#dropQueue(job.gone);
      return false;
    } finally {
      this.log.end();
      this.current = null;
      this.tabs.tell(null);
      if (["busy", "idle"].includes(this.state) && !this.queue.length) this.#setStatus("idle");
    }
  }

  /** Send a cell's code to the kernel, or hear the rest of what was sent before a reload. */
  #ask({ cell, code, run, left, heard }) {
    this.log.begin(cell, code);
    const handle = (message) => {
      this.log.add(message);
      heard?.(message);
      run.handle(message);
    };
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
      const button = el("button", { type: "button", onclick: () => this.#enqueue([...above, cell]) }, "Run the cells above, then this one");
      cell.hint(`Cells above have not run in this kernel. `, button);
    }
    if (ename === "StdinNotImplementedError")
      cell.hint("A cell of this page cannot ask for input, nor stop in a debugger that does: write the value into the code, or print what you want to see.");
    const where = cell.node ? `cell ${cell.number}` : "a set-up cell of this page, which is not shown";
    const what = interrupted ? `Interrupted in ${where}` : `Stopped at ${where}: ${ename}${cell.node ? "" : `: ${evalue}`}`;
    if (this.queue.length || !cell.node) this.bar.say(`${what}. The cells after it did not run.`, "problem");
    else this.bar.announce(alone ? `Cell ${cell.number}: ${interrupted ? "interrupted" : `error, ${ename}`}` : what);
    return what;
  }

  /** Give up what waits; after a kernel's death not what the reader has asked for by itself: it runs in the next kernel. */
  #dropQueue(keepAlone = false) {
    const kept = this.queue.filter((job) => keepAlone && job.alone);
    for (const job of this.queue) if (!kept.includes(job)) job.cell.setState(null);
    this.queue = kept;
    if (!this.current && ["busy", "idle"].includes(this.state)) this.#setStatus("idle");
  }

  // --- what is heard of the kernel

  #lost(reason) {
    this.record.forget();
    if (reason === "exited") this.#dropQueue(true);
    this.bar.say(REASONS[reason], reason === "restarted" ? "info" : "problem");
  }

  #hear(state, sentence) {
    if (state === "busy" && !this.current) this.elsewhere = true;
    if (state !== "busy" && this.elsewhere) {
      this.elsewhere = false;
      this.current?.setState("running");
    }
    if (state === "waiting") this.bar.say(sentence);
    else if (this.state === "waiting") this.bar.say("");
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
    const aim = this.currentFor ? ` for cell ${this.currentFor.number}` : "";
    const doing = this.elsewhere ? "The kernel is busy" : `Running cell ${this.current?.number}${aim}`;
    const where = waiting ? `${doing}, ${waiting} waiting` : doing;
    const texts = { starting: "Starting a kernel…", waiting: "Waiting for a kernel…", idle: "Ready", busy: where };
    // A kernel says "idle" between two cells of a queue; the reader need not see it blink.
    if (state === "idle" && this.current) this.bar.setStatus("busy", where);
    else this.bar.setStatus(state, texts[state] ?? "Not connected");
    if (state !== before && state === "offline")
      this.bar.say("The book’s server does not answer. Start it again with “make live”; this page reconnects by itself.", "problem");
    if (state !== before && state === "locked")
      this.bar.say("The book’s server has a new key: open the address that it printed, then come back here.", "problem");
    then?.();
  }

  // --- what the browser keeps

  #sayUnkept() {
    if (this.unkept) return;
    this.unkept = true;
    this.bar.say("This browser does not let the page keep anything (its storage is full or forbidden): your edits are lost when the page is closed.", "problem");
  }

  /** Edits of cells that the book does not have any more are the reader's all the same. */
  #offerHomeless() {
    const texts = this.edits.homeless;
    if (!texts.length) return;
    const file = new Blob([texts.join("\n\n# ---\n\n")], { type: "text/x-python" });
    const link = el("a", { href: URL.createObjectURL(file), download: "edits.py" }, "Save them as a file");
    const forget = el("button", { type: "button", onclick: () => this.edits.forgetHomeless() || this.bar.say("") }, "Forget them");
    this.bar.say(["You edited cells that are not in the book any more. ", link, " or ", forget]);
  }
}

/** Show nothing of a run but its progress, unless it fails: its output is the one that the page shows already. */
function quietly(cell) {
  let loud = null;
  const shout = () => (loud ??= cell.begin({ alone: true }));
  return {
    handle: (message) => {
      if (message.header.msg_type === "error" && !cell.mayFail) shout().handle(message);
    },
    page: () => {},
    end: () => loud?.end(),
    fail: (text) => shout().fail(text),
  };
}

export { Outputs } from "./outputs/outputs.js"; // for the tests, which feed it what no kernel would send
